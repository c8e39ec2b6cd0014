"""Which few of several amounts add up to a given one."""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

MOST_PARTS: Final = 6
MOST_CANDIDATES: Final = 14
"""More would find sums by chance."""


def parts_of(target: int, amounts: Sequence[int], tolerance: int = 0, least: int = 2) -> tuple[int, ...] | None:
    """Return the places in ``amounts`` (cents) of the one combination of ``least`` to ``MOST_PARTS`` that adds up to ``target`` within ``tolerance``.

    The smallest combination counts; None where there is none, where two of that size fit differently (it would be a guess), or with too many amounts.
    """
    if len(amounts) > MOST_CANDIDATES:
        whole = abs(sum(amounts) - target) <= tolerance
        return tuple(range(len(amounts))) if whole else None
    for size in range(least, min(MOST_PARTS, len(amounts)) + 1):
        fits = [places for places in combinations(range(len(amounts)), size) if abs(sum(amounts[place] for place in places) - target) <= tolerance]
        exact = [places for places in fits if sum(amounts[place] for place in places) == target] or fits
        if len({tuple(sorted(amounts[place] for place in places)) for places in exact}) == 1:
            return exact[0]
        if exact:
            return None
    return None
