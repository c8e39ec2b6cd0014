"""How each kind of rule judges what it is shown: a headline, a series of days, or the age of a view."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from shared.alerts.finding import Finding, compared
from shared.alerts.rule import Rule
from shared.metrics.format import write
from shared.metrics.headline import HYSTERESIS, Headline
from shared.metrics.metric import Better, Metric, Unit
from shared.warehouse.calendar import Calendar
from shared.warehouse.refresh import Freshness

TOO_EARLY: Final = 0.15
"""Share of a period's working weight before which nobody is called slow."""
_RECENT_DAYS: Final = 27
"""Whole days that the present rate is measured over: the sparkline without today."""


def judge_headline(rule: Rule, headline: Headline, calendar: Calendar) -> Finding:
    """Judge by threshold, target, pace or forecast."""
    declared = headline.metric
    plain = Finding("clear", f"{headline.words}.", headline.text, value=None if math.isnan(headline.value) else headline.value, metric=declared.name)
    if math.isnan(headline.value):
        return replace(plain, look="nodata", words=f"{_label(declared)}: no number for {headline.period.words}.")
    if rule.kind != "threshold" and headline.goal is None:
        return replace(plain, look="nodata", words=f"{_label(declared)} has no target for {headline.period.words}: set one, or watch a threshold.")
    if not headline.has_sample or headline.maturity:
        return replace(plain, words=f"{_label(declared)} {headline.text}: {headline.status_words}, so nothing is judged yet.")
    return _HEADLINES[rule.kind](rule, headline, plain, calendar)


def _threshold(rule: Rule, headline: Headline, plain: Finding, _calendar: Calendar) -> Finding:
    limit = write(rule.limit, headline.metric.unit)
    look = compared(headline.value, rule.limit, rule.clears_at, rule.side)
    word = {"breach": rule.side, "between": "close to", "clear": "on the good side of"}.get(look, "near")
    return replace(plain, look=look, expected=limit, line=rule.limit, words=f"{_label(headline.metric)} {headline.text} for {headline.period.words}: {word} the limit of {limit}.")


def _target(rule: Rule, headline: Headline, plain: Finding, _calendar: Calendar) -> Finding:
    share = headline.pace if headline.metric.is_flow else headline.attainment
    if headline.status == "good":
        share = 1.0 if share is None else max(share, 1.0)
    if headline.metric.is_flow and _is_early(headline):
        return _early(headline, plain)
    return _of_share(rule, headline, plain, share, max(rule.clears_at, rule.limit + HYSTERESIS))


def _pace(rule: Rule, headline: Headline, plain: Finding, _calendar: Calendar) -> Finding:
    return _early(headline, plain) if _is_early(headline) else _of_share(rule, headline, plain, headline.pace, rule.clears_at)


def _of_share(rule: Rule, headline: Headline, plain: Finding, share: float | None, clear: float) -> Finding:
    goal = headline.goal
    assert goal is not None
    if share is None:
        return replace(plain, look="nodata", words=f"{_label(headline.metric)}: no share of the target can be said for {headline.period.words}.")
    expected = goal.value * (goal.elapsed_share if headline.metric.is_flow else 1.0)
    words = f"{_label(headline.metric)} {headline.text} for {headline.period.words}; {write(expected, headline.metric.unit)} was expected by now. {headline.status_words[:1].upper()}{headline.status_words[1:]}."
    return replace(plain, look=compared(share, rule.limit, clear, "below"), expected=write(expected, headline.metric.unit), line=expected, words=words)


