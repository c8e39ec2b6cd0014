"""Revenue by branch and day: what is sold (booked) and what is installed, from the same method at every origin.

Weeks counted back from the origin are forecast per unit of calendar weight by the ensemble; what is already known (leads, open appointments and quotes; sold and
not yet installed) says the same in a second way.  How much each counts follows from their errors at earlier origins.  Days share out the weeks, so that days, weeks and
months of one branch, and branches of the company, always add up.
"""

from dataclasses import dataclass

import numpy as np

from shared.analysis.forecasting import chain, ensemble
from shared.analysis.forecasting.histories import HORIZON, LEAST_WEEKS, Histories
from shared.analysis.forecasting.mixing import Mixed, mix
from shared.analysis.forecasting.preparing import prepare
from shared.analysis.forecasting.shape import WEEK, by_week, learnt, spread_over_days
from shared.analysis.forecasting.smoothing import Array

_MOST_ORIGINS = 40
LOOK_BACK = (4, 13)
"""Weeks ago from which is shown what the same method would have said."""
_YEAR = 52
SALES_LAGS, INSTALL_LAGS, OPEN_WEEKS = 6, 26, 4
_YOUNG = 8
_FASTEST = 1.3
"""Growth in a year that is carried on at most."""


class TooShortError(ValueError):
    """The company has too few weeks of numbers for a forecast."""


@dataclass(frozen=True, eq=False)
class Basis:
    """One kind of revenue from every origin."""

    name: str
    days: Array
    """[origin, day ahead, branch] forecasts; NaN where a branch did not exist at an origin.  The last origin is now."""
    actual: Array
    """[origin, day ahead, branch] what came; NaN where that is not known yet, or where there is no forecast."""
    mixed: Mixed
    lags: Array | None
    """Share of the week's leads' sales (the week's sales' installed jobs) by weeks later; None: not known."""


@dataclass(frozen=True, eq=False)
class Made:
    """Everything that one training makes."""

    histories: Histories
    origins: tuple[int, ...]
    """Weeks known at each origin; the last is now."""
    apart: int
    """Weeks between origins."""
    bases: tuple[Basis, ...]


def forecast_revenue(given: Histories) -> Made:
    """Forecast booked and installed revenue.  Raises TooShortError below three weeks of anything."""
    histories = given.whole_weeks()
    if histories.weeks < LEAST_WEEKS:
        raise TooShortError(f"{histories.weeks} whole weeks of sales are known, {LEAST_WEEKS} are needed")
    origins, apart = origins_of(histories.weeks)
    known, days = histories.known, histories.days
    sold_shape, lead_shape = (learnt(values, days, known, by_calendar=True) for values in (histories.booked, histories.leads))
    work_shape = learnt(histories.installed, days, known, by_calendar=False)
    booked, leads, installed = by_week(histories.booked), by_week(histories.leads), by_week(histories.installed)
    calendar = _bases(booked, by_week(sold_shape), origins)
    asked = _bases(leads, by_week(lead_shape), origins)
    asked = mix({"calendar": asked, "growth": _grown(asked, leads, by_week(lead_shape), origins)}, leads, origins).weeks
    through_leads, lags = _through(leads, booked, asked, np.ones((histories.weeks + HORIZON, booked.shape[1])), origins, SALES_LAGS)
    opened = [histories.open_appointments[WEEK - 1 :: WEEK], histories.open_quotes[WEEK - 1 :: WEEK]]
    calendar = mix({"calendar": calendar, "growth": _grown(calendar, booked, by_week(sold_shape), origins)}, booked, origins).weeks
    sold = mix({"calendar": calendar, "leads": through_leads, "open appointments and quotes": _from_open(booked, by_week(sold_shape), opened, origins)}, booked, origins)
    work = by_week(work_shape)
    easing = work / np.where(work.mean(axis=0) > 0, work.mean(axis=0), 1.0)
    backlog, delay = _through(booked, installed, sold.weeks, easing, origins, INSTALL_LAGS)
    done = mix({"calendar": _bases(installed, work, origins), "sold and not installed": backlog}, installed, origins)
    still = histories.open_for_business()
    return Made(histories, origins, apart, (
        _basis("booked", sold, sold_shape, histories.booked, origins, still, lags), _basis("installed", done, work_shape, histories.installed, origins, still, delay)))


