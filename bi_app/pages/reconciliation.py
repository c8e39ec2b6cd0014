"""Sales reconciliation at ``/reconciliation``: summary, work queue, case, runs, rules, sources, sign-off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from bi_app.page import Page
from bi_app.reconciliation import case as case_parts
from bi_app.reconciliation.filing import files_block, standing_block
from bi_app.reconciliation.overview import ages_card, facts, parts_card, sides_card, trend_card
from bi_app.reconciliation.proving import rows_card
from bi_app.reconciliation.queue import CHOICES, queue_card
from bi_app.reconciliation.ruling import rule_card, rule_cards
from bi_app.reconciliation.running import Proof, detail_cards, run_tools, runs_card
from bi_app.reconciliation.signing import months_back, numbers_card, signed_card
from bi_app.reconciliation.sourcing import sources_card, uploads_card
from bi_app.shell.parts import card, drawn, empty, icon
from bi_app.shell.said import Said, saying
from bi_app.shell.topbar import chips, topbar
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.clock import now
from shared.people.accounts import list_people
from shared.people.person import Person
from shared.people.reconciliation_rules import may_sign_periods, may_work_on_cases
from shared.reconciliation.proof import Wanted, cases_of, files_of, newest_run, rows_of, standing_parts
from shared.reconciliation.reading import Which, case_of, queue, recent_runs, rule_counts, run_of
from shared.reconciliation.records_of_case import candidates, records_of
from shared.reconciliation.signing import SignOff, hash_of, numbers_of, sign_offs
from shared.reconciliation.source import sources as every_source
from shared.reconciliation.summary import FAMILY, TITLES, summary
from shared.reconciliation.uploads import uploads
from shared.warehouse.engines import Engines
from shared.web.site import site

TITLE = "Reconciliation"
_TABS = {"": "Summary", "cases": "Work queue", "runs": "Runs", "rules": "Rules", "sources": "Sources", "sign": "Sign-off"}
_PART_OF = {"case": "cases", "run": "runs", "rows": "runs", "rule": "rules"}
_OF_NO_BRANCH = "Open cases; those of no branch count here and when the company is signed for, not in scorecards, alerts and API"
_FAMILIES = {"ghost": "Ghosts", "split": "Split errors", "break": "Breaks"}


@dataclass(frozen=True)
class Look:
    """What every part of the page needs."""

    visit: Visit
    engines: Engines
    zone: ZoneInfo
    limit: float
    may_work: bool
    may_sign: bool

    @property
    def branches(self) -> frozenset[int] | None:
        """The branches that are shown: chosen ones, or all that the person may see."""
        chosen = self.visit.filters.branch_set
        return self.visit.scope.branches if chosen is None else chosen

    def chosen(self, name: str) -> str:
        """What the address says."""
        return self.visit.filters.choice(name, "")

    def number(self, name: str) -> int:
        """A number in the address; 0: none."""
        found = self.chosen(name)
        return int(found) if found.isascii() and found.isdigit() and len(found) < 18 else 0

    def workers(self) -> list[Person]:
        """Who cases can be given to."""
        return [one for one in list_people(self.engines) if may_work_on_cases(one)]


def layout(visit: Visit, sources: Sources) -> Component:
    """Return the part that the address names, among the branches that the person may see."""
    settings = sources.settings
    look = Look(visit, site().engines, ZoneInfo(settings.company_time_zone), settings.reconciliation_write_off_limit, may_work_on_cases(visit.person), may_sign_periods(visit.person))
    show = look.chosen("show")
    part = show if show in _PARTS else ""
    tab = _PART_OF.get(part, part)
    tabs = _links(_TABS, tab, lambda value: visit.filters.choosing(show=value or None, case=None, run=None, rule=None, which=None), "Parts")
    body = drawn(12, TITLE, lambda: html.Div(_PARTS[part](look), className="grid recon", **{"data-part": part}))
    # Nothing here follows by itself: a form that somebody fills in must not move under their hands.
    return html.Div([topbar(TITLE, visit, "", now().astimezone(look.zone), periods=False, files=part in {"", "cases", "sign"}), chips(visit), html.Div([tabs, _narrow(look) if part == "cases" else None, _months(look) if part == "sign" else None], className="al-bar no-print"), body], **{"data-still": ""})


def _links(choices: dict[str, str], chosen: str, link: Callable[[str], str], label: str) -> html.Nav:
    return html.Nav([html.A(words, href=link(value), **{"data-nav": "", **({"aria-current": "true"} if value == chosen else {})}) for value, words in choices.items()], className="seg", **{"aria-label": label})


def _narrow(look: Look) -> html.Div:
    visit = look.visit
    families = _links({"": "Everything", **_FAMILIES}, look.chosen("rule") if look.chosen("rule") in _FAMILIES else "", lambda value: visit.filters.choosing(rule=value or None), "Kind of case")
    states = _links(CHOICES, look.chosen("which"), lambda value: visit.filters.choosing(which=value or None), "State of cases")
    mine = _links({"": "Everybody's", "mine": "Mine"}, look.chosen("mine"), lambda value: visit.filters.choosing(mine=value or None), "Whose cases")
    return html.Div([families, states, mine], className="rc-narrow")


def _months(look: Look) -> html.Nav:
    choices = {first.strftime("%Y-%m"): first.strftime("%b %Y") for first, _ in months_back(look.visit.today, 6)}
    chosen = look.chosen("month") if look.chosen("month") in choices else next(iter(choices))
    return _links(choices, chosen, lambda value: look.visit.filters.choosing(month=value), "Month")


def _summary(look: Look) -> list[Component | None]:
    with look.engines.primary_reader() as connection:
        found, known = summary(connection, look.branches, look.visit.today), every_source(connection)
    queue_link = look.visit.filters.choosing(show="cases")
    return [run_tools(known, may_work=look.may_work), facts(found, look.visit), sides_card(found.sides, look.visit, found.last_run, look.zone), trend_card(found, look.visit), ages_card(found),
            parts_card(4, "At risk by rule", found.rules[:9], "Open cases", queue_link), parts_card(4, "At risk by branch", found.branches, _OF_NO_BRANCH if any(not part.key for part in found.branches) else "Open cases"), parts_card(4, "At risk by representative", found.reps, "Of the appointment behind each case")]


def _queue(look: Look) -> list[Component | None]:
    family, which = look.chosen("rule"), look.chosen("which") or "open"
    rules = [name for name, of in FAMILY.items() if of == family] if family in _FAMILIES else [family] if family in TITLES else None
    with look.engines.primary_reader() as connection:
        rows = queue(connection, look.branches, look.visit.today, Which(which if which in {"open", "closed", "proposed", "all"} else "open", look.visit.person.id if look.chosen("mine") == "mine" else None, rules))
        parts, files = standing_parts(connection, look.branches), files_of(connection, None) if look.visit.scope.is_company else []
    # The workpaper holds the proof, too: an accountant has it in one file.
    proof = [saying(html.Div(hidden=True), Said(block)) for block in (standing_block(parts), *([files_block(files)] if files else []))]
    return [queue_card(rows, look.visit, look.workers(), may_work=look.may_work), *proof]


def _case(look: Look) -> list[Component | None]:
    visit = look.visit
    with look.engines.primary_reader() as connection:
        found = case_of(connection, visit.scope.branches, visit.today, look.number("case"))
        if found is None:
            return [card(12, "Case", empty("There is no such case among yours.", title="Not found"))]
        records, alike = records_of(connection, found), candidates(connection, found, visit.scope.branches)
    top = html.Div([
        case_parts.head_card(found, visit, look.zone), case_parts.work_card(found, visit, look.workers(), look.limit, may_work=look.may_work, may_sign=look.may_sign), case_parts.records_card(records, look.zone),
        case_parts.history_card(found, look.zone, may_work=look.may_work), case_parts.candidates_card(alike, found, may_work=look.may_work)],
        className="grid s12", **{"data-case": str(found["id"]), "data-version": str(found["version"]), "data-status": found["status"]})
    return [top]


def _runs(look: Look) -> list[Component | None]:
    with look.engines.primary_reader() as connection:
        return [run_tools(every_source(connection), may_work=look.may_work), runs_card(recent_runs(connection), look.visit, look.zone)]


def _run(look: Look) -> list[Component | None]:
    is_company = look.visit.scope.is_company
    with look.engines.primary_reader() as connection:
        found = run_of(connection, look.number("run"))
        source = found["source"] if found and found["kind"] == "ledger" and found["outcome"] == "done" and is_company else ""
        proof = Proof(found["id"], newest_run(connection, source) or 0, files_of(connection, source), cases_of(connection, source)) if found and source else None
    return [*detail_cards(found, proof, look.visit, look.zone, is_company=is_company)] if found else [card(12, "Run", empty("There is no such run.", title="Not found"))]


def _rows(look: Look) -> list[Component | None]:
    side, level = look.chosen("side"), look.chosen("level")
    wanted = Wanted("crm" if side == "crm" else "outside", look.chosen("state"), int(level) if level in {"-1", "0", "1", "2", "3", "4"} else None, look.chosen("batch"))
    with look.engines.primary_reader() as connection:
        source = next((each for each in every_source(connection) if each.name == look.chosen("source")), None)
        if source is None:
            return [card(12, "Rows", empty("There is no such source.", title="Not found"))]
        found, newest = rows_of(connection, source, wanted, look.branches), newest_run(connection, source.name)
    gone = {"source": None, "side": None, "state": None, "level": None, "batch": None}
    return [rows_card(found, wanted, source.label, look.visit, html.A([icon("left"), "Proof"], href=look.visit.filters.choosing(show="run", run=str(newest or 0), **gone), className="ib", **{"data-nav": ""}))]


def _rules(look: Look) -> list[Component | None]:
    with look.engines.primary_reader() as connection:
        return [*rule_cards(rule_counts(connection, look.branches), look.visit)]


def _rule(look: Look) -> list[Component | None]:
    with look.engines.primary_reader() as connection:
        return [*rule_card(look.chosen("rule"), rule_counts(connection, look.branches).get(look.chosen("rule"), {}), look.visit)]


def _sources(look: Look) -> list[Component | None]:
    may_edit = look.may_work and look.visit.person.all_branches
    with look.engines.primary_reader() as connection:
        known = every_source(connection)
        return [sources_card(known, may_edit=may_edit), uploads_card(uploads(connection), look.zone, may_edit=may_edit) if look.visit.scope.is_company else None]


def _sign(look: Look) -> list[Component | None]:
    visit = look.visit
    months = {first.strftime("%Y-%m"): (first, last) for first, last in months_back(visit.today, 6)}
    period = months.get(look.chosen("month")) or next(iter(months.values()))
    branch = visit.chosen[0].id if len(visit.chosen) == 1 else None
    with look.engines.primary_reader() as connection:
        signed = sign_offs(connection, visit.scope.branches)
        if branch is None and not visit.scope.is_company:
            return [card(12, "Sign-off", empty("Choose one of your branches above: the company as a whole is signed for by who sees every branch.", title="Choose a branch", symbol="branch")), _signed(look, signed)]
        numbers = numbers_of(connection, *period, branch)
    mine = [each for each in signed if (each.period_from, each.period_to, each.branch_id) == (*period, branch)]
    standing, before = next((each for each in mine if each.reopened_at is None), None), next((each for each in mine if each.reopened_at is not None), None)
    return [numbers_card(numbers, hash_of(numbers), standing, visit, period, branch, may_sign=look.may_sign, before=before), _signed(look, signed)]


def _signed(look: Look, signed: Sequence[SignOff]) -> html.Section:
    return signed_card(signed, {each.id: each.name for each in look.visit.branches}, look.zone, look.visit.company)


_PARTS: dict[str, Callable[[Look], list[Component | None]]] = {
    "": _summary, "cases": _queue, "case": _case, "runs": _runs, "run": _run, "rows": _rows, "rules": _rules, "rule": _rule, "sources": _sources, "sign": _sign,
}
PAGE = Page("/reconciliation", TITLE, "reconcile", layout, group="Analysis", has_figures=True, choices=("show", "case", "run", "rule", "which", "mine", "month", "source", "side", "state", "level", "batch"),
            on_schedule=(("", TITLE), ("show=cases", "Reconciliation: workpaper of the work queue"), ("show=sign", "Reconciliation: sign-off of a month")), personal=("mine",), passing=("case", "run", "side"))
"""What the page of reconciliation is made of."""
