"""Adds journeys up, part by part, into sums that every model is made from: memory is bounded however many journeys there are.

All sums are kept by block.  A journey belongs to one of ``BLOCKS`` blocks by chance, so blocks drawn with replacement stand for journeys drawn
with replacement (a bootstrap of random groups: Shao and Tu 1995, 2.2), and a replicate costs one product of matrices instead of a pass over the data.
"""

from collections.abc import Sequence

import numpy as np

from shared.analysis.attribution.credit import HALF_LIFE_DAYS, RULES
from shared.analysis.attribution.journeys import Array, Journeys

BLOCKS = 256
CONVERSION, NULL = 1, 2
"""Added to the number of keys: the codes of a journey's ends."""


class Moves:
    """Sums over moves from state to state by block, kept as sorted distinct codes."""

    def __init__(self) -> None:
        """Empty."""
        self.codes: Array = np.zeros(0, dtype=np.int64)
        self.counts: Array = np.zeros(0)
        self.cents: Array = np.zeros(0)

    def add(self, codes: Array, counts: Array, cents: Array) -> None:
        """Add moves, equal ones together."""
        every, place = np.unique(np.concatenate([self.codes, codes]), return_inverse=True)
        # Of nothing at all, bincount makes whole numbers.
        self.counts, self.cents = (np.bincount(place, np.concatenate(both), len(every)).astype(np.float64) for both in ((self.counts, counts), (self.cents, cents)))
        self.codes = every


class Tally:
    """Sums over journeys, by block.  Call ``add`` with as many parts as there are, then hand it to ``attribute``."""

    def __init__(self, keys: int, *, half_life: float = HALF_LIFE_DAYS, order: int = 1, has_days: bool = True, seed: int = 0, blocks: int = BLOCKS) -> None:
        """``keys``: how many keys steps may name; ``order``: of the Markov chain, 1 to 3; the same seed and parts give the same blocks."""
        if half_life <= 0:
            raise ValueError("the half-life must be longer than nothing")
        if order not in {1, 2, 3}:
            raise ValueError("the order of the Markov chain is 1, 2 or 3")
        self.keys, self.half_life, self.order, self.blocks = keys, half_life, order, blocks
        self.rules = tuple(rule for rule in RULES if has_days or not rule.needs_days)
        self.counts = np.zeros((len(self.rules), blocks, keys + 1))
        """By model, block and key: credited conversions; the last key is of conversions without a touch."""
        self.values = np.zeros((len(self.rules), blocks, keys + 1))
        """The same in cents."""
        self.conversions = self.cents = self.touches = self.nulls = 0
        self.moves = Moves()
        self._chance = np.random.default_rng(seed)

    def add(self, journeys: Journeys) -> None:
        """Add a part.  Raises ValueError where a step names no key."""
        if len(journeys.steps) and not 0 <= int(journeys.steps.min()) <= int(journeys.steps.max()) < self.keys:
            raise ValueError(f"a step names a key outside 0 to {self.keys - 1}")
        self.conversions += int(journeys.conversions.sum())
        self.cents += int(journeys.cents.sum())
        self.nulls += int(journeys.nulls.sum())
        self.touches += int(((journeys.conversions + journeys.nulls) * journeys.lengths).sum())
        self._add_credit(journeys)
        self._add_moves(journeys)

    def _add_credit(self, journeys: Journeys) -> None:
        rows, block, count = self._spread(journeys.conversions)
        each = journeys.cents[rows] * (count / journeys.conversions[rows])
        bare = journeys.lengths[rows] == 0
        for sums, amount in ((self.counts, count), (self.values, each)):
            sums[:, :, self.keys] += np.bincount(block[bare], amount[bare], self.blocks)
        at, touch = _touches_of(journeys, rows)
        place, size = block[at] * (self.keys + 1) + journeys.steps[touch], self.blocks * (self.keys + 1)
        for number, rule in enumerate(self.rules):
            share = rule.share(journeys, self.half_life)[touch]
            some = share > 0
            for sums, amount in ((self.counts, count), (self.values, each)):
                sums[number] += np.bincount(place[some], share[some] * amount[at[some]], size).reshape(self.blocks, -1)

    def _add_moves(self, journeys: Journeys) -> None:
        states, code = self._states(journeys), self.keys + 3
        for which, end in ((journeys.conversions, CONVERSION), (journeys.nulls, NULL)):
            rows, block, count = self._spread(which)
            rows, block, count = (each[journeys.lengths[rows] > 0] for each in (rows, block, count))
            at, touch = _touches_of(journeys, rows)
            inner = (block[at] * self.state_codes + states[touch]) * code + journeys.steps[touch]
            last = journeys.starts[rows + 1] - 1
            final = (block * self.state_codes + self._after(states[last], journeys.steps[last])) * code + self.keys + end
            value = journeys.cents[rows] * (count / np.maximum(which[rows], 1)) if end == CONVERSION else np.zeros(len(rows))
            self.moves.add(np.concatenate([inner, final]), np.concatenate([count[at], count]), np.concatenate([np.zeros(len(inner)), value]))

    @property
    def state_codes(self) -> int:
        """One more than the greatest code of a state: the last ``order`` keys as digits, begin of the journey as the digit ``keys``."""
        return int((self.keys + 1) ** self.order)

    def _states(self, journeys: Journeys) -> Array:
        """For each touch the state before it."""
        base, state = self.keys + 1, np.zeros(len(journeys.steps), dtype=np.int64)
        for back in range(self.order, 0, -1):
            there = journeys.places >= back
            step = np.full(len(journeys.steps), self.keys, dtype=np.int64)
            step[there] = journeys.steps[np.flatnonzero(there) - back]
            state = state * base + step
        return state

    def _after(self, state: Array, step: Array) -> Array:
        return (state * (self.keys + 1) + step) % self.state_codes

    def _spread(self, counts: Array) -> tuple[Array, Array, Array]:
        """Rows that stand for something, parted over blocks: (row, block, how many)."""
        rows = np.repeat(np.arange(len(counts)), counts)
        code, many = np.unique(rows * self.blocks + self._chance.integers(0, self.blocks, len(rows)), return_counts=True)
        return code // self.blocks, code % self.blocks, many.astype(np.float64)


def _touches_of(journeys: Journeys, rows: Array) -> tuple[Array, Array]:
    """Every touch of ``rows``: (place in ``rows``, place in ``steps``)."""
    lengths = journeys.lengths[rows]
    at = np.repeat(np.arange(len(rows)), lengths)
    return at, np.arange(len(at)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + journeys.starts[rows][at]


def tally_of(parts: Sequence[Journeys], keys: int, **settings: float) -> Tally:
    """Return the tally of ``parts``; ``settings`` as of ``Tally``."""
    found = Tally(keys, **settings)  # type: ignore[arg-type]
    for part in parts:
        found.add(part)
    return found
