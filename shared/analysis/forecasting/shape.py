"""How a branch's business is spread over its days: the calendar's weights, weekdays as they were, holidays as they were."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.analysis.forecasting.smoothing import Array

WEEK = 7
_LEARNT = 52
"""Weeks that weekdays are learnt from; earlier origins use the same, for shares of weekdays hardly move."""
_OWN_DAYS = 65
"""Days with business from which on a branch speaks for itself: a quarter's working days."""


@dataclass(frozen=True, eq=False)
class Days:
    """The calendar of every branch over the days known and the days ahead."""

    weights: Array
    """[day, branch] what the company's calendar expects of the day; zero: closed."""
    holidays: NDArray[np.bool_]
    """[day, branch]"""
    weekdays: NDArray[np.int64]
    """[day], Monday 0"""


def by_week(values: Array) -> Array:
    """Sums of seven days [week, branch] of ``values`` [day, branch], whose number of days is a multiple of seven."""
    weeks: Array = values.reshape(-1, WEEK, values.shape[1]).sum(axis=1)
    return weeks


def learnt(values: Array, days: Days, known: int, *, by_calendar: bool) -> Array:
    """Return the weight of every day [day, branch] for a series of which ``values[:known]`` is known.

    ``by_calendar``: the calendar's weight (which holds season and holidays) times what the branch's weekdays did beside it; otherwise (work that follows sales by weeks,
    such as installing) weekdays and holidays as they were alone.  A branch with little business leans on all branches.
    """
    begin = max(0, known - _LEARNT * WEEK)
    off = days.holidays & (not by_calendar)  # the calendar's weights know holidays
    expected = days.weights if by_calendar else np.ones_like(days.weights)
    seen, weekdays, usual = values[begin:known], days.weekdays[begin:known], ~off[begin:known]
    own, base = (np.stack([(part * usual)[weekdays == day].sum(axis=0) for day in range(WEEK)]) for part in (seen, expected[begin:known]))
    every = _ratio(own.sum(axis=1, keepdims=True), base.sum(axis=1, keepdims=True))
    trust = np.minimum(1.0, (seen != 0).sum(axis=0) / _OWN_DAYS)[None, :]
    shape: Array = expected * (trust * _ratio(own, base) + (1 - trust) * every)[days.weekdays]
    normal, level = float((shape[begin:known] * ~usual).sum()), _level(own, base)
    if normal > 0 and level > 0:
        shape[off] *= float(np.clip((seen * ~usual).sum() / level / normal, 0.0, 1.2))
    return shape


def _level(own: Array, base: Array) -> float:
    return float(own.sum() / base.sum()) if base.sum() > 0 else 0.0


def _ratio(own: Array, base: Array) -> Array:
    """What each weekday does per unit of weight, in terms of the mean of all; 1 everywhere where nothing is known, never below zero."""
    level = own.sum(axis=0) / np.where(base.sum(axis=0) > 0, base.sum(axis=0), 1.0)
    found = np.divide(own, base * np.where(level > 0, level, 1.0), out=np.ones(np.broadcast_shapes(own.shape, base.shape)), where=base > 0)
    factor: Array = np.where(level > 0, np.maximum(found, 0.0), 1.0)
    return factor


def spread_over_days(weeks: Array, shape: Array) -> Array:
    """Split weekly amounts [week, branch] over their days by ``shape`` [day, branch]; evenly where a week's days weigh nothing but it has an amount."""
    daily = shape.reshape(-1, WEEK, shape.shape[1])
    total = daily.sum(axis=1, keepdims=True)
    share = np.divide(daily, total, out=np.full(daily.shape, 1 / WEEK), where=total > 0)
    days: Array = (weeks[:, None, :] * share).reshape(-1, shape.shape[1])
    return days
