"""Rows of a file that are no records: totals, balances, counts at its end or between its parts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SAYS = re.compile(r"\s*((grand|sub|report|page|batch)[\s-]*)?(totals?|sums?|gesamt(summe)?|(zwischen)?summe|saldo|balance|(opening|closing|ending|beginning|starting|previous)\s+balance|(number|count)\s+of\b.*|records?\s*:.*|end\s+of\b.*)\b\s*:?.*", re.IGNORECASE)

_SUM = re.compile(r"\b(sub)?-?(totals?|sums?)\b|\b(zwischen|gesamt)?summe\b|\bgesamt", re.IGNORECASE)
# With a day beside it, only what no payer is called counts.
_BALANCE = re.compile(r"\s*((opening|closing|ending|beginning|starting|previous|final)\s+(ledger\s+)?balance|balance\s+(brought|carried)\s+(forward|down)|(anfangs|end|schluss|alter|neuer)\s*-?(saldo|kontostand)|kontostand)\b.*", re.IGNORECASE)


@dataclass(frozen=True)
class TotalsRow:
    """A row that was left out, and the numbers that it holds as they are written."""

    line: int
    words: str
    amounts: tuple[str, ...] = ()
    """What stands in the columns of amount, credit and debit."""
    is_lone: bool = False
    """It says nothing but amounts: left out only where they are the total of the records above."""

    @property
    def is_sum(self) -> bool:
        """Say whether it says to be a total, rather than a balance, a count or a heading."""
        return self.is_lone or bool(_SUM.search(self.words))


def is_totals(cells: Sequence[str | None], date: str | None) -> bool:
    """Say whether a row with these cells is no record: it says so in its first filled cells and names no day, or it is a balance."""
    filled = [cell for cell in cells if cell and cell.strip()]
    if date is not None and re.search(r"\d", date):
        return any(_BALANCE.fullmatch(cell) for cell in filled)
    return bool(filled) and any(_SAYS.fullmatch(cell) for cell in filled[:3])