def _forecast(rule: Rule, headline: Headline, plain: Finding, calendar: Calendar) -> Finding:
    goal = headline.goal
    assert goal is not None
    if _is_early(headline):
        return _early(headline, plain)
    end = headline.period.end
    days = [end - timedelta(days=back) for back in range(_RECENT_DAYS, 0, -1)]
    recent = [value for value in headline.series[-_RECENT_DAYS - 1 : -1] if not math.isnan(value)]
    weight = sum(calendar.weight(day) for day in days)
    if len(recent) < _RECENT_DAYS or weight <= 0 or not headline.period.is_running:
        return replace(plain, look="nodata", words=f"{_label(headline.metric)}: the last four weeks do not say enough to look ahead; choose a month or a week to date.")
    left = calendar.total(end + timedelta(days=1), headline.period.whole.end)
    landing = headline.value + sum(recent) / weight * left
    unit = headline.metric.unit
    share = landing / goal.value if headline.metric.better is Better.UP else goal.value / landing if landing else 1.0
    words = (f"{_label(headline.metric)} lands at {write(landing, unit)} of a goal of {write(goal.value, unit)} ({share:.0%}): {headline.text} so far,"
             f" and the rate of the last four weeks for the {left:.1f} working days that are left.")
    return replace(plain, look=compared(share, rule.limit, rule.clears_at, "below"), text=write(landing, unit), value=landing, expected=write(goal.value, unit), line=goal.value, words=words)


_HEADLINES: Final[Mapping[str, Callable[[Rule, Headline, Finding, Calendar], Finding]]] = {"threshold": _threshold, "target": _target, "pace": _pace, "forecast": _forecast}


def _is_early(headline: Headline) -> bool:
    return headline.goal is not None and headline.period.is_running and headline.goal.elapsed_share < TOO_EARLY


def _early(headline: Headline, plain: Finding) -> Finding:
    return replace(plain, words=f"{_label(headline.metric)} {headline.text}: too early in {headline.period.words} to judge.")


def judge_days(rule: Rule, declared: Metric, days: Sequence[date], values: Sequence[float], holidays: Collection[date], sizes: Sequence[float] | None = None) -> Finding:
    """Judge the last of ``days`` (``sizes``: a rate's denominators); an unusually good day is no warning."""
    from shared.analysis.anomaly import Sensitivity, judge_daily

    sensitivity: Sensitivity = "high" if rule.limit < 0.9 else "normal" if rule.limit <= 1.2 else "low"
    kind = {Unit.MONEY: "money", Unit.PERCENT: "rate"}.get(declared.unit, "count")
    verdict = judge_daily(days, values, sensitivity=sensitivity, holidays=holidays, kind=kind, sizes=sizes)[-1]  # type: ignore[arg-type]
    plain = Finding("clear", f"{_label(declared)} on {_day(verdict.day)}: {verdict.words}.".replace("..", "."), write(verdict.value, declared.unit), write(verdict.expected, declared.unit),
                    None if math.isnan(verdict.value) else verdict.value, None if math.isnan(verdict.expected) else verdict.expected, declared.name)
    if math.isnan(verdict.expected) and verdict.day not in holidays:
        return replace(plain, look="nodata", words=f"{_label(declared)} on {_day(verdict.day)}: too little history, or no number, to tell what is usual.")
    is_bad = declared.better is Better.NEITHER or (verdict.score < 0) == (declared.better is Better.UP)
    return replace(plain, look="breach" if verdict.is_anomaly and is_bad else "clear")


def judge_age(rule: Rule, found: Freshness, moment: datetime) -> Finding:
    """Judge how long a view has waited; one without changes since its last refresh is not stale, however old that is."""
    minutes = max(0.0, (moment - found.refreshed_at).total_seconds() / 60) if found.dirty_days else 0.0
    if found.dirty_days:
        age = f"{minutes:.0f} min" if minutes < 24 * 60 * 365 else "never refreshed"
        words = f"The view {found.view} has {found.dirty_days} changed days to take in and was refreshed {age if age.startswith('never') else age + ' ago'}; {rule.limit:.0f} min are allowed. Its numbers are exact, but slower to read."
    else:
        age, words = "fresh", f"The view {found.view} holds every change."
    return Finding(compared(minutes, rule.limit, rule.clears_at, "above"), words, age, f"{rule.limit:.0f} min", minutes, rule.limit)


def _label(declared: Metric) -> str:
    """The label without its dollar sign, which stands before the number already."""
    return declared.label.removesuffix(" $")


def _day(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B}"
