"""Tables of reports on the screen: names filter the page, numbers open their glass box."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dash import html
from dash.development.base_component import Component

from bi_app.reports.reading import with_click
from bi_app.visit import Visit
from shared.metrics.format import MISSING, write, write_change, write_exact
from shared.metrics.metric import Better, Metric, Unit
from shared.reports.block_numbers import Numbers, Row
from shared.reports.document import Amount, Cell, Column, Table

MOST_ROWS = 50
"""Rows of a table on the screen; its totals are over all rows, and files have them all."""


@dataclass(frozen=True)
class _Origin:
    """Where the cells of one line come from: a row for each column (None: all rows), and the row that names the line."""

    rows: Sequence[Row | None]
    own: Row | None = None


def linked_table(found: Table, numbers: Numbers, visit: Visit, *, is_pivot: bool) -> html.Div:
    """Return a table in which every number leads to its rows.  What several metrics are compared with is said by their change alone; files have both."""
    width = len(found.columns)
    metrics = [0 if is_pivot and place else next((metric for metric, declared in enumerate(numbers.metrics) if declared.label == column.label), -1) for place, column in enumerate(found.columns)]
    if is_pivot:
        firsts, columns, by = numbers.grid()
        by_row, by_column = numbers.edge(0), numbers.edge(1)
        origins = [_Origin([first, *(by.get((first.keys[0], column.keys[1])) for column in columns), by_row.get(first.keys[0])], first) for first in firsts]
        foot = _Origin([None, *(by_column.get(column.keys[1]) for column in columns), None])
    else:
        foot = _Origin([None] * width)
        origins = [_Origin([row] * width, row) for row in numbers.rows] or [_Origin([None] * width)]
    left_out = {place for place, column in enumerate(found.columns) if column.label == "Before" and len(numbers.metrics) > 1}
    shown_places = [place for place in range(width) if place not in left_out]

    def line(cells: Sequence[Cell], origin: _Origin) -> list[Component]:
        return [_moved(cells[place]) if found.columns[place].label == "Moved" else _change(cells[place], numbers.metrics[_latest(metrics, place)]) if found.columns[place].label == "Change" else _cell(cells[place], found.columns[place], origin.rows[place], metrics[place], numbers, visit, origin.own)
                for place in shown_places]

    lines = [html.Tr(line(cells, origin)) for cells, origin in zip(found.rows[:MOST_ROWS], origins, strict=False)]
    head = Table(tuple(found.columns[place] for place in shown_places), tuple(tuple(row[place] for place in shown_places) for row in found.rows))
    return _framed(head, lines, line(found.totals, foot) if found.totals else [])


def _latest(metrics: Sequence[int], place: int) -> int:
    """The metric that stands before a place."""
    return next((metric for metric in reversed(metrics[:place]) if metric >= 0), 0)


def _moved(value: Cell) -> html.Td:
    """How many places somebody gained or lost; ``new`` and ``same`` stay words."""
    text = str(value)
    if text[:1] not in "+-" or not text[1:].isdigit():
        return html.Td(text, className="rp-moved")
    up = text[0] == "+"
    return html.Td(html.Span([html.Span("▲" if up else "▼", **{"aria-hidden": "true"}), html.Span("up " if up else "down ", className="said"), text[1:]], className=f"delta {'good' if up else 'bad'}"), className="rp-moved")


def _change(value: Cell, declared: Metric) -> html.Td:
    """A change as a chip, judged by which direction is good."""
    if not isinstance(value, int | float) or math.isnan(value):
        return html.Td(MISSING, className="n")
    good = None if declared.better is Better.NEITHER or not value else (value > 0) == (declared.better is Better.UP)
    scale = 100 if declared.unit is Unit.POINTS else 1
    text = write_change(value * scale, declared.unit)
    return html.Td(html.Span([html.Span("▲" if value > 0 else "▼" if value < 0 else "–", **{"aria-hidden": "true"}), html.Span("up " if value > 0 else "down ", className="said"), text], className=f"delta {'flat' if good is None else 'good' if good else 'bad'}"), className="n")


def without_before(found: Table) -> Table:
    """Return a table of several metrics in which what each is compared with is said by its change alone."""
    if sum(column.label == "Before" for column in found.columns) < 2:
        return found
    kept = [place for place, column in enumerate(found.columns) if column.label != "Before"]
    return Table(tuple(found.columns[place] for place in kept), tuple(tuple(row[place] for place in kept) for row in found.rows), tuple(found.totals[place] for place in kept) if found.totals else ())


def plain_table(found: Table) -> html.Div:
    """Return a table without ways out of it."""
    lines = [html.Tr([_plain(value, column) for value, column in zip(row, found.columns, strict=True)]) for row in found.rows[:MOST_ROWS]]
    return _framed(found, lines, [_plain(value, column) for value, column in zip(found.totals, found.columns, strict=False)])


def _framed(found: Table, lines: Sequence[Component], foot: Sequence[Component]) -> html.Div:
    head = html.Thead(html.Tr([html.Th(column.label, className="n" if column.unit else None, title=column.note or None, scope="col") for column in found.columns]))
    left = len(found.rows) - MOST_ROWS
    more = html.P(f"{MOST_ROWS} of {len(found.rows):,} rows are shown; totals are over all.", className="rp-more") if left > 0 else None
    return html.Div([html.Table([head, html.Tbody(list(lines)), html.Tfoot(html.Tr(list(foot), className="sum-row")) if foot else None], className="tb"), more], className="rp-scroll", tabIndex=0)


def _cell(value: Cell, column: Column, row: Row | None, metric: int, numbers: Numbers, visit: Visit, own: Row | None) -> html.Td:
    text = shown(value, column.unit)
    if column.unit is not None and metric >= 0 and isinstance(value, int | float) and (code := numbers.code(row, metric)):
        open_rows = html.Button(text, type="button", className="rp-open", title=f"{write_exact(float(value), column.unit)}: open the rows behind it", **{"data-glass": code, "aria-haspopup": "dialog"})
        return html.Td(open_rows, className="n")
    if column.unit is None and own is not None and text in own.labels and (choice := numbers.choice(own, own.labels.index(text))):
        return html.Td(html.A(text, href=with_click(visit, choice), title=f"Show only {text} on this page", **{"data-nav": ""}))
    return _plain(value, column)


def _plain(value: Cell, column: Column) -> html.Td:
    return html.Td(shown(value, column.unit), className="n" if column.unit else None)


def shown(value: Cell, unit: Unit | None) -> str:
    """Return one value as people read it."""
    if isinstance(value, Amount):
        return write(value.value, value.unit)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    if isinstance(value, datetime | date):
        return f"{value.day} {value:%b %Y}"
    return write(float(value), unit) if unit is not None and not isinstance(value, str) else str(value)
