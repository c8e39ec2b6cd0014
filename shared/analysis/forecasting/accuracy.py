"""How far forecasts were off: the measures of the M competitions, and the simple forecasts that they are held against."""

import numpy as np

from shared.analysis.forecasting.smoothing import Array
from shared.analysis.forecasting.theta import by_place, moving_average, season_of


def smape(actual: Array, forecast: Array) -> float:
    """Symmetric mean absolute percentage error, 0..200 (Makridakis 1993, as in M4); a step where both are zero counts as exact; NaN where nothing was observed."""
    known = ~np.isnan(actual)
    if not known.any():
        return float("nan")
    size = np.abs(actual[known]) + np.abs(forecast[known])
    return float(200 * np.mean(np.divide(np.abs(actual[known] - forecast[known]), size, out=np.zeros(len(size)), where=size > 0)))


def mase(actual: Array, forecast: Array, history: Array, period: int) -> float:
    """Mean absolute error over that of the seasonal naive within ``history`` (Hyndman and Koehler 2006); NaN where the history never changes or is too short."""
    known = ~np.isnan(actual)
    scale = naive_scale(history, period)
    return float(np.mean(np.abs(actual[known] - forecast[known])) / scale) if known.any() and scale > 0 else float("nan")


def naive_scale(history: Array, period: int) -> float:
    """Mean absolute change from one period to the next; NaN with too few values."""
    changes = np.abs(history[period:] - history[:-period])
    changes = changes[~np.isnan(changes)]
    return float(changes.mean()) if len(changes) else float("nan")


def owa(errors: tuple[float, float], reference: tuple[float, float]) -> float:
    """Overall weighted average of M4: the mean of sMAPE and MASE, each over that of the reference (naive 2); both averaged over series first."""
    return (errors[0] / reference[0] + errors[1] / reference[1]) / 2


def covered(actual: Array, low: Array, high: Array) -> float:
    """Share of the observed values within the band, both bounds included; NaN where nothing was observed."""
    known = ~np.isnan(actual)
    return float(np.mean((actual[known] >= low[known]) & (actual[known] <= high[known]))) if known.any() else float("nan")


def seasonal_naive(history: Array, period: int, horizon: int) -> Array:
    """The last period again and again; the last value where the history is shorter than one period."""
    turn = period if len(history) >= period else 1
    again: Array = history[len(history) - turn + np.arange(horizon) % turn]
    return again


def naive2(history: Array, period: int, horizon: int) -> Array:
    """The reference of M4: the last value, with the season put back where a test of the autocorrelation finds one (90 %).

    The season is multiplicative as in M4, and additive where a value is not positive (M4 had none).
    """
    if period == 1 or not _is_seasonal(history, period):
        return np.full(horizon, history[-1])
    count = len(history)
    last, ahead = (count - 1) % period, (count + np.arange(horizon)) % period
    shape = season_of(history, period) if (history <= 0).any() else _indices(history, period)
    found: Array = history[-1] - shape[last] + shape[ahead] if (history <= 0).any() else history[-1] / shape[last] * shape[ahead]
    return found


def _is_seasonal(history: Array, period: int) -> bool:
    if len(history) < 3 * period:
        return False
    around = history - history.mean()
    whole = float((around * around).sum())
    if whole == 0:
        return False
    correlations = np.array([(around[lag:] * around[:-lag]).sum() / whole for lag in range(1, period + 1)])
    limit = 1.645 * np.sqrt((1 + 2 * (correlations[:-1] ** 2).sum()) / len(history))
    return bool(abs(correlations[-1]) > limit)


def _indices(history: Array, period: int) -> Array:
    """Multiplicative seasonal indices by classical decomposition, mean 1."""
    begin, trend = moving_average(history, period)
    index = by_place(history[begin : begin + len(trend)] / trend, begin, period)
    scaled: Array = index / index.mean()
    return scaled
