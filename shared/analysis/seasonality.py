"""The season in a series: indices by month and weekday, a decomposition, and what is normal for a month of the year."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

WEEK, YEAR = 7, 365
_DRIFTING_FROM = 7
"""Periods, the length of STL's seasonal window, from which a season may drift: a line through the two or three values that a place in the season has in a shorter history goes through all of them, and nothing is left over that is really noise."""
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FULL = 0.8
"""A month counts with at least this part of its days known."""


@dataclass(frozen=True)
class Indices:
    """How a usual month and weekday compare with the average: 1.1 is ten per cent more. NaN (and the key missing from the words) where unknown."""

    month: dict[int, float]
    """1 January to 12 December; the mean of the known ones is 1."""
    weekday: dict[int, float]
    """0 Monday to 6 Sunday; the mean of the known ones is 1."""
    words: str


@dataclass(frozen=True)
class Decomposition:
    """trend + seasonal + remainder = values, place by place; missing values were filled in between their neighbours."""

    trend: list[float]
    seasonal: list[float]
    remainder: list[float]
    strength_trend: float
    """0 none to 1 all: part of the variance of trend + remainder that is not the remainder's."""
    strength_seasonal: float


def indices(days: Sequence[date], values: Sequence[float], left_out: Collection[date] = ()) -> Indices:
    """Return multiplicative indices of a daily series: medians of the ratio to a centred moving average, so that single odd days do not count.

    ``left_out`` days (storms, promotions, holidays) are as missing ones.  A weekday needs two weeks around it; months need a year and a half of days, and with
    fewer than three years the trend at both ends is drawn on from the middle.  All are NaN where there is too little.
    """
    known, first = _daily(days, values, left_out)
    weekday = _weekday(known, first)
    month = _month(*_months(known, first, weekday))
    return Indices(month, weekday, _words(month, weekday))


def _daily(days: Sequence[date], values: Sequence[float], left_out: Collection[date]) -> tuple[np.ndarray, date]:
    """Every day from the first to the last; NaN where unknown."""
    if len(days) != len(values):
        raise ValueError(f"there are {len(days)} days but {len(values)} values")
    if not days:
        return np.empty(0), date(2000, 1, 1)
    first = min(days)
    found = np.full((max(days) - first).days + 1, math.nan)
    for day, value in zip(days, values, strict=True):
        if day not in left_out:
            found[(day - first).days] = value
    return found, first


def _weekday(known: np.ndarray, first: date) -> dict[int, float]:
    """Medians of value over mean of its week, whatever day the week begins on; a hole is filled from the same weekday near it."""
    ratios: list[list[float]] = [[] for _ in range(7)]
    filled = known.copy()
    for place in np.flatnonzero(np.isnan(known)).tolist():
        near = [known[other] for other in (place - 7, place + 7) if 0 <= other < len(known) and not math.isnan(known[other])]
        filled[place] = np.mean(near) if near else math.nan
    for place in range(3, len(known) - 3):
        middle = filled[place - 3 : place + 4].mean()
        if middle > 0 and not math.isnan(known[place]):
            ratios[(first.weekday() + place) % 7].append(known[place] / middle)
    return _normal({each: float(np.median(found)) if len(found) >= 2 else math.nan for each, found in enumerate(ratios)})


def _months(known: np.ndarray, first: date, weekday: dict[int, float]) -> tuple[list[date], np.ndarray]:
    """(First day, mean of a usual day) of every month from the first to the last; weekdays are evened out, so that five Saturdays make no difference."""
    sums: dict[date, list[tuple[float, float]]] = {}
    lengths: dict[date, int] = {}
    for place, value in enumerate(known):
        day = first + timedelta(days=place)
        month = day.replace(day=1)
        lengths[month] = ((month + timedelta(days=32)).replace(day=1) - month).days
        kept = sums.setdefault(month, [])
        weight = weekday[day.weekday()]
        if not math.isnan(value):
            kept.append((value, 1.0 if math.isnan(weight) else weight))
    months = sorted(sums)
    means = [math.nan] * len(months)
    for n, month in enumerate(months):
        rows = sums[month]
        weight = math.fsum(part for _, part in rows)
        if len(rows) >= _FULL * lengths[month] and weight > 0:
            means[n] = math.fsum(value for value, _ in rows) / weight
    return months, np.asarray(means)


def _trend(means: np.ndarray) -> np.ndarray:
    """Centred twelve-month mean; the half year at either end goes on from it at the growth between its own ends (a year apart at the least, else flat)."""
    found = np.full(len(means), math.nan)
    half = np.array([0.5, *[1.0] * 11, 0.5]) / 12
    for place in range(6, len(means) - 6):
        found[place] = means[place - 6 : place + 7] @ half
    inside = np.flatnonzero(~np.isnan(found))
    if len(inside):
        begin, end = int(inside[0]), int(inside[-1])
        grows = (found[end] / found[begin]) ** (1 / (end - begin)) if end - begin >= 6 and found[begin] > 0 and found[end] > 0 else 1.0
        for place in range(begin):
            found[place] = found[begin] * grows ** (place - begin)
        for place in range(end + 1, len(found)):
            found[place] = found[end] * grows ** (place - end)
    return found


