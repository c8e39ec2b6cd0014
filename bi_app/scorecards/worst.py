"""The worst items to act on, as tables; each with a way to all rows behind."""

from datetime import date

from dash import html

from bi_app.behind import Behind
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, icon
from bi_app.visit import Visit
from shared.metrics.format import MISSING, write
from shared.metrics.metric import Unit
from shared.reports.document import Block, Cell, Column, Table
from shared.warehouse.exceptions import EXCEPTIONS, Exceptions, Found, Kind

_UNITS: dict[Kind, Unit] = {"money": Unit.MONEY, "days": Unit.DAYS, "hours": Unit.HOURS, "minutes": Unit.MINUTES, "count": Unit.COUNT, "milliseconds": Unit.MILLISECONDS}


def worst_card(visit: Visit, behind: Behind, key: str, span: int = 6) -> html.Section:
    """Return the card of one list."""
    declared = EXCEPTIONS[key]
    found = behind.worst(key, visit)
    if not found.rows:
        return card(span, declared.title, empty(declared.none, title="All clear", symbol="good"), sub=declared.meaning)
    kinds = declared.columns
    head = html.Tr([*(html.Th(heading, className=_side(kind)) for _, heading, kind in kinds), *([html.Th("Branch", className="x-s")] if declared.has_branch else [])])
    body = [html.Tr([*(html.Td(written(row[name], kind), className=_side(kind)) for name, _, kind in kinds), *([html.Td(str(row["branch"]), className="x-s")] if declared.has_branch else [])],
                    title=f"{row['entity']} {row['entity_id']}", **{"data-entity": f"{row['entity']}/{row['entity_id']}"}) for row in found.rows]
    more = html.Button([icon("table"), "Rows behind it"], className="button", type="button", **{"data-glass": declared.metric, "aria-haspopup": "dialog"})
    section = card(span, declared.title, html.Div(html.Table([html.Thead(head), html.Tbody(body)], className="tb sc-worst"), className="sc-wide", tabIndex=0), sub=declared.meaning,
                side=html.Div([html.Span(f"{found.total:,} in all", className="note"), more], className="sc-side-h"), name="sc-exceptions")
    more_words = f" The first {len(found.rows)} of {found.total:,}." if found.total > len(found.rows) else ""
    return with_files(section, Block(key.replace("_", "-"), declared.title, f"{declared.meaning}.", None, _numbers(declared, found), f"{found.total:,} in all.{more_words}"))


def _numbers(declared: Exceptions, found: Found) -> Table:
    """The list with real numbers, each column in the one unit that its numbers are read in."""
    columns = (*(Column(heading, _UNITS.get(kind)) for _, heading, kind in declared.columns), *([Column("Branch")] if declared.has_branch else []))
    return Table(columns, tuple((*(_cell(row[name]) for name, _, _ in declared.columns), *([str(row["branch"])] if declared.has_branch else [])) for row in found.rows))


def _cell(value: object) -> Cell:
    return value if value is None or isinstance(value, str | date) else float(value)  # type: ignore[arg-type]


def written(value: object, kind: Kind) -> str:
    """Return one cell as a person reads it; hours of days and minutes of hours are written in the larger unit."""
    if value is None:
        return MISSING
    if kind == "text":
        return str(value) or MISSING
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    number = float(value)  # type: ignore[arg-type]
    if kind == "days":
        return f"{number:,.0f} d"
    if kind == "hours" and number >= 48:
        return write(number / 24, Unit.DAYS)
    if kind == "minutes" and number >= 120:
        return write(number / 60, Unit.HOURS)
    return write(number, _UNITS[kind])


def _side(kind: Kind) -> str:
    return "" if kind in {"text", "day"} else "n"
