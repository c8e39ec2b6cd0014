"""Why a number changed: the parts of a sum, or rate and mix of a ratio, that add up to the whole; the calendar first."""

import math
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from bi_app.sources import Sources
from bi_app.trends.choices import Choices
from bi_app.trends.numbers import Numbers, before, complete, end_of, known_rows, start_of, year_before
from bi_app.visit import Visit
from shared.analysis.calendar_effects import CalendarEffect, calendar_effect
from shared.analysis.contribution import MixAndRate, Part, contributions, mix_and_rate
from shared.metrics.dimension import BY_DIMENSION, dimensions_of
from shared.metrics.format import write, write_change
from shared.metrics.metric import Level, Metric, Ratio, Sum, Unit
from shared.metrics.period import Period
from shared.metrics.question import MOST_SPLITS, Question

_LOOK_INTO = ("branch", "source", "stage", "rep", "agent", "canvasser", "technician", "product", "kind", "spend_kind", "crew", "territory", "service")
"""Dimensions, the one to look into first first."""
_MOST = 6
_TELLING = 10.0
"""Shares of a change beyond this tell nothing: the parts cancel each other."""


@dataclass(frozen=True)
class Why:
    """What is compared with what, and what it is made of."""

    after: Period
    before: Period
    value: float
    base: float
    dimensions: tuple[str, ...]
    parts: list[Part]
    """Of what adds up; empty otherwise."""
    ratio: MixAndRate | None
    calendar: CalendarEffect | None
    problem: str = ""
    """Why it cannot be taken apart, in words."""


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
    """Take the change between two spans apart by the dimensions that the metric allows."""
    metric, (after, base) = numbers.metric, spans
    names = looked_into(metric, choices)
    branches = visit.filters.branch_set
    wholes = [Question((metric.name,), span, branches=branches) for span in (base, after)]
    is_sum = isinstance(metric.formula, Sum | Level)
    split = names if is_sum else names[:1]
    cut = [Question((metric.name,), span, split=split, branches=branches) for span in (base, after)] if split else []
    answers = sources.ask.many([*wholes, *cut], visit.scope)
    was, now = (_whole(answer.frame, metric) for answer in answers[:2])
    calendar = _calendar(sources, numbers, base, after) if metric.is_flow else None
    if not split:
        return Why(after, base, now, was, (), [], None, calendar, "This metric cannot be split, so its change cannot be taken apart.")
    if is_sum:
        sides = [_rows(answer.frame, metric, split) for answer in answers[2:]]
        return Why(after, base, now, was, split, contributions(sides[0], sides[1], split, _MOST), None, calendar)
    if not isinstance(metric.formula, Ratio) or metric.sample is not None:
        return Why(after, base, now, was, split, [], None, calendar, "A median, a greatest value or a ratio of other sums is not the sum of its segments; split the line above to see who moved.")
    sides_of = [_sides(answer.frame, metric, split[0]) for answer in answers[2:]]
    found = mix_and_rate(sides_of[0], sides_of[1])
    return Why(after, base, now, was, split, [], found, calendar, "" if found else "One of the two spans has no cases at all.")


def looked_into(metric: Metric, choices: Choices) -> tuple[str, ...]:
    """Return the dimensions to look into, the chosen split first."""
    allowed = {each.name for each in dimensions_of(metric)}
    order = dict.fromkeys([*([choices.split] if choices.split else []), *_LOOK_INTO])
    return tuple(name for name in order if name in allowed)[:MOST_SPLITS]


def sentence(part: Part, why: Why, unit: Unit) -> str:
    """Return what a part did, with the metric's own numbers."""
    name = " · ".join(key for _, key in part.path) or "Everything else"
    change = part.after - part.before
    if not change:
        return f"{name} stayed at {write(part.after, unit)}."
    moved = f"{name} {'rose' if change > 0 else 'fell'} by {write(abs(change), unit)}, from {write(part.before, unit)} to {write(part.after, unit)}"
    if math.isnan(part.share) or abs(part.share) > _TELLING:
        return f"{moved}."
    return f"{moved}: {part.share:.1%} of the {'rise' if why.value > why.base else 'fall'}." if part.share >= 0 else f"{moved}: against the change, by {-part.share:.1%} of it."


def cancels(why: Why) -> bool:
    """Say whether the parts nearly cancel each other, so that their shares of what is left are large."""
    return any(abs(part.share) > _TELLING for part in why.parts)


def ratio_words(found: MixAndRate, unit: Unit, name: str) -> str:
    """Return how much rates and mix did, in the metric's own unit."""
    def signed(value: float) -> str:
        return ("+" if value >= 0 else "−") + (write_change(value, unit) if unit in {Unit.PERCENT, Unit.POINTS} else write(abs(value), unit))

    return (f"It went from {write(found.before, unit)} to {write(found.after, unit)} ({signed(found.after - found.before)}): {signed(found.rate)} because the rates of single {name}s changed, "
            f"{signed(found.mix)} because their mix did.")


def headline_words(why: Why, metric: Metric) -> str:
    """Return the change in one sentence."""
    if math.isnan(why.value) or math.isnan(why.base):
        return f"{metric.label}: {write(why.base, metric.unit)} then, {write(why.value, metric.unit)} now."
    change = why.value - why.base
    if not change:
        return f"{metric.label} stayed at {write(why.value, metric.unit)}."
    relative = "" if metric.unit in {Unit.PERCENT, Unit.POINTS} or not why.base else f" ({change / abs(why.base):+.1%})"
    size = write_change(change, metric.unit) if metric.unit in {Unit.PERCENT, Unit.POINTS} else write(abs(change), metric.unit)
    return f"{metric.label} {'rose' if change > 0 else 'fell'} by {size}{relative}, from {write(why.base, metric.unit)} to {write(why.value, metric.unit)}."


def label_of(name: str) -> str:
    """Return a dimension's label in small letters."""
    return BY_DIMENSION[name].label.lower()


def _whole(frame: pd.DataFrame, metric: Metric) -> float:
    return float(frame[metric.name].iloc[0]) if len(frame) else math.nan


def _rows(frame: pd.DataFrame, metric: Metric, split: tuple[str, ...]) -> list[dict[str, object]]:
    return [{**{name: str(row[f"{name}_label"]) for name in split}, "value": float(row[metric.name])} for row in frame.to_dict("records")]


def _sides(frame: pd.DataFrame, metric: Metric, name: str) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for row in frame.to_dict("records"):
        ratio, cases = float(row[metric.name]), float(row[f"{metric.name}__n"])
        if cases and not math.isnan(ratio):
            above, below = found.get(str(row[f"{name}_label"]), (0.0, 0.0))
            found[str(row[f"{name}_label"])] = above + ratio * cases, below + cases
    return found


def _calendar(sources: Sources, numbers: Numbers, base: Period, after: Period) -> CalendarEffect | None:
    days, calendar = numbers.by["day"], sources.reference.calendar()
    sides = [known_rows(days.buckets, days.values, span) for span in (base, after)]
    return calendar_effect(sides[0], sides[1], calendar.weight, frozenset(calendar.holidays)) if all(sides) else None