def _month(months: Sequence[date], means: np.ndarray) -> dict[int, float]:
    ratios: dict[int, list[float]] = {month: [] for month in range(1, 13)}
    if len(means) >= 18:
        for month, mean, trend in zip(months, means, _trend(means), strict=True):
            if trend > 0 and not math.isnan(mean):
                ratios[month.month].append(float(mean / trend))
    return _normal({month: float(np.median(found)) if found else math.nan for month, found in ratios.items()})


def _normal(found: dict[int, float]) -> dict[int, float]:
    known = [value for value in found.values() if not math.isnan(value)]
    mean = math.fsum(known) / len(known) if known else 0.0
    return {key: value / mean if mean > 0 else math.nan for key, value in found.items()}


def _words(month: dict[int, float], weekday: dict[int, float]) -> str:
    told = []
    for found, names, one in ((month, ("", *_MONTHS), "month"), (weekday, _WEEKDAYS, "weekday")):
        known = {key: value for key, value in found.items() if not math.isnan(value)}
        if not known:
            told.append(f"There are too few days to say which {one} is strong.")
            continue
        most, least = max(known, key=lambda key: known[key]), min(known, key=lambda key: known[key])
        told.append(f"The strongest {one} is {names[most]} ({known[most] - 1:+.0%} against the average), the weakest {names[least]} ({known[least] - 1:+.0%}).")
    return " ".join(told)


def decompose(values: Sequence[float], period: int) -> Decomposition | None:
    """Take an evenly spaced series apart by loess (robust STL); ``period`` 7 with two years of days or more has the year as a second season (MSTL).

    None with fewer than two whole periods (or 8 values), or where more than a fifth of the values is missing.
    """
    series = np.asarray(values, dtype=float)
    missing = ~np.isfinite(series)
    if period < 2 or len(series) < max(2 * period + 1, 8) or missing.mean() > 0.2:
        return None
    series = np.interp(np.arange(len(series)), np.flatnonzero(~missing), series[~missing])
    from statsmodels.tsa.seasonal import MSTL, STL

    if period == WEEK and len(series) >= 2 * YEAR + 1:
        made = MSTL(series, periods=(WEEK, YEAR), iterate=1, stl_kwargs={"robust": False, "seasonal_deg": 0}).fit()
        seasonal = np.asarray(made.seasonal).sum(axis=1)
    else:
        made = STL(series, period=period, robust=True, seasonal_deg=0 if len(series) < _DRIFTING_FROM * period else 1).fit()
        seasonal = np.asarray(made.seasonal)
    trend = np.asarray(made.trend)
    rest = series - trend - seasonal
    return Decomposition(trend.tolist(), seasonal.tolist(), rest.tolist(), _strength(rest, trend), _strength(rest, seasonal))


def _strength(rest: np.ndarray, part: np.ndarray) -> float:
    whole = float(np.var(rest + part))
    return max(0.0, 1.0 - float(np.var(rest)) / whole) if whole > 1e-12 * max(1.0, float(np.abs(rest + part).max()) ** 2) else 0.0


def normal_month(days: Sequence[date], values: Sequence[float], month: int) -> tuple[float, float, float] | None:
    """Return (low, middle, high) of what ``month`` (1 to 12) totals at the present level; None with fewer than two years of whole months.

    Middle: the month's index times the trend at the end of the series, for as many days as such a month has on average.  Low and high hold 80 % of how far months
    (of every name, because one alone has few years) were from their own index and trend.
    """
    if not 1 <= month <= 12:
        raise ValueError(f"months are numbered from 1 to 12, not {month}")
    known, first = _daily(days, values, ())
    even = dict.fromkeys(range(7), math.nan)
    months, means = _months(known, first, even)
    whole = np.flatnonzero(~np.isnan(means))
    if len(whole) < 24:
        return None
    index, trend = _month(months, means), _trend(means)
    if math.isnan(index[month]) or math.isnan(trend[whole[-1]]):
        return None
    off = [means[place] / (trend[place] * index[months[place].month]) for place in whole if trend[place] * index[months[place].month] > 0]
    length = 28.25 if month == 2 else 30.0 if month in {4, 6, 9, 11} else 31.0
    middle = float(trend[whole[-1]] * index[month] * length)
    low, high = np.quantile(off, (0.1, 0.9))
    return middle * min(float(low), 1.0), middle, middle * max(float(high), 1.0)
