"""What a person reads on a drawn page, and what a file would say: as sets of written numbers, so that one can be held against the other."""

import math
import re
from collections.abc import Iterator, Sequence
from datetime import date

from dash import dcc, html
from dash.development.base_component import Component

from shared.metrics.format import write, write_exact
from shared.metrics.metric import Unit
from shared.reports.document import Amount, Block, Cell, Column

_NUMBER = re.compile(r"[+−-]?\$?\d[\d,]*(?:\.\d+)?(?:%|[KMB]| d| h| min| s| ms| pt|x)?")
_SIGN = re.compile(r"^[+−-]")
_NOT_READ = ("no-print", "side-h", "keys", "cp-rank", "rk", "ava", "pager", "seg", "count")
"""Classes of what says no number of its own: tools, keys, initials, places by which rows are counted."""
_NO_TEXT = (dcc.Graph, dcc.Input, html.Option, html.Nav, html.Details)


def words_of(part: object) -> Iterator[str]:
    """The texts that stand in a component, one by one, without tools, navigation and figures."""
    if isinstance(part, str | int | float):
        yield str(part)
    elif isinstance(part, list | tuple):
        for each in part:
            yield from words_of(each)
    elif isinstance(part, Component) and not isinstance(part, _NO_TEXT) and not set((getattr(part, "className", "") or "").split()) & set(_NOT_READ):
        yield from words_of(getattr(part, "children", None))


def numbers_on(part: object) -> set[str]:
    """The numbers that stand alone in a component, as they are written there, without their signs."""
    found = (text.strip() for text in words_of(part))
    return {_SIGN.sub("", text) for text in found if _NUMBER.fullmatch(text)}


def figures_on(part: object) -> list[dict[str, object]]:
    """Every figure that is drawn in a component."""
    if isinstance(part, dcc.Graph):
        return [part.figure]
    children = part if isinstance(part, list | tuple) else [getattr(part, "children", None)] if isinstance(part, Component) else []
    return [figure for each in children for figure in figures_on(each)]


def numbers_in(block: Block) -> set[str]:
    """The numbers of a block in every way in which a page writes them."""
    found: set[str] = set()
    for text in (block.title, block.says, block.note):
        found |= _in_text(text)
    for row in (*block.table.rows, block.table.totals) if block.table else ():
        for cell, column in zip(row, block.table.columns, strict=False) if block.table else ():
            found |= _written(cell, column)
        found |= _of_target(row)
    return {_SIGN.sub("", text) for text in found}


def _of_target(row: Sequence[Cell]) -> set[str]:
    """A tile says which part of its target is reached; the file has both numbers."""
    amounts = [cell for cell in row if isinstance(cell, Amount) and cell.value]
    shares = [abs(one.value or 0.0) / abs(other.value or 1.0) for one in amounts[:1] for other in amounts[1:]]
    return {f"{share:.0%}" for share in shares} | {f"{1 / share:.0%}" for share in shares if share}


def _written(cell: Cell, column: Column) -> set[str]:
    if isinstance(cell, Amount):
        return _written(cell.value, Column("", cell.unit))
    if isinstance(cell, str):
        return _in_text(cell)
    if cell is None or isinstance(cell, date) or not math.isfinite(cell):
        return set()
    found = {f"{abs(cell):,.0f}", f"{abs(cell):,}", f"{abs(cell):,.1f}", f"{abs(cell):,.2f}", f"{abs(cell) * 100:.0f}%"}
    units = [column.unit] if column.unit is not None else []
    for unit in units:
        found |= {write(cell, unit), write_exact(cell, unit), write(abs(cell), unit), f"{abs(cell):.1f} pt", f"{abs(cell) * 100:.2f} pt", f"${abs(cell):,.0f}"}
        found |= {f"{cell:,.0f} d", write(cell / 24, Unit.DAYS), write(cell / 60, Unit.HOURS)} if unit in {Unit.DAYS, Unit.HOURS, Unit.MINUTES} else set()
        found |= {f"{abs(cell) + 1:,.0f}x"} if unit is Unit.PERCENT and abs(cell) >= 10 else set()
    return found


def _in_text(text: str) -> set[str]:
    return {match.strip() for match in _NUMBER.findall(text)}
