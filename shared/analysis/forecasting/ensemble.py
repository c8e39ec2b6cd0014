"""The general forecaster: components weighted by their errors from many origins, with a band from the errors of the whole."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.analysis.forecasting import bands, components
from shared.analysis.forecasting.accuracy import covered, seasonal_naive
from shared.analysis.forecasting.preparing import Prepared, prepare
from shared.analysis.forecasting.smoothing import Array

ORIGINS = 16
_SHARPNESS = 4.0
"""A component with twice the error of the best weighs a sixteenth of it; with fewer than a dozen origins less sharply."""
_ENOUGH = 12
_LEAST = 8
"""Below so many values nothing can be tested: the forecast is an average."""


@dataclass(frozen=True)
class Record:
    """How the method did from earlier origins."""

    origins: int
    error: float
    """Mean absolute error over all origins and steps."""
    naive_error: float
    """The seasonal naive's, from the same origins."""
    coverage: dict[int, float]
    """Level -> share of the actual values inside the band, which each time was made from the other origins."""

    @property
    def ratio(self) -> float:
        """Below 1: better than the seasonal naive; NaN where that was never wrong."""
        return self.error / self.naive_error if self.naive_error > 0 else float("nan")


@dataclass(frozen=True, eq=False)
class Forecast:
    """Points and bands, one per step ahead."""

    mean: Array
    bands: dict[int, tuple[Array, Array]]
    """Level in percent -> lower and upper bound."""
    weights: dict[str, float]
    """Component -> its weight."""
    record: Record | None
    """None: too short for a test."""
    notes: tuple[str, ...]
    """What was done and why, in sentences."""


@dataclass(frozen=True, eq=False)
class Backcast:
    """What would have been said at earlier origins, and what is said now."""

    origins: tuple[int, ...]
    """Places in the series before which nothing was known; the last is its end."""
    points: Array
    """[origin, step]"""
    errors: Array
    """Actual less forecast [origin without the last, step]; NaN where not observed (yet)."""
    weights: dict[str, float]

    @property
    def apart(self) -> float:
        """Places between origins."""
        return float(self.origins[1] - self.origins[0]) if len(self.origins) > 1 else 1.0


def forecast(values: Sequence[float], horizon: int, periods: Sequence[int] = (), year: int = 0) -> Forecast:
    """Forecast ``horizon`` places after ``values`` (oldest first, evenly spaced; NaN: not observed).

    ``periods``: lengths of seasons in places, such as (7,) for days, (24, 168) for hours, (52,) for weeks.  ``year``: places of one year (364 for days, so that
    weekdays meet), where last year's shape may be worth something.  Raises NothingObservedError where no value is known, ValueError for a horizon below 1.
    """
    if horizon < 1:
        raise ValueError(f"a horizon of {horizon} places has nothing to forecast")
    series = prepare(values, periods)
    if len(series.filled) < _LEAST:
        return _average(series, horizon)
    made = backcast(series, horizon, periods, year, origins_of(len(series.filled), horizon, periods))
    mean = made.points[-1]
    around = {level: (np.maximum(mean + low, series.floor), mean + high) for level, (low, high) in bands.offsets(made.errors, made.apart).items()}
    return Forecast(mean, around, made.weights, _record(series, made, periods), (*series.notes, _words(series, made, periods)))


