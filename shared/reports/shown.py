"""Values of a table as people read them on paper: every value of a column alike, in the unit's own writing."""

import math
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from shared.metrics.format import CURRENCY, MISSING, write, write_exact
from shared.metrics.metric import Unit
from shared.reports.document import Amount, Cell, Column

_NO_CENTS_FROM: Final = 10_000
"""Cents say nothing beside amounts of this size."""


def has_cents(values: Iterable[object]) -> bool:
    """Say whether a column of money is shown with cents: unless all are whole, or all are large."""
    numbers = [abs(value) for value in values if isinstance(value, int | float) and math.isfinite(value)]
    return not (bool(numbers) and (all(float(value).is_integer() for value in numbers) or all(value >= _NO_CENTS_FROM or value == 0 for value in numbers)))


def shown(value: Cell, column: Column, zone: ZoneInfo, *, cents: bool) -> str:
    """Return ``value`` as text; ``cents``: what ``has_cents`` says of its column."""
    if isinstance(value, Amount):
        return write(value.value, value.unit)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return MISSING
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return f"{value.astimezone(zone) if value.tzinfo else value:%-d %b %Y, %H:%M}"
    if isinstance(value, date):
        return f"{value:%-d %b %Y}"
    if column.unit is Unit.MONEY and not cents:
        return f"{'-' if value <= -0.5 else ''}{CURRENCY}{abs(value):,.0f}"
    if column.unit in {Unit.MONEY, Unit.COUNT}:
        return write_exact(value, column.unit)
    return f"{value:,.10g}" if column.unit is None else write(value, column.unit)
