"""What came before each day of a series, as rows of a table, and robust middles of them; NaN is missing."""

import math

import numpy as np


def before(series: np.ndarray, lags: range) -> np.ndarray:
    """[day, lag] the series so many days before; NaN before its beginning."""
    found = np.full((len(series), len(lags)), math.nan)
    for column, lag in enumerate(lags):
        found[lag:, column] = series[: max(len(series) - lag, 0)]
    return found


def median(rows: np.ndarray, least: int) -> np.ndarray:
    """Median of each row's known values; NaN where fewer than ``least`` are."""
    ordered, count = np.sort(rows, axis=1), _count(rows)  # NaN sorts last
    low, high = (np.take_along_axis(ordered, place[:, None], axis=1)[:, 0] for place in (np.maximum((count - 1) // 2, 0), np.minimum(count // 2, rows.shape[1] - 1)))
    return np.where(count >= least, (low + high) / 2, math.nan)


def midmean(rows: np.ndarray, least: int) -> np.ndarray:
    """Mean of the middle half of each row's known values: as deaf to odd days as a median, and steadier; NaN where fewer than ``least`` are."""
    ordered, count = np.sort(rows, axis=1), _count(rows)
    place = np.arange(rows.shape[1])[None, :]
    inside = (place >= (count // 4)[:, None]) & (place < (count - count // 4)[:, None])
    total = np.where(inside, np.nan_to_num(ordered), 0.0).sum(axis=1)
    return np.where(count >= least, total / np.maximum(inside.sum(axis=1), 1), math.nan)


def mean(rows: np.ndarray, least: int) -> np.ndarray:
    """Mean of each row's known values; NaN where fewer than ``least`` are."""
    count = _count(rows)
    return np.where(count >= least, np.nansum(rows, axis=1) / np.maximum(count, 1), math.nan)


def upper(rows: np.ndarray, least: int, part: float) -> np.ndarray:
    """The value that ``part`` of each row's known ones lie below; NaN where fewer than ``least`` are known."""
    ordered, count = np.sort(rows, axis=1), _count(rows)
    place = np.minimum(np.floor(part * count).astype(int), np.maximum(count - 1, 0))
    return np.where(count >= least, np.take_along_axis(ordered, place[:, None], axis=1)[:, 0], math.nan)


def _count(rows: np.ndarray) -> np.ndarray:
    return np.asarray(np.sum(~np.isnan(rows), axis=1))
