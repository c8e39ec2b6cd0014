"""Targets for any span of days, pace and projected landing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.metrics.metric import Metric
from shared.metrics.period import Period, add_months, month_end, month_start
from shared.warehouse.calendar import Calendar
from shared.warehouse.targets import Target

_OPENS, _CLOSES = time(8), time(20)


@dataclass(frozen=True)
class Goal:
    """What a metric should reach over a whole period, and how much of the period's weight has passed."""

    value: float
    elapsed_share: float
    """0..1: weight of the days gone by (today counts as far as the business day, 8:00 to 20:00 at head office, has run)."""


def goal(declared: Metric, period: Period, branches: frozenset[int] | None, targets: Sequence[Target], calendar: Calendar, moment: datetime, zone: str) -> Goal | None:
    """Return the goal of ``declared`` over the whole of ``period``; None where a month has no target.

    A flow's monthly target is spread over its days by their working weights.  A company without a row of its own is the sum (flow) or
    mean (anything else) of its branches.
    """
    whole = period.whole
    value, weight = 0.0, 0.0
    month = month_start(whole.start)
    while month <= whole.end:
        monthly = _monthly(declared, month, branches, targets)
        if monthly is None:
            return None
        first, last = max(month, whole.start), min(month_end(month), whole.end)
        inside = calendar.total(first, last)
        if declared.is_flow:
            all_of_it = calendar.total(month, month_end(month))
            value += monthly * (inside / all_of_it if all_of_it else 0.0)
        else:
            value += monthly * inside
            weight += inside
        month = add_months(month, 1)
    if not declared.is_flow:
        if weight == 0:
            return None
        value /= weight
    return Goal(value, elapsed_share(period, calendar, moment, zone))


def _monthly(declared: Metric, month: date, branches: frozenset[int] | None, targets: Sequence[Target]) -> float | None:
    rows = {target.branch: target.value for target in targets if target.kpi == declared.name and target.month == month}
    if branches is None:
        if None in rows:
            return rows[None]
        wanted = [value for branch, value in rows.items() if branch is not None]
    else:
        if not branches <= rows.keys():
            return None
        wanted = [rows[branch] for branch in sorted(branches)]
    if not wanted:
        return None
    return sum(wanted) if declared.is_flow else sum(wanted) / len(wanted)


def elapsed_share(period: Period, calendar: Calendar, moment: datetime, zone: str) -> float:
    """Share of the whole period's weight that has passed at ``moment``; 1 for a period that is over."""
    local = moment.astimezone(ZoneInfo(zone))
    today, whole = local.date(), period.whole
    if whole.end < today:
        return 1.0
    total = calendar.total(whole.start, whole.end)
    if total == 0 or today < whole.start:
        return 0.0
    before = calendar.total(whole.start, today - timedelta(days=1)) if today > whole.start else 0.0
    return (before + calendar.weight(today) * _of_the_day(local)) / total


def _of_the_day(local: datetime) -> float:
    opens = local.replace(hour=_OPENS.hour, minute=0, second=0, microsecond=0).astimezone(UTC)
    closes = local.replace(hour=_CLOSES.hour, minute=0, second=0, microsecond=0).astimezone(UTC)
    return min(1.0, max(0.0, (local.astimezone(UTC) - opens) / (closes - opens)))
