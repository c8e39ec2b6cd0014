"""The year as a grid: one row per scope, one cell per month; targets.js edits it."""

import json
from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, icon, popover
from bi_app.targets.year import Year, shares
from bi_app.visit import Visit
from shared.metrics.format import MISSING, write, write_exact
from shared.metrics.metric import Unit
from shared.people.target_rules import may_edit_targets
from shared.reports.document import Amount, Block, Cell, Column, Table

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TITLE = "Targets by month"


def grid_card(visit: Visit, year: Year) -> html.Section:
    """Return the card with the grid and, for who may edit, its tools."""
    editable = may_edit_targets(visit.person)
    running = visit.today.month if visit.today.year == year.year else 0
    head = html.Tr([html.Th("", scope="col"), *[html.Th([name, html.Small("now") if number == running else None], className="n" + (" now" if number == running else ""), scope="col") for number, name in enumerate(MONTHS, 1)],
                    html.Th("Year" if year.kpi.is_flow else "Mean", className="n", scope="col")])
    rows = [_row(year, branch, name, running, editable=editable, first=number == 0) for number, (branch, name) in enumerate(year.scopes)]
    table = html.Table([html.Thead(head), html.Tbody(rows), html.Tfoot([*_check(year), _per_day(year)])], className="tb tg-t")
    data = {"data-kpi": year.kpi.name, "data-unit": year.kpi.unit.value, "data-flow": "yes" if year.kpi.is_flow else "no", "data-year": str(year.year), "data-edit": "yes" if editable else "no",
            "data-weights": json.dumps([round(weight, 4) for weight in year.weights])}
    sub = "Click a cell and type; Enter saves, Esc leaves it as it was." if editable else "Set by leadership; your role reads them."
    body = html.Div([_tools(year) if editable else None, html.Div(className="tg-said", role="status"), html.Div(table, className="tg-x"), _keys(year)], className="tg", **data)
    section = card(12, TITLE, body, sub=sub, side=_files(year, editable=editable), name="tg-card")
    return with_files(section, Block("targets", f"{year.kpi.label}, targets of {year.year}", "", None, _numbers(year), _way(year)), (year.kpi.name,))


def _numbers(year: Year) -> Table:
    columns = (Column("Scope"), *(Column(f"{name} {year.year}", year.kpi.unit) for name in MONTHS), Column("Year" if year.kpi.is_flow else "Mean", year.kpi.unit))
    rows = [(name, [year.value(branch, month) for month in range(1, 13)]) for branch, name in year.scopes]
    lines: list[tuple[Cell, ...]] = [(name, *values, summary(year, values)) for name, values in rows]
    if _has_check(year):
        together = [branches_together(year, month) for month in range(1, 13)]
        lines.append(("Branches add up to" if year.kpi.is_flow else "Mean of branches", *together, summary(year, together)))
    days: list[Cell] = [Amount(_of_day(year, month), year.kpi.unit if year.kpi.is_flow else Unit.NUMBER) for month in range(1, 13)]
    return Table(columns, (*lines, (f"{year.scopes[0][1]} per working day" if year.kpi.is_flow else "Working days, weighed", *days, None)))


def _row(year: Year, branch: int | None, name: str, running: int, *, editable: bool, first: bool) -> html.Tr:
    values = [year.value(branch, month) for month in range(1, 13)]
    before = year.last_year(branch)
    scope = "" if branch is None else str(branch)
    heading = html.Button(name, type="button", className="tg-row", **{"data-do": "tg-row", "aria-pressed": "true" if first else "false", "title": "Choose this row for the tools above"}) if editable else name
    return html.Tr([
        html.Th(heading, scope="row"), *[_cell(year, branch, name, month, running, editable=editable) for month in range(1, 13)],
        html.Td(write(summary(year, values), year.kpi.unit), className="n strong tg-sum"),
    ], className="company" if branch is None else None, **{"data-branch": scope, "data-name": name, "data-before": json.dumps(before),
       "data-shares": json.dumps([round(share, 6) for share in shares(year.weights, before, year.weights_before)])})


def _cell(year: Year, branch: int | None, name: str, month: int, running: int, *, editable: bool) -> html.Td:
    cell = year.now.get((branch, month))
    value = cell.value if cell else None
    old = year.before.get((branch, month))
    text = write(value, year.kpi.unit)
    was = f"; {year.year - 1}: {write_exact(old.value, year.kpi.unit)}" if old and old.value is not None else ""
    said = {"title": f"{name}, {MONTHS[month - 1]} {year.year}: {write_exact(value, year.kpi.unit)}{was}", "data-month": f"{year.year}-{month:02d}", "data-value": "" if value is None else repr(value), "data-version": cell.version if cell else "0:"}
    inside = html.Button(text, type="button", className="tg-c", **{**said, "aria-label": said["title"]}) if editable else html.Span(text, className="tg-c", **said)
    return html.Td(inside, className="n" + (" now" if month == running else "") + ("" if value is not None else " none"))


def summary(year: Year, values: Sequence[float | None]) -> float | None:
    """Return the year of a row: the sum of a flow, the mean of anything else over the months that have one; None without any."""
    found = [value for value in values if value is not None]
    if not found:
        return None
    return sum(found) if year.kpi.is_flow else sum(found) / len(found)


