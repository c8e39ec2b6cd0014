"""Whether a document may go out: never blank, never stale, never with a part that failed."""

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from shared.delivery.problems import NotFitError
from shared.reports.document import Cell, Document

OLDEST: Final = timedelta(minutes=15)
"""Numbers that are exact for an older moment than this are stale."""


def check(document: Document, moment: datetime) -> None:
    """Return if ``document`` may go out at ``moment``.  Raises NotFitError saying what is wrong with it."""
    if not document.title.strip() or not any(_has_content(cell) for cell in _cells(document)):
        raise NotFitError("it is blank: there is no number in it")
    age = moment - document.as_of
    if age > OLDEST:
        raise NotFitError(f"it is stale: its numbers are {int(age.total_seconds() // 60)} minutes old")
    empty = [block.title for block in document.blocks if block.table is None and block.figure is None and not block.says.strip()]
    if empty:
        raise NotFitError(f"a part of it is missing: {empty[0]!r} could not be read")


def is_empty(document: Document) -> bool:
    """Say whether every number in it is zero or missing."""
    numbers = [cell for cell in _cells(document) if isinstance(cell, int | float)]
    return not any(math.isfinite(number) and number for number in numbers) if numbers else not any(block.table.rows for block in document.blocks if block.table is not None)


def _cells(document: Document) -> Iterator[Cell]:
    """Everything in tables but the names of rows."""
    for block in document.blocks:
        if block.table is not None:
            yield from (cell for row in block.table.rows for cell in row[1 if len(row) > 1 else 0:])


def _has_content(cell: Cell) -> bool:
    if isinstance(cell, float):
        return math.isfinite(cell)
    return isinstance(cell, int | date) or bool(cell)
