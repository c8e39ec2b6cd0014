"""What a reader is told: the coming days, weeks and months with bands, where a period lands, how likely a target is, what was said before.

Every number is a sum of the stored days, on top of what has come until yesterday; so days, weeks and months of branches and of the company always add up, on both sites.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

import numpy as np

from shared.analysis.forecasting.paths import Spread
from shared.analysis.forecasting.smoothing import Array
from shared.forecast.gathering import BASES
from shared.forecast.run import Run
from shared.metrics.ask import Ask
from shared.metrics.period import Period, add_months, month_end, month_start, week_start
from shared.metrics.question import Question
from shared.metrics.scope import Scope

Grain = Literal["day", "week", "month"]
COUNTS: Mapping[Grain, int] = {"day": 91, "week": 13, "month": 12}
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Bucket:
    """One coming day, week or month."""

    first: date
    last: date
    so_far: float
    """What came until yesterday; 0 for a bucket that has not begun."""
    spread: Spread
    """The whole bucket: what came, and what is forecast of the rest."""

    @property
    def mean(self) -> float:
        """What the whole bucket comes to."""
        return self.spread.mean

    @property
    def is_running(self) -> bool:
        """True where a part of it has come."""
        return self.so_far != 0.0


@dataclass(frozen=True)
class Ahead:
    """The coming buckets of one grain, and all of them together."""

    buckets: tuple[Bucket, ...]
    total: Spread
    """From joint errors, never from adding bands."""


@dataclass(frozen=True)
class Landing:
    """Where a period ends, against its target."""

    period: Period
    so_far: float
    spread: Spread
    goal: float | None
    """None: there is no target for the whole of it."""

    @property
    def probability(self) -> float | None:
        """Probability of reaching the target; None without one."""
        return None if self.goal is None else self.spread.reaches(self.goal)

    @property
    def gap(self) -> float | None:
        """Where it lands, less the target; None without one."""
        return None if self.goal is None else self.spread.mean - self.goal


@dataclass(frozen=True)
class Said:
    """One week as it was forecast and as it came."""

    first: date
    said: float
    low: float
    high: float
    """The band of 80 %."""
    came: float


class Outlook:
    """A run, read by somebody: what has come is asked in their scope, and a branch outside it is refused."""

    def __init__(self, run: Run, ask: Ask, scope: Scope, since: date | None = None) -> None:
        """``since``: the first day on which what came is wanted; None: as far back as any running year can begin."""
        self.run, self._ask, self._scope = run, ask, scope
        self.today = ask.today
        self.known = max(run.origin, self.today - _DAY)
        """The last day that counts as come."""
        self.since = min(since or self.today - timedelta(days=400), self.known)
        self._came: dict[str, dict[int, Array]] = {}

    @cached_property
    def visible(self) -> tuple[int, ...]:
        """The branches of the run that the reader may see."""
        return tuple(branch for branch in self.run.branches if self._scope.allows(branch))

    def branches(self, wanted: frozenset[int] | None) -> list[int]:
        """The branches of the run among ``wanted`` (None: all that the reader may see).  Raises OutOfScopeError."""
        narrowed = self._scope.narrowed(wanted)
        return [branch for branch in self.run.branches if narrowed is None or branch in narrowed]

    @property
    def last_day(self) -> date:
        """The last day that is forecast."""
        return self.run.origin + timedelta(days=len(next(iter(self.run.paths.values())).points))

    def came(self, basis: str, first: date, last: date, branches: Sequence[int]) -> float:
        """What came from ``first`` to ``last``, both included, until yesterday; days before ``since`` are not known here."""
        if first < self.since:
            raise ValueError(f"{first} lies before {self.since}, from which on numbers were asked for")
        daily = self._daily(basis)
        begin, end = (first - self.since).days, (min(last, self.known) - self.since).days + 1
        return round(float(sum(daily[branch][begin:end].sum() for branch in branches if branch in daily)), 2) if end > begin else 0.0

    def daily(self, basis: str, branches: Sequence[int]) -> tuple[list[date], list[float]]:
        """The days since ``since`` until yesterday and what came on each."""
        rows = self._daily(basis)
        count = (self.known - self.since).days + 1
        total = sum((rows[branch] for branch in branches if branch in rows), np.zeros(count))
        return [self.since + timedelta(days=n) for n in range(count)], [round(float(value), 2) for value in total]

    def _daily(self, basis: str) -> dict[int, Array]:
        if basis not in self._came:
            name = BASES[basis]
            frame = self._ask(Question((name,), Period(self.since, self.known), "day", ("branch",)), self._scope).frame
            count = (self.known - self.since).days + 1
            found: dict[int, Array] = {}
            for row in frame.itertuples() if not frame.empty else ():
                found.setdefault(int(row.branch), np.zeros(count))[(date.fromisoformat(str(row.bucket)[:10]) - self.since).days] = np.nan_to_num(getattr(row, name))
            self._came[basis] = found
        return self._came[basis]

    def spread(self, basis: str, first: date, last: date, branches: Sequence[int]) -> Spread:
        """The sum from ``first`` to ``last``: what came of it, and the forecast of the rest."""
        return self._spreads(basis, [(first, last)], branches)[0][1]

    def _spreads(self, basis: str, spans: Sequence[tuple[date, date]], branches: Sequence[int]) -> list[tuple[float, Spread]]:
        """(what came, the whole) of spans of one grain."""
        paths, places = self.run.paths[basis], self.run.places(branches)
        found: dict[int, tuple[float, Spread]] = {}
        whole: list[tuple[int, tuple[int, int]]] = []
        for number, (first, last) in enumerate(spans):
            came = self.came(basis, first, last, branches) if first <= self.known else 0.0
            begin, end = (max(first, self.known + _DAY) - self.run.first_day).days, (last - self.run.first_day).days
            if end < begin:
                found[number] = (came, Spread(came, 0.0, 1.0))
            elif first <= self.known:
                found[number] = (came, paths.total(begin, end, places, came))
            else:
                whole.append((number, (begin, end)))
        for (number, _), spread in zip(whole, paths.spreads([place for _, place in whole], places), strict=True):
            found[number] = (0.0, spread)
        return [found[number] for number in range(len(spans))]

    def ahead(self, basis: str, grain: Grain, wanted: frozenset[int] | None = None, count: int | None = None) -> Ahead | None:
        """The coming buckets with their total; None: the forecast knows none of these branches, or reaches over no whole bucket."""
        found = self.buckets(basis, grain, wanted, count)
        branches = self.branches(wanted)
        return Ahead(tuple(found), self.spread(basis, found[0].first, found[-1].last, branches)) if found and branches else None

    def buckets(self, basis: str, grain: Grain, wanted: frozenset[int] | None = None, count: int | None = None) -> list[Bucket]:
        """The coming days, weeks or months, the running one first; fewer where the forecast does not reach."""
        spans = [span for span in self._spans(grain, count or COUNTS[grain]) if span[1] <= self.last_day]
        found = self._spreads(basis, spans, self.branches(wanted))
        return [Bucket(first, last, came, spread) for (first, last), (came, spread) in zip(spans, found, strict=True)]

    def _spans(self, grain: Grain, count: int) -> list[tuple[date, date]]:
        first = self.known + _DAY
        if grain == "day":
            return [(first + timedelta(days=n), first + timedelta(days=n)) for n in range(count)]
        if grain == "week":
            monday = week_start(first)
            return [(monday + timedelta(weeks=n), monday + timedelta(weeks=n, days=6)) for n in range(count)]
        months = [add_months(month_start(first), n) for n in range(count)]
        return [(month, month_end(month)) for month in months]

    def landing(self, basis: str, period: Period, goal: float | None, wanted: frozenset[int] | None = None) -> Landing:
        """Where the whole of ``period`` (which may run) lands; ``goal``: the target of the whole of it."""
        whole = period.whole
        came, spread = self._spreads(basis, [(whole.start, whole.end)], self.branches(wanted))[0]
        return Landing(whole, came, spread, goal)

    def said(self, basis: str, run: Run | None, wanted: frozenset[int] | None = None, weeks: int = 4) -> tuple[date, bool, list[Said]] | None:
        """What was said four weeks ago, week by week, against what came.

        ``run``: the stored run of that time; without one, what the same method says from then, knowing no more than was known.  Returns its origin, whether it
        was really said then, and the weeks; None: neither is there.
        """
        branches = self.branches(wanted)
        if run is not None and basis in run.paths and run.origin + timedelta(weeks=weeks) <= self.known:
            origin, points, places = run.origin, run.paths[basis].points, run.places(branches)
        else:
            origin = self.run.origin - timedelta(weeks=weeks)
            earlier = self.run.looked_back.get((basis, origin))
            if earlier is None:
                return None
            points, places = earlier, self.run.places(branches)
        now = self.run.paths[basis].spreads([(7 * n, 7 * n + 6) for n in range(weeks)], self.run.places(branches))
        found = []
        for number, spread in enumerate(now):
            said = float(points[7 * number : 7 * number + 7, places].sum())
            size = said / spread.mean if spread.mean > 0 else 1.0
            low, high = (said + (edge - spread.mean) * size for edge in spread.band(80))
            first = origin + _DAY + timedelta(weeks=number)
            found.append(Said(first, round(said, 2), low, high, self.came(basis, first, first + 6 * _DAY, branches)))
        return origin, run is not None and origin == run.origin, found
