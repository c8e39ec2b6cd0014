"""Links records of two lists that share no reference: alike in several fields at once, each at most once.  No I/O.

A record is compared only with those that share a block with it (the same value of a key that is cheap to look up); a pair's score is the mean of
its fields' likeness, each by its weight, over the fields that both sides have.  The best pairs are taken first.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.reconciliation.likeness import likeness

Fields = Mapping[str, str]
"""Field -> text in one spelling (see ``likeness.plain``); empty or absent: not known."""


@dataclass(frozen=True)
class Linked:
    """A pair."""

    left: int
    right: int
    score: float
    """0 to 1."""


def score(left: Fields, right: Fields, weights: Mapping[str, float]) -> float:
    """Return how alike two records are: 0 where they share no field that both have."""
    total, reached = 0.0, 0.0
    for name, weight in weights.items():
        alike = likeness(left.get(name, ""), right.get(name, ""))
        if alike is not None:
            total += weight
            reached += weight * alike
    return reached / total if total else 0.0


def link(left: Sequence[Fields], right: Sequence[Fields], weights: Mapping[str, float], blocks: Callable[[Fields], Iterable[str]], least: float) -> list[Linked]:
    """Return the pairs that score ``least`` or more, the best first, each record at most once."""
    by_block: dict[str, list[int]] = defaultdict(list)
    for place, record in enumerate(right):
        for block in blocks(record):
            by_block[block].append(place)
    pairs = []
    for place, record in enumerate(left):
        for other in {each for block in blocks(record) for each in by_block.get(block, ())}:
            reached = score(record, right[other], weights)
            if reached >= least:
                pairs.append(Linked(place, other, reached))
    taken, used, chosen = set[int](), set[int](), []
    for pair in sorted(pairs, key=lambda one: (-one.score, one.left, one.right)):
        if pair.left not in taken and pair.right not in used:
            taken.add(pair.left)
            used.add(pair.right)
            chosen.append(pair)
    return chosen
