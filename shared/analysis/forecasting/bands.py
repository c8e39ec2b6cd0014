"""Bands made from errors that were really made, by distance, and the spread of any sum."""

from functools import lru_cache

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from shared.analysis.forecasting.smoothing import Array

LEVELS = (80, 95)
_NEAR = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9
"""Neighbouring steps share their spread: one step from one series is too few cases."""

_FEW = 8
"""With fewer origins errors count in both directions: that all of them were on one side says little."""


def effective(origins: int, apart: float, horizon: int) -> float:
    """How many independent cases ``origins`` paths are that begin ``apart`` places after one another: overlapping ones count in part."""
    return 1 + (origins - 1) * min(1.0, apart / horizon)


@lru_cache(4096)
def students(share: float, cases: float) -> float:
    """Quantile of Student's distribution for a spread measured on ``cases`` independent cases."""
    return float(student.ppf(share, max(cases - 1, 1.0)))


def below(place: float, cases: float) -> float:
    """Probability of a value below ``place`` spreads."""
    return float(student.cdf(place, max(cases - 1, 1.0)))


@lru_cache(4096)
def widening(level: int, cases: float) -> float:
    """How much wider a band must be for having been measured on few cases: Student's quantile over the normal one."""
    tail = 1 - (1 - level / 100) / 2
    return students(tail, cases) / float(norm.ppf(tail))


def spread(errors: Array) -> Array:
    """Root mean square of errors [origin, step] by step, smoothed over neighbours; NaN: not seen."""
    known = ~np.isnan(errors)
    count = known.sum(axis=0)
    by_step: Array = np.sqrt((np.where(known, errors, 0.0) ** 2).sum(axis=0) / np.maximum(count, 1))
    if (count == 0).any():
        seen = np.flatnonzero(count)
        by_step = np.interp(np.arange(len(by_step)), seen, by_step[seen]) if len(seen) else by_step
    if len(by_step) > len(_NEAR):
        by_step = np.convolve(np.pad(by_step, len(_NEAR) // 2, "edge"), _NEAR, "valid")
    return by_step


def offsets(errors: Array, apart: float, levels: tuple[int, ...] = LEVELS) -> dict[int, tuple[Array, Array]]:
    """Return level -> (what to add for the lower bound, for the upper one), by step; the lower is never above zero, the upper never below.

    ``errors``: actual less forecast [origin, step], NaN where not observed.  Errors over the spread of their step are pooled over all steps, and their quantiles
    widened for the number of independent cases.
    """
    by_step = spread(errors)
    scale = np.where(by_step > 0, by_step, 1.0)
    pooled = (errors / scale)[~np.isnan(errors)]
    if len(errors) < _FEW:
        pooled = np.r_[pooled, -pooled]
    cases = effective(len(errors), apart, errors.shape[1])
    found = {}
    for level in levels:
        tail, wider = (1 - level / 100) / 2, widening(level, cases)
        low, high = (np.quantile(pooled, [tail, 1 - tail]) * wider).tolist() if len(pooled) else (0.0, 0.0)
        found[level] = (by_step * min(low, 0.0), by_step * max(high, 0.0))
    return found
