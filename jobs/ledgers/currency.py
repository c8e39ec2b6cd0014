"""Which currency the amounts of a file are in: one, or the file is refused."""

import re
from collections.abc import Iterable

_MARK = re.compile(r"US\$|C\$|A\$|[$€£¥₹]|\b(?:USD|EUR|GBP|CAD|AUD|CHF|JPY|INR|NZD|MXN)\b", re.IGNORECASE)
_CODES = {"US$": "USD", "C$": "CAD", "A$": "AUD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_DOLLARS = {"USD", "CAD", "AUD", "NZD", "MXN"}
"""What a plain dollar sign may stand for."""


def currency_of(cell: str) -> str:
    """Return the currency that a cell names: a code, a plain ``$``, or nothing."""
    found = _MARK.search(cell)
    return _CODES.get(found[0].upper(), found[0].upper()) if found else ""


def strangers(named: Iterable[tuple[int, str]], wanted: str) -> list[tuple[int, str]]:
    """Return (line, currency) of the cells that are in another currency than the rest, or than ``wanted`` where that is given."""
    first, odd = wanted, []
    for line, currency in named:
        if not currency:
            continue
        if not first:
            first = currency
        elif currency != first and not ("$" in {currency, first} and {currency, first} - {"$"} <= _DOLLARS):
            odd.append((line, currency))
        elif first == "$":
            first = currency
    return odd
