"""The removal effect of each key in a Markov chain of journeys, exactly: linear equations, no simulation.

Anderl, Becker, von Wangenheim and Schumann (2016), "Mapping the customer journey": a journey moves from state to state (its last key, or its last
two or three) until it converts or not.  The removal effect of a key is the part of all conversions that is lost when whoever comes to it does not
convert; credit is in proportion to it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import splu

from shared.analysis.attribution.journeys import Array
from shared.analysis.attribution.tally import CONVERSION, Tally

_MOST_DENSE = 400
"""States up to which the chain is inverted as a whole; larger ones are sparse, and solved once a key."""
_WORK, _FEWEST = 1e8, 100
"""Cubed states that replicates may take together, and how few replicates still make an interval."""


@dataclass(frozen=True, eq=False)
class Chain:
    """Moves between the states that occur."""

    keys: int
    newest: Array
    """For each state its newest key; ``keys``: the begin."""
    begin: int
    """The state in which journeys begin."""
    source: Array
    """For each kind of move its state, ..."""
    target: Array
    """... and the state it leads to, or -1: it converts, -2: it does not."""
    counts: csr_array
    """For each block and kind of move how often, ..."""
    cents: csr_array
    """... and what the conversions among them were worth."""

    @property
    def states(self) -> int:
        """How many states there are."""
        return len(self.newest)


def chain_of(tally: Tally) -> Chain:
    """Return the chain of the journeys in ``tally`` that have a touch."""
    code, base = tally.keys + 3, tally.keys + 1
    kinds, kind = np.unique(tally.moves.codes % (tally.state_codes * code), return_inverse=True)
    source, step = kinds // code, kinds % code
    leads = np.where(step < tally.keys, (source * base + step) % tally.state_codes, -1)
    begin = tally.state_codes - 1  # every digit is the begin's
    every = np.unique(np.concatenate([source, leads[leads >= 0], [begin]]))
    target = np.where(step < tally.keys, np.searchsorted(every, leads), np.where(step == tally.keys + CONVERSION, -1, -2))
    block = tally.moves.codes // (tally.state_codes * code)
    counts, cents = (csr_array((each, (block, kind)), shape=(tally.blocks, len(kinds))) for each in (tally.moves.counts, tally.moves.cents))
    return Chain(tally.keys, every % base, int(np.searchsorted(every, begin)), np.searchsorted(every, source), target, counts, cents)


def removal_effects(chain: Chain) -> tuple[Array, Array]:
    """Return for each key the part of conversions, and of their worth, that is lost without it (0 .. 1); zeros where nothing converts.

    A chain is counted from whole journeys, so every state leads out and the equations always have one solution.
    """
    counts, cents = (np.asarray(each.sum(axis=0)).reshape(1, -1) for each in (chain.counts, chain.cents))
    if chain.states <= _MOST_DENSE:
        lost, worth = _lost_dense(chain, counts, cents)
        return lost[0], worth[0]
    return _lost_sparse(chain, counts[0], cents[0])


def replicated_effects(chain: Chain, weights: Array) -> tuple[Array, Array] | None:
    """The same for replicates that count block b ``weights[r, b]`` times: arrays of (replicates, keys).

    Large chains take the first replicates only; None: the chain is too large (about 100 states) for any.
    """
    most = int(_WORK // chain.states**3)
    if most < _FEWEST:
        return None
    # Some replicates at a time: a matrix of states x states for each is what takes the memory.
    chosen = weights[:most]
    parts = np.array_split(chosen, max(1, len(chosen) * chain.states**2 // 2_000_000))
    found = [_lost_dense(chain, part @ chain.counts, part @ chain.cents) for part in parts]
    return np.concatenate([lost for lost, _ in found]), np.concatenate([worth for _, worth in found])


def _lost_dense(chain: Chain, counts: Array, cents: Array) -> tuple[Array, Array]:
    """By the fundamental matrix N: without the states A the conversions are h(begin) - N(begin, A) N(A, A)^-1 h(A)."""
    size, repeats = chain.states, len(counts)
    out = _summed(chain.source, counts, size)
    share = np.divide(counts, out[:, chain.source], out=np.zeros_like(counts), where=out[:, chain.source] > 0)
    inner, converts = chain.target >= 0, chain.target == -1
    through = _summed(chain.source[inner] * size + chain.target[inner], share[:, inner], size * size).reshape(repeats, size, size)
    mean = np.divide(cents, counts, out=np.zeros_like(cents), where=counts > 0)
    ends = np.stack([_summed(chain.source[converts], each[:, converts], size) for each in (share, share * mean)], axis=2)
    reach = np.linalg.inv(np.eye(size) - through)
    all_of = reach @ ends
    found = np.zeros((repeats, chain.keys, 2))
    for key in np.unique(chain.newest[chain.newest < chain.keys]):
        taken = np.flatnonzero(chain.newest == key)
        by_way_of = np.linalg.solve(reach[:, taken[:, None], taken].transpose(0, 2, 1), reach[:, chain.begin, taken][:, :, None])
        found[:, key] = (by_way_of.transpose(0, 2, 1) @ all_of[:, taken])[:, 0]
    total = all_of[:, chain.begin, None, :]
    effects = np.clip(np.divide(found, total, out=np.zeros_like(found), where=total > 0), 0.0, 1.0)
    return effects[:, :, 0], effects[:, :, 1]


def _lost_sparse(chain: Chain, counts: Array, cents: Array) -> tuple[Array, Array]:
    """By leaving the states out and solving what is left."""
    size = chain.states
    share = counts / np.bincount(chain.source, counts, size)[chain.source]
    inner, converts = chain.target >= 0, chain.target == -1
    through = csr_array((share[inner], (chain.source[inner], chain.target[inner])), shape=(size, size))
    mean = cents / counts
    ends = np.stack([np.bincount(chain.source[converts], each[converts], size) for each in (share, share * mean)], axis=1)
    all_of = splu((eye_array(size) - through).tocsc()).solve(ends)[chain.begin]
    found = np.zeros((chain.keys, 2))
    for key in np.unique(chain.newest[chain.newest < chain.keys]):
        left = np.flatnonzero(chain.newest != key)
        without = splu((eye_array(len(left)) - through[left][:, left]).tocsc()).solve(ends[left])
        found[key] = all_of - without[np.searchsorted(left, chain.begin)]
    effects = np.clip(np.divide(found, all_of, out=np.zeros_like(found), where=all_of > 0), 0.0, 1.0)
    return effects[:, 0], effects[:, 1]


def _summed(place: Array, values: Array, size: int) -> Array:
    """For each replicate the sums of its values by ``place``."""
    repeats = len(values)
    where = (np.arange(repeats)[:, None] * size + place).ravel()
    return np.bincount(where, values.ravel(), repeats * size).reshape(repeats, size)
