"""Journeys as flat arrays: the touches of many prospects in one array, oldest first, with where each journey begins.

A row is one conversion, or a pattern with how many conversions and how many journeys without one it stands for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Journeys:
    """Rows of touches.  A row without touches is a conversion that nothing led to."""

    starts: Array
    """Rows + 1 positions in ``steps``, rising: row i has the touches from ``starts[i]`` to ``starts[i + 1] - 1``."""
    steps: Array
    """For each touch, oldest first, the number of its key (channel, source, ...), 0 .. keys - 1."""
    conversions: Array
    """For each row how many conversions it stands for, 0 or more."""
    cents: Array
    """For each row what its conversions are worth together, in cents; 0 where they are only counted."""
    nulls: Array
    """For each row how many journeys took the same touches and did not convert."""
    paid: Array
    """For each touch whether it was paid for."""
    days: Array | None = None
    """For each touch its age in days at the conversion, never rising within a row; None: not known, and no model that needs it is worked out."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together."""
        rows = len(self.starts) - 1
        if rows < 0 or self.starts[0] != 0 or self.starts[-1] != len(self.steps) or np.any(np.diff(self.starts) < 0):
            raise ValueError("starts must rise from 0 to the number of touches")
        if not rows == len(self.conversions) == len(self.cents) == len(self.nulls):
            raise ValueError("conversions, cents and nulls need one entry a row")
        if len(self.paid) != len(self.steps) or (self.days is not None and len(self.days) != len(self.steps)):
            raise ValueError("paid and days need one entry a touch")

    @cached_property
    def lengths(self) -> Array:
        """For each row how many touches it has."""
        return np.diff(self.starts)

    @cached_property
    def rows(self) -> Array:
        """For each touch the row it belongs to."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @cached_property
    def places(self) -> Array:
        """For each touch its place in its row, from 0."""
        found: Array = np.arange(len(self.steps)) - np.repeat(self.starts[:-1], self.lengths)
        return found

    def keyed(self, key_of: Array) -> "Journeys":
        """The same journeys with ``key_of[step]`` for each step: sources as channels, say."""
        return replace(self, steps=key_of[self.steps])


def of_paths(paths: Sequence[Sequence[int]], conversions: Sequence[int], cents: Sequence[int], nulls: Sequence[int] | None = None,
             paid: Sequence[bool] | None = None, days: Sequence[Sequence[float]] | None = None) -> Journeys:
    """Return journeys of lists: one path of key numbers a row; ``paid``: of each key (none given: all are), ``days``: of each touch."""
    starts = np.concatenate([[0], np.cumsum([len(path) for path in paths], dtype=np.int64)]).astype(np.int64)
    steps = np.array([step for path in paths for step in path], dtype=np.int64)
    is_paid = np.ones(len(steps), dtype=bool) if paid is None else np.array(paid, dtype=bool)[steps]
    ages = None if days is None else np.array([age for row in days for age in row], dtype=np.float64)
    return Journeys(starts, steps, np.array(conversions, dtype=np.int64), np.array(cents, dtype=np.int64),
                    np.zeros(len(paths), dtype=np.int64) if nulls is None else np.array(nulls, dtype=np.int64), is_paid, ages)
