"""Early warning at ``/alerts``: what is open, what happened, and the rules."""

from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from bi_app.alerting.history import history_card
from bi_app.alerting.inbox import Now, inbox_card, over_card
from bi_app.alerting.rules import rules_card
from bi_app.alerting.words import lasting
from bi_app.page import Page
from bi_app.shell.parts import drawn
from bi_app.shell.said import Said, saying
from bi_app.shell.topbar import chips, topbar
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.clock import now
from shared.delivery.audience import may_manage
from shared.metrics.metric import Unit
from shared.people.accounts import list_people
from shared.reports.document import Block, Column, Table
from shared.warehouse.alert_store import last_run, load_cards, load_history, load_rules
from shared.warehouse.delivery_reads import missing
from shared.web.site import site

TITLE = "Alerts"
_VIEWS = {"": "Inbox", "history": "History", "rules": "Rules"}
_STATES = {"": "All", "critical": "Critical", "firing": "Open", "acknowledged": "Acknowledged", "pending": "Building up", "broken": "Not evaluated"}
_LATE_SECONDS = 300


def layout(visit: Visit, sources: Sources) -> Component:
    """Return the inbox, the history or the rules, among what the person may see."""
    show, state = visit.filters.choice("show", ""), visit.filters.choice("state", "")
    show, state = show if show in _VIEWS else "", state if state in _STATES else ""
    zone, engines = ZoneInfo(sources.settings.company_time_zone), site().engines
    tabs = _links(visit, "show", _VIEWS, show, "What is shown")
    body: Component
    branches = visit.scope.branches if visit.filters.branch_set is None else visit.filters.branch_set

    def draw() -> Component:
        here = Now(visit.person, list_people(engines), visit.company, zone, now())
        cards = load_cards(engines, branches)
        parts: list[Component | None] = [_lateness(here), _undelivered(here), _summary(cards)]
        if show == "history":
            parts.append(history_card(load_history(engines, branches), here))
        elif show == "rules":
            parts.append(rules_card(load_rules(engines), cards, here, visit))
        else:
            parts += [inbox_card(cards, here, state), over_card(cards, here)]
        return html.Div(parts, className="grid alerts")

    body = drawn(12, TITLE, draw)
    filters = _links(visit, "state", _STATES, state, "State of warnings") if not show else None
    return html.Div([topbar(TITLE, visit, "", now().astimezone(zone), periods=False, files=True), chips(visit), html.Div([tabs, filters], className="al-bar no-print"), body], **{"data-still": ""})


def _links(visit: Visit, name: str, choices: dict[str, str], chosen: str, label: str) -> html.Nav:
    links = [html.A(words, href=visit.filters.choosing(**{name: value or None}), **{"data-nav": "", **({"aria-current": "true"} if value == chosen else {})}) for value, words in choices.items()]
    return html.Nav(links, className="seg", **{"aria-label": label})


def _summary(cards: list[dict[str, object]]) -> html.Div:
    counts = {"Open": sum(bool(each["is_open"]) for each in cards), "Nobody has taken note": sum(bool(each["is_open"]) and not each["is_acknowledged"] for each in cards),
              "Cannot be evaluated": sum(each["state"] in {"nodata", "error"} for each in cards), "Watched": len(cards)}
    tones = ("bad", "bad", "warn", "")
    facts = html.Div([html.Div([html.Span(label), html.B(str(count), className=tone if count else "")], className="al-fact") for (label, count), tone in zip(counts.items(), tones, strict=True)], className="al-facts s12")
    return saying(facts, Said(Block("warnings", "Warnings", "", None, Table((Column("Warnings"), Column("Count", Unit.COUNT)), tuple(counts.items())))))


def _lateness(here: Now) -> html.Div | None:
    """An evaluation that does not come is itself a warning."""
    at = last_run(site().engines)
    if at is not None and (here.moment - at).total_seconds() < _LATE_SECONDS:
        return None
    said = "The rules have not been evaluated yet." if at is None else f"The rules were last evaluated {lasting(at, here.moment)} ago: worker or beat may be away, and what you see may be old."
    return html.Div(said, className="banner bad s12", role="alert")


def _undelivered(here: Now) -> html.Div | None:
    """A mail that does not come is quiet for the wrong reason: it is told here too."""
    found = [each for each in missing(site().engines, here.moment) if may_manage(here.person, each["owner_id"])]
    if not found:
        return None
    said = f"“{found[0]['name']}” should have gone out by mail and did not" if len(found) == 1 else f"{len(found)} deliveries should have gone out by mail and did not"
    return html.Div([f"{said}. ", html.A("See why", href="/reports/schedules")], className="banner bad s12", role="alert")


PAGE = Page("/alerts", TITLE, "bell", layout, group="Analysis", has_figures=False, choices=("show", "state"),
            on_schedule=(("", TITLE), ("show=history", "Alerts: history"), ("show=rules", "Alerts: rules")))
