"""What needs attention: the open warnings of early warning, read only."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from cmo_app.page import Card
from cmo_app.shell.parts import empty, icon
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.clock import now
from shared.metrics.registry import metrics
from shared.reports.document import Block, Column, Table
from shared.warehouse.alert_store import last_run, load_cards

KEY, TITLE = "warnings", "What needs attention?"
_DEPARTMENTS = frozenset({"sales", "marketing"})
"""Warnings of other departments are for those who run them."""
_SHOWN = 6
_STALE_MINUTES = 5


def card(visit: Visit, sources: Sources) -> Card:
    """Return the card."""
    if sources.engines is None:
        return Card(Block(KEY, TITLE), 6, body=empty("No rules are looked after here."))
    found = [each for each in load_cards(sources.engines, visit.scope.branches) if _is_ours(each, visit)]
    found.sort(key=lambda each: (each["definition"].get("severity") != "critical", -_gap(each), -each["since"].timestamp()))
    moment, evaluated = now(), last_run(sources.engines)
    late = evaluated is None or (moment - evaluated).total_seconds() > _STALE_MINUTES * 60
    note = "The rules were not evaluated in the last minutes: there may be more to warn of than stands here." if late else ""
    if not found:
        return Card(Block(KEY, TITLE, "No warning is open.", note=note), 6, body=empty("No rule about sales or marketing warns of anything.", title="All quiet", symbol="good"))
    rows = tuple((_subject(each, visit), each["name"], each["finding"].get("words", ""), each["since"].astimezone(ZoneInfo(visit.zone)).date()) for each in found)
    table = Table((Column("About"), Column("Warning"), Column("What was found"), Column("Since")), rows)
    items = [html.Li([icon("bad" if each["definition"].get("severity") == "critical" else "warning"), html.Div([html.B(f"{_subject(each, visit)}: {each['name']}"), html.P(each["finding"].get("words", "")), html.Small(_since(each, visit, moment))])],
                     className="critical" if each["definition"].get("severity") == "critical" else "") for each in found[:_SHOWN]]
    more = html.P(f"and {len(found) - _SHOWN} more.", className="note") if len(found) > _SHOWN else None
    count = f"{len(found)} warning{'' if len(found) == 1 else 's'} {'is' if len(found) == 1 else 'are'} open."
    return Card(Block(KEY, TITLE, count, table=table, note=note), 6, body=html.Div([html.Ul(items, className="warned"), more]))


def _is_ours(each: dict[str, Any], visit: Visit) -> bool:
    name = each["definition"].get("metric", "")
    wanted = visit.branch_set is None or each["branch_id"] in visit.branch_set
    return bool(each["is_open"]) and wanted and name in metrics() and metrics()[name].department in _DEPARTMENTS


def _gap(each: dict[str, Any]) -> float:
    """How far the number is from what it was held against: the farthest come first."""
    value, line = each["finding"].get("value"), each["finding"].get("line")
    return abs(value - line) / abs(line) if value is not None and line else 0.0


def _subject(each: dict[str, Any], visit: Visit) -> str:
    return str(each["branch"] or visit.company)


def _since(each: dict[str, Any], visit: Visit, moment: datetime) -> str:
    began = each["opened_at"] or each["since"]
    days = (moment - began).days
    local = began.astimezone(ZoneInfo(visit.zone))
    taken = f"; {each['owner']} looks after it" if each["owner"] else "; somebody has taken note" if each["is_acknowledged"] else ""
    return f"Since {local:%-d %B, %-I:%M %p}{f' ({days} days)' if days > 1 else ''}{taken}"
