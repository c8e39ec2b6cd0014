"""The forecast with all the errors that the same method made before, jointly by origin, day and branch: the spread of any sum follows from them.

Bands of branches are never added up: what was wrong in one branch at an origin was wrong in the others at the same origin, too, or not, and the sums know.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.analysis.forecasting.bands import below, effective, students, widening
from shared.analysis.forecasting.shape import WEEK
from shared.analysis.forecasting.smoothing import Array

LONG = 28
"""Sums of so many days are nearly normal; shorter ones are lopsided."""
SHAPED = 40
"""With fewer errors their shape is not known."""
ENOUGH = 12
"""Origins that must have seen a whole span of days before only they are asked."""
_MONTH, _QUARTER = 28, 13
"""Days of noise, and weeks of level, that go on where nothing was seen."""
_LEAST_CASES = 6.0
"""Long sums overlap so much that next to no case is independent, but they are not known that badly: what their weeks were off is known well.  With three years, half-years came out within 80 % bands
of the 4.3 independent cases nine times of ten."""
_FURTHEST = 3.0
"""An error is brought to the present size by at most this factor."""
_QUIETEST = 0.05
"""And by no less than this one: a holiday's errors are small."""


@dataclass(frozen=True)
class Spread:
    """What may come of a sum: its mean and how far off such sums were."""

    mean: float
    off: float
    """Root mean square of the errors of the same sum from earlier origins."""
    cases: float
    """Independent cases behind ``off``."""
    pool: tuple[float, ...] = ()
    """Errors of like sums over their own ``off``, ascending; empty: Student's distribution."""
    floor: float = -np.inf

    def band(self, level: int) -> tuple[float, float]:
        """Lower and upper bound that hold the sum with ``level`` percent; the mean lies within."""
        low, high = edges(np.asarray(self.pool), level, [self.cases])
        return max(self.floor, self.mean + self.off * float(low[0])), max(self.floor, self.mean + self.off * float(high[0]))

    def reaches(self, goal: float) -> float:
        """Probability that the sum is at least ``goal``, by Student's distribution."""
        if self.off <= 0:
            return float(self.mean >= goal)
        return 1 - below((goal - self.mean) / self.off, self.cases)


@dataclass(frozen=True, eq=False)
class Paths:
    """Points and joint errors of one basis."""

    points: Array
    """[day ahead, branch]"""
    errors: Array
    """[origin, day ahead, branch] actual less forecast at the present size; complete."""
    seen: Array
    """[origin] days ahead that were really observed at each origin; the rest goes on as the last four weeks were off, wider with the root of the distance."""
    apart: float
    """Days between origins."""
    floor: float = 0.0
    """Nothing falls below (minus infinity: it may)."""

    def total(self, first: int, last: int, branches: Sequence[int], extra: float = 0.0) -> Spread:
        """Spread of the days from place ``first`` to ``last`` ahead (0: the day after the origin; both included) over branches (places), on top of ``extra`` that has happened."""
        return self.spreads([(first, last)], branches, extra)[0]

    def spreads(self, ranges: Sequence[tuple[int, int]], branches: Sequence[int], extra: float = 0.0) -> list[Spread]:
        """Spreads of several ranges of one grain; the shape of the errors of days and weeks is what all ranges together show, of longer sums it is Student's."""
        sums = self.sums(ranges, branches)
        off = off_of(sums)
        pool = tuple(np.sort(shape_of(sums, off)).tolist()) if ranges and ranges[0][1] - ranges[0][0] + 1 < LONG else ()
        return [
            Spread(float(self.points[first : last + 1, branches].sum()) + extra, float(off[place]), self.cases(sums[:, place], last - first + 1), pool, self.floor + extra)
            for place, (first, last) in enumerate(ranges)
        ]

    def sums(self, ranges: Sequence[tuple[int, int]], branches: Sequence[int]) -> Array:
        """Errors [origin, range] of the sums; NaN where an origin has not seen all of a range, unless too few have: then what it would go on to."""
        running = np.vstack([np.zeros((1, len(self.errors))), np.cumsum(self.errors[:, :, list(branches)].sum(axis=2), axis=1).T])
        found = np.empty((len(self.errors), len(ranges)))
        for place, (first, last) in enumerate(ranges):
            saw = self.seen > last
            found[:, place] = np.where(saw | (saw.sum() < ENOUGH), running[last + 1] - running[first], np.nan)
        return found

    def cases(self, sums: Array, length: int) -> float:
        """Independent cases among the errors of one range of ``length`` days."""
        seen = int((~np.isnan(sums)).sum())
        return max(effective(seen, self.apart, max(WEEK, length)), min(_LEAST_CASES, float(seen)))


def off_of(sums: Array) -> Array:
    """Root mean square [range] of errors [origin, range]."""
    known = ~np.isnan(sums)
    off: Array = np.sqrt((np.where(known, sums, 0.0) ** 2).sum(axis=0) / np.maximum(known.sum(axis=0), 1))
    return off