def origins_of(count: int, horizon: int, periods: Sequence[int], wanted: int = ORIGINS) -> tuple[int, ...]:
    """Return up to ``wanted`` origins and the end, evenly spaced over the last half of the series as far as seasons can be learned before the first one."""
    steps = min(horizon, max(1, count // 4))  # a short series is tested a few steps ahead only
    seasons = [period for period in periods if count - steps - 2 >= 2 * period]
    last = count - steps
    least = min(last, max(4, count // 2, 2 * max(seasons) if seasons else 0))
    apart = max(1, min(steps, (last - least) // (wanted - 1)))
    return (*sorted(last - apart * n for n in range(wanted) if last - apart * n >= least), count)


def backcast(series: Prepared, horizon: int, periods: Sequence[int], year: int, origins: tuple[int, ...]) -> Backcast:
    """Forecast from every origin by the weighted mean of the components; the weights come from all origins but the last."""
    usable = components.usable(periods, origins[0])
    made = components.forecasts(series, usable, year, horizon, origins)
    names = list(made)
    every = np.stack([made[name] for name in names])
    actual = np.full((len(origins) - 1, horizon), np.nan)
    for row, origin in enumerate(origins[:-1]):
        seen = series.observed[origin : origin + horizon]
        actual[row, : len(seen)] = seen
    weights = _weights(every[:, :-1], actual)
    shares = np.where(np.isnan(every), 0.0, weights[:, None, None])
    total = shares.sum(axis=0)
    points = np.where(total > 0, (shares * np.nan_to_num(every)).sum(axis=0) / np.where(total > 0, total, 1.0), np.nan_to_num(every[0]))
    points = np.full(points.shape, series.filled[0]) if series.is_constant else np.maximum(points, series.floor)
    return Backcast(origins, points, actual - points[:-1], {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)})


def _weights(made: Array, actual: Array) -> Array:
    """Weights that fall with the power of the error, sum 1; a component not made everywhere is held against the mean of the others where it was."""
    off = np.abs(made - actual[None])
    errors = np.array([_mean(each) for each in off])
    for place in range(len(off)):
        here = ~np.isnan(off[place])
        if here.any() and not np.isnan(made[place]).any():
            continue
        others = [_mean(np.where(here, off[other], np.nan)) / errors[other] for other in range(len(off)) if errors[other] > 0 and not np.isnan(made[other]).any()]
        errors[place] = errors[place] / np.mean(others) if here.any(axis=1).sum() >= 4 and others else np.inf
    if not np.isfinite(errors).any():
        return np.full(len(errors), 1 / len(errors))
    best = float(np.nanmin(errors))
    if best <= 0:
        exact = (errors <= 0).astype(float)
        only: Array = exact / exact.sum()
        return only
    share = np.nan_to_num((errors / best) ** (-_SHARPNESS * min(1.0, actual.shape[0] / _ENOUGH)))
    weights: Array = share / share.sum()
    return weights


def _mean(values: Array) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _record(series: Prepared, made: Backcast, periods: Sequence[int]) -> Record | None:
    rows = len(made.errors)
    if rows < 2:
        return None
    period = min(periods, default=1)
    horizon = made.errors.shape[1]
    naive = np.stack([seasonal_naive(series.filled[:origin], period, horizon) for origin in made.origins[:-1]])
    actual = made.errors + made.points[:-1]
    inside: dict[int, list[float]] = {level: [] for level in bands.LEVELS}
    for row in range(rows):
        for level, (low, high) in bands.offsets(np.delete(made.errors, row, axis=0), made.apart).items():
            inside[level].append(covered(made.errors[row], low, high))
    return Record(rows, _mean(np.abs(made.errors)), _mean(np.abs(naive - actual)), {level: _mean(np.array(shares)) for level, shares in inside.items()})


def _average(series: Prepared, horizon: int) -> Forecast:
    known = series.observed[~np.isnan(series.observed)]
    mean = float(known.mean())
    if len(known) == 1:
        around = {level: (mean - abs(mean) * level / 80, mean + abs(mean) * level / 80) for level in bands.LEVELS}
        words = "Only one value is known: the forecast repeats it, and the band is as wide as the value itself, for nothing else is known."
    else:
        off = float(known.std(ddof=1)) * np.sqrt(1 + 1 / len(known))
        around = {level: (mean - off * bands.widening(level, len(known)) * wide, mean + off * bands.widening(level, len(known)) * wide) for level, wide in zip(bands.LEVELS, (1.2816, 1.96), strict=True)}
        words = f"Only {len(known)} values are known: the forecast is their average, and the band follows from how they differ."
    found = {level: (np.full(horizon, max(low, series.floor)), np.full(horizon, high)) for level, (low, high) in around.items()}
    return Forecast(np.full(horizon, mean), found, {"average": 1.0}, None, (*series.notes, words))


def _words(series: Prepared, made: Backcast, periods: Sequence[int]) -> str:
    leading = sorted(made.weights.items(), key=lambda item: -item[1])[:3]
    unused = [str(period) for period in periods if period not in components.usable(periods, made.origins[0])]
    short = f" A season of {' or '.join(unused)} places was not seen twice before the first of them and is left out." if unused else ""
    return (f"Weighted mean of {len(made.weights)} methods by their errors from {len(made.origins) - 1} earlier origins; most weight: "
            + ", ".join(f"{name} {share:.0%}" for name, share in leading) + f". {len(series.filled)} values.{short}")
