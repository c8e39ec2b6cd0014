"""Which of several pairs that are possible is taken, and rows by what they have in common.  No I/O."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from shared.reconciliation.references import Edge

Key = TypeVar("Key", bound=Hashable)
Each = TypeVar("Each")


class Dated(Protocol):
    """A row with a day."""

    @property
    def id(self) -> int:
        """Which one."""

    @property
    def day(self) -> int:
        """Days since some day."""


Row = TypeVar("Row", bound=Dated)


def clear(found: Iterable[Edge]) -> list[Edge]:
    """Return those edges that leave neither side a choice."""
    edges = list(found)
    records, rows = (index(edges, lambda edge, side=side: (edge[side],)) for side in (0, 1))  # type: ignore[misc]
    return [edge for edge in edges if len(records[edge[0]]) == 1 and len(rows[edge[1]]) == 1]


def as_many(unclear: Sequence[tuple[Row, Row, float | None]], taken: set[int], used: set[int]) -> Iterator[Edge]:
    """Pair records and rows that nothing but their amount tells apart, where there are as many of one as of the other: whichever belongs to which, nothing is left over."""
    partners: dict[int, set[int]] = defaultdict(set)
    by_id: dict[int, Row] = {}
    of_ours: dict[int, Row] = {}
    for record, ours, _ in unclear:
        if record.id not in taken and ours.id not in used:
            partners[record.id].add(ours.id)
            by_id[record.id], of_ours[ours.id] = record, ours
    alike: dict[frozenset[int], list[int]] = defaultdict(list)
    for record_id, rows in partners.items():
        alike[frozenset(rows)].append(record_id)
    for mine, records in alike.items():
        if len(mine) == len(records) and sum(bool(mine & other) for other in alike) == 1:
            theirs, ours_of = (sorted((entries[each] for each in ids), key=lambda one: (one.day, one.id)) for entries, ids in ((by_id, records), (of_ours, mine)))
            yield from ((one.id, other.id, 3, 0.55, f"the same amount, {days_apart(one, other)}, and as many records as rows of it") for one, other in zip(theirs, ours_of, strict=True))


def unique(rows: Iterable[Row]) -> list[Row]:
    """Return each row once, in order."""
    return list({each.id: each for each in rows}.values())


def index(rows: Iterable[Each], keys: Callable[[Each], Iterable[Key]]) -> dict[Key, list[Each]]:
    """Return rows by each of their keys."""
    found: dict[Key, list[Each]] = defaultdict(list)
    for each in rows:
        for key in keys(each):
            found[key].append(each)
    return found


def days_apart(record: Dated, ours: Dated) -> str:
    """Say how far their days lie apart."""
    off = record.day - ours.day
    return "the same day" if off == 0 else f"{abs(off)} {'day' if abs(off) == 1 else 'days'} {'later' if off > 0 else 'earlier'}"
