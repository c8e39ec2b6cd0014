"""Why a number changed: the parts of a sum, or rate and mix of a ratio, that add up to the whole; the calendar first."""

import math
from dataclasses import dataclass
from datetime import timedelta

from bi_app.sources import Sources
from bi_app.trends.choices import Choices
from bi_app.trends.numbers import Numbers, before, complete, end_of, known_rows, start_of, year_before
from bi_app.visit import Visit
from shared.analysis.calendar_effects import CalendarEffect, calendar_effect
from shared.metrics.drivers import Drivers, drivers_of, looked_into, questions_of
from shared.metrics.format import write, write_change
from shared.metrics.metric import Metric, Unit
from shared.metrics.period import Period


@dataclass(frozen=True)
class Why:
    """What is compared with what, and what it is made of."""

    after: Period
    before: Period
    drivers: Drivers
    calendar: CalendarEffect | None


def periods(visit: Visit, choices: Choices, numbers: Numbers) -> tuple[Period, Period] | None:
    """Return the days to explain and those to explain them against; None without two complete buckets.  A running bucket compares with as many days."""
    closed = complete(numbers.by[choices.grain], choices.grain, visit.today)
    if len(closed) < 2:
        return None
    bucket = start_of(choices.day, choices.grain) if choices.day else closed[-1][0]
    after = Period(bucket, min(end_of(bucket, choices.grain), visit.today))
    if choices.base == "year":
        base, _ = year_before(numbers, bucket, choices.grain, choices.compare)
    else:
        back = before(bucket, choices.grain)
        base = Period(back, end_of(back, choices.grain))
    return after, Period(base.start, min(base.end, base.start + timedelta(days=after.days - 1))) if after.days < (end_of(bucket, choices.grain) - bucket).days + 1 else base


def why_of(visit: Visit, sources: Sources, choices: Choices, numbers: Numbers, spans: tuple[Period, Period]) -> Why:
    """Take the change between two spans apart by the dimensions that the metric allows, the chosen split first."""
    metric, (after, base) = numbers.metric, spans
    split = looked_into(metric, choices.split)
    answers = sources.ask.many(questions_of(metric, (base, after), split, visit.filters.branch_set), visit.scope)
    calendar = _calendar(sources, numbers, base, after) if metric.is_flow else None
    return Why(after, base, drivers_of(metric, split, answers), calendar)


def headline_words(why: Why, metric: Metric) -> str:
    """Return the change in one sentence."""
    base, value = why.drivers.before, why.drivers.after
    if math.isnan(value) or math.isnan(base):
        return f"{metric.label}: {write(base, metric.unit)} then, {write(value, metric.unit)} now."
    change = value - base
    if not change:
        return f"{metric.label} stayed at {write(value, metric.unit)}."
    relative = "" if metric.unit in {Unit.PERCENT, Unit.POINTS} or not base else f" ({change / abs(base):+.1%})"
    size = write_change(change, metric.unit) if metric.unit in {Unit.PERCENT, Unit.POINTS} else write(abs(change), metric.unit)
    return f"{metric.label} {'rose' if change > 0 else 'fell'} by {size}{relative}, from {write(base, metric.unit)} to {write(value, metric.unit)}."


def _calendar(sources: Sources, numbers: Numbers, base: Period, after: Period) -> CalendarEffect | None:
    days, calendar = numbers.by["day"], sources.reference.calendar()
    sides = [known_rows(days.buckets, days.values, span) for span in (base, after)]
    return calendar_effect(sides[0], sides[1], calendar.weight, frozenset(calendar.holidays)) if all(sides) else None
