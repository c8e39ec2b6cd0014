"""How numbers are written: one place for pages, mails, exports and messages."""

import math

from shared.metrics.metric import Unit

MISSING = "—"
"""What stands where there is no number."""
CURRENCY = "$"
"""What stands before money."""
SUFFIXES = {
    Unit.DAYS: " d",
    Unit.MINUTES: " min",
    Unit.HOURS: " h",
    Unit.SECONDS: " s",
    Unit.MILLISECONDS: " ms",
    Unit.POINTS: "",
}


def write(value: float | None, unit: Unit) -> str:
    """Return ``value`` as a person reads it on a tile: $4.82M, 3,146, 31.8%; an em dash where it is missing."""
    if value is None or not math.isfinite(value):
        return MISSING
    if unit is Unit.MONEY:
        return _money(value)
    if unit is Unit.PERCENT:
        return f"{_clean(value * 100, 1):,.1f}%"
    if unit is Unit.COUNT:
        return f"{_clean(value, 0):,.0f}" if abs(value) < 1_000_000 else _short(value)
    if unit is Unit.NUMBER:
        return f"{_clean(value, 2):,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    decimals = 1 if abs(value) < 100 else 0
    return f"{_clean(value, decimals):,.{decimals}f}{SUFFIXES[unit]}"


def write_exact(value: float | None, unit: Unit) -> str:
    """Return ``value`` without shortening: $4,821,377.50; for tables, hovers and the glass box."""
    if value is None or not math.isfinite(value):
        return MISSING
    if unit is Unit.MONEY:
        sign, size = _signed_cents(value)
        return f"{sign}{CURRENCY}{size:,.2f}"
    if unit is Unit.PERCENT:
        return f"{_clean(value * 100, 2):,.2f}%"
    if unit is Unit.COUNT:
        return f"{_clean(value, 0):,.0f}"
    return f"{_clean(value, 3):,.3f}".rstrip("0").rstrip(".") + SUFFIXES.get(unit, "")


def write_change(change: float | None, unit: Unit) -> str:
    """Return a change without its sign: 8.4% relative, or 1.2 pt for a metric that is a share."""
    if change is None or not math.isfinite(change):
        return MISSING
    if unit is Unit.PERCENT:
        return f"{abs(change) * 100:.1f} pt"
    if unit is Unit.POINTS:
        return f"{abs(change):.1f} pt"
    return f"{abs(change) * 100:,.1f}%" if abs(change) < 10 else f"{abs(change) + 1:,.0f}x"


def _money(value: float) -> str:
    sign, size = _signed_cents(value)
    if size >= 999_500:
        return sign + CURRENCY + _short(size)
    if size >= 100_000:
        return f"{sign}{CURRENCY}{size / 1000:,.1f}K"
    return f"{sign}{CURRENCY}{size:,.0f}" if size >= 100 or size == 0 else f"{sign}{CURRENCY}{size:,.2f}"


def _signed_cents(value: float) -> tuple[str, float]:
    cents = _clean(value, 2)
    return "-" if cents < 0 else "", abs(cents)


def _short(size: float) -> str:
    for factor, letter in ((1e9, "B"), (1e6, "M")):
        if abs(size) >= factor * 0.9995:
            return f"{size / factor:,.2f}{letter}"
    return f"{size:,.0f}"


def _clean(value: float, decimals: int) -> float:
    """Round, and never write -0."""
    return round(value, decimals) + 0.0
