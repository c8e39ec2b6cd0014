"""Odd moments in minute-level streams, judged as they come: two simple distances from everything that was, each against its own past.

Published figures and ours on the Numenta benchmark: docs/decisions/0010.
"""

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence

import numpy as np

WINDOW = 96
"""Values in the shape that is looked for in the past."""
ALERT = 1.2
REST = 0.15
"""Silence after an alert, as a part of the values it takes to know the stream."""
PROBATION, LONGEST_PROBATION = 0.15, 750
_CLIP = 12.0
_KEEP = 20_000
"""Values remembered: two weeks of minutes."""


class _Running:
    """Mean and variance of what was told so far (Welford)."""

    def __init__(self) -> None:
        self.count, self.mean, self._squares = 0, 0.0, 0.0

    def judge(self, value: float) -> float:
        """Return how many standard deviations ``value`` lies above the mean of the earlier ones, 0 to 12; then remember it."""
        deviation = math.sqrt(self._squares / self.count) if self.count > 1 else 0.0
        z = (value - self.mean) / deviation if deviation > 1e-12 * max(1.0, abs(self.mean)) else 0.0
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self._squares += step * (value - self.mean)
        return min(max(z, 0.0), _CLIP)


class StreamDetector:
    """Scores each value of one stream by the earlier ones alone.

    The score is the mean of two z-scores, 0 (usual) to 12: the distance to the nearest value that ever was, and the distance of the last 96 values
    to the nearest 96 values that were (left matrix profile, not normalised; ``stumpy.aampi`` gives the same numbers, to 1e-13 where compared).  Memory and time per value are
    bounded by the last 20,000 values.
    """

    def __init__(self, window: int = WINDOW) -> None:
        """``window``: values in a shape."""
        self.window = window
        self._apart = math.ceil(window / 4)
        self._values: deque[float] = deque(maxlen=_KEEP)
        self._sorted: list[float] = []
        self._squares = np.empty(0)
        """Of the last window's distance to each earlier one, by the place where that ends."""
        self._point, self._shape = _Running(), _Running()

    def score(self, value: float) -> float:
        """Return how odd ``value`` is and remember it; a missing value (NaN) is not odd and not remembered."""
        if not math.isfinite(value):
            return 0.0
        near = self._nearest(value)
        shape = self._profile(value)
        if len(self._values) == _KEEP:
            del self._sorted[bisect_left(self._sorted, self._values[0])]
        self._values.append(value)
        insort(self._sorted, value)
        point = self._point.judge(near) if near is not None else 0.0
        return (point + (self._shape.judge(shape) if shape is not None else 0.0)) / 2

    def _nearest(self, value: float) -> float | None:
        if not self._sorted:
            return None
        place = bisect_left(self._sorted, value)
        return min(abs(value - other) for other in self._sorted[max(0, place - 1) : place + 1])

    def _profile(self, value: float) -> float | None:
        """Distance of the window that ends with ``value`` to the nearest earlier one that does not overlap it for the most part; None before there is one."""
        past = np.fromiter(self._values, dtype=float, count=len(self._values))
        count = len(past)
        if count == 0:
            return None
        # The sum of squares between two windows is that of the windows one step before, plus what came, less what left.
        squares = (value - past) ** 2
        squares[1:] += self._squares[-(count - 1):] if count > 1 else 0.0
        if count >= self.window:
            gone = past[count - self.window]
            squares[self.window:] -= (gone - past[: count - self.window]) ** 2
        self._squares = squares
        full = squares[self.window - 1 : count - self._apart]
        return math.sqrt(max(float(full.min()), 0.0)) if len(full) and count >= self.window else None


def score_stream(values: Sequence[float]) -> list[float]:
    """Return the score of every value, each by the earlier ones alone."""
    detector = StreamDetector()
    return [detector.score(value) for value in values]


def alerts(scores: Sequence[float], probation: int, threshold: float = ALERT) -> list[int]:
    """Return the places of alerts: scores from ``threshold`` on, none in the ``probation``, and after each a rest of 0.15 x that."""
    found: list[int] = []
    rest = max(1, round(REST * probation))
    for place in range(probation, len(scores)):
        if scores[place] >= threshold and (not found or place - found[-1] > rest):
            found.append(place)
    return found


def probation_of(count: int) -> int:
    """Return how many of a stream's first values are for getting to know it."""
    return min(math.floor(PROBATION * count), LONGEST_PROBATION)
