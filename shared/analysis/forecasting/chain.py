"""What follows from what is already known: sales follow leads within weeks, installed jobs follow sales.

How much of a week's leads (or sales) arrives how many weeks later is fitted by non-negative least squares over all branches together, smooth from week to week
(distributed lags), from what was known at the origin only.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from shared.analysis.forecasting.smoothing import Array

_MEMORY = 104
"""Weeks that the lags are fitted on."""
_STEP = 0.05
"""By how much neighbouring lags usually differ: noise is smoothed away as far as it hides such differences."""
RECENT = 26
"""Weeks by which a branch's own level is set."""
YOUNG = 8
"""With fewer weeks than this a branch's own yield is not known: a lead is then worth what it is worth elsewhere."""


@dataclass(frozen=True, eq=False)
class Chain:
    """What the fitted lags say."""

    ahead: Array
    """[week, branch]; NaN where a branch has no source yet."""
    lags: Array
    """Share by weeks later, from 0 on, of everything that follows; sums to 1."""


def follow(source: Array, outcome: Array, ahead: Array, easing: Array, longest: int) -> Chain | None:
    """Return what follows from ``source`` [week known, branch] and its own forecast ``ahead`` [week, branch]; None with too little history.

    ``outcome`` [week known, branch] is what it led to; ``easing`` [week known and ahead, branch] is how much of the outcome the days of a week allow (1: usual).
    """
    known = len(source)
    sizes, begun = _usual(source), _begun(outcome)
    old = [branch for branch in range(source.shape[1]) if sizes[branch] > 0 and known - begun[branch] >= YOUNG]
    if not old:
        return None
    led = _usual(outcome)
    worth = float(led[old].sum() / sizes[old].sum())
    lags = _fit(source / np.where(sizes > 0, sizes, 1.0), outcome / np.where(led > 0, led, 1.0), easing, old, longest)
    if lags is None:
        return None
    found = np.full(ahead.shape, np.nan)
    for branch in np.flatnonzero(sizes > 0):
        through = _behind(np.r_[source[:, branch], ahead[:, branch]], longest) @ lags * easing[:, branch]
        if branch not in old:
            found[:, branch] = through[known:] / lags.sum() * worth
            continue
        first = max(known - RECENT, min(int(begun[branch]) + longest, known - YOUNG))
        fitted = through[first:known].sum()
        level = outcome[first:known, branch].sum() / fitted if fitted > 0 else 0.0
        usual = led[branch] / sizes[branch]
        found[:, branch] = through[known:] * np.clip(level, usual / 2, usual * 2)
    return Chain(found, lags / lags.sum())


def _fit(source: Array, outcome: Array, easing: Array, branches: list[int], longest: int) -> Array | None:
    """Fit the lags on usual sizes; None where fewer weeks than lags are known, or nothing follows."""
    known, starts = len(source), _begun(source)
    rows, seen = [], []
    for branch in branches:
        first = max(int(starts[branch]) + longest, known - _MEMORY)
        rows.append((_behind(source[:, branch], longest) * easing[:known, branch, None])[first:])
        seen.append(outcome[first:, branch])
    stacked, target = np.vstack(rows), np.concatenate(seen)
    if len(target) < 2 * longest:
        return None
    _, rest = nnls(stacked, target)
    smooth = np.diff(np.eye(longest + 1), axis=0) * (rest / np.sqrt(len(target)) / _STEP)
    lags, _ = nnls(np.vstack([stacked, smooth]), np.r_[target, np.zeros(longest)])
    return lags if lags.sum() > 0 else None


def _begun(values: Array) -> Array:
    """First week with anything in it, by branch; the number of weeks where there is none."""
    anything = values != 0
    return np.where(anything.any(axis=0), anything.argmax(axis=0), len(values))


def _usual(values: Array) -> Array:
    """A usual week of each branch: the mean of the last two years as far as it has existed; 0 where it has not."""
    starts = np.maximum(_begun(values), len(values) - _MEMORY).astype(int)
    return np.array([values[start:, branch].mean() if start < len(values) else 0.0 for branch, start in enumerate(starts)])


def _behind(values: Array, longest: int) -> Array:
    """Rows of (value, value a week before, ...) for every week; weeks before the first count as zero."""
    rows: Array = np.lib.stride_tricks.sliding_window_view(np.r_[np.zeros(longest), values], longest + 1)[:, ::-1]
    return rows


def weigh_open(outcome: Array, weight: Array, opened: list[Array], weeks: int) -> Array | None:
    """Return [week ahead, branch] for the first ``weeks`` weeks from what is open at the origin; None with too little history, NaN for a branch that has too little.

    For each week ahead the outcome is fitted by non-negative least squares on the level of the last half-year times the week's ``weight`` [week known and ahead, branch]
    and on the ``opened`` levels [week known, branch], each over its usual size, over all branches together.
    """
    known, begun = len(outcome), _begun(outcome)
    sizes = [_usual(each) for each in opened]
    usual = _usual(outcome) / np.maximum(_usual(weight[:known]), 1e-9)
    here = [branch for branch in range(outcome.shape[1]) if usual[branch] > 0 and known - begun[branch] >= 2 * RECENT and all(size[branch] > 0 for size in sizes)]
    if not here:
        return None
    levels = {branch: _past_level(outcome[:, branch], weight[:known, branch]) / usual[branch] for branch in here}
    states = {branch: np.column_stack([each[:, branch] / size[branch] for each, size in zip(opened, sizes, strict=True)]) for branch in here}
    found = np.full((weeks, outcome.shape[1]), np.nan)
    for ahead in range(weeks):
        rows, seen = [], []
        for branch in here:
            origins = np.arange(max(int(begun[branch]) + RECENT, known - _MEMORY), known - ahead)
            rows.append(np.column_stack([levels[branch][origins] * weight[origins + ahead, branch], states[branch][origins - 1]]))
            seen.append(outcome[origins + ahead, branch] / usual[branch])
        parts, _ = nnls(np.vstack(rows), np.concatenate(seen))
        for branch in here:
            found[ahead, branch] = float(np.r_[levels[branch][known] * weight[known + ahead, branch], states[branch][-1]] @ parts) * usual[branch]
    return found


def _past_level(outcome: Array, weight: Array) -> Array:
    """Outcome per unit of weight over the 26 weeks before each week, and before the one after the last."""
    above, below = np.r_[0.0, np.cumsum(outcome)], np.r_[0.0, np.cumsum(weight)]
    places = np.arange(len(outcome) + 1)
    before = np.maximum(places - RECENT, 0)
    ratio: Array = (above - above[before]) / np.maximum(below - below[before], 1e-9)
    return ratio
