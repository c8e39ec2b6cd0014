"""Do we spend as planned?  Spend, leads and what they cost against the year's plan, month by month."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cmo_app.page import Card
from cmo_app.shell.parts import empty, key, keys
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.charts.bars import against
from shared.clock import now
from shared.metrics.format import write
from shared.metrics.goal import goal
from shared.metrics.metric import Unit
from shared.metrics.period import Period, month_end, month_start
from shared.metrics.question import Question
from shared.metrics.registry import metric
from shared.reports.document import Block, Cell, Column, Table

KEY, TITLE = "plan", "Do we spend as planned?"
METRICS = ("marketing_spend", "leads", "cost_per_lead")


@dataclass(frozen=True)
class Month:
    """One month of the year, its days so far."""

    first: date
    actual: tuple[float, ...]
    """In the order of ``METRICS``."""
    planned: tuple[float, ...]
    """The same of the whole month; NaN: no plan."""
    elapsed: float
    """Part of the month's working weight that has passed, 0..1."""


def card(visit: Visit, sources: Sources) -> Card:
    """Return the card: the calendar year to date, whatever period is chosen."""
    months = months_of(visit, sources)
    planned = [month for month in months if not math.isnan(month.planned[0])]
    if not any(month.actual[0] for month in months):
        return Card(Block(KEY, TITLE), 5, body=empty("No marketing spend is recorded this year.", title="No spend"))
    columns = [Column("Month")]
    for name in METRICS:
        declared = metric(name)
        columns += [Column(declared.label, declared.unit), Column("Plan", declared.unit), Column("Of plan", Unit.PERCENT)]
    rows: list[tuple[Cell, ...]] = [(month.first, *(cell for actual, plan in zip(month.actual, month.planned, strict=True) for cell in (actual, plan, actual / plan if plan else math.nan))) for month in reversed(months)]
    figure = against([month.first for month in months], [month.actual[0] for month in months], [month.planned[0] for month in months], Unit.MONEY, height=300)
    shown = keys(key("Spent", "c1", "dot"), *([key("Planned", "fg-3", "dash")] if planned else []))
    note = "The plan is the monthly target of marketing spend, by branch and for the company; it is kept with all other targets. The running month is held against as much of its plan as its working days that have passed."
    return Card(Block(KEY, TITLE, says(months), figure, Table(tuple(columns), tuple(rows)), note), 5, shown)


def months_of(visit: Visit, sources: Sources) -> tuple[Month, ...]:
    """Return the months of the calendar year up to today (in January: of the year before, too)."""
    last = month_start(visit.today)
    first = date(visit.today.year - (visit.today.month == 1), 1, 1)
    answer = sources.ask(Question(METRICS, Period(first, visit.today), "month", branches=visit.branch_set), visit.scope)
    targets, calendar = sources.reference.targets(METRICS, first, month_end(last)), sources.reference.calendar()
    wanted = visit.scope.narrowed(visit.branch_set)
    found = []
    for row in answer.frame.to_dict("records"):
        month = row["bucket"]
        span = Period(month, min(month_end(month), visit.today), whole_end=month_end(month))
        goals = [goal(metric(name), span, wanted, [target for target in targets if target.kpi == name], calendar, now(), visit.zone) for name in METRICS]
        elapsed = next((each.elapsed_share for each in goals if each is not None), 1.0)
        found.append(Month(month, tuple(float(row[name]) for name in METRICS), tuple(each.value if each is not None else math.nan for each in goals), elapsed))
    return tuple(found)


def says(months: Sequence[Month]) -> str:
    """Return the answer in words."""
    planned = [month for month in months if not math.isnan(month.planned[0])]
    spent = sum(month.actual[0] for month in months)
    if not planned:
        return f"{write(spent, Unit.MONEY)} spent this year. No plan is set: monthly targets of marketing spend are it."
    spent, due = sum(month.actual[0] for month in planned), sum(month.planned[0] * month.elapsed for month in planned)
    off = spent / due - 1 if due else math.nan
    verdict = "as planned" if abs(off) < 0.005 else f"{abs(off):.1%} {'over' if off > 0 else 'under'} the plan"
    leads, wanted = sum(month.actual[1] for month in planned), sum(month.planned[1] * month.elapsed for month in planned)
    more = "" if math.isnan(wanted) or not wanted else f" It brought {leads:,.0f} leads, {abs(leads / wanted - 1):.1%} {'more' if leads >= wanted else 'fewer'} than planned."
    return f"{write(spent, Unit.MONEY)} spent of {write(due, Unit.MONEY)} planned by now: {verdict}.{more}"
