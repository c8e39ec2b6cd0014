"""Sums by day and branch, kept in memory: after a commit only the days that it touched are read again.

For whoever asks the same questions again and again and knows what changed in between, such as the live worker.  Sums are kept as whole
millionths, so that adding them up in another order than the database loses nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import numpy as np
from sqlalchemy import Connection

from shared.metrics.metric import Measure
from shared.metrics.period import month_start, quarter_start, week_start, year_start
from shared.metrics.question import Question
from shared.metrics.reads import Branches, Column, SumRead
from shared.metrics.statements import Builder, Statement, run
from shared.metrics.window_statements import Window
from shared.warehouse.changes import Change

_MILLIONTHS: Final = 10**6
_LONGEST: Final = 1200
"""Days of a table at most: what asks for more is read as it is asked."""
_MOST_DIRTY: Final = 400
"""Days and branches that are mended; from more on the table is read anew."""
_BUCKETS: Final = {"day": lambda day: day, "week": week_start, "month": month_start, "quarter": quarter_start, "year": year_start}
_Cells = Iterable[tuple[object, ...]]


@dataclass
class _Table:
    """Sums of some measures of a view, by branch and day."""

    question: Question
    """Its filter counts, nothing else."""
    view: str
    measures: tuple[Measure, ...]
    first: date
    last: date
    recent_from: date
    is_level: bool
    """True: the first day stands for all days up to it."""
    branches: dict[int, int] = field(default_factory=dict)
    sums: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0), dtype=np.int64))
    """Millionths by measure, branch and day."""
    dirty: set[tuple[int, date]] = field(default_factory=set)

    def serves(self, read: SumRead, first: date, last: date, recent_from: date) -> bool:
        """Whether everything that ``read`` wants is here."""
        return set(read.measures) <= set(self.measures) and (self.is_level or self.first <= first) and last <= self.last and recent_from == self.recent_from

    def load(self, connection: Connection, today: date) -> None:
        """Read all of it."""
        condition = "v.day <= :last" if self.is_level else "v.day BETWEEN :first AND :last"
        cells = list(self._cells(connection, today, condition, f"{self.view}_balance" if self.is_level else "", first=self.first, last=self.last))
        self.branches = {branch: number for number, branch in enumerate(sorted({int(cell[1]) for cell in cells}))}  # type: ignore[call-overload]
        self.sums = np.zeros((len(self.measures), len(self.branches), (self.last - self.first).days + 1), dtype=np.int64)
        self._put(cells)
        self.dirty = set()

    def mend(self, connection: Connection, today: date) -> bool:
        """Read the dirty days again; False: a branch is new, read all of it."""
        dirty = {(branch, max(day, self.first)) for branch, day in self.dirty}
        branches, days = sorted({branch for branch, _ in dirty}), sorted({day for _, day in dirty})
        if not set(branches) <= self.branches.keys():
            return False
        cells: list[tuple[object, ...]] = []
        where = "v.day = ANY(CAST(:days AS date[])) AND v.branch_id = ANY(CAST(:those AS smallint[]))"
        if self.is_level and self.first in days:
            cells += self._cells(connection, today, where, f"{self.view}_balance", days=[self.first], those=branches)
        if later := [day for day in days if not self.is_level or day > self.first]:
            cells += self._cells(connection, today, where, "", days=later, those=branches)
        for branch in branches:
            self.sums[:, self.branches[branch], [self._at(day) for day in days]] = 0
        self._put(cells)
        self.dirty = set()
        return True

    def _cells(self, connection: Connection, today: date, condition: str, relation: str, **values: object) -> _Cells:
        builder = Builder(self.question, self.view, today)
        builder.keys = ["v.day", "v.branch_id"]
        sql = builder.select([f"{builder.exact_value(measure)} AS c{number}" for number, measure in enumerate(self.measures)], [condition], relation)
        return run(connection, Statement(sql, builder.parameters | values, self.measures))

    def _put(self, cells: _Cells) -> None:
        for day, branch, *values in cells:
            self.sums[:, self.branches[branch], self._at(day)] = [_millionths(value) for value in values]  # type: ignore[index,arg-type]

    def _at(self, day: date) -> int:
        return (day - self.first).days

    def columns(self, measures: Sequence[Measure], window: Window, branches: Branches) -> dict[Measure, Column]:
        """The sums of a window; of a level flows, and what was open before as the one without a bucket."""
        rows = [number for branch, number in self.branches.items() if branches is None or branch in branches]
        numbers = [self.measures.index(measure) for measure in measures]
        daily = self.sums[numbers][:, rows].sum(axis=1)
        begin, end = max(0, self._at(window.first)), self._at(window.last) + 1
        keys: list[tuple[object, ...]]
        if window.grain == "all":
            keys, sums = [()], daily[:, 0 if self.is_level else begin:max(end, 0)].sum(axis=1, keepdims=True)
        else:
            starts, keys = _buckets(window)
            sums = np.add.reduceat(daily[:, begin:end], starts, axis=1) if starts else daily[:, :0]
            if self.is_level:
                keys, sums = [(None,), *keys], np.concatenate([daily[:, :begin].sum(axis=1, keepdims=True), sums], axis=1)
        return {measure: {key: value / _MILLIONTHS for key, value in zip(keys, line, strict=True)} for measure, line in zip(measures, sums.tolist(), strict=True)}


class DayTables:
    """The tables of one asker; for one thread."""

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self._tables: dict[object, _Table] = {}

    def forget_changed(self, changes: Mapping[str, Change]) -> None:
        """Note what changed since the last call; it is read again when it is next asked for."""
        for place, table in list(self._tables.items()):
            change = changes.get(table.view, Change())
            if change.is_whole:
                del self._tables[place]
                continue
            table.dirty |= {(branch, day) for branch, day in change.days if day <= table.last and (table.is_level or day >= table.first)}
            if len(table.dirty) > _MOST_DIRTY:
                del self._tables[place]

    def clear(self) -> None:
        """Forget everything."""
        self._tables.clear()

    def fill(self, read: SumRead, connection: Connection, today: date, recent_from: Mapping[str, date]) -> bool:
        """Hand ``read`` its numbers; False: it is none of the kind that is kept."""
        span = _span(read, recent_from[read.view])
        if span is None:
            return False
        place = (read.view, read.question.where, bool(read.relation))
        table = self._tables.get(place)
        if table is None or not table.serves(read, *span, recent_from[read.view]) or not (not table.dirty or table.mend(connection, today)):
            table = self._tables[place] = _wider(table, read, span, recent_from[read.view])
            table.load(connection, today)
        for window, branches in read.places:
            read.give(window, branches, table.columns(read.measures, window, branches))
        return True


def _span(read: SumRead, recent_from: date) -> tuple[date, date] | None:
    """First and last day of the table that serves ``read``; None: none does."""
    if read.question.split or (read.relation and not read.relation.endswith("_balance")):
        return None
    windows = [window for window, _ in read.places]
    first = recent_from - timedelta(days=1) if read.relation else min(window.first for window in windows)
    last = max(window.last for window in windows)
    return None if (last - first).days > _LONGEST or last < first else (first, last)


def _wider(before: _Table | None, read: SumRead, span: tuple[date, date], recent_from: date) -> _Table:
    """A table for ``read`` and, as far as it is not too long, for what the one before it served."""
    first, last, measures = *span, tuple(read.measures)
    if before is not None and before.recent_from == recent_from:
        measures = tuple(dict.fromkeys((*before.measures, *measures)))
        if (max(last, before.last) - min(first, before.first)).days <= _LONGEST:
            first, last = min(first, before.first), max(last, before.last)
    return _Table(replace(read.question, grain="all", branches=None, split=()), read.view, measures, first, last, recent_from, is_level=bool(read.relation))


def _buckets(window: Window) -> tuple[list[int], list[tuple[object, ...]]]:
    """Places of the first day of each bucket of a window, and their keys."""
    starts: list[int] = []
    keys: list[tuple[object, ...]] = []
    for place in range((window.last - window.first).days + 1):
        key = (_BUCKETS[window.grain](window.first + timedelta(days=place)),)
        if not keys or keys[-1] != key:
            starts.append(place)
            keys.append(key)
    return starts, keys


def _millionths(value: int | Decimal) -> int:
    whole = value * _MILLIONTHS
    if whole != int(whole):
        raise ValueError(f"{value} has more than six decimals")
    return int(whole)
