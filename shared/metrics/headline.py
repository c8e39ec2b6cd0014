"""A headline: one number with its change, target, freshness and judgement. Everything that shows a number to a person shows these."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from shared.clock import Clock, now
from shared.metrics.ask import Answer, Ask
from shared.metrics.comparison import Against, Comparison, compare
from shared.metrics.format import CURRENCY, MISSING, write, write_change
from shared.metrics.goal import Goal, goal
from shared.metrics.metric import Basis, Better, Level, Metric, Unit
from shared.metrics.period import Period, add_months, month_start, week_start
from shared.metrics.question import Grain, Question
from shared.metrics.reference import Reference
from shared.metrics.registry import metric, metrics
from shared.metrics.scope import Scope
from shared.settings import Settings
from shared.warehouse.targets import Target

Status = Literal["good", "warn", "bad", "none"]
AMBER_FROM = 0.90
"""Share of the target from which a headline is amber rather than red."""
HYSTERESIS = 0.01
"""A status changes back only once it is this far past the line."""
_FLAT = 0.0005


@dataclass(frozen=True)
class Wanted:
    """One headline that is wanted."""

    metric: str
    period: Period
    against: Against = "previous"
    branches: frozenset[int] | None = None
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Headline:
    """One number and all that is said about it."""

    metric: Metric
    period: Period
    value: float
    """NaN: missing."""
    sample: float | None
    comparison: Comparison
    previous: float
    goal: Goal | None
    series: tuple[float, ...]
    """Points of the sparkline, oldest first; NaN where missing."""
    series_words: str
    as_of: datetime
    degraded: str
    maturity: str = ""
    """Why a cohort is too young to be judged, in words; empty: old enough, or no cohort of leads."""
    wanted: Wanted | None = None
    """What was asked for; None in a headline that nobody asked for, such as a test's."""

    @property
    def text(self) -> str:
        """The number as it stands on a tile."""
        return write(self.value, self.metric.unit)

    @property
    def change(self) -> float | None:
        """Relative change (0.08 = 8 % more), or the plain difference for shares and points; None where it cannot be said."""
        if math.isnan(self.value) or math.isnan(self.previous):
            return None
        if self.metric.unit in {Unit.PERCENT, Unit.POINTS}:
            return self.value - self.previous
        return (self.value - self.previous) / abs(self.previous) if self.previous else None

    @property
    def change_text(self) -> str:
        """The change without its sign, such as 8.4% or 1.2 pt."""
        return write_change(self.change, self.metric.unit)

    @property
    def direction(self) -> Literal["up", "down", "flat"]:
        """Which way it went."""
        if self.change is None or abs(self.change) < _FLAT:
            return "flat"
        return "up" if self.change > 0 else "down"

    @property
    def is_good(self) -> bool | None:
        """Whether the change is a good one; None where it is neither, where too few cases stand behind it, and where a young cohort is compared with an older one."""
        if self.direction == "flat" or self.metric.better is Better.NEITHER or self.maturity or not self.has_sample:
            return None
        return (self.direction == "up") == (self.metric.better is Better.UP)

    @property
    def attainment(self) -> float | None:
        """Actual / goal of the whole period; for a metric where less is better, goal / actual."""
        if self.goal is None or math.isnan(self.value) or not self.goal.value:
            return None
        if self.metric.better is Better.DOWN:
            return self.goal.value / self.value if self.value else None
        return self.value / self.goal.value

    @property
    def pace(self) -> float | None:
        """Attainment / share of the period's weight that has passed: 1 = on pace. Only for flows."""
        if self.attainment is None or self.goal is None or not self.metric.is_flow or self.goal.elapsed_share <= 0:
            return None
        if self.metric.better is Better.DOWN:
            return self.attainment * self.goal.elapsed_share
        return self.attainment / self.goal.elapsed_share

    @property
    def projected(self) -> float | None:
        """Where a flow whose period is not over lands at this pace: actual / share of the weight that has passed."""
        if self.goal is None or not self.metric.is_flow or math.isnan(self.value) or not 0 < self.goal.elapsed_share < 1:
            return None
        return self.value / self.goal.elapsed_share

    @property
    def has_sample(self) -> bool:
        """False where too few cases stand behind it to judge."""
        return self.sample is None or self.sample >= self.metric.minimum_sample

    @property
    def status(self) -> Status:
        """Green at or above target (a running flow: at or above pace), amber from 90 %, red below; none without target or sample, and where neither direction is better."""
        if not self.has_sample or self.maturity or self.metric.better is Better.NEITHER:
            return "none"
        return "good" if self._has_none_of_a_bad_thing else judge(self.pace if self.metric.is_flow else self.attainment)

    @property
    def _has_none_of_a_bad_thing(self) -> bool:
        """None where less is better: no share of the target can be said, and nothing could be better."""
        return self.goal is not None and self.goal.value > 0 and self.metric.better is Better.DOWN and self.value == 0

    @property
    def status_words(self) -> str:
        """Why it has this status."""
        if not self.has_sample:
            return f"only {self.sample:.0f} cases, {self.metric.minimum_sample} are needed to judge"
        if self.maturity:
            return self.maturity
        if self.goal is not None and self._has_none_of_a_bad_thing:
            return f"none, against a target of {write(self.goal.value, self.metric.unit)}"
        if self.goal is None or self.attainment is None:
            return "no target"
        target = write(self.goal.value, self.metric.unit)
        if self.pace is not None and self.goal.elapsed_share < 1:
            return f"{self.attainment:.0%} of {target}, {self.goal.elapsed_share:.0%} of the period's working weight has passed: pace {self.pace:.2f}"
        return f"{self.attainment:.0%} of the target {target}"

    @property
    def name(self) -> str:
        """What the number is called in a sentence: 'Net sales $1.42M' needs no second sign."""
        return self.metric.label.removesuffix(f" {CURRENCY}") if CURRENCY in self.text else self.metric.label

    @property
    def words(self) -> str:
        """One sentence: the number, its change and what it is compared with."""
        if self.text == MISSING:
            return f"{self.metric.label}: no number for {self.period.words}"
        if self.change is None:
            return f"{self.name} {self.text}; nothing to compare with in {self.comparison.words}"
        verb = {"up": "up", "down": "down", "flat": "unchanged"}[self.direction]
        amount = "" if self.direction == "flat" else f" {self.change_text}"
        return f"{self.name} {self.text}, {verb}{amount} against {self.comparison.words}"