def shape_of(sums: Array, off: Array) -> Array:
    """All errors over the root mean square of their range."""
    shape = (sums / np.where(off > 0, off, 1.0))[:, off > 0]
    found: Array = shape[~np.isnan(shape)]
    return found


def edges(pool: Array, level: int, cases: Sequence[float]) -> tuple[Array, Array]:
    """Lower and upper edge of a band in units of the root mean square error, for ranges with so many independent ``cases`` each; the mean (0) lies within.

    Quantiles of the errors in ``pool``, widened for few cases; Student's where the pool is too small to have a shape.
    """
    tail = (1 - level / 100) / 2
    if len(pool) >= SHAPED:
        low, high = np.quantile(pool, [tail, 1 - tail])
        wider = np.array([widening(level, each) for each in cases])
        return np.minimum(low * wider, 0.0), np.maximum(high * wider, 0.0)
    high = np.array([students(1 - tail, each) for each in cases])
    return -high, high


def paths_of(days: Array, actual: Array, apart: float) -> Paths:
    """Make paths from forecasts [origin, day, branch] (the last origin is now) and what came (NaN: not known yet)."""
    now = np.nan_to_num(days[-1])
    errors = np.full((len(days) - 1, *now.shape), np.nan)
    for row in range(len(days) - 1):
        then = np.nan_to_num(days[row])
        size = np.divide(now, then, out=np.ones(now.shape), where=(then > 0) & (now > 0))
        errors[row] = (actual[row] - days[row]) * np.clip(size, _QUIETEST, _FURTHEST)
    seen = (~np.isnan(errors)).any(axis=2).sum(axis=1)
    used = np.flatnonzero(seen >= WEEK)
    errors, seen = errors[used], seen[used]
    for row in range(len(errors)):
        _go_on(errors[row], now)
    _borrow(errors, now)
    errors[:, now == 0] = 0.0
    smallest = float(np.nanmin(actual)) if (~np.isnan(actual)).any() else 0.0
    return Paths(now, errors, seen.astype(float), apart, 0.0 if smallest >= 0 else -np.inf)


def _week_sums(days: Array) -> Array:
    sums: Array = days.reshape(-1, WEEK, days.shape[1]).sum(axis=1)
    return sums


def _go_on(errors: Array, now: Array) -> None:
    """Complete one origin's errors [day, branch] in place, branch by branch, where some of a branch were seen.

    What goes on is the level that the last quarter was off by, as far as it stands out from its weeks' noise, growing with the root of the distance; and that noise.
    """
    weeks = _week_sums(now)
    sizes = np.repeat(weeks, WEEK, axis=0)
    for branch in range(errors.shape[1]):
        seen = int((~np.isnan(errors[:, branch])).sum()) // WEEK * WEEK
        if not 0 < seen < len(errors):
            continue
        off = errors[:seen, branch].reshape(-1, WEEK).sum(axis=1)[-_QUARTER:]
        base = weeks[seen // WEEK - len(off) : seen // WEEK, branch].sum()
        level = float(off.sum() / base) if base > 0 else 0.0
        back = min(_MONTH, seen)
        ahead = np.arange(seen, len(errors))
        source = seen - back + (ahead - seen) % back
        size = np.divide(sizes[ahead, branch], sizes[source, branch], out=np.ones(len(ahead)), where=sizes[source, branch] > 0)
        noise = (errors[source, branch] - level * now[source, branch]) * np.clip(size, 1 / _FURTHEST, _FURTHEST)
        errors[ahead, branch] = level * _standing_out(off) * now[ahead, branch] * np.sqrt((ahead + 1) / max(seen, _MONTH)) + noise


def _standing_out(weeks: Array) -> float:
    """Part of the mean of weekly errors that is not the noise of so few weeks (James and Stein's positive part); a third of a single week."""
    if len(weeks) < 2:
        return 1 / 3
    mean, variance = float(weeks.mean()), float(weeks.var(ddof=1)) / len(weeks)
    return max(0.0, 1 - variance / mean**2) if mean else 0.0


def _borrow(errors: Array, now: Array) -> None:
    """Give a branch that was not there at an origin the relative errors of another, in turn, larger by the root of how much smaller it is."""
    size = now.sum(axis=0)
    for row in range(len(errors)):
        missing = np.isnan(errors[row]).all(axis=0)
        donors = [int(branch) for branch in np.flatnonzero(~missing) if size[branch] > 0]
        for branch in np.flatnonzero(missing):
            if not donors or size[branch] <= 0:
                errors[row, :, branch] = 0.0
                continue
            donor = donors[(row + int(branch)) % len(donors)]
            share = size[branch] / size[donor]
            errors[row, :, branch] = errors[row, :, donor] * share * float(np.clip(np.sqrt(1 / share), 1.0, _FURTHEST))
