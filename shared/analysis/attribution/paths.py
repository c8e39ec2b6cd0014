"""The paths that lead to conversions: the commonest ones, and who opens and who closes."""

from dataclasses import dataclass, field

import numpy as np

from shared.analysis.attribution.journeys import Array, Journeys

_MOST_KEPT = 100_000
"""Different paths that are kept; beyond, the rarest half is dropped again and again, so that counts of rare paths may be too low then."""
_LONGEST = 12
"""Touches of a path that are told; a longer one is told apart by all of its touches, but named by the first ones."""
_STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Path:
    """One path: keys, oldest first."""

    keys: tuple[int, ...]
    """At most the first 12."""
    touches: int
    conversions: int
    cents: int


@dataclass
class Paths:
    """Adds journeys with conversions up."""

    keys: int
    opened: Array = field(init=False)
    """Conversions by (first key, last key), of journeys with two touches or more."""
    alone: Array = field(init=False)
    """Conversions by the only touch."""
    conversions: int = 0
    """With a touch."""
    touches: int = 0
    days: float = 0.0
    """Days from the first touch to the conversion, added up over conversions with a touch."""
    _kept: dict[int, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.opened = np.zeros((self.keys, self.keys), dtype=np.int64)
        self.alone = np.zeros(self.keys, dtype=np.int64)

    def add(self, journeys: Journeys) -> None:
        """Add a part."""
        rows = np.flatnonzero((journeys.conversions > 0) & (journeys.lengths > 0))
        if not len(rows):
            return
        count = journeys.conversions[rows]
        first, last = journeys.steps[journeys.starts[rows]], journeys.steps[journeys.starts[rows + 1] - 1]
        single = journeys.lengths[rows] == 1
        self.alone += np.bincount(first[single], count[single], self.keys).astype(np.int64)
        self.opened += np.bincount(first[~single] * self.keys + last[~single], count[~single], self.keys**2).astype(np.int64).reshape(self.keys, self.keys)
        self.conversions += int(count.sum())
        self.touches += int((count * journeys.lengths[rows]).sum())
        if journeys.days is not None:
            self.days += float((count * journeys.days[journeys.starts[rows]]).sum())
        self._keep(journeys, rows)

    def _keep(self, journeys: Journeys, rows: Array) -> None:
        # One number for each path: the sum over its touches of a mixed code of (key, place).
        code = (journeys.steps.astype(np.uint64) + np.uint64(1)) * _STEP + journeys.places.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
        code = (code ^ (code >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        code ^= code >> np.uint64(32)
        sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(code, dtype=np.uint64)])
        mark = sums[journeys.starts[rows + 1]] - sums[journeys.starts[rows]]
        every, one, place = np.unique(mark, return_index=True, return_inverse=True)
        counts = np.bincount(place, journeys.conversions[rows])
        cents = np.bincount(place, journeys.cents[rows])
        for number, row in enumerate(rows[one].tolist()):
            key, old = int(every[number]), self._kept.get(int(every[number]))
            if old is None:
                begin, end = int(journeys.starts[row]), int(journeys.starts[row + 1])
                old = Path(tuple(journeys.steps[begin : min(end, begin + _LONGEST)].tolist()), end - begin, 0, 0)
            self._kept[key] = Path(old.keys, old.touches, old.conversions + round(counts[number]), old.cents + round(cents[number]))
        if len(self._kept) > _MOST_KEPT:
            self._kept = dict(sorted(self._kept.items(), key=lambda item: -item[1].conversions)[: _MOST_KEPT // 2])

    def commonest(self, most: int) -> list[Path]:
        """The paths of the most conversions, those first; of equal ones the shorter, then by keys."""
        return sorted(self._kept.values(), key=lambda path: (-path.conversions, path.touches, path.keys))[:most]
