"""What the mathematics says of a series: usual bands, odd days, shifts, seasons; in a shape that JSON holds."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bi_app.sources import Sources
from bi_app.trends.choices import Choices
from bi_app.trends.numbers import Numbers, end_of
from shared.analysis import anomaly, changepoints, seasonality
from shared.metrics.metric import Metric, Ratio, Unit
from shared.warehouse.annotations import Annotation, Feedback

WEEKS_A_YEAR = 52


@dataclass(frozen=True)
class Odd:
    """One odd day."""

    day: date
    value: float
    expected: float
    low: float
    high: float
    score: float
    words: str


@dataclass(frozen=True)
class Findings:
    """What was found in one view; bands by day, NaN where a day is not judged."""

    band: dict[date, tuple[float, float, float]]
    """Day -> expected, low, high."""
    odd: list[Odd]
    shifts: list[tuple[date, float, float]]
    """(first Monday of the new level, median of the weeks before, after)."""
    month: dict[int, float]
    weekday: dict[int, float]
    season_words: str
    parts: dict[str, list[float]]
    """Trend, season and remainder by week; empty: too little history."""
    part_weeks: list[date]
    strengths: tuple[float, float]
    normal: tuple[float, float, float] | None
    """Low, middle and high of the running month of the year; None: too little history, or nothing to add up."""
    left_out: frozenset[date]


def findings_of(sources: Sources, numbers: Numbers, choices: Choices, notes: Sequence[Annotation], said: Sequence[Feedback], today: date) -> Findings:
    """Return what is found in the days that are over; the same series is worked out once."""
    series = numbers.by["day"]
    closed = [place for place, day in enumerate(series.buckets) if day < today]
    days, values = [series.buckets[place] for place in closed], [series.values[place] for place in closed]
    sizes = [series.sizes[place] for place in closed] if series.sizes and isinstance(numbers.metric.formula, Ratio) and numbers.metric.unit is Unit.PERCENT else None
    holidays = sorted(sources.reference.calendar().unusual_days(days[0], days[-1])) if days else []
    left_out = excused_days(said) | (annotated_days(notes) if choices.leaves_out else frozenset())
    left = sorted(left_out)
    base = [numbers.metric.name, days, values, sizes, holidays, left]
    verdicts = sources.remembered("verdicts", [*base, choices.sense], lambda: _verdicts(numbers.metric, days, values, sizes, choices, holidays, left))
    weeks = [(bucket, value) for bucket, value in zip(numbers.by["week"].buckets, numbers.by["week"].values, strict=True) if end_of(bucket, "week") < today][1:]
    seasons = sources.remembered("seasons", [*base, weeks, today.month], lambda: _seasons(numbers.metric, days, values, {*holidays, *left}, weeks, today.month))
    fetched = [(date.fromisoformat(day), *(_number(each) for each in rest), words) for day, *rest, words in verdicts["odd"]]
    return Findings(
        {date.fromisoformat(day): (_number(expected), _number(low), _number(high)) for day, expected, low, high in verdicts["band"]}, [Odd(*row) for row in fetched],
        [(date.fromisoformat(day), _number(was), _number(now)) for day, was, now in seasons["shifts"]], _keyed(seasons["month"]), _keyed(seasons["weekday"]), seasons["words"],
        {name: [_number(each) for each in part] for name, part in seasons["parts"].items()}, [bucket for bucket, _ in weeks] if seasons["parts"] else [], tuple(seasons["strengths"]),
        tuple(seasons["normal"]) if seasons["normal"] else None, left_out,
    )


def excused_days(said: Sequence[Feedback]) -> frozenset[date]:
    """Return the days that somebody expected."""
    return frozenset(each.day for each in said if each.verdict == "expected")


def annotated_days(notes: Sequence[Annotation]) -> frozenset[date]:
    """Return the days that annotations speak of."""
    return frozenset(note.first + timedelta(days=step) for note in notes for step in range((note.last - note.first).days + 1))


def bucket_band(numbers: Numbers, findings: Findings, bucket: date) -> tuple[float, float, float]:
    """Return expected, low and high of a bucket of the chosen grain; NaN where it cannot be said.

    Days of a sum are added, their distances to the band as independent ones (the root of the squares); a day that is not judged counts as it was.
    """
    nothing = (math.nan, math.nan, math.nan)
    if numbers.grain == "day":
        return findings.band.get(bucket, nothing)
    if not numbers.metric.is_flow:
        return nothing
    known = numbers.by["day"].values_by_day
    middle, below, above, judged = 0.0, 0.0, 0.0, 0
    for step in range((end_of(bucket, numbers.grain) - bucket).days + 1):
        day = bucket + timedelta(days=step)
        expected, low, high = findings.band.get(day, nothing)
        if math.isnan(expected):
            middle += known.get(day, 0.0)
        else:
            middle, below, above, judged = middle + expected, below + (expected - low) ** 2, above + (high - expected) ** 2, judged + 1
    return (middle, middle - math.sqrt(below), middle + math.sqrt(above)) if judged * 2 > step else nothing


def _verdicts(metric: Metric, days: list[date], values: list[float], sizes: list[float] | None, choices: Choices, holidays: Collection[date], left: Collection[date]) -> dict[str, Any]:
    kind = "money" if metric.unit is Unit.MONEY else "rate" if metric.unit in {Unit.PERCENT, Unit.POINTS} else "count"
    found = anomaly.judge_daily(days, values, sensitivity=choices.sense, holidays=frozenset(holidays), left_out=frozenset(left), kind=kind, sizes=sizes)  # type: ignore[arg-type]
    floor = 0.0 if all(value >= 0 or math.isnan(value) for value in values) else -math.inf  # what was never below zero is not usual there
    return {"band": [[each.day, each.expected, max(each.low, floor), each.high] for each in found if not math.isnan(each.expected)],
            "odd": [[each.day, each.value, each.expected, max(each.low, floor), each.high, each.score, each.words] for each in found if each.is_anomaly]}


def _seasons(metric: Metric, days: list[date], values: list[float], left_out: Collection[date], weeks: list[tuple[date, float]], month: int) -> dict[str, Any]:
    indices = seasonality.indices(days, values, left_out)
    line = [value for _, value in weeks]
    taken = seasonality.decompose(line, WEEKS_A_YEAR)
    shifts = changepoints.shifts(line)
    return {
        "month": indices.month, "weekday": indices.weekday, "words": indices.words,
        "parts": {"Trend": taken.trend, "Season": taken.seasonal, "Remainder": taken.remainder} if taken else {}, "strengths": [taken.strength_trend, taken.strength_seasonal] if taken else [0.0, 0.0],
        "shifts": [[weeks[each.index][0], each.before, each.after] for each in shifts], "normal": seasonality.normal_month(days, values, month) if metric.is_flow else None,
    }


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _keyed(found: dict[str, float | None]) -> dict[int, float]:
    return {int(key): _number(value) for key, value in found.items()}
