"""How the forecast did from earlier origins, beside the seasonal naive, and how often its bands held what came."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shared.analysis.forecasting.bands import LEVELS
from shared.analysis.forecasting.paths import LONG, Paths, edges, off_of, shape_of
from shared.analysis.forecasting.shape import WEEK
from shared.analysis.forecasting.smoothing import Array

YEAR_DAYS = 364
MONTH_DAYS = 28
_CENT = 0.01


@dataclass(frozen=True)
class Horizon:
    """A stretch ahead whose forecasts are judged together: sums of ``length`` days that begin on each ``length``-th day from ``first`` to ``last``."""

    grain: str
    """day, week, month (four weeks, so that every origin has the same) or quarter (thirteen weeks)."""
    words: str
    length: int
    first: int
    """Days ahead, from 1."""
    last: int

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """First and last place (from 0) of each sum."""
        return [(begin - 1, begin + self.length - 2) for begin in range(self.first, self.last + 1, self.length)]


HORIZONS = (
    Horizon("day", "days 1-7", 1, 1, 7), Horizon("day", "days 8-28", 1, 8, 28), Horizon("day", "days 29-91", 1, 29, 91),
    *(Horizon("week", f"week {week}", WEEK, 7 * week - 6, 7 * week) for week in range(1, 14)),
    *(Horizon("month", f"month {month}", MONTH_DAYS, MONTH_DAYS * (month - 1) + 1, MONTH_DAYS * month) for month in range(1, 13)),
    Horizon("quarter", "13 weeks", 91, 1, 91),
)


@dataclass(frozen=True)
class Line:
    """One line of the record."""

    branch: int | None
    """None: the company."""
    grain: str
    words: str
    origins: int
    error: float
    """Mean absolute error in dollars of these sums."""
    naive_error: float
    """The seasonal naive's from the same origins: the same days a year (364 days) before, or the last week again where a year is not known."""
    actual: float
    """Mean of what came."""
    coverage: dict[int, float]
    """Level -> share of what came that lay within the band; each origin judged by a band made from the others. NaN: too few origins."""

    @property
    def ratio(self) -> float:
        """Below 1: better than the seasonal naive; NaN where that was never wrong."""
        return self.error / self.naive_error if self.naive_error > 0 else float("nan")


def naive_days(known: Array, origins: Sequence[int], horizon: int) -> Array:
    """Seasonal naive [origin without the last, day, branch] from days known [day, branch]; ``origins`` in weeks known."""
    found = np.empty((len(origins) - 1, horizon, known.shape[1]))
    for row, origin in enumerate(origins[:-1]):
        count = origin * WEEK
        turn = YEAR_DAYS if count >= YEAR_DAYS else WEEK
        found[row] = known[count - turn + np.arange(horizon) % turn]
    return found


def record_of(days: Array, actual: Array, naive: Array, paths: Paths, branches: Sequence[int]) -> list[Line]:
    """Return the lines of the company and of every branch for every horizon that some origin has seen.

    ``days``, ``actual`` and ``naive`` are [origin without now, day, branch]; a branch counts from the origins at which it existed.
    """
    lines = []
    width = len(branches)
    for branch, places in [(None, list(range(width))), *[(branch, [place]) for place, branch in enumerate(branches)]]:
        here = (~np.isnan(actual[:, 0, places])).any(axis=1)
        made, came, simple = (np.nan_to_num(values[here][:, :, places], nan=0.0).sum(axis=2) for values in (days, actual, naive))
        seen = _seen(actual[here][:, :, places])
        for grain in dict.fromkeys(horizon.grain for horizon in HORIZONS):
            horizons = [horizon for horizon in HORIZONS if horizon.grain == grain]
            for horizon, coverage in zip(horizons, _coverage(paths, horizons, places), strict=True):
                line = _line(branch, horizon, made, came, simple, seen)
                if line is not None:
                    lines.append(replace(line, coverage=coverage))
    return lines


def _seen(actual: Array) -> Array:
    count: Array = (~np.isnan(actual)).any(axis=2).sum(axis=1)
    return count


def _line(branch: int | None, horizon: Horizon, made: Array, came: Array, naive: Array, seen: Array) -> Line | None:
    off, naive_off, actual, used = [], [], [], 0
    for row in range(len(made)):
        inside = [(first, last) for first, last in horizon.ranges if last < seen[row]]
        used += bool(inside)
        for first, last in inside:
            total = float(came[row, first : last + 1].sum())
            off.append(abs(total - float(made[row, first : last + 1].sum())))
            naive_off.append(abs(total - float(naive[row, first : last + 1].sum())))
            actual.append(total)
    if not off:
        return None
    return Line(branch, horizon.grain, horizon.words, used, float(np.mean(off)), float(np.mean(naive_off)), float(np.mean(actual)), {})


def _coverage(paths: Paths, horizons: Sequence[Horizon], places: list[int]) -> list[dict[int, float]]:
    """For horizons of one grain: leave one origin out, make the bands from the others as they are made for readers, look whether it lay inside."""
    rows = len(paths.errors)
    if rows < 4:
        return [dict.fromkeys(LEVELS, float("nan")) for _ in horizons]
    ranges = [each for horizon in horizons for each in horizon.ranges]
    sums = paths.sums(ranges, places)
    mean = np.array([paths.points[first : last + 1, places].sum() for first, last in ranges])
    inside = {level: np.full(sums.shape, np.nan) for level in LEVELS}
    for row in range(rows):
        others = np.delete(sums, row, axis=0)
        off = off_of(others)
        judged = np.array([last < paths.seen[row] for _, last in ranges])
        pool = shape_of(others, off) if horizons[0].length < LONG else np.empty(0)
        cases = [paths.cases(column, horizons[0].length) for column in others.T]
        came = mean + sums[row]
        for level in LEVELS:
            low, high = edges(pool, level, cases)
            hit = (came >= np.maximum(mean + off * low, paths.floor) - _CENT) & (came <= mean + off * high + _CENT)
            inside[level][row, judged] = hit[judged]
    found, begin = [], 0
    for horizon in horizons:
        end = begin + len(horizon.ranges)
        found.append({level: _mean(hits[:, begin:end]) for level, hits in inside.items()})
        begin = end
    return found


def _mean(values: Array) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
