"""Exponential smoothing over a grid of its parameters: one pass over a series gives the forecasts from every origin in it.

Additive errors, damped trend, additive season (Hyndman et al., Forecasting with Exponential Smoothing, 2008, models ANN, AAdN, ANA and AAdA).  Instead of
searching for the parameters at each origin, every combination of a grid runs along, and at an origin the one with the smallest squared one-step error so far is
taken: what a refit at that origin would find on the same grid.  A library's optimiser takes some hundred times as long for all origins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Grid:
    """Combinations of level, trend, season and damping, one per place."""

    level: Array
    trend: Array
    season: Array
    damping: Array


def grid(levels: Sequence[float], trends: Sequence[float], seasons: Sequence[float], dampings: Sequence[float]) -> Grid:
    """Every combination inside the usual region (trend up to the level's weight, season up to what the level leaves)."""
    rows = np.array([(level, level * trend, season * (1 - level), damping) for level, trend, season, damping in product(levels, trends, seasons, dampings)])
    return Grid(rows[:, 0].copy(), rows[:, 1].copy(), rows[:, 2].copy(), rows[:, 3].copy())


_LEVELS = (0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.95)
SEASONAL = grid(_LEVELS, (0.0,), (0.01, 0.03, 0.06, 0.1, 0.2, 0.35, 0.5), (1.0,))
SEASONAL_TREND = grid(_LEVELS, (0.02, 0.1, 0.2), (0.01, 0.05, 0.1, 0.2, 0.4), (0.8, 0.9, 0.96))
PLAIN = grid(tuple(np.linspace(0.02, 1.0, 30)), (0.0,), (0.0,), (1.0,))
TREND = grid((*_LEVELS, 1.0), (0.02, 0.05, 0.1, 0.2, 0.4), (0.0,), (0.8, 0.9, 0.95, 0.98))


def smooth(values: Array, period: int, horizon: int, origins: Sequence[int], combinations: Grid) -> Array:
    """Return forecasts [origin, step]: from ``values[:origin]`` for the ``horizon`` places from ``origin`` on.

    ``period`` 1: no season; otherwise at least two whole periods must lie before the first origin.  NaN in ``values`` is a place not observed: the state goes on
    without it.  ``origins`` ascend; the last may be ``len(values)``.
    """
    level, trend, season = _begin(values[: origins[0]], period, len(combinations.level))
    ahead = np.arange(1, horizon + 1)
    damped = np.cumsum(combinations.damping[None, :] ** ahead[:, None], axis=0)
    squared = np.zeros(len(combinations.level))
    found, places = np.empty((len(origins), horizon)), {origin: row for row, origin in enumerate(origins)}
    for place in range(origins[-1] + 1):
        if place in places:
            best = int(np.argmin(squared))
            found[places[place]] = level[best] + damped[:, best] * trend[best] + season[(place + np.arange(horizon)) % period, best]
        if place == origins[-1]:
            break
        value, held = values[place], combinations.damping * trend
        level = level + held
        if np.isnan(value):
            trend = held
            continue
        this = season[place % period]
        error = value - level - this
        level += combinations.level * error
        trend = held + combinations.trend * error
        if period > 1:
            this += combinations.season * error
        squared += error * error
    return found


def _begin(values: Array, period: int, width: int) -> tuple[Array, Array, Array]:
    """Level, trend and season before the first place, the same for each combination."""
    if period == 1:
        known = values[~np.isnan(values)][:10]
        return np.full(width, known.mean() if len(known) else 0.0), np.zeros(width), np.zeros((1, width))
    cycles = min(len(values) // period, 4)
    first = values[: cycles * period].reshape(cycles, period)
    shape = _mean(first - _mean(first, 1)[:, None], 0)
    return np.full(width, np.nan_to_num(_mean(first[:1], 1)[0])), np.zeros(width), np.tile(np.nan_to_num(shape)[:, None], (1, width))


def _mean(values: Array, axis: int) -> Array:
    """Mean of what is known; NaN where nothing is (numpy would warn)."""
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
