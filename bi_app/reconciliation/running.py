"""Runs: what is under way, what was done, and one run in detail with its proof."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from bi_app.reconciliation.proving import cases_card, files_card, proof_card
from bi_app.reconciliation.words import cents, lasting, moment
from bi_app.shell.parts import card, empty, icon
from bi_app.visit import Visit
from shared.reconciliation.source import Source
from shared.reconciliation.summary import TITLES

_OUTCOMES = {"done": "Done", "failed": "Failed", "abandoned": "Cut off", None: "Under way"}


@dataclass(frozen=True)
class Proof:
    """What stands around the numbers of a run."""

    run: int
    newest: int
    """The run whose rows are kept."""
    files: Sequence[Mapping[str, Any]]
    cases: Mapping[str, Mapping[str, Any]]

    @property
    def is_newest(self) -> bool:
        """Say whether the rows of this run are kept."""
        return self.run == self.newest


def run_tools(sources: Sequence[Source], *, may_work: bool) -> html.Div | None:
    """Return the buttons that run it now, and where progress shows."""
    if not may_work:
        return None
    buttons = [html.Button([icon("reconcile"), html.Span("Check rules now")], className="button primary", type="button", **{"data-do": "reconRun", "data-kind": "rules", "data-source": ""})]
    buttons += [html.Button([icon("retry"), html.Span(each.label)], className="button", type="button", **{"data-do": "reconRun", "data-kind": "ledger", "data-source": each.name}) for each in sources]
    return html.Div([*buttons, html.Div([html.Span(html.I(), className="meter"), html.Span("", className="rc-step")], id="rc-progress", className="rc-progress", hidden=True), html.Div(className="problem", id="rc-problem", role="alert")], className="rc-tools no-print s12")


def runs_card(runs: Sequence[Mapping[str, Any]], visit: Visit, zone: ZoneInfo) -> html.Section:
    """Return the list of runs."""
    if not runs:
        return card(12, "Runs", empty("The worker runs all rules every day, and looks at changes within seconds.", title="No run yet", symbol="reconcile"))
    head = html.Tr([html.Th("Run"), html.Th("What"), html.Th("When"), html.Th("Took", className="n x-s"), html.Th("Found", className="n"), html.Th("Opened", className="n"), html.Th("Closed", className="n"), html.Th("Reopened", className="n x-s"), html.Th("")])
    return card(12, "Runs", html.Div(html.Table([html.Thead(head), html.Tbody([_run(each, visit, zone) for each in runs])], className="tb"), className="rc-x"), sub="Each leaves nothing half: a run that was cut off wrote nothing. Looks at changes that moved no case are not listed.")


def _run(each: Mapping[str, Any], visit: Visit, zone: ZoneInfo) -> html.Tr:
    result = each["result"] or {}
    took = lasting(each["finished_at"] - each["started_at"]) if each["finished_at"] and each["started_at"] else ""
    return html.Tr([
        html.Td(html.A(f"#{each['id']}", href=visit.filters.choosing(show="run", run=str(each["id"])), **{"data-nav": ""})), html.Td(what(each)), html.Td(moment(each["started_at"] or each["asked_at"], zone), className="rc-muted"), html.Td(took, className="n x-s rc-muted"),
        html.Td(f"{sum((result.get('found') or {}).values()):,}" if result else "", className="n"), html.Td(_count(result, "opened"), className="n"), html.Td(_count(result, "closed"), className="n"),
        html.Td(f"{result.get('returned', 0) + result.get('still_there', 0):,}" if result else "", className="n x-s"), html.Td(html.Span(_OUTCOMES[each["outcome"]], className=f"rc-tag {each['outcome'] or 'running'}")),
    ])


def what(each: Mapping[str, Any]) -> str:
    """Say what a run looked at."""
    about = f"Ledger {each['source']}{'' if each['reach'] == 'full' else ', after a change'}" if each["kind"] == "ledger" else "Rules, everywhere" if each["reach"] == "full" else "Rules, what changed"
    return about + (f", asked by {each['asker']}" if each["asker"] else "")


def _count(result: Mapping[str, Any], name: str) -> str:
    return f"{result[name]:,}" if name in result else ""


def detail_cards(run: Mapping[str, Any], proof: Proof | None, visit: Visit, zone: ZoneInfo, *, is_company: bool) -> list[html.Section]:
    """Return one run: its proof, what it found and moved, and what it stood on; ``proof``: of a ledger, for who sees every branch."""
    back = html.A([icon("left"), "Runs"], href=visit.filters.choosing(show="runs", run=None), className="ib", **{"data-nav": ""})
    result, inputs = run["result"] or {}, run["inputs"] or {}
    if proof is not None and result.get("parts") is not None:
        cards = [proof_card(run, f"Run #{run['id']}: {what(run)}", visit, back, newest=proof.newest), files_card(run, proof.files, visit, is_newest=proof.is_newest)]
        cards += [cases_card(run, proof.cases, visit)] if proof.is_newest else []
    else:
        cards = [_proof(run, back, is_company=is_company)]
    found = sorted((result.get("found") or {}).items(), key=lambda pair: -pair[1])
    rows = [html.Tr([html.Td(html.B(name) if name[0] in "GS" and name[1:].isdigit() else ""), html.Td(TITLES.get(name, name)), html.Td(f"{count:,}", className="n")]) for name, count in found if count]
    moved = [html.Tr([html.Td(label), html.Td(_count(result, name) or "—", className="n")]) for name, label in (("opened", "Opened"), ("changed", "Changed"), ("returned", "Returned"), ("still_there", "Called resolved, still there"), ("closed", "Closed by themselves"))]
    if proof is not None and proof.is_newest:
        return [*cards, card(4, "Cases moved", html.Table(html.Tbody(moved), className="tb")), _stands_on(8, run, inputs, zone)]
    cards.append(card(6, "Found", html.Table(html.Tbody(rows), className="tb") if rows else empty("Nothing was found.", symbol="good"), sub="Faults in the rows that were looked at"))
    cards.append(card(6, "Cases moved", html.Table(html.Tbody(moved), className="tb")))
    return [*cards, _stands_on(12, run, inputs, zone)]


def _stands_on(width: int, run: Mapping[str, Any], inputs: Mapping[str, Any], zone: ZoneInfo) -> html.Section:
    return card(width, "What it stands on", html.Dl([html.Div([html.Dt(label), html.Dd(value)]) for label, value in _inputs(run, inputs, zone)], className="rc-facts-of wide"), sub="With the same of these, a run comes to the same result")


def _proof(run: Mapping[str, Any], back: html.A, *, is_company: bool) -> html.Section:
    title = f"Run #{run['id']}: {what(run)}"
    if run["kind"] != "ledger" or not run["sides"] or not is_company:
        rows = (run["inputs"] or {}).get("rows") or {}
        said = "; ".join(f"{count:,} {name.replace('_', ' ')} rows" for name, count in rows.items()) or "nothing"
        return card(12, title, html.P(f"Looked at: {said}." if is_company or run["kind"] == "rules" else "The proof of the whole ledger is shown to who sees every branch.", className="rc-why"), html.P(run["error"], className="rc-bad") if run["error"] else None, side=back)
    head = html.Tr([html.Th("Side"), html.Th("Matched", className="n"), html.Th("+ broken", className="n"), html.Th("= total", className="n"), html.Th(""), html.Th("Matched $", className="n"), html.Th("+ broken $", className="n"), html.Th("= total $", className="n"), html.Th("")])
    body = [html.Tr([html.Td("Theirs" if each["side"] == "outside" else "Ours"), *(html.Td(f"{each[name]:,}", className="n") for name in ("matched_count", "broken_count", "total_count")), html.Td(_holds(each, "count")),
                     *(html.Td(cents(each[name]), className="n") for name in ("matched_cents", "broken_cents", "total_cents")), html.Td(_holds(each, "cents"))]) for each in run["sides"]]
    return card(12, title, html.Div(html.Table([html.Thead(head), html.Tbody(body)], className="tb rc-sides"), className="rc-x"), sub="The totals were read from both tables, the parts from the matching; a run in which they differ is not written at all", side=back)


def _holds(each: Mapping[str, Any], what_of: str) -> html.Span:
    holds = each[f"matched_{what_of}"] + each[f"broken_{what_of}"] == each[f"total_{what_of}"]
    return html.Span([icon("check" if holds else "warning"), html.Span("adds up" if holds else "does not add up")], className="rc-holds" if holds else "rc-bad")


def _inputs(run: Mapping[str, Any], inputs: Mapping[str, Any], zone: ZoneInfo) -> list[tuple[str, str]]:
    covered = "; ".join(f"{each['first']} to {each['last']}{'' if each['declared'] else ' (found out)'}" for each in inputs.get("covered", ()))
    files = "; ".join(f"{each['batch']} ({each['row_count']:,} rows{', ' + each['sha256'][:12] if each['sha256'] else ''})" for each in inputs.get("files", ()))
    views = inputs.get("views") or {}
    entries = [("Began", moment(run["started_at"], zone) if run["started_at"] else "waiting"), ("Took", lasting(run["finished_at"] - run["started_at"]) if run["finished_at"] and run["started_at"] else "—"), ("Day of the clock", str(inputs.get("today", "—"))),
               ("Rules and terms", str(inputs.get("declared", "—"))), ("Records, hash", str(inputs.get("records", ""))), ("Files", files), ("Period covered", covered), ("Words not known", ", ".join((run["result"] or {}).get("unknown_words", ())) and f"{', '.join(run['result']['unknown_words'])}: such a status says nothing; say in the source what it means"),
               ("Position of the log", str(inputs.get("position", ""))),
               ("Versions of views", ", ".join(f"{name} {version}" for name, version in sorted(views.items())))]
    return [(label, value) for label, value in entries if value]
