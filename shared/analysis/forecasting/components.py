"""The forecasts that the ensemble is made of, each from every origin."""

from collections.abc import Callable, Sequence

import numpy as np

from shared.analysis.forecasting import autoregression, smoothing
from shared.analysis.forecasting.accuracy import seasonal_naive
from shared.analysis.forecasting.preparing import Prepared
from shared.analysis.forecasting.smoothing import Array
from shared.analysis.forecasting.theta import theta

_SHORT_PERIOD = 24
"""A season of up to so many places is smoothed with level and trend; of longer ones only the longest, with its level."""
_LOG_RANGE = 1e4
"""Where the largest value is so many times the smallest, logarithms are ruled by the smallest ones."""
_SAME_PLACES = 8
"""Turns whose median is taken."""


def usable(periods: Sequence[int], first_origin: int) -> tuple[int, ...]:
    """The periods that have been seen twice before the first origin, shortest first."""
    return tuple(sorted(period for period in set(periods) if period > 1 and first_origin >= 2 * period))


def forecasts(series: Prepared, periods: Sequence[int], year: int, horizon: int, origins: Sequence[int]) -> dict[str, Array]:
    """Return name -> forecasts [origin, step]; NaN where a component could not be made from an origin.

    ``periods``: usable ones.  ``year``: places in a year, 0 where a year means nothing to the series.
    """
    found = _family("", series.observed, series.filled, lambda values: values, periods, horizon, origins)
    if series.filled.min() > series.filled.max() / _LOG_RANGE and not series.is_constant:
        logs = np.log(series.filled)
        found |= _family("log ", np.log(series.observed), logs, lambda values: np.exp(_held(values, logs, origins)), periods, horizon, origins)
    short = periods[0] if periods else 1
    found["last season"] = np.stack([seasonal_naive(series.filled[:origin], short, horizon) for origin in origins])
    if origins[0] >= 2 * short:
        found["same places"] = np.stack([_same_places(series.filled[:origin], short, horizon) for origin in origins])
    if year and origins[-1] >= year + 60 * year // 364:
        found["last year"] = _last_year(series.filled, next(found[name] for name in ("smoothed season", "smoothed level") if name in found), year, horizon, origins)
    return found


def _family(prefix: str, observed: Array, filled: Array, back: Callable[[Array], Array], periods: Sequence[int], horizon: int, origins: Sequence[int]) -> dict[str, Array]:
    """The components on one scale."""
    found = {}
    lags = autoregression.lags_of(periods, origins[0])
    if lags:
        found["autoregression"] = autoregression.autoregress(filled, lags, horizon, origins)
    short = periods[0] if periods and periods[0] <= _SHORT_PERIOD else 1
    if short > 1:
        found["smoothed season"] = smoothing.smooth(observed, short, horizon, origins, smoothing.SEASONAL)
        found["smoothed season and trend"] = smoothing.smooth(observed, short, horizon, origins, smoothing.SEASONAL_TREND)
    else:
        found["smoothed level"] = smoothing.smooth(observed, 1, horizon, origins, smoothing.PLAIN)
        found["smoothed trend"] = smoothing.smooth(observed, 1, horizon, origins, smoothing.TREND)
    if periods and periods[-1] > _SHORT_PERIOD:
        found["smoothed long season"] = smoothing.smooth(observed, periods[-1], horizon, origins, smoothing.SEASONAL)
    found["theta"] = theta(filled, short, horizon, origins)
    return {prefix + name: back(values) for name, values in found.items()}


def _held(values: Array, seen: Array, origins: Sequence[int]) -> Array:
    """Logarithms no further outside of what each origin has seen than half the width of it: a small slip of a logarithm is a large one of money."""
    held = values.copy()
    for row, origin in enumerate(origins):
        low, high = seen[:origin].min(), seen[:origin].max()
        held[row] = np.clip(held[row], low - (high - low) / 2 - 0.1, high + (high - low) / 2 + 0.1)
    return held


def _same_places(known: Array, period: int, horizon: int) -> Array:
    """Median of the same place in the last periods."""
    turns = min(_SAME_PLACES, len(known) // period)
    shape = np.median(known[len(known) - turns * period :].reshape(turns, period), axis=0)
    again: Array = shape[np.arange(horizon) % period]
    return again


def _last_year(filled: Array, base: Array, year: int, horizon: int, origins: Sequence[int]) -> Array:
    """``base`` times half (in logarithms) of what the same days of last year were above or below the four weeks before them."""
    near, month = max(3, 21 * year // 364 | 1), max(1, 28 * year // 364)
    found = np.full(base.shape, np.nan)
    for row, origin in enumerate(origins):
        if origin < year + month:
            continue
        before = filled[origin - year - month : origin - year].mean()
        places = origin - year + np.arange(horizon) % year
        smooth = np.convolve(np.pad(filled[:origin], near // 2, "edge"), np.ones(near) / near, "valid")
        if before <= 0:
            continue
        found[row] = base[row] * np.sqrt(np.clip(smooth[places] / before, 0.36, 2.56))
    return found
