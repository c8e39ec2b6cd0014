"""Columns as numpy arrays: what missing looks like, draws by weight, moments as seconds of a branch's own clock."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Rows = dict[str, Any]
"""Equally long columns of one table: numpy arrays, or arrow arrays where text is ready-made."""
Generator = np.random.Generator

DAY = 86_400
HOUR = 3_600
NONE = np.iinfo(np.int64).min
"""A moment or day that is missing (SQL NULL)."""
EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Return days since 1970."""
    return (day - EPOCH).days


def to_date(number: int) -> date:
    """Return the day that is ``number`` days after 1 January 1970."""
    return date.fromordinal(EPOCH.toordinal() + int(number))


def length(rows: Rows) -> int:
    """Return how many rows there are."""
    return len(next(iter(rows.values()))) if rows else 0


def keep(rows: Rows, mask: Array) -> Rows:
    """Return the rows where ``mask`` holds (or the rows at these positions)."""
    return {name: column[mask] for name, column in rows.items()}


def join(parts: Sequence[Rows]) -> Rows:
    """Put rows with the same columns one after another."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def pick(rng: Generator, weights: Sequence[float] | Array, size: int) -> Array:
    """Draw ``size`` positions with these weights."""
    edges = np.cumsum(np.asarray(weights, dtype=float))
    found: Array = np.searchsorted(edges, rng.random(size) * edges[-1], side="right").astype(np.int64)
    return found


def pick_rowwise(rng: Generator, weights: Array) -> Array:
    """Draw one position per row of a matrix of weights."""
    edges = np.cumsum(weights, axis=1)
    found: Array = (rng.random(len(weights))[:, None] * edges[:, -1:] >= edges).sum(axis=1)
    return found


def running_count(keys: Array) -> Array:
    """Return for each element how many equal ones stand before it."""
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    counts = np.empty(len(keys), dtype=np.int64)
    counts[order] = np.arange(len(keys)) - np.repeat(starts, np.diff(np.r_[starts, len(keys)]))
    return counts


def hidden_after(moments: Array, now: int) -> Array:
    """Return ``moments`` without those that have not happened yet."""
    return np.where(moments > now, NONE, moments)


def into_hours(rng: Generator, moments: Array, opens: int, closes: int) -> Array:
    """Move each moment forward into the hours from ``opens`` to ``closes`` (seconds of the day)."""
    second, wait = moments % DAY, rng.integers(60, 5400, len(moments))
    tomorrow = moments - second + DAY + opens + wait
    return np.where(second < opens, moments - second + opens + wait, np.where(second > closes, tomorrow, moments))


def local_day(moments: Array) -> Array:
    """Return the day number of each local moment; NONE stays NONE."""
    return np.where(moments == NONE, NONE, moments // DAY)


class Zone:
    """Turns a branch's wall clock into UTC.  Nothing here happens before 03:00, so a day has one offset."""

    def __init__(self, name: str, first: int, last: int) -> None:
        """Look up the offset of every day number from ``first`` to ``last``."""
        zone = ZoneInfo(name)
        self._zone, self._first = zone, first
        offsets = [datetime.combine(to_date(day), datetime.min.time().replace(hour=12), zone).utcoffset() for day in range(first, last + 1)]
        self._offsets = np.array([int(offset.total_seconds()) for offset in offsets if offset is not None], dtype=np.int64)

    def to_utc(self, moments: Array) -> Array:
        """Return UTC seconds since 1970 of local seconds since 1970; NONE stays NONE."""
        known = np.where(moments == NONE, self._first * DAY, moments)
        place = np.clip(known // DAY - self._first, 0, len(self._offsets) - 1)
        return np.where(moments == NONE, NONE, known - self._offsets[place])

    def local(self, moment: datetime) -> int:
        """Return the wall clock at ``moment`` as seconds since 1970."""
        here = moment.astimezone(self._zone).replace(tzinfo=UTC)
        return int(here.timestamp())
