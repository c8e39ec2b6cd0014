"""Who changed which target of the year, and when."""

from zoneinfo import ZoneInfo

from dash import html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card
from bi_app.targets.year import Year
from bi_app.visit import Visit
from shared.metrics.format import write
from shared.people.target_rules import may_edit_targets
from shared.reports.document import Block, Column, Table
from shared.warehouse.target_changes import Change


def changes_card(visit: Visit, year: Year, zone: ZoneInfo) -> html.Section:
    """Return the newest changes; each that still stands can be undone by who edits."""
    names = dict(year.scopes)
    editable = may_edit_targets(visit.person)
    lines = html.Ol([_line(year, change, names.get(change.branch, "?"), zone, editable=editable) for change in year.changes], className="care-list tg-list-of-changes")
    nothing = html.P("No target of this year was changed here yet. What an import wrote has no history.", className="note care-none")
    sub = f"{year.kpi.label}, {year.year}; who, when, from what to what"
    section = card(6, "What changed", html.Div(lines if year.changes else nothing, id="target-changes"), sub=sub, name="changes-card")
    if not year.changes:
        return section
    unit = year.kpi.unit
    columns = (Column("Scope"), Column("Month"), Column("From", unit), Column("To", unit), Column("By"), Column("At"), Column("Note"))
    table = Table(columns, tuple((names.get(each.branch, "?"), each.month, each.old, each.new, each.who, each.at, each.note or "") for each in year.changes))
    return with_files(section, Block("changes", "What changed", f"{sub}.", None, table))


def _line(year: Year, change: Change, place: str, zone: ZoneInfo, *, editable: bool) -> html.Li:
    cell = year.now.get((change.branch, change.month.month))
    stands = cell is not None and cell.version.partition(":")[0] == str(change.id)
    undo = html.Button("Undo", type="button", className="button", **{"data-do": "tg-undo", "data-change": str(change.id)}) if editable and stands else None
    words = [html.B(f"{place}, {change.month:%b %Y}"), f" {write(change.old, year.kpi.unit)} → {write(change.new, year.kpi.unit)}", html.Small(f"{change.who}, {change.at.astimezone(zone):%-d %b %Y, %H:%M}{': ' + change.note if change.note else ''}")]
    return html.Li([html.Div(words), undo])
