"""Everything that the trends page shows, asked for at once: the same metric by day, week, month and quarter, and its splits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

import pandas as pd

from bi_app.sources import Sources
from bi_app.trends.choices import GRAINS, SPANS, Choices
from bi_app.visit import Visit
from shared.analysis.growth import same_period_last_year
from shared.metrics.metric import Metric
from shared.metrics.period import LONGEST, Period, add_months, month_start, quarter_start, week_start
from shared.metrics.question import Question

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Series:
    """One metric by bucket, from the first one with anything in it; NaN where missing."""

    buckets: list[date]
    values: list[float]
    sizes: list[float] | None
    """Denominators or rows behind each value; None for a sum or a level."""

    def of(self, bucket: date) -> float:
        """Return the value of a bucket; NaN where there is none."""
        return self.values_by_day.get(bucket, math.nan)

    @cached_property
    def values_by_day(self) -> dict[date, float]:
        """The values by the first day of their bucket."""
        return dict(zip(self.buckets, self.values, strict=True))


@dataclass(frozen=True)
class Numbers:
    """The numbers of one view."""

    metric: Metric
    by: dict[str, Series]
    """Grain -> all history."""
    grain: str
    shown: Period
    split: "list[SplitSeries]" = field(default_factory=list)
    split_rest: int = 0
    """How many members of the split are not shown."""
    as_of: datetime | None = None
    degraded: str = ""

    @property
    def main(self) -> Series:
        """The series at the chosen grain, over the chosen span."""
        every = self.by[self.grain]
        first = next((place for place, bucket in enumerate(every.buckets) if bucket >= self.shown.start), len(every.buckets))
        return Series(every.buckets[first:], list(every.values)[first:], every.sizes[first:] if every.sizes else None)


@dataclass(frozen=True)
class SplitSeries:
    """One member of a split."""

    label: str
    buckets: list[date]
    values: list[float]
    total: float
    """Sum over the span, or for what does not add up the last known value: what members are ordered by."""


def numbers_of(visit: Visit, sources: Sources, choices: Choices) -> Numbers:
    """Ask for everything in one call."""
    today, branches = visit.today, visit.filters.branch_set
    history = Period(today - timedelta(days=LONGEST - 100), today)
    shown = Period(start_of(today - timedelta(weeks=SPANS[choices.span][1] - 1), choices.grain), today)
    name = choices.metric.name
    questions = [Question((name,), Period(start_of(history.start, grain), today), grain, branches=branches) for grain in GRAINS]  # type: ignore[arg-type]
    if choices.split:
        questions.append(Question((name,), shown, choices.grain, (choices.split,), branches=branches))
    answers = sources.ask.many(questions, visit.scope)
    by = {grain: _series(answer.frame, choices.metric) for grain, answer in zip(GRAINS, answers[:len(GRAINS)], strict=True)}
    begins = by["day"].buckets[0] if by["day"].buckets else today
    shown = Period(max(shown.start, start_of(begins, choices.grain)), today)
    members, rest = _members(answers[-1].frame, choices) if choices.split else ([], 0)
    return Numbers(choices.metric, by, choices.grain, shown, members, rest, min(each.as_of for each in answers), next((each.degraded for each in answers if each.degraded), ""))


def _series(frame: pd.DataFrame, metric: Metric) -> Series:
    values = [float(value) for value in frame[metric.name]]
    sample = f"{metric.name}__n"
    sizes = [float(value) for value in frame[sample]] if sample in frame else None
    first = next((place for place, value in enumerate(values) if value and not math.isnan(value)), len(values))
    return Series([_plain(day) for day in frame["bucket"]][first:], values[first:], sizes[first:] if sizes else None)


def _plain(day: date) -> date:
    return day.date() if isinstance(day, datetime) else day


def _members(frame: pd.DataFrame, choices: Choices) -> tuple[list[SplitSeries], int]:
    found = []
    for _, rows in frame.groupby(choices.split, sort=True):
        values = [float(value) for value in rows[choices.metric.name]]
        known = [value for value in values if not math.isnan(value)]
        weight = rows[f"{choices.metric.name}__n"].sum() if f"{choices.metric.name}__n" in rows else sum(known) if choices.metric.is_flow else (known[-1] if known else 0.0)
        found.append(SplitSeries(str(rows[f"{choices.split}_label"].iloc[0]), [_plain(day) for day in rows["bucket"]], values, float(weight)))
    found.sort(key=lambda each: (-each.total, each.label))
    shown = int(choices.top)
    return found[:shown], max(0, len(found) - shown)


def start_of(day: date, grain: str) -> date:
    """Return the first day of the bucket of ``day``."""
    return {"day": day, "week": week_start(day), "month": month_start(day), "quarter": quarter_start(day)}[grain]


def end_of(bucket: date, grain: str) -> date:
    """Return the last day of a bucket."""
    return {"day": bucket, "week": bucket + 6 * _DAY, "month": add_months(bucket, 1) - _DAY, "quarter": add_months(bucket, 3) - _DAY}[grain]


def before(bucket: date, grain: str) -> date:
    """Return the bucket that ``bucket`` compares with: the one before, of a day the same weekday a week earlier."""
    return {"day": bucket - 7 * _DAY, "week": bucket - 7 * _DAY, "month": add_months(bucket, -1), "quarter": add_months(bucket, -3)}[grain]


def year_before(numbers: Numbers, bucket: date, grain: str, aligned: str) -> tuple[Period, float]:
    """Return the days a year before a bucket and the value on them.

    ``weekday``: 364 days earlier.  A month or quarter of what does not add up over days has only the calendar's; so has a week only whole weeks.
    """
    if grain == "week":
        back = bucket - timedelta(days=364) if aligned == "weekday" else week_start(same_period_last_year(bucket + 3 * _DAY, bucket + 3 * _DAY, aligned="calendar")[0])
        return Period(back, back + 6 * _DAY), numbers.by["week"].of(back)
    first, last = same_period_last_year(bucket, end_of(bucket, grain), aligned="weekday" if aligned == "weekday" and can_shift(numbers.metric, grain) else "calendar")
    if grain == "day" or start_of(first, grain) != first or end_of(first, grain) != last:
        days = numbers.by["day"]
        wanted = [value for day, value in zip(days.buckets, days.values, strict=True) if first <= day <= last]
        return Period(first, last), math.fsum(wanted) if len(wanted) == (last - first).days + 1 else math.nan
    return Period(first, last), numbers.by[grain].of(first)


def can_shift(metric: Metric, grain: str) -> bool:
    """Say whether buckets can be moved by 364 days: days and weeks always, longer ones only of what adds up over days."""
    return grain in {"day", "week"} or metric.is_flow


def complete(series: Series, grain: str, today: date) -> list[tuple[date, float]]:
    """Return (bucket, value) of the buckets that are over."""
    return [(bucket, value) for bucket, value in zip(series.buckets, series.values, strict=True) if end_of(bucket, grain) < today]


def known_rows(days: Sequence[date], values: Sequence[float], span: Period) -> list[tuple[date, float]]:
    """Return the (day, value) of ``span``."""
    return [(day, value) for day, value in zip(days, values, strict=True) if span.start <= day <= span.end]
