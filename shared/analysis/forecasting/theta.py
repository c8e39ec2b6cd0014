"""The Theta method (Assimakopoulos and Nikolopoulos 2000): simple smoothing with half the slope of the line through all values, after taking the season out."""

from collections.abc import Sequence

import numpy as np

from shared.analysis.forecasting.smoothing import Array

_LEVELS = np.linspace(0.02, 1.0, 40)


def theta(values: Array, period: int, horizon: int, origins: Sequence[int]) -> Array:
    """Return forecasts [origin, step] of ``values`` (none missing); ``period`` 1: no season."""
    found = np.empty((len(origins), horizon))
    for row, origin in enumerate(origins):
        known = values[:origin]
        shape = season_of(known, period)
        plain = known - shape[np.arange(origin) % period]
        level, weight = _smoothed(plain)
        slope = float(np.polyfit(np.arange(origin), plain, 1)[0]) if origin > 2 else 0.0
        drift = slope / 2 * (np.arange(horizon) + (1 - (1 - weight) ** origin) / weight)
        found[row] = level + drift + shape[(origin + np.arange(horizon)) % period]
    return found


def season_of(values: Array, period: int) -> Array:
    """Return the additive season by place in the period (sums to zero): means around a centred moving average; zeros with fewer than two periods."""
    if period == 1 or len(values) < 2 * period:
        return np.zeros(period)
    begin, trend = moving_average(values, period)
    shape = by_place(values[begin : begin + len(trend)] - trend, begin, period)
    centred: Array = shape - shape.mean()
    return centred


def moving_average(values: Array, period: int) -> tuple[int, Array]:
    """Return the first place that has a centred average over one period, and the averages from there on."""
    window = np.r_[0.5, np.ones(period - 1), 0.5] / period if period % 2 == 0 else np.ones(period) / period
    return len(window) // 2, np.convolve(values, window, "valid")


def by_place(around: Array, begin: int, period: int) -> Array:
    """Means by place in the period of values of which the first has place ``begin``."""
    place = (np.arange(len(around)) + begin) % period
    means: Array = np.bincount(place, weights=around, minlength=period) / np.maximum(np.bincount(place, minlength=period), 1)
    return means


def _smoothed(values: Array) -> tuple[float, float]:
    """Last level and the weight with the smallest squared one-step error."""
    level, squared = np.full(len(_LEVELS), values[: max(1, min(10, len(values) // 2))].mean()), np.zeros(len(_LEVELS))
    for value in values:
        error = value - level
        squared += error * error
        level = level + _LEVELS * error
    best = int(np.argmin(squared))
    return float(level[best]), float(_LEVELS[best])