RULE = f"Green at or above target, amber from {AMBER_FROM:.0%} of it, red below; a sum of a running period is held against its pace. Grey: no target, or too few cases."


def judge(share: float | None, before: Status = "none") -> Status:
    """Turn a share of the target into a status; ``before`` gives one point of hysteresis, so that a light does not flicker."""
    if share is None or math.isnan(share):
        return "none"
    good, amber = 1.0, AMBER_FROM
    if before == "good":
        good -= HYSTERESIS
    if before in {"good", "warn"}:
        amber -= HYSTERESIS
    if before == "bad":
        amber += HYSTERESIS
    return "good" if share >= good else "warn" if share >= amber else "bad"


_Targets = dict[tuple[date, date], dict[str, list[Target]]]
"""First and last day of a whole period -> metric -> its targets."""


class Headlines:
    """Makes headlines; handed to pages beside ``ask``."""

    def __init__(self, ask: Ask, reference: Reference, settings: Settings, clock: Clock = now) -> None:
        """Hand in what it needs."""
        self._ask, self._reference, self._settings, self._clock = ask, reference, settings, clock

    def on(self, ask: Ask) -> "Headlines":
        """The same over another door to numbers, such as ``ask.at_once()`` for one page."""
        return Headlines(ask, self._reference, self._settings, self._clock)

    def __call__(self, wanted: Sequence[Wanted], scope: Scope) -> list[Headline]:
        """Return the headlines in order, asked together.  Raises what ``ask`` raises."""
        calendar = self._reference.calendar()
        spans = {(each.period, each.against): compare(each.period, each.against, calendar) for each in {(one.period, one.against): one for one in wanted}.values()}
        compared = [spans[each.period, each.against] for each in wanted]
        asked: dict[Question, None] = {}
        plans = []
        for each, comparison in zip(wanted, compared, strict=True):
            span, grain = _sparkline(metric(each.metric), each.period)
            plan = (_question(each, each.period, "all"), _question(each, comparison.period, "all"), _question(each, span, grain))
            asked |= dict.fromkeys(plan)
            plans.append(plan)
        lag = Question(("sales_cycle_p90",), Period(self._ask.today - timedelta(days=365), self._ask.today - timedelta(days=1)))
        answers = dict(zip([*asked, lag], self._ask.many([*asked, lag], scope), strict=True))
        moment, targets = self._clock(), self._targets(wanted)
        return [replace(self._headline(each, comparison, [answers[question] for question in plan], scope, moment, targets), maturity=_maturity(each, answers[lag].value("sales_cycle_p90"), self._ask.today), wanted=each)
                for each, comparison, plan in zip(wanted, compared, plans, strict=True)]

    def _targets(self, wanted: Sequence[Wanted]) -> _Targets:
        """Targets of all metrics for each span of days: a glass box that opens while no database answers then finds what its page has read."""
        names = tuple(metrics())
        found: _Targets = {}
        for first, last in {(each.period.whole.start, each.period.whole.end) for each in wanted if not each.where}:
            of_span = found[first, last] = {}
            for target in self._reference.targets(names, month_start(first), last):
                of_span.setdefault(target.kpi, []).append(target)
        return found

    def _headline(self, each: Wanted, comparison: Comparison, answers: list[Answer], scope: Scope, moment: datetime, known: _Targets) -> Headline:
        declared = metric(each.metric)
        current, before, line = answers
        branches = scope.narrowed(each.branches)
        whole = each.period.whole
        targets = () if each.where else known[whole.start, whole.end].get(declared.name, ())
        sample = f"{declared.name}__n"
        return Headline(
            declared, each.period, current.value(declared.name), current.value(sample) if sample in current.frame else None, comparison, before.value(declared.name),
            goal(declared, each.period, branches, targets, self._reference.calendar(), moment, self._settings.company_time_zone) if targets else None,
            tuple(float(value) for value in line.frame[declared.name]), _series_words(line.question), current.as_of, current.degraded or before.degraded,
        )


