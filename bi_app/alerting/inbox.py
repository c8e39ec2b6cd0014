"""The inbox: what is open, firing first, with what was found, what was expected, and what people do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from bi_app.alerting import words
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, icon
from shared.alerts.audience import may_see
from shared.alerts.rule import OUTCOMES
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.metrics.registry import metrics
from shared.people.person import Person
from shared.reports.document import Amount, Block, Column, Table

_RECENT = 8
Card = dict[str, Any]


@dataclass(frozen=True)
class Now:
    """Who looks, and when."""

    person: Person
    people: Sequence[Person]
    company: str
    zone: ZoneInfo
    moment: datetime


def inbox_card(cards: Sequence[Card], here: Now, chosen: str) -> html.Section:
    """Return the list of what deserves attention."""
    shown = sorted((each for each in cards if _is_wanted(each, chosen)), key=lambda each: (words.ORDER.index(each["state"]), each["definition"].get("severity") != "critical", -_gap(each), -each["since"].timestamp()))
    if not shown:
        sentence = "No warning is open. A rule that cannot be evaluated would stand here too." if not chosen else "Nothing fits this choice."
        return card(8, "Inbox", empty(sentence, title="All quiet", symbol="good"), name="al-inbox")
    sub = "Open warnings first, then what cannot be evaluated and what is building up"
    section = card(8, "Inbox", html.Div([_item(each, here) for each in shown], className="al-list"), sub=sub, name="al-inbox")
    columns = (Column("Warning"), Column("About"), Column("State"), Column("Severity"), Column("Since"), Column("Value"), Column("Expected"), Column("Found"), Column("What moved it"), Column("Owner"), Column("Note"))
    rows = [_told(each, here) for each in shown]
    known = [number for number in range(len(columns)) if any(row[number] not in {None, ""} for row in rows)]  # what nobody has written yet takes no room
    return with_files(section, Block("inbox", "Inbox", f"{sub}.", None, Table(tuple(columns[number] for number in known), tuple(tuple(row[number] for number in known) for row in rows))))


def _told(each: Card, here: Now) -> tuple[str | datetime | Amount | None, ...]:
    """One warning as a row; its number in the unit of its metric."""
    finding = each["finding"]
    declared, value = metrics().get(str(each["definition"].get("metric"))), finding.get("value")
    number = finding.get("text") if value is None or declared is None else Amount(float(value), declared.unit if finding.get("text") == write(float(value), declared.unit) else Unit.NUMBER)
    began = each["opened_at"] if each["is_open"] and each["opened_at"] else each["since"]
    return (each["name"], words.subject(each, here.company), words.STATES[each["state"]][0], "Critical" if each["definition"].get("severity") == "critical" else "Warning", began, number,
            finding.get("expected"), finding.get("words", ""), finding.get("why", ""), each["owner"] or "", each["note"] or "")


def over_card(cards: Sequence[Card], here: Now) -> html.Section:
    """Return what is over, newest first."""
    found = [each for each in cards if each["state"] == "resolved"][:_RECENT]
    if not found:
        return card(4, "Lately over", empty("What ends stands here for a while.", title="Nothing ended yet", symbol="clock"), name="al-late")
    rows = [html.Li([html.Span(icon("good"), className="al-mark good"), html.Span([html.B(each["name"]), html.Small(f"{words.subject(each, here.company)} · {words.moment(each['since'], here.zone, here.moment)}")])]) for each in found]
    table = Table((Column("Warning"), Column("About"), Column("Over since")), tuple((each["name"], words.subject(each, here.company), each["since"]) for each in found))
    return with_files(card(4, "Lately over", html.Ul(rows, className="al-over"), name="al-late"), Block("over", "Lately over", "", None, table))


def _gap(each: Card) -> float:
    """How far the number is from what was expected, as a share of that: the farthest come first."""
    value, line = each["finding"].get("value"), each["finding"].get("line")
    return abs(value - line) / abs(line) if value is not None and line else 0.0


def _is_wanted(each: Card, chosen: str) -> bool:
    if chosen == "critical":
        return bool(each["is_open"]) and each["definition"].get("severity") == "critical"
    if chosen in {"firing", "acknowledged", "pending"}:
        return bool(each["state"] == chosen)
    if chosen == "broken":
        return each["state"] in {"nodata", "error"}
    return bool(each["is_open"]) or each["state"] in {"pending", "nodata", "error"}


def _item(each: Card, here: Now) -> html.Article:
    label, symbol = words.STATES[each["state"]]
    finding = each["finding"]
    began = each["opened_at"] if each["is_open"] and each["opened_at"] else each["since"]
    is_silent = each["silenced_until"] is not None and each["silenced_until"] > here.moment
    tags: list[Component | None] = [
        html.Span(label, className=f"al-tag {each['state']}"), html.Span("Critical", className="al-tag critical") if each["definition"].get("severity") == "critical" else None,
        html.Span(f"for {words.lasting(began, here.moment)}", title=f"Since {words.moment(began, here.zone, here.moment)}"),
        html.Span([icon("user"), html.Span(each["owner"])], className="al-owner") if each["owner"] else None, html.Span(f"silent until {words.moment(each['silenced_until'], here.zone, here.moment)}") if is_silent else None,
    ]
    numbers = html.Div([html.B(finding.get("text", "—")), html.Small(f"expected {finding['expected']}" if finding.get("expected", "—") != "—" else "")], className="al-number")
    head = html.Div([html.Span(icon(symbol), className=f"al-mark {each['state']}"), html.Div([html.H3([each["name"], html.Span(words.subject(each, here.company))]), html.Div(tags, className="al-tags")]), numbers], className="al-head")
    why = html.P([html.B("What moved it. "), finding["why"]], className="al-why") if finding.get("why") else None
    return html.Article([head, html.P(finding.get("words", "Not looked at yet.")), why, _actions(each, here) if each["is_open"] else None],
                        className="al-item", id=f"al-{each['rule_id']}-{each['instance'].replace(':', '-')}", **{"data-warning": f"{each['rule_id']}/{each['instance']}", "data-state": each["state"]})


def _actions(each: Card, here: Now) -> html.Div:
    owners = [one for one in here.people if one.is_active and one.may_enter("bi") and may_see(one, each["branch_id"])]
    taken = bool(each["is_acknowledged"])
    return html.Div([
        html.Button([icon("check"), html.Span("Acknowledged" if taken else "Acknowledge")], className="button" if taken else "button primary", type="button", disabled=taken, **{"data-do": "alertAcknowledge"}),
        html.Label([html.Span("Owner"), _select("owner", [("", "Nobody"), *((str(one.id), one.name) for one in owners)], str(each["owner_id"] or ""))]),
        html.Label([html.Span("Outcome"), _select("outcome", [("", "Open"), *OUTCOMES.items()], each["outcome"])]),
        html.Label([html.Span("Note"), dcc.Input(type="text", name="note", value=each["note"], maxLength=1000, placeholder="What was found")], className="al-note"),
        html.Div(className="problem", role="alert"),
    ], className="al-do no-print")


def _select(name: str, options: Sequence[tuple[str, str]], chosen: str) -> html.Select:
    return html.Select([html.Option(label, value=value, **({"selected": "selected"} if value == chosen else {})) for value, label in options], name=name, **{"data-alert": name})
