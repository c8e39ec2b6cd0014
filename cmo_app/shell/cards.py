"""Cards: a question, the answer in a sentence, the figure, and the numbers behind it."""

import logging
import math
from collections.abc import Callable, Sequence
from datetime import date, datetime

import orjson
from dash import dcc, html
from dash.development.base_component import Component

from cmo_app.page import Card
from cmo_app.shell.parts import empty, icon
from cmo_app.visit import Visit
from shared.charts.palette import themed
from shared.charts.template import CONFIG, Figure
from shared.metrics.format import MISSING, write, write_exact
from shared.metrics.metric import Unit
from shared.reports.document import Amount, Block, Cell, Column, Table

log = logging.getLogger(__name__)
_MOST_ROWS = 60
"""Rows of a table on the screen; files have them all."""
_FIGURE_FILES = {"png": "Picture (PNG)", "svg": "Drawing (SVG)", "pdf": "PDF"}
_TABLE_FILES = {"xlsx": "Excel", "csv": "CSV"}


def tried(key: str, title: str, make: Callable[[], Card], span: int = 12) -> Card:
    """Return what ``make`` returns; a card that fails says so and offers to try again, and the others stay."""
    try:
        return make()
    except Exception:  # any card may fail for any reason; it is logged, and said where the card would be
        log.exception("the card %r could not be made", key)
        again = html.Button([icon("retry"), html.Span("Try again")], className="button", type="button", **{"data-do": "retry"})
        return Card(Block(key, title), span, body=empty("This part could not be read just now; the rest of the page is not affected.", title="Not available", symbol="warning", action=again), has_failed=True)


def draw(card: Card, visit: Visit) -> html.Section:
    """Return the card as it stands on the screen."""
    block = card.block
    head = html.Div([html.Div([html.H2(block.title), html.P(block.says, className="says") if block.says else None]), html.Div([card.controls, None if card.has_failed else file_menu(block)], className="side-h")], className="card-h")
    return html.Section([head, card.keys, html.Div(_body(card, visit), className="card-b"), html.P(block.note, className="note") if block.note else None, _numbers(card)],
                        className=f"card-x s{card.span}{' failed' if card.has_failed else ''}", **{"aria-label": block.title, "data-card": block.key})


def _body(card: Card, visit: Visit) -> Component:
    if card.body is not None:
        return card.body
    if card.block.figure is not None:
        return graph(card.block.figure, visit, f"figure-{card.block.key}", card.block.title)
    if card.block.table is not None:
        return table(card.block.table)
    return empty("There is nothing to show for these choices.")


def graph(figure: Figure, visit: Visit, name: str, label: str) -> html.Div:
    """Return a figure (drawn in light colours) in the reader's theme; its layout says how high it is."""
    layout = figure["layout"]
    height = layout.get("height", 300) if isinstance(layout, dict) else 300
    shown = orjson.loads(themed(orjson.dumps(figure).decode(), "dark" if visit.theme == "dark" else "light"))
    return html.Div(dcc.Graph(id=name, figure=shown, config=CONFIG, style={"height": f"{height}px"}, className="chart"), role="img", **{"aria-label": label})


def table(found: Table, *, most: int = _MOST_ROWS, name: str = "") -> html.Div:
    """Return a table of numbers as a person reads them; where rows are left out it says how many."""
    head = html.Tr([html.Th(column.label, className="n" if column.unit else "", title=column.note or None, scope="col") for column in found.columns])
    rows = [html.Tr(_cells(found.columns, row)) for row in found.rows[:most]]
    foot = html.Tfoot(html.Tr(_cells(found.columns, found.totals))) if found.totals else None
    left = len(found.rows) - most
    more = html.P(f"{left:,} more rows are in the files.", className="note") if left > 0 else None
    return html.Div([html.Table([html.Thead(head), html.Tbody(rows), foot], className=f"tb {name}".rstrip()), more], className="scroll", tabIndex=0)


def _cells(columns: Sequence[Column], row: Sequence[Cell]) -> list[Component]:
    return [html.Td(shown(value, column.unit), className="n" if column.unit else "", title=_exact(value, column.unit)) for column, value in zip(columns, row, strict=True)]


def shown(value: Cell, unit: Unit | None) -> str:
    """Return one value as it stands on the screen."""
    if isinstance(value, Amount):
        return write(value.value, value.unit)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    if isinstance(value, datetime):
        return f"{value:%-d %b %Y, %H:%M}"
    if isinstance(value, date):
        return f"{value:%-d %b %Y}"
    return write(float(value), unit) if unit is not None and not isinstance(value, str) else str(value)


def _exact(value: Cell, unit: Unit | None) -> str | None:
    return write_exact(float(value), unit) if unit is not None and isinstance(value, int | float) else None


def _numbers(card: Card) -> Component | None:
    """The numbers behind a figure: for who cannot see it, and for who wants to know exactly."""
    found = card.block.table
    if found is None or (card.block.figure is None and card.body is None) or not any(column.unit for column in found.columns):
        return None
    return html.Details([html.Summary([icon("table"), "The numbers"]), table(found)], className="numbers no-print")


def file_menu(block: Block) -> html.Details:
    """Return the menu of what this card can be had as."""
    kinds = {**(_FIGURE_FILES if block.figure is not None else {"pdf": "PDF"}), **(_TABLE_FILES if block.table is not None else {})}
    return _menu(f"Save {block.title}", block.key, kinds, "more")


def page_menu() -> html.Details:
    """Return the menu of what the whole page can be had as."""
    return _menu("Save this page", "", {"pdf": "PDF", "xlsx": "Excel"}, "download")


def _menu(label: str, key: str, kinds: dict[str, str], symbol: str) -> html.Details:
    items = [html.Button([icon("download"), text], className="item", type="button", role="menuitem", **{"data-do": "export", "data-kind": kind, "data-key": key}) for kind, text in kinds.items()]
    return html.Details([html.Summary(icon(symbol), className="ib icon ghost", title=label, **{"aria-label": label}), html.Div(items, className="pop-in", role="menu")], className="pop export no-print files")
