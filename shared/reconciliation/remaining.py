"""Matching what has no reference that we know: by name and telephone or address, by amount and date, by sums.  No I/O.

In this order: exact and alike names with a fitting amount, amount and date alone where they leave no choice, one record for several of our rows and
several records for one, and at last names whose amounts differ (a break with a counterpart).  Everything is matched at most once.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from shared.reconciliation.likeness import likeness
from shared.reconciliation.references import Edge
from shared.reconciliation.source import Source
from shared.reconciliation.sums import parts_of

Key = TypeVar("Key", bound=Hashable)
ALIKE: Final = 0.85
"""From here two names or addresses are taken for the same."""
UNLIKE: Final = 0.55
"""Below this two names contradict each other, whatever the amount says."""


@dataclass(frozen=True)
class Entry:
    """One row of either side that is not matched yet."""

    id: int
    day: int
    """Days since some day."""
    cents: int
    branch: int | None = None
    name: str = ""
    """In one spelling; see ``likeness.plain``."""
    phone: str = ""
    address: str = ""
    sale: int | None = None
    has_reference: bool = False
    """A record that names a row which we do not know: an amount alone is then no reason to take it for another."""


@dataclass
class Remaining:
    """Both sides of what is left over, and what has been matched of it."""

    source: Source
    outside: Sequence[Entry]
    ours: Sequence[Entry]
    half: dict[int, tuple[Entry, Entry]] = field(default_factory=dict)
    """Record -> record and our row that a reference has matched although their amounts differ: sums may explain the rest."""
    edges: list[Edge] = field(default_factory=list)
    _taken: set[int] = field(default_factory=set)
    _used: set[int] = field(default_factory=set)

    def match(self) -> list[Edge]:
        """Return the edges that were found."""
        by_who = _index(self.ours, lambda each: (("n", each.name), ("p", each.phone), ("a", each.address)))
        by_day = _index(self.ours, lambda each: (each.day,))
        self._take(self._named(by_who, fitting=True))
        self._take(self._by_amount())
        self._explain_halves()
        self._sums(by_who, by_day)
        self._take(self._named(by_who, fitting=False))
        return self.edges

    def near(self, record: Entry, ours: Entry) -> bool:
        """Say whether the record's date is within the source's days of ours."""
        return -self.source.days_before <= record.day - ours.day <= self.source.days_after

    def _fits(self, record: Entry, ours: Entry) -> bool:
        return abs(record.cents - ours.cents) <= self.source.tolerance(ours.cents)

    def _take(self, candidates: Iterable[Edge]) -> None:
        """Take the best first; each row once."""
        for edge in sorted(candidates, key=lambda one: (-one[3], one[0], one[1])):
            if edge[0] not in self._taken and edge[1] not in self._used:
                self._add(edge)

    def _add(self, edge: Edge) -> None:
        self._taken.add(edge[0])
        self._used.add(edge[1])
        self.edges.append(edge)

    def _open(self, rows: Iterable[Entry]) -> Iterator[Entry]:
        yield from (each for each in rows if each.id not in self._used)

    def _named(self, by_who: dict[tuple[str, str], list[Entry]], *, fitting: bool) -> Iterator[Edge]:
        """Same name, telephone or address on both sides, where at least two of them agree."""
        for record in self.outside:
            if record.id in self._taken:
                continue
            seen = set[int]()
            for key in (("n", record.name), ("p", record.phone), ("a", record.address)):
                for ours in by_who.get(key, ()) if key[1] else ():
                    if ours.id in seen or ours.id in self._used or not self.near(record, ours) or self._fits(record, ours) != fitting:
                        continue
                    seen.add(ours.id)
                    if (edge := self._who(record, ours)) is not None:
                        yield edge

    def _who(self, record: Entry, ours: Entry) -> Edge | None:
        name, address = likeness(record.name, ours.name), likeness(record.address, ours.address)
        phone = _same_phone(record, ours)
        same = [word for word, holds in (("name", (name or 0) >= ALIKE), ("telephone", phone), ("address", (address or 0) >= ALIKE)) if holds]
        if len(same) < 2 or (record.cents < 0) != (ours.cents < 0):
            return None
        off = abs(record.cents - ours.cents) / max(abs(ours.cents), 1)
        score = 0.80 + 0.05 * (name or 0) + 0.05 * phone + 0.05 * (address or 0) - 0.005 * min(abs(record.day - ours.day), 6) - 0.2 * min(off, 1)
        return (record.id, ours.id, 2, round(max(score, 0.0), 4), f"the same {' and '.join(same)}, {_days(record, ours)}")

    def _by_amount(self) -> list[Edge]:
        """Amount and date: taken where the name agrees, or where neither side leaves a choice."""
        found: list[tuple[Entry, Entry, float | None]] = []
        for record, ours in self._same_amounts():
            alike = likeness(record.name, ours.name)
            if (alike is None or alike >= UNLIKE or _same_phone(record, ours)) and (record.branch is None or record.branch == ours.branch):
                found.append((record, ours, alike))
        choices: dict[tuple[str, int], int] = defaultdict(int)
        for record, ours, _ in found:
            choices["o", record.id] += 1
            choices["k", ours.id] += 1
        edges = []
        for record, ours, alike in found:
            is_clear = choices["o", record.id] == 1 and choices["k", ours.id] == 1
            phone = _same_phone(record, ours)
            if (alike or 0) >= ALIKE or phone or (is_clear and not record.has_reference):
                score = 0.60 + 0.2 * (alike or 0) + 0.1 * phone + 0.05 * is_clear - 0.005 * min(abs(record.day - ours.day), 6)
                said = f"the same amount, {_days(record, ours)}" + (", a name that is alike" if (alike or 0) >= UNLIKE else "") + (", the same telephone" if phone else "") + (", and nothing else it could be" if is_clear else "")
                edges.append((record.id, ours.id, 3, round(score, 4), said))
        return edges

    def _same_amounts(self) -> Iterator[tuple[Entry, Entry]]:
        rows = sorted(self._open(self.ours), key=lambda each: each.cents)
        amounts = [each.cents for each in rows]
        widest = max((self.source.tolerance(each.cents) for each in rows), default=0)
        for record in self.outside:
            if record.id in self._taken:
                continue
            for place in range(bisect_left(amounts, record.cents - widest), len(rows)):
                if amounts[place] > record.cents + widest:
                    break
                if self._fits(record, rows[place]) and self.near(record, rows[place]):
                    yield record, rows[place]

    def _explain_halves(self) -> None:
        """A reference names one row of several that a record pays, or one record of several that pay a row."""
        for record, ours in self.half.values():
            if record.cents > ours.cents:
                mates = [each for each in self._open(self.ours) if each.sale is not None and each.sale == ours.sale and self.near(record, each)]
                if places := parts_of(record.cents - ours.cents, [each.cents for each in mates], self.source.tolerance(record.cents), least=1):
                    self._group([record], [mates[place] for place in places], "it and other rows of its sale add up to the record")
            else:
                others = [each for each in self.outside if each.id not in self._taken and each.name and each.name == (record.name or ours.name) and self.near(each, ours)]
                if places := parts_of(ours.cents - record.cents, [each.cents for each in others], self.source.tolerance(ours.cents), least=1):
                    self._group([others[place] for place in places], [ours], "this record and one with the reference add up to it")

    def _sums(self, by_who: dict[tuple[str, str], list[Entry]], by_day: dict[int, list[Entry]]) -> None:
        """One record for several of our rows, then several records for one of ours: of one household, or of one branch and day."""
        for record in self.outside:
            if record.id in self._taken:
                continue
            household = _unique(each for key in (("n", record.name), ("p", record.phone), ("a", record.address)) if key[1] for each in by_who.get(key, ()))
            pools = [([each for each in self._open(household) if self.near(record, each)], "of its household")]
            pools += [([each for each in self._open(by_day.get(record.day - late, ())) if record.branch in {None, each.branch}], "of its branch and day") for late in range(self.source.days_after + 1)]
            for pool, words in pools:
                if places := parts_of(record.cents, [each.cents for each in pool], self.source.tolerance(record.cents)):
                    self._group([record], [pool[place] for place in places], f"{len(places)} rows {words} add up to it")
                    break
        records = _index((each for each in self.outside if each.id not in self._taken), lambda each: (("n", each.name), ("p", each.phone), ("a", each.address)))
        for ours in self._open(self.ours):
            pool = [each for key in (("n", ours.name), ("p", ours.phone)) if key[1] for each in records.get(key, ())]
            pool = [each for each in _unique(pool) if each.id not in self._taken and self.near(each, ours)]
            if places := parts_of(ours.cents, [each.cents for each in pool], self.source.tolerance(ours.cents)):
                self._group([pool[place] for place in places], [ours], f"{len(places)} records of its household add up to it")

    def _group(self, records: Sequence[Entry], rows: Sequence[Entry], said: str) -> None:
        for record in records:
            for ours in rows:
                self._add((record.id, ours.id, 4, 0.75, said))


def _unique(rows: Iterable[Entry]) -> list[Entry]:
    return list({each.id: each for each in rows}.values())


def _index(rows: Iterable[Entry], keys: Callable[[Entry], tuple[Key, ...]]) -> dict[Key, list[Entry]]:
    found: dict[Key, list[Entry]] = defaultdict(list)
    for each in rows:
        for key in keys(each):
            found[key].append(each)
    return found


def _same_phone(record: Entry, ours: Entry) -> bool:
    return record.phone != "" and record.phone == ours.phone


def _days(record: Entry, ours: Entry) -> str:
    off = record.day - ours.day
    return "the same day" if off == 0 else f"{abs(off)} {'day' if abs(off) == 1 else 'days'} {'later' if off > 0 else 'earlier'}"