def branches_together(year: Year, month: int) -> float | None:
    """Return what the branches' targets make of the company in a month: their sum, or for what does not add up their mean; None where one is missing."""
    found = [year.value(branch, month) for branch, _ in year.scopes if branch is not None]
    known = [value for value in found if value is not None]
    if not known or len(known) < len(found):
        return None
    return sum(known) if year.kpi.is_flow else sum(known) / len(known)


def _check(year: Year) -> list[Component]:
    """The line that says whether the branches make up the company; only for who sees both."""
    if not _has_check(year):
        return []
    together = [branches_together(year, month) for month in range(1, 13)]
    cells = [html.Td(write(value, year.kpi.unit) if value is not None else MISSING, className="n tg-k") for value in together]
    label = "Branches add up to" if year.kpi.is_flow else "Mean of branches"
    return [html.Tr([html.Th(label, scope="row"), *cells, html.Td(write(summary(year, together), year.kpi.unit), className="n tg-k")], className="tg-check")]


def _has_check(year: Year) -> bool:
    return len(year.scopes) > 1 and year.scopes[0][0] is None


def _of_day(year: Year, month: int) -> float | None:
    """What a month means on one ordinary working day of the first row; of a rate, the month's working days in weight."""
    weight, value = year.weights[month - 1], year.value(year.scopes[0][0], month) if year.scopes else None
    if not year.kpi.is_flow:
        return weight
    return value / weight if value is not None and weight else None


def _per_day(year: Year) -> html.Tr:
    """What the chosen row's months mean on one ordinary working day; of a rate, the months' working days in weight."""
    name = year.scopes[0][1] if year.scopes else "Company"
    cells = []
    for month, weight in enumerate(year.weights, 1):
        cells.append(html.Td(write(_of_day(year, month), year.kpi.unit) if year.kpi.is_flow else f"{weight:.1f}", className="n", title=f"{weight:.1f} ordinary working days: each day counts by its season"))
    return html.Tr([html.Th([html.Span(name, className="tg-who"), " per working day"] if year.kpi.is_flow else "Working days, weighed", scope="row"), *cells, html.Td("", className="n")], className="tg-day")


def _tools(year: Year) -> html.Div:
    """What is done to a whole row: the buttons name the row that is chosen."""
    name = year.scopes[0][1] if year.scopes else "Company"
    total = html.Div([html.P(["A yearly ", "total" if year.kpi.is_flow else "value", " for ", html.B(name, className="tg-who"), ", spread by working days and last year's season." if year.kpi.is_flow else ", the same in every month."]),
                      _field("total", "Year"), html.Button("Spread", type="button", className="button primary", **{"data-do": "tg-spread"})], className="tg-form")
    copied = html.Div([html.P([f"{year.year - 1} of ", html.B(name, className="tg-who"), " and so much more (or less):"]), _field("percent", "Percent", "5"),
                       html.Button("Copy", type="button", className="button primary", **{"data-do": "tg-copy"})], className="tg-form")
    derived = html.Div([html.Button([icon("up"), "Company from branches"], type="button", className="item", **{"data-do": "tg-up"}), html.Button([icon("down"), "Branches from company, in proportion"], type="button", className="item", **{"data-do": "tg-down"})])
    several = len(year.scopes) > 2 and year.scopes[0][0] is None
    return html.Div([
        html.Span(["Row: ", html.B(name, className="tg-who")], className="tg-for"),
        popover(["Spread a year", icon("chevron")], [total], label="Spread a yearly value over the months", name="button"),
        popover(["Last year + %", icon("chevron")], [copied], label="Copy last year", name="button"),
        popover(["Make them add up", icon("chevron")], [derived], label="Derive one from the other", name="button") if several else None,
        html.Button(["Fill right", icon("right")], type="button", className="button", title="The chosen cell's value in every later month", **{"data-do": "tg-fill"}),
        html.Button([icon("clock"), "History of the cell"], type="button", className="button", **{"data-do": "tg-history"}),
        html.Button([icon("retry"), "Undo"], type="button", className="button tg-undo", title="Take back what you did last on this page", **{"data-do": "tg-back"}),
    ], className="tg-tools no-print")


def _field(name: str, label: str, value: str = "") -> html.Label:
    return html.Label([html.Span(label), dcc.Input(type="text", name=name, value=value)])


def _files(year: Year, *, editable: bool) -> html.Div:
    load = html.Button([icon("plus"), "Import"], type="button", className="button", title="A CSV file with kpi, branch, month, value", **{"data-do": "tg-import"}) if editable else None
    return html.Div([load, html.A([icon("download"), "Export"], href=f"/targets/export.csv?kpi={year.kpi.name}&year={year.year}", className="button", target="_blank")], className="tg-files no-print")


def _keys(year: Year) -> html.P:
    return html.P(_way(year), className="say")


def _way(year: Year) -> str:
    way = "A month's target is spread over its days by working days and season" if year.kpi.is_flow else "A rate's or level's target holds on every day of its month"
    return f"{way}; all pages judge by a change at once. Without a value of its own the company is the {'sum' if year.kpi.is_flow else 'mean'} of its branches."