def _maturity(each: Wanted, lag: float, today: date) -> str:
    """A cohort of leads is young while nine of ten of its sales cannot have come yet."""
    declared = metric(each.metric)
    age = (today - each.period.end).days
    if declared.basis is not Basis.COHORT or "lead_funnel" not in declared.views or math.isnan(lag) or age >= lag:
        return ""
    return f"young cohort: nine of ten sales come within {lag:.0f} days of the lead, the newest leads are {age} days old"


def _question(each: Wanted, period: Period, grain: Grain) -> Question:
    return Question((each.metric,), period, grain, where=each.where, branches=each.branches)


def _sparkline(declared: Metric, period: Period) -> tuple[Period, Grain]:
    """The points behind a tile: 28 days of a sum, 13 weeks of anything that needs a sample, 13 months of a long period."""
    if period.days > 100 or period.preset in {"ytd", "fiscal_ytd", "last_year"}:
        return Period(add_months(period.end, -12), period.end), "month"
    if period.days > 35 or not (declared.is_flow or isinstance(declared.formula, Level)):
        return Period(week_start(period.end) - timedelta(weeks=12), period.end), "week"
    return Period(period.end - timedelta(days=27), period.end), "day"


def _series_words(question: Question) -> str:
    count = {"day": "28 days", "week": "13 weeks", "month": "13 months"}[question.grain]
    return f"the last {count}"
