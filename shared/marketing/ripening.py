"""How the cohorts of leads of some branches ripen, read through ``ask``."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from shared.analysis.maturity import Cohort, Maturity, ripen
from shared.metrics.ask import Ask
from shared.metrics.period import Period, add_months, month_end, month_start, week_start
from shared.metrics.question import Question
from shared.metrics.scope import Scope

MONTHS, RECENT = 18, 4
"""Months of cohorts, and how many of the last of them are followed week by week: the older ones no longer change much."""
_AMOUNT = "net_amount_by_age"
Piece = Callable[[date], tuple[date, date]]


@dataclass(frozen=True)
class Ripeness:
    """Cohorts, and how they ripen."""

    maturity: Maturity | None
    """None: too few cohorts to tell."""
    cohorts: tuple[Cohort, ...]
    months: dict[date, tuple[int, ...]]
    """First of each month -> positions of its cohorts; months without a lead are missing."""


def ripeness(ask: Ask, scope: Scope, branches: frozenset[int] | None) -> Ripeness:
    """Return the cohorts of the last ``MONTHS`` months, the running one included: whole months, and the last ``RECENT`` ones week by week."""
    today = ask.today
    recent = add_months(month_start(today), 1 - RECENT)
    old, young = Period(add_months(month_start(today), 1 - MONTHS), recent - timedelta(days=1)), Period(recent, today)
    asked = [Question(("leads",), old, "month", branches=branches), Question(("leads",), young, "day", branches=branches),
             Question((_AMOUNT,), old, "month", ("age",), branches=branches), Question((_AMOUNT,), young, "day", ("age",), branches=branches)]
    leads_old, leads_young, net_old, net_young = (answer.frame for answer in ask.many(asked, scope))
    cohorts = [*_cohorts(leads_old, net_old, lambda day: (day, month_end(day))), *_cohorts(leads_young, net_young, lambda day: _week_in_month(day, today))]
    kept = tuple(cohort for cohort in sorted(cohorts, key=lambda each: each.first) if cohort.leads)
    months: dict[date, list[int]] = defaultdict(list)
    for place, cohort in enumerate(kept):
        months[month_start(cohort.first)].append(place)
    return Ripeness(ripen(kept, today), kept, {month: tuple(places) for month, places in months.items()})


def _week_in_month(day: date, today: date) -> tuple[date, date]:
    """The part of the day's week that lies in its month and is not to come."""
    monday = week_start(day)
    return max(monday, month_start(day)), min(monday + timedelta(days=6), month_end(day), today)


def _cohorts(leads: pd.DataFrame, net: pd.DataFrame, piece: Piece) -> Iterator[Cohort]:
    """One cohort per piece (day or first of a month -> first and last day)."""
    counts: dict[tuple[date, date], float] = defaultdict(float)
    gained: dict[tuple[date, date], dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for bucket, count in zip(leads["bucket"], leads["leads"], strict=True):
        counts[piece(bucket)] += float(count)
    for bucket, age, value in zip(net["bucket"], net["age"], net[_AMOUNT], strict=True) if len(net) else ():
        if value:
            gained[piece(bucket)][int(age)] += float(value)
    return (Cohort(first, last, count, dict(gained.get((first, last), {}))) for (first, last), count in counts.items())
