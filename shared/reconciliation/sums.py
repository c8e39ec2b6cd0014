"""Which few of several amounts add up to a given one."""

from collections.abc import Sequence
from itertools import combinations
from math import comb, gcd
from typing import Final

MOST_PARTS: Final = 6
MOST_CANDIDATES: Final = 14
"""More would find sums by chance."""
LIKELY: Final = 0.1
"""From so many expected hits by chance a sum proves nothing."""


def parts_of(target: int, amounts: Sequence[int], tolerance: int = 0, least: int = 2) -> tuple[int, ...] | None:
    """Return the places in ``amounts`` (cents) of the one combination of ``least`` to ``MOST_PARTS`` that adds up to ``target`` within ``tolerance``.

    All of more than that many count first, then the smallest combination; None where there is none, where two of that size fit differently (it would be a guess), or with too many amounts.
    """
    if len(amounts) > MOST_PARTS and abs(sum(amounts) - target) <= tolerance:
        return tuple(range(len(amounts)))
    if len(amounts) > MOST_CANDIDATES:
        return None
    for size in range(least, min(MOST_PARTS, len(amounts)) + 1):
        fits = [places for places in combinations(range(len(amounts)), size) if abs(sum(amounts[place] for place in places) - target) <= tolerance]
        exact = [places for places in fits if sum(amounts[place] for place in places) == target] or fits
        if len({tuple(sorted(amounts[place] for place in places)) for places in exact}) == 1:
            return exact[0]
        if exact:
            return None
    return None


def is_by_chance(amounts: Sequence[int], parts: int, tolerance: int = 0) -> bool:
    """Say whether some ``parts`` or fewer of ``amounts`` could well hit a target by chance: of round amounts many sums are the same.

    All of them together is one combination, and no chance.
    """
    if parts == len(amounts) or not any(amounts):
        return False
    tried = sum(comb(len(amounts), size) for size in range(2, parts + 1)) or len(amounts)
    step = max(gcd(*amounts), 2 * tolerance + 1)
    return tried * step / sum(map(abs, amounts)) > LIKELY
