"""The list of rules, and what the editor needs to know; alerts.js makes the form."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from dash import html

from bi_app.alerting import words
from bi_app.alerting.inbox import Now
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, icon
from bi_app.visit import Visit
from shared.alerts.audience import may_edit
from shared.alerts.rule import HOURS, KINDS, SEVERITIES, RuleError, rule_from
from shared.metrics.format import write
from shared.metrics.metric import Better, Unit
from shared.metrics.period import PRESETS
from shared.metrics.registry import metric, metrics
from shared.reports.document import Block, Column, Table
from shared.warehouse.alert_store import RuleRow
from shared.warehouse.catalogue import VIEWS


def rules_card(rows: Sequence[RuleRow], cards: Sequence[dict[str, Any]], here: Now, visit: Visit) -> html.Section:
    """Return the rules with how many of their instances are open; buttons only for those who may change them."""
    is_editor = may_edit(here.person)
    new = html.Button([icon("bell"), html.Span("New rule")], className="button primary", type="button", **{"data-do": "alertEdit"}) if is_editor else None
    options = {"data-options": orjson.dumps(_options(visit)).decode()} if is_editor else {}
    sub = "Leadership, analysts and administrators change them" if not is_editor else "Evaluated every minute"
    if not rows:
        return card(12, "Rules", empty("Without rules nobody is warned of anything.", title="No rules yet", symbol="bell"), sub=sub, side=new, name="al-rules")
    body = html.Tbody([_row(row, cards, here, is_editor=is_editor) for row in rows])
    head = html.Tr([html.Th("Rule"), html.Th("Watches", className="x-s"), html.Th("Open", className="n"), html.Th("Last changed", className="x-s"), html.Th("")])
    section = card(12, "Rules", html.Div(html.Table([html.Thead(head), body], className="tb"), id="al-rules", **options), html.Div(className="problem", id="al-problem", role="alert"), sub=sub, side=new, name="al-rules")
    columns = (Column("Rule"), Column("State"), Column("Watches"), Column("Open", Unit.COUNT), Column("Last changed"), Column("By"))
    table = Table(columns, tuple((row.name, _state(row, here), _watches(row), _open(row, cards), row.updated_at, row.updated_by or "the platform") for row in rows))
    return with_files(section, Block("rules", "Rules", f"{sub}.", None, table))


def _open(row: RuleRow, cards: Sequence[dict[str, Any]]) -> int:
    return sum(bool(each["is_open"]) for each in cards if each["rule_id"] == row.id)


def _state(row: RuleRow, here: Now) -> str:
    is_silent = row.silenced_until is not None and row.silenced_until > here.moment
    return "Off" if not row.enabled else f"Silent until {words.moment(row.silenced_until, here.zone, here.moment)}" if is_silent and row.silenced_until else ""


def _row(row: RuleRow, cards: Sequence[dict[str, Any]], here: Now, *, is_editor: bool) -> html.Tr:
    count = _open(row, cards)
    is_silent = row.silenced_until is not None and row.silenced_until > here.moment
    told = orjson.dumps({"id": row.id, "version": row.version, "name": row.name, "enabled": row.enabled, "silent": is_silent, "definition": row.definition}).decode()
    actions = html.Div([
        html.Button(icon("bell"), className="ib icon", type="button", title="Speak again" if is_silent else "Silence for a day", **{"data-do": "alertSilence", "aria-label": "Speak again" if is_silent else "Silence for a day", "aria-pressed": str(is_silent).lower()}),
        html.Button("On" if row.enabled else "Off", className="ib on" if row.enabled else "ib", type="button", title="Switch this rule on or off", **{"data-do": "alertSwitch", "aria-pressed": str(row.enabled).lower()}),
        html.Button("Edit", className="ib", type="button", **{"data-do": "alertEdit"}),
    ], className="al-tools no-print") if is_editor else None
    return html.Tr([
        html.Td([html.B(row.name), html.Small(_state(row, here), className="al-state")], className="al-said"), html.Td(_watches(row), className="x-s al-said"), html.Td(str(count) if count else "–", className="n strong"),
        html.Td(f"{_when(row.updated_at, here)} by {row.updated_by or 'the platform'}", className="x-s al-when"), html.Td(actions),
    ], className="" if row.enabled else "al-off", **{"data-rule": told})


def _when(at: datetime | None, here: Now) -> str:
    return words.moment(at, here.zone, here.moment) if at else "–"


def _watches(row: RuleRow) -> str:
    """The rule in one sentence."""
    try:
        rule = rule_from(row.name, row.definition)
    except RuleError as error:
        return f"Cannot be used: {error}"
    if rule.kind == "staleness":
        return f"{'Every view' if rule.view == '*' else rule.view} older than {rule.limit:.0f} min while changes wait"
    declared = metric(rule.metric)
    where = "the company" if rule.per == "company" else f"{len(rule.branches)} branches" if rule.branches else "each branch"
    waits = f", for {rule.for_minutes} min" if rule.for_minutes else ""
    if rule.kind == "anomaly":
        return f"{declared.label} of yesterday, {where}: worse than such a day usually is"
    if rule.kind == "threshold":
        return f"{declared.label}, {PRESETS[rule.period][0].lower()}, {where}: {rule.side} {write(rule.limit, declared.unit)}{waits}"
    what = {"pace": "pace", "target": "share of target", "forecast": "share of its goal where it will land"}[rule.kind]
    return f"{declared.label}, {PRESETS[rule.period][0].lower()}, {where}: {what} below {rule.limit:.0%}{waits}"


def _options(visit: Visit) -> dict[str, Any]:
    return {
        "kinds": {key: list(value) for key, value in KINDS.items()}, "hours": HOURS, "severities": SEVERITIES, "periods": {key: label for key, (label, _) in PRESETS.items()}, "views": [view.name for view in VIEWS],
        "branches": [[branch.id, branch.name] for branch in visit.branches],
        "metrics": [[one.name, one.label, one.is_flow, one.has_branch, one.better is not Better.NEITHER, "%" if one.unit is Unit.PERCENT else ""] for one in sorted(metrics().values(), key=lambda each: each.label)],
    }
