"""Looks at everything that the rules watch: what can be asked together is asked together."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

import pandas as pd

from shared.alerts.finding import Finding
from shared.alerts.judging import judge_age, judge_days, judge_headline
from shared.alerts.rule import ALL_VIEWS, Rule, RuleError, rule_from
from shared.clock import Clock, now
from shared.metrics.ask import Ask
from shared.metrics.comparison import Against, compare
from shared.metrics.drivers import looked_into, questions_of, told
from shared.metrics.headline import Headlines, Wanted
from shared.metrics.metric import Ratio, Unit
from shared.metrics.period import Period, period
from shared.metrics.question import Question
from shared.metrics.reference import Reference
from shared.metrics.registry import metric
from shared.metrics.scope import COMPANY
from shared.settings import Settings
from shared.warehouse.alert_store import RuleRow
from shared.warehouse.branches import Branch
from shared.warehouse.catalogue import VIEWS
from shared.warehouse.engines import Engines
from shared.warehouse.refresh import freshness

log = logging.getLogger(__name__)
_HISTORY_DAYS: Final = 900
"""All that a verdict looks back on: what is told here is what the chart of all history shows."""
_AGAINST: Final[tuple[Against, ...]] = ("previous", "year_weekdays")
_OPENS, _CLOSES = time(8), time(20)


@dataclass(frozen=True)
class Watch:
    """One instance that is looked at."""

    row: RuleRow
    rule: Rule | None
    """None: the definition cannot be used any more; ``problem`` says why."""
    instance: str
    subject: str
    """Branch, view or company, by name."""
    branch: int | None = None
    problem: str = ""
    time_zone: str = ""


Found = list[tuple[Watch, Finding]]


class Watcher:
    """Looks once for all rules; for jobs."""

    def __init__(self, engines: Engines, ask: Ask, reference: Reference, settings: Settings, clock: Clock = now) -> None:
        """Hand in what it needs."""
        self._engines, self._ask, self._reference, self._settings, self._clock = engines, ask, reference, settings, clock
        self._headlines = Headlines(ask, reference, settings, clock)

    def look(self, rows: Sequence[RuleRow]) -> Found:
        """Return what every instance of the enabled rules shows.  A rule that cannot be evaluated is a finding, never a gap; raises nothing but trouble of the database as a whole."""
        watches = [watch for row in rows if row.enabled for watch in self._watches(row)]
        moment = self._clock()
        resting = [watch for watch in watches if watch.rule is not None and not self._watches_now(watch, moment)]
        awake = [watch for watch in watches if watch not in resting]
        found = [(watch, Finding("rest", "Outside of the hours that the rule watches.")) for watch in resting]
        found += [(watch, Finding("error", watch.problem)) for watch in awake if watch.rule is None]
        usable = [watch for watch in awake if watch.rule is not None]
        for kinds, work in ((("threshold", "target", "pace", "forecast"), self._look_at_headlines), (("anomaly",), self._look_at_days), (("staleness",), self._look_at_views)):
            found += self._each([watch for watch in usable if watch.rule is not None and watch.rule.kind in kinds], work)
        return found

    def why(self, watch: Watch) -> str:
        """Return who and what moved the watched number for the worse, against the period before or else the same weekdays a year ago; empty where that cannot be said."""
        rule = watch.rule
        if rule is None or not rule.metric:
            return ""
        declared, yesterday = metric(rule.metric), self._ask.today - timedelta(days=1)
        after = Period(yesterday, yesterday) if rule.kind == "anomaly" else self._wanted(watch).period
        split = looked_into(declared, without=() if watch.branch is None else ("branch",))
        for against in _AGAINST:
            spans = compare(after, against, self._reference.calendar()).period, after
            answers = self._ask.many(questions_of(declared, spans, split, None if watch.branch is None else frozenset({watch.branch})), COMPANY)
            if words := told(rule.metric, spans, split, answers):
                return words
        return ""

    def _each(self, watches: list[Watch], work: "Work") -> Found:
        """All together; where that fails, rule by rule, so that one that cannot be evaluated takes no other along."""
        if not watches:
            return []
        try:
            return work(watches)
        except Exception as error:
            rules = {watch.row.id for watch in watches}
            if len(rules) == 1:
                log.warning("rule %d cannot be evaluated", next(iter(rules)), exc_info=True)
                return [(watch, Finding("error", f"This rule could not be evaluated: {str(error).splitlines()[0][:300] if str(error) else type(error).__name__}.")) for watch in watches]
        return [one for rule in sorted(rules) for one in self._each([watch for watch in watches if watch.row.id == rule], work)]

    def _watches(self, row: RuleRow) -> list[Watch]:
        try:
            rule = rule_from(row.name, row.definition)
        except RuleError as error:
            return [Watch(row, None, "company", self._settings.company_name, problem=f"This rule cannot be used any more: {error} Edit or remove it.")]
        if rule.kind == "staleness":
            names = [view.name for view in VIEWS] if rule.view == ALL_VIEWS else [rule.view]
            return [Watch(row, rule, f"view:{name}", f"view {name}") for name in names]
        if rule.per == "company":
            return [Watch(row, rule, "company", self._settings.company_name)]
        return [Watch(row, rule, f"branch:{branch.id}", branch.name, branch.id, time_zone=branch.time_zone) for branch in self._branches(rule)]

    def _branches(self, rule: Rule) -> list[Branch]:
        day = self._ask.today
        return [branch for branch in self._reference.branches() if (not rule.branches or branch.id in rule.branches) and (branch.closed_on is None or branch.closed_on > day)]

    def _watches_now(self, watch: Watch, moment: datetime) -> bool:
        hours = watch.rule.hours if watch.rule else "always"
        if hours == "always":
            return True
        local = moment.astimezone(ZoneInfo(watch.time_zone or self._settings.company_time_zone))
        return self._reference.calendar().is_working(local.date()) and (hours == "days" or _OPENS <= local.time() < _CLOSES)

    def _look_at_headlines(self, watches: list[Watch]) -> Found:
        wanted = [self._wanted(watch) for watch in watches]
        distinct = list(dict.fromkeys(wanted))
        headlines = dict(zip(distinct, self._headlines(distinct, COMPANY), strict=True))
        calendar = self._reference.calendar()
        return [(watch, judge_headline(_rule(watch), headlines[each], calendar)) for watch, each in zip(watches, wanted, strict=True)]

    def _wanted(self, watch: Watch) -> Wanted:
        rule = _rule(watch)
        return Wanted(rule.metric, period(rule.period, self._ask.today, self._settings.fiscal_year_start_month), branches=None if watch.branch is None else frozenset({watch.branch}))

    def _look_at_days(self, watches: list[Watch]) -> Found:
        yesterday = self._ask.today - timedelta(days=1)
        span = Period(yesterday - timedelta(days=_HISTORY_DAYS - 1), yesterday)
        questions = [Question((_rule(watch).metric,), span, "day", branches=None if watch.branch is None else frozenset({watch.branch})) for watch in watches]
        frames = [answer.frame for answer in self._ask.many(questions, COMPANY)]
        holidays = self._reference.calendar().unusual_days(span.start, span.end)
        return [(watch, _judged(_rule(watch), frame, span, holidays)) for watch, frame in zip(watches, frames, strict=True)]

    def _look_at_views(self, watches: list[Watch]) -> Found:
        names = tuple(watch.instance.partition(":")[2] for watch in watches)
        with self._engines.primary_reader() as connection:
            fresh = freshness(connection, names)
        moment = self._clock()
        missing = Finding("nodata", "This view has not been built yet.")
        return [(watch, judge_age(_rule(watch), fresh[name], moment) if name in fresh else missing) for watch, name in zip(watches, names, strict=True)]


Work: TypeAlias = Callable[[list[Watch]], Found]


def _rule(watch: Watch) -> Rule:
    assert watch.rule is not None
    return watch.rule


def _judged(rule: Rule, frame: pd.DataFrame, span: Period, holidays: frozenset[date]) -> Finding:
    declared = metric(rule.metric)
    days = [span.start + timedelta(days=n) for n in range(span.days)]
    frame = frame.assign(bucket=pd.to_datetime(frame["bucket"]).dt.date).set_index("bucket").reindex(days)
    values = frame[rule.metric].fillna(0.0) if declared.is_flow else frame[rule.metric]
    sample = f"{rule.metric}__n"
    sizes = frame[sample].fillna(0.0).tolist() if sample in frame and isinstance(declared.formula, Ratio) and declared.unit is Unit.PERCENT else None
    return judge_days(rule, declared, days, values.tolist(), holidays, sizes)
