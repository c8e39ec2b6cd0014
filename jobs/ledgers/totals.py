"""Rows of a file that are no records: totals, balances, counts at its end or between its parts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SAYS = re.compile(r"\s*((grand|sub|report|page|batch)[\s-]*)?(totals?|sums?|gesamt|summe|saldo|balance|(opening|closing|ending|beginning|starting|previous)\s+balance|(number|count)\s+of\b.*|records?\s*:.*|end\s+of\b.*)\b\s*:?.*", re.IGNORECASE)


@dataclass(frozen=True)
class TotalsRow:
    """A row that was left out, and the numbers that it holds as they are written."""

    line: int
    words: str


def is_totals(cells: Sequence[str | None], date: str | None) -> bool:
    """Say whether a row with these cells is no record: it says so in its first filled cells, and names no day."""
    if date is not None and re.search(r"\d", date):
        return False
    filled = [cell for cell in cells if cell and cell.strip()]
    return bool(filled) and any(_SAYS.fullmatch(cell) for cell in filled[:3])
