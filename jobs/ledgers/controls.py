"""Holds the totals that a file itself names against the records that were read from it: the first proof that nothing fell through."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jobs.imports.numbers import read_number
from jobs.ledgers.cleaning import signed
from jobs.ledgers.reading import Understood
from jobs.ledgers.totals import TotalsRow
from shared.reconciliation.records import RECORD, Problem

_MOST = 20_000
"""More lines that are no records are hardly a ledger; the page shows the first of them."""


def sums_of(understood: Understood) -> list[int]:
    """Return the lines of the rows that say to be totals."""
    return [one.line for one in understood.totals[:_MOST] if one.is_sum]


def held_against_records(understood: Understood, added_up: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    """Return the rows that were left out (``added_up``: see ``records.add_up``, for ``sums_of``): line, words, whether a total agrees with the staged records (None: it is none), and that in words."""
    sums = dict(zip(sums_of(understood), added_up, strict=True))
    return [{"line": one.line, "words": one.words, **_verdict(_cents(one, understood), sums.get(one.line))} for one in understood.totals[:_MOST]]


def wrong_lines(understood: Understood, totals: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Return the lines that hold an amount and nothing else, and are no total of the records above them."""
    lone = {one.line for one in understood.totals if one.is_lone}
    return [Problem(each["line"], "date: is missing, and the amount is no total of the records above it") for each in totals if each["line"] in lone and not each["agrees"]]


def _verdict(says: int | None, sums: tuple[int, int] | None) -> dict[str, Any]:
    if says is None or sums is None:
        return {"agrees": None, "says": ""}
    above, since = sums
    if abs(says) == abs(above):
        return {"agrees": True, "says": "it agrees with the records above it"}
    if abs(says) == abs(since):
        return {"agrees": True, "says": "it agrees with the records since the total before it"}
    return {"agrees": False, "says": f"it says {says / 100:,.2f} and the records above it add up to {above / 100:,.2f}" + ("" if since == above else f", those since the total before it to {since / 100:,.2f}")}


def _cents(row: TotalsRow, understood: Understood) -> int | None:
    """What a row names as its total: credit less debit, or the amount; None: nothing that can be read."""
    names = [one.field for one in understood.mapped if one.field in {"amount", "credit", "debit"}]
    order = [name for name in ("amount", "credit", "debit") if name in names]
    found: dict[str, Decimal] = {}
    for name, cell in zip(order, row.amounts, strict=False):
        try:
            found[name] = Decimal(read_number(RECORD.by_field[name], signed(cell.strip()), understood.style.decimal))
        except (ValueError, ArithmeticError):
            continue
    if not found:
        return None
    return round((found.get("amount", Decimal(0)) + abs(found.get("credit", Decimal(0))) - abs(found.get("debit", Decimal(0)))) * 100)