def origins_of(weeks: int) -> tuple[tuple[int, ...], int]:
    """Return the weeks known at each origin (the last is all of them), and how many weeks lie between two."""
    apart = 3 if weeks >= 150 else 2 if weeks >= 100 else 1
    first = max(2, weeks // 3)
    earlier = [weeks - apart * n for n in range(1, _MOST_ORIGINS + 1) if weeks - apart * n >= first]
    back = [weeks - each for each in LOOK_BACK if weeks - each >= first]
    return (*sorted({*earlier, *back}), weeks), apart


def _bases(weeks: Array, weight: Array, origins: tuple[int, ...]) -> Array:
    """[origin, week, branch] by the ensemble on amounts per unit of weight; NaN where a branch had nothing yet."""
    found = np.full((len(origins), HORIZON, weeks.shape[1]), np.nan)
    known = origins[-1]
    for branch in range(weeks.shape[1]):
        busy = np.flatnonzero(weeks[:, branch])
        if not len(busy):
            continue
        start = int(busy[0])
        rate = np.divide(weeks[start:, branch], weight[start:known, branch], out=np.full(known - start, np.nan), where=weight[start:known, branch] > 0)
        local = tuple(origin - start for origin in origins if origin - start >= _YOUNG)
        points = ensemble.backcast(prepare(rate, (_YEAR,)), HORIZON, (_YEAR,), _YEAR, local).points if local and not np.isnan(rate[: local[0]]).all() else np.empty((0, HORIZON))
        for row, origin in enumerate(origins):
            if origin - start >= _YOUNG and len(points):
                ahead = points[row - (len(origins) - len(points))]
            elif origin > start:
                total = weight[start:origin, branch].sum()
                ahead = np.full(HORIZON, weeks[start:origin, branch].sum() / total if total > 0 else 0.0)
            else:
                continue
            found[row, :, branch] = ahead * weight[origin : origin + HORIZON, branch]
    return found


def _grown(base: Array, weeks: Array, weight: Array, origins: tuple[int, ...]) -> Array:
    """``base`` going on at the growth of the company's last half-year over the same weeks a year before; NaN with less than 78 weeks known."""
    found = np.full(base.shape, np.nan)
    half = _YEAR // 2
    for row, origin in enumerate(origins):
        if origin < _YEAR + half:
            continue
        older = (weeks[: origin - _YEAR] != 0).any(axis=0)
        now, then = (weeks[end - half : end, older].sum() / max(float(weight[end - half : end, older].sum()), 1e-9) for end in (origin, origin - _YEAR))
        if then <= 0 or now <= 0:
            continue
        yearly = np.clip(now / then, 1 / _FASTEST, _FASTEST)
        found[row] = base[row] * (yearly ** ((np.arange(HORIZON) + 1 + half / 2) / _YEAR))[:, None]
    return found


def _through(source: Array, outcome: Array, ahead: Array, easing: Array, origins: tuple[int, ...], longest: int) -> tuple[Array, Array | None]:
    found, lags = np.full(ahead.shape, np.nan), None
    for row, origin in enumerate(origins):
        made = chain.follow(source[:origin], outcome[:origin], np.nan_to_num(ahead[row]), easing[: origin + HORIZON], longest)
        if made is not None:
            found[row] = made.ahead
        lags = made.lags if made is not None else None
    return found, lags


def _from_open(outcome: Array, weight: Array, opened: list[Array], origins: tuple[int, ...]) -> Array:
    found = np.full((len(origins), HORIZON, outcome.shape[1]), np.nan)
    for row, origin in enumerate(origins):
        made = chain.weigh_open(outcome[:origin], weight, [each[:origin] for each in opened], OPEN_WEEKS)
        if made is not None:
            found[row, :OPEN_WEEKS] = made
    return found


def _basis(name: str, mixed: Mixed, shape: Array, known: Array, origins: tuple[int, ...], still: Array, lags: Array | None) -> Basis:
    """Share the weeks out over days and put what came beside them."""
    count, width = len(origins), known.shape[1]
    days, actual = np.empty((count, HORIZON * WEEK, width)), np.full((count, HORIZON * WEEK, width), np.nan)
    for row, origin in enumerate(origins):
        begin = origin * WEEK
        days[row] = spread_over_days(mixed.weeks[row], shape[begin : begin + HORIZON * WEEK])
        seen = known[begin : begin + HORIZON * WEEK]
        actual[row, : len(seen)] = seen
    days[-1] = np.nan_to_num(days[-1]) * still
    actual[np.isnan(days)] = np.nan
    return Basis(name, days, actual, mixed, lags)
