"""Growth between periods: aligned by calendar or by weekday, compounded, rolling; a missing number is NaN and never zero."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

WEEKDAY_YEAR = 364
"""52 whole weeks: a Monday stays a Monday."""


@dataclass(frozen=True)
class Growth:
    """A relative change and what it stands on."""

    value: float | None
    """0.1 is ten per cent more; None where there is no growth to speak of (base 0 or missing, current missing)."""
    base: float
    current: float
    warning: str
    """In words, why the figure deserves caution; empty: it does not."""


def growth(current: float, base: float, small_base: float = 30.0) -> Growth:
    """Return the change from ``base`` to ``current`` as a part of the base's size.

    A negative base counts by its size, so that a rise is always positive; a warning says so, as it does where the base is smaller than ``small_base``
    (in the metric's own unit: 30 cases, 30 dollars).
    """
    if math.isnan(base) or math.isnan(current):
        return Growth(None, base, current, "no growth: " + ("the earlier number is missing" if math.isnan(base) else "the present number is missing"))
    if base == 0:
        return Growth(None, base, current, "no growth: there was nothing to compare with" if current else "")
    value = (current - base) / abs(base)
    if not math.isfinite(value):
        return Growth(None, base, current, "no growth: the numbers are too far apart")
    warning = ""
    if base < 0:
        warning = "the earlier number is below zero; the change is a part of its size"
    elif base < small_base:
        warning = f"small base: {base:,.4g}, so that few cases make many per cent"
    return Growth(value, base, current, warning)


def same_period_last_year(start: date, end: date, *, aligned: Literal["calendar", "weekday"]) -> tuple[date, date]:
    """Return the period a year before ``start`` to ``end``, both bounds included.

    ``calendar``: the same dates; February 29 becomes the 28th, and a period that ends with February ends with February.
    ``weekday``: 364 days back, always.  Years with 53 ISO weeks are no exception: week 53 and the weeks of the year after it meet the week that began
    364 days earlier, whatever its number is, because neighbours in the season are compared and not names of weeks; so the two are never more than
    two days apart in the calendar.  Raises ValueError where ``end`` is before ``start``.
    """
    if end < start:
        raise ValueError(f"the period ends on {end}, before it begins on {start}")
    if aligned == "weekday":
        back = timedelta(days=WEEKDAY_YEAR)
        return start - back, end - back
    last = _year_before(end)
    if end.month == 2 and (end + timedelta(days=1)).month == 3 and start.day == 1:
        last = date(end.year - 1, 3, 1) - timedelta(days=1)
    return _year_before(start), last


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


def series_growth(values: Sequence[float], lag: int) -> list[float]:
    """Return each value's growth over the one ``lag`` places before; NaN where there is none or its base is 0 or missing."""
    if lag < 1:
        raise ValueError(f"a lag is at least 1, not {lag}")
    found = [math.nan] * min(lag, len(values))
    for base, current in zip(values, values[lag:], strict=False):
        value = growth(current, base).value
        found.append(math.nan if value is None else value)
    return found


def cagr(first: float, last: float, years: float) -> float | None:
    """Return the yearly rate that leads from ``first`` to ``last`` in ``years``; None where no such rate exists (first not above 0, last below 0)."""
    if not (first > 0 and last >= 0 and years > 0 and math.isfinite(first) and math.isfinite(last)):
        return None
    try:
        return float((last / first) ** (1 / years) - 1)
    except OverflowError:
        return None


def cmgr(first: float, last: float, months: float) -> float | None:
    """Return the monthly rate that leads from ``first`` to ``last`` in ``months``; None as ``cagr``."""
    return cagr(first, last, months)


def rolling(values: Sequence[float], window: int, how: Literal["sum", "mean"]) -> list[float]:
    """Return the sum or mean of each value and the ``window`` - 1 before; NaN until the window is full, and where anything in it is missing."""
    if window < 1:
        raise ValueError(f"a window holds at least 1 value, not {window}")
    found = []
    for place in range(len(values)):
        part = values[place + 1 - window : place + 1] if place + 1 >= window else ()
        total = math.fsum(part) if part and not any(map(math.isnan, part)) else math.nan
        found.append(total / window if how == "mean" else total)
    return found
