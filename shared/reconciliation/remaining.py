"""Matching what has no reference that we know: by name and telephone or address, by amount and date, by sums.  No I/O.

In this order: exact and alike names with a fitting amount, amount and date alone where they leave no choice, one record for several of our rows and
several records for one, and at last households whose amount or date differs (a break with a counterpart).  Everything is matched at most once.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.reconciliation.choosing import as_many, clear, days_apart, index, unique
from shared.reconciliation.likeness import likeness
from shared.reconciliation.naming import agreement, hints_of, pairs_of, words_of
from shared.reconciliation.references import Edge
from shared.reconciliation.source import Source
from shared.reconciliation.sums import is_by_chance, parts_of

ALIKE: Final = 0.85
"""From here two names or addresses are taken for the same."""
UNLIKE: Final = 0.55
"""Below this two names contradict each other, whatever the amount says."""
SURE: Final = 0.97
"""From here a name alone, without telephone or address, tells whose a record is."""
FAR_DAYS: Final = 45
"""So far apart the dates of one payment may lie, where household and amount leave no doubt."""
MOST_OF_A_KEY: Final = 400
FAR_OFF: Final = 0.25
"""By so much of our amount a record may differ, where nothing but the name tells whose it is."""


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
    said: str = ""
    """Of a record: a line of text that may name somebody, in one spelling."""

    def whose(self) -> Iterator[tuple[str, ...]]:
        """Yield what two entries of one household have in common where nothing is misspelt."""
        yield from (("n", *pair) for pair in pairs_of(words_of(self.name)) | pairs_of(words_of(self.said)))
        yield from ((kind, value) for kind, value in (("p", self.phone), ("a", self.address)) if value)
        if self.name and len(words_of(self.name)) < 2:
            yield ("n", self.name)

    def perhaps(self) -> Iterator[tuple[str, ...]]:
        """Yield what they have in common where one word is."""
        yield from (("h", *hint) for hint in hints_of(words_of(self.name)) | hints_of(words_of(self.said)))


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

    _by_who: dict[tuple[str, ...], list[Entry]] = field(default_factory=dict)
    _named_by: dict[int, frozenset[str]] = field(default_factory=dict)

    def match(self) -> list[Edge]:
        """Return the edges that were found."""
        self._by_who = index(self.ours, lambda each: (*each.whose(), *each.perhaps()))
        self._take(self._named(fitting=True))
        self._take(self._by_amount())
        self._explain_halves()
        self._sums(index(self.ours, lambda each: (each.day,)))
        self._take(clear(self._far()))
        self._take(self._named(fitting=False))
        self._take(clear(self._by_name_alone()))
        return self.edges

    def households(self, record: Entry) -> frozenset[str]:
        """Return the names among our rows that a record says, in its name or in its text."""
        if record.id not in self._named_by:
            for keys in (record.whose, record.perhaps):
                names = {each.name for each in self._sharing(record, keys(), FAR_DAYS)}
                self._named_by[record.id] = frozenset(name for name in names if max(agreement(record.name, name) or 0, agreement(record.said, name) or 0) >= ALIKE)
                if self._named_by[record.id]:
                    break
        return self._named_by[record.id]

    def alike(self, record: Entry, ours: Entry) -> float | None:
        """Return how surely a record names our household; None: it names nobody whom we know."""
        named = agreement(record.name, ours.name)
        if record.said and ours.name and (named or 0) < ALIKE:
            said = agreement(record.said, ours.name) or 0.0
            if said >= ALIKE:
                return said
            return named if record.name else 0.0 if self.households(record) else None
        return named

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

    def _sharing(self, record: Entry, keys: Iterable[tuple[str, ...]], days: int) -> list[Entry]:
        """Our rows within so many days that have one of these keys; a key that very many have tells nothing."""
        return unique(each for key in keys if len(rows := self._by_who.get(key, ())) <= MOST_OF_A_KEY for each in rows if abs(each.day - record.day) <= days)

    def _candidates(self, record: Entry, days: int) -> list[Entry]:
        """Our open rows within so many days that share a telephone, an address or a name with the record, the name perhaps misspelt where that finds nobody."""
        found = self._sharing(record, record.whose(), days) or self._sharing(record, record.perhaps(), days)
        return [each for each in found if each.id not in self._used]

    @property
    def _days(self) -> int:
        return max(self.source.days_before, self.source.days_after)

    def _named(self, *, fitting: bool) -> Iterator[Edge]:
        """Same name, telephone or address on both sides, where at least two of them agree."""
        for record in self.outside:
            if record.id not in self._taken:
                for ours in self._candidates(record, self._days):
                    if self.near(record, ours) and self._fits(record, ours) == fitting and (edge := self._who(record, ours)) is not None:
                        yield edge

    def _far(self) -> Iterator[Edge]:
        """The household and its amount, on another day: a date that differs."""
        for record in self.outside:
            if record.id not in self._taken:
                for ours in self._candidates(record, FAR_DAYS):
                    if self._fits(record, ours) and ((self.alike(record, ours) or 0) >= SURE or self._who(record, ours) is not None):
                        yield (record.id, ours.id, 2, round(0.6 + 0.1 * (self.alike(record, ours) or 0) - 0.002 * abs(record.day - ours.day), 4), f"the same household and amount, {days_apart(record, ours)}")

    def _by_name_alone(self) -> Iterator[Edge]:
        """The household on a near day, by its name alone, and an amount that is not far off."""
        for record in self.outside:
            if record.id not in self._taken:
                for ours in self._candidates(record, self._days):
                    off = abs(record.cents - ours.cents) / max(abs(ours.cents), 1)
                    if self.near(record, ours) and (record.cents < 0) == (ours.cents < 0) and off <= FAR_OFF and (self.alike(record, ours) or 0) >= SURE:
                        yield (record.id, ours.id, 2, round(0.6 - off / 2, 4), f"the same name, {days_apart(record, ours)}, and no other row of it")

    def _who(self, record: Entry, ours: Entry) -> Edge | None:
        name, address = self.alike(record, ours), likeness(record.address, ours.address)
        phone = _same_phone(record, ours)
        same = [word for word, holds in (("name", (name or 0) >= ALIKE), ("telephone", phone), ("address", (address or 0) >= ALIKE)) if holds]
        if len(same) < 2 or (record.cents < 0) != (ours.cents < 0):
            return None
        off = abs(record.cents - ours.cents) / max(abs(ours.cents), 1)
        score = 0.80 + 0.05 * (name or 0) + 0.05 * phone + 0.05 * (address or 0) - 0.005 * min(abs(record.day - ours.day), 6) - 0.2 * min(off, 1)
        return (record.id, ours.id, 2, round(max(score, 0.0), 4), f"the same {' and '.join(same)}, {days_apart(record, ours)}")

    def _by_amount(self) -> list[Edge]:
        """Amount and date: taken where the name agrees, where neither side leaves a choice, or where there are as many on either side."""
        found: list[tuple[Entry, Entry, float | None]] = []
        for record, ours in self._same_amounts():
            alike = self.alike(record, ours)
            if (alike is None or alike >= UNLIKE or _same_phone(record, ours)) and (record.branch is None or record.branch == ours.branch):
                found.append((record, ours, alike))
        choices: dict[tuple[str, int], int] = defaultdict(int)
        for record, ours, _ in found:
            choices["o", record.id] += 1
            choices["k", ours.id] += 1
        edges, unclear = [], []
        for record, ours, alike in found:
            is_clear = choices["o", record.id] == 1 and choices["k", ours.id] == 1
            phone = _same_phone(record, ours)
            if (alike or 0) >= ALIKE or phone or (is_clear and not record.has_reference):
                score = 0.60 + 0.2 * (alike or 0) + 0.1 * phone + 0.05 * is_clear - 0.005 * min(abs(record.day - ours.day), 6)
                said = f"the same amount, {days_apart(record, ours)}" + (", a name that is alike" if (alike or 0) >= UNLIKE else "") + (", the same telephone" if phone else "") + (", and nothing else it could be" if is_clear else "")
                edges.append((record.id, ours.id, 3, round(score, 4), said))
            else:
                unclear.append((record, ours, alike))
        return edges + list(as_many(unclear, {edge[0] for edge in edges} | {record.id for record, _, alike in unclear if alike is not None or record.has_reference}, {edge[1] for edge in edges}))

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

    def _sums(self, by_day: dict[int, list[Entry]]) -> None:
        """One record for several of our rows, then several records for one of ours: of one household, or of one branch and day."""
        for record in self.outside:
            if record.id not in self._taken:
                household = [each for each in self._candidates(record, self._days) if self.near(record, each) and self._is_of(record, each)]
                if not self._one_for_several(record, [household], "of its household") and not self.households(record):
                    for late in range(self.source.days_after + 1):
                        of_day = [each for each in self._open(by_day.get(record.day - late, ())) if record.branch in {None, each.branch}]
                        if self._one_for_several(record, list(index(of_day, lambda each: (each.branch,)).values()), "of its branch and day"):
                            break
        records = index((each for each in self.outside if each.id not in self._taken), Entry.whose)
        for ours in self._open(self.ours):
            pool = [each for each in unique(each for key in ours.whose() for each in records.get(key, ())) if each.id not in self._taken and self.near(each, ours) and self._is_of(each, ours)]
            places = parts_of(ours.cents, [each.cents for each in pool], self.source.tolerance(ours.cents))
            if places and not is_by_chance([each.cents for each in pool], len(places), self.source.tolerance(ours.cents)):
                self._group([pool[place] for place in places], [ours], f"{len(places)} records of its household add up to it")

    def _is_of(self, record: Entry, ours: Entry) -> bool:
        return (self.alike(record, ours) or 0) >= ALIKE or _same_phone(record, ours) or (record.address != "" and record.address == ours.address)

    def _one_for_several(self, record: Entry, pools: Sequence[list[Entry]], words: str) -> bool:
        """Group the record with the rows of the one pool that add up to it; False: none does, or more than one."""
        tolerance = self.source.tolerance(record.cents)
        fits = [(pool, places) for pool in pools if (places := parts_of(record.cents, [each.cents for each in pool], tolerance)) and not is_by_chance([each.cents for each in pool], len(places), tolerance)]
        if len(fits) != 1:
            return False
        pool, places = fits[0]
        self._group([record], [pool[place] for place in places], f"{len(places)} rows {words} add up to it")
        return True

    def _group(self, records: Sequence[Entry], rows: Sequence[Entry], said: str) -> None:
        for record in records:
            for ours in rows:
                self._add((record.id, ours.id, 4, 0.75, said))


def _same_phone(record: Entry, ours: Entry) -> bool:
    return record.phone != "" and record.phone == ours.phone
