"""Whether a document may go out: never blank, never stale, never with a part that failed."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from shared.delivery.problems import NotFitError
from shared.reports.contents import numbers_of
from shared.reports.document import Amount, Cell, Document, Table

OLDEST: Final = timedelta(minutes=15)
"""Numbers that are exact for an older moment than this are stale."""


def check(document: Document, moment: datetime) -> None:
    """Return if ``document`` may go out at ``moment``.  Raises NotFitError saying what is wrong with it."""
    if document.problems:
        raise NotFitError(f"a part of it is not fit to be sent: {document.problems[0].rstrip('.')}")
    if not document.title.strip() or not any(_has_content(table) for table in _tables(document)):
        raise NotFitError("it is blank: there is no number in it")
    age = moment - document.as_of
    if age > OLDEST:
        raise NotFitError(f"it is stale: its numbers are {int(age.total_seconds() // 60)} minutes old")
    empty = [block.title for block in document.blocks if block.table is None and block.figure is None and not block.says.strip()]
    if empty:
        raise NotFitError(f"a part of it is missing: {empty[0]!r} could not be read")


def is_empty(document: Document) -> bool:
    """Say whether every number in it is zero or missing."""
    numbers = [number for table in _tables(document) for cell in _cells(table) if (number := _number(cell)) is not None]
    return not any(numbers) if numbers else not any(table.rows for table in _tables(document))


def _tables(document: Document) -> list[Table]:
    """The numbers of every block, also those that only a figure draws."""
    return [table for block in document.blocks if (table := numbers_of(block)) is not None]


def _cells(table: Table) -> Iterator[Cell]:
    """Everything in a table but the names of its rows."""
    yield from (cell for row in table.rows for cell in row[1 if len(row) > 1 else 0:])


def _has_content(table: Table) -> bool:
    """Say whether there is a number in a table that is made for numbers, or anything in one that holds words or days."""
    is_of_numbers = any(column.unit is not None for column in table.columns) or any(isinstance(cell, int | float | Amount) for cell in _cells(table))
    return any(_number(cell) is not None if is_of_numbers else bool(cell) for cell in _cells(table))


def _number(cell: Cell) -> float | None:
    """The finite number in a cell; None: it holds none."""
    value = cell.value if isinstance(cell, Amount) else cell
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
