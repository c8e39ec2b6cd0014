"""How well odd days are told: against what the demo company planted, and against what could be told at all at that many false alarms."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg2

from shared.analysis.anomaly import Sensitivity, Verdict, judge_daily
from shared.analysis.scales import Kind

SHOWS: dict[str, tuple[str, ...]] = {
    "leads_high": ("leads",), "leads_low": ("leads",), "cancels_high": ("cancellations",),
    "sales_high": ("gross_sales", "gross_close_rate"), "sales_low": ("gross_sales", "gross_close_rate"), "visits_low": ("sit_rate", "demos"),
}
"""Which numbers show what was planted."""
ECHO = 5
"""Days from a planted one on whose other alarms (appointments of the leads, their sales) are not called false."""
BUDGET = 1 / 365
"""False alarms per metric and day that the bar allows."""


@dataclass(frozen=True)
class Daily:
    """One metric of one branch by day."""

    days: tuple[date, ...]
    values: tuple[float, ...]
    kind: Kind
    sizes: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Planted:
    """A row of app.demo_truth."""

    kind: str
    rule: str
    day: date
    branch: int
    days: int


Company = Mapping[tuple[str, int], Daily]


def planted_in(url: str) -> list[Planted]:
    """Read what was planted into the demo company at ``url``."""
    rows = _rows(url, "SELECT kind, rule, day, branch_id, coalesce((detail ->> 'days')::int, 1) FROM app.demo_truth WHERE kind IN ('anomaly', 'event') ORDER BY branch_id, day")
    return [Planted(*row) for row in rows]


_COUNTS = {
    "leads": "SELECT branch_id, created_on, count(*) FROM crm.lead WHERE disregard IS NULL GROUP BY 1, 2",
    "demos": "SELECT branch_id, scheduled_on, count(*) FROM crm.appointment WHERE result IN ('Sold', 'Demoed-Not-Sold', 'Follow-Up') GROUP BY 1, 2",
    "issued": "SELECT branch_id, scheduled_on, count(*) FROM crm.appointment WHERE issued_at IS NOT NULL GROUP BY 1, 2",
    "gross_sales": "SELECT branch_id, sold_on, count(*) FROM crm.sale GROUP BY 1, 2",
    "cancellations": "SELECT branch_id, cancelled_on, count(*) FROM crm.sale WHERE cancelled_on IS NOT NULL GROUP BY 1, 2",
}


def counts_in(url: str, first: date, last: date) -> dict[tuple[str, int], Daily]:
    """Read what planted days show in, by plain SQL, for the days from ``first`` to ``last``, both included."""
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    branches = [row[0] for row in _rows(url, "SELECT id FROM crm.branch ORDER BY id")]
    found: dict[tuple[str, int], Daily] = {}
    for name, statement in _COUNTS.items():
        counts = {(branch, day): float(count) for branch, day, count in _rows(url, statement)}
        for branch in branches:
            found[name, branch] = Daily(days, tuple(counts.get((branch, day), 0.0) for day in days), "count")
    for branch in branches:
        for name, part, whole in (("gross_close_rate", "gross_sales", "demos"), ("sit_rate", "demos", "issued")):
            hits, cases = found[part, branch].values, found[whole, branch].values
            found[name, branch] = Daily(days, tuple(min(hit / case, 1.0) if case else math.nan for hit, case in zip(hits, cases, strict=True)), "rate", cases)
    return found


def _rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(url.replace("postgresql+psycopg2", "postgresql"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())
    finally:
        connection.close()


def judge(company: Company, unusual: Collection[date], sensitivity: Sensitivity = "normal") -> dict[tuple[str, int], list[Verdict]]:
    """Judge every series."""
    return {key: judge_daily(each.days, each.values, sensitivity=sensitivity, holidays=unusual, kind=each.kind, sizes=each.sizes) for key, each in company.items()}


def measure(company: Company, truth: Sequence[Planted], unusual: Collection[date], sensitivity: Sensitivity = "normal") -> dict[str, Any]:
    """Return recall, false alarms and the day on which the slump was warned about."""
    verdicts = judge(company, unusual, sensitivity)
    told = {(metric, branch, each.day) for (metric, branch), found in verdicts.items() for each in found if each.is_anomaly}
    odd = [each for each in truth if each.kind == "anomaly"]
    found = [each for each in odd if any((metric, each.branch, each.day) in told for metric in SHOWS[each.rule])]
    visible = [each for each in odd if min(_chance(company[metric, each.branch], each.day) for metric in SHOWS[each.rule]) < BUDGET]
    excused = {(each.branch, each.day + timedelta(days=n)) for each in odd for n in range(ECHO)}
    events = {(each.branch, each.day + timedelta(days=n)) for each in truth if each.kind == "event" for n in range(each.days)}
    false = [one for one in told if one[1:] not in excused]
    years = {key: sum(not math.isnan(each.expected) for each in mine) / 365 for key, mine in verdicts.items()}
    metrics = sorted({metric for metric, _ in company})
    rates = {name: sum(one[0] == name for one in false) / max(sum(years[key] for key in years if key[0] == name), 1e-9) for name in metrics}
    worst = max(rates, key=lambda name: rates[name])
    slump = next((each for each in truth if each.rule == "slump"), None)
    warned = [] if slump is None else sorted(each.day for (_, branch), mine in verdicts.items() if branch == slump.branch
                                             for each in mine if each.is_anomaly and each.score < 0 and each.day >= slump.day and "weeks together" in each.words)
    return {
        "recall": round(len(found) / len(odd), 3) if odd else None,
        "recall_visible": round(len([each for each in visible if each in found]) / len(visible), 3) if visible else None,
        "missed": [f"{each.rule} {each.day} branch {each.branch}" for each in odd if each not in found], "planted": len(odd), "visible": len(visible),
        "recall_by_kind": {rule: f"{sum(each.rule == rule for each in found)}/{sum(each.rule == rule for each in odd)}" for rule in sorted(SHOWS)},
        "false_alarms_per_metric_year": round(sum(rates.values()) / len(rates), 3),
        "outside_storms_and_promotions": round(len([one for one in false if one[1:] not in events]) / max(math.fsum(years.values()), 1e-9), 3),
        "worst_metric": {worst: round(rates[worst], 2)}, "metrics_above_one": {name: round(rate, 2) for name, rate in sorted(rates.items()) if rate >= 1},
        "slump_began": None if slump is None else slump.day.isoformat(), "slump_warned": warned[0].isoformat() if warned else None,
    }


def _chance(series: Daily, day: date) -> float:
    """How likely so odd a number is on an ordinary such day: exact tail, twice, knowing the weeks on both sides (which nobody knows on the day)."""
    place = series.days.index(day)
    near = [place + 7 * week for week in range(-6, 7) if week and 0 <= place + 7 * week < len(series.days)]
    value = series.values[place]
    if math.isnan(value):
        return 1.0
    if series.sizes is not None:
        near = [other for other in range(max(0, place - 28), min(len(series.days), place + 29)) if other != place and not math.isnan(series.values[other])]
        cases, hits = round(series.sizes[place]), round(value * series.sizes[place])
        rate = math.fsum(series.values[other] * series.sizes[other] for other in near) / math.fsum(series.sizes[other] for other in near)
        terms = [math.comb(cases, k) * rate**k * (1 - rate) ** (cases - k) for k in range(cases + 1)]
    else:
        hits, mean = round(value), max(math.fsum(series.values[other] for other in near) / len(near), 1e-6)
        terms = [math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(hits + 1)]
    below = min(math.fsum(terms[: hits + 1]), 1.0)
    return 2 * min(below, max(1.0 - below + terms[hits], 0.0))
