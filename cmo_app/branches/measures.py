"""By which number branches are compared: a metric, or net sales per representative; as it is, or as an index against the company."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cmo_app.shell.parts import chosen_of
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.metrics.metric import Better, Metric, Sum, Unit
from shared.metrics.period import Period, add_months, month_start
from shared.metrics.question import Question
from shared.metrics.registry import metric

PER_REP: Final = "per_rep"
MEASURES: Final = {"net_sales_amount": "Net sales $", PER_REP: "Per representative", "net_amount_per_lead": "Per lead", "leads": "Leads", "nsli": "NSLI", "net_close_rate": "Close rate", "cost_per_lead": "Cost per lead", "romi": "ROMI"}
"""What a reader may choose, by its name in the address."""
SCALES: Final = {"value": "Values", "index": "Index"}
MONTHS: Final = 13


@dataclass(frozen=True)
class Measure:
    """One measure, as the reader chose it."""

    name: str
    metric: Metric
    label: str
    is_index: bool

    @property
    def unit(self) -> Unit:
        """How its values are written; an index is a plain number, 100 is the company (of a sum: the mean branch)."""
        return Unit.NUMBER if self.is_index else self.metric.unit

    @property
    def best_is_high(self) -> bool:
        """Which end is the good one."""
        return self.metric.better is not Better.DOWN

    @property
    def meaning(self) -> str:
        """What it says, in a sentence."""
        said = "Net sales $ divided by the representatives who were given an appointment in the month." if self.name == PER_REP else self.metric.meaning
        mean = "the mean branch" if isinstance(self.metric.formula, Sum) and self.name != PER_REP else "the whole company"
        return f"{said} 100 is {mean}." if self.is_index else said


def measure_of(visit: Visit) -> Measure:
    """Return the measure that the address names."""
    name = chosen_of(visit, "measure", MEASURES, "net_sales_amount")
    declared = metric("net_sales_amount" if name == PER_REP else name)
    label = "Net sales $ per representative" if name == PER_REP else declared.label
    return Measure(name, declared, label, chosen_of(visit, "scale", SCALES, "value") == "index")


@dataclass(frozen=True)
class Months:
    """Complete months of every branch that the reader sees, and the line they are held against."""

    months: tuple[date, ...]
    branches: Mapping[int, tuple[float, ...]]
    """Branch id -> a value per month; NaN where missing, and before the branch's first whole month."""
    company: tuple[float, ...]
    """The company's value (of a sum: the mean of the branches that have one)."""


def months_of(visit: Visit, sources: Sources, measure: Measure) -> Months:
    """Return the last complete months of ``measure`` by branch."""
    first = month_start(visit.today)
    span = Period(add_months(first, -MONTHS), date.fromordinal(first.toordinal() - 1))
    name = measure.metric.name
    questions = [Question((name,), span, "month", split=("branch",)), Question((name,), span, "month")]
    if measure.name == PER_REP:
        questions.append(Question(("issued",), span, "month", split=("branch", "rep")))
    answers = sources.ask.many(questions, visit.scope)
    months = tuple(add_months(span.start, number) for number in range(MONTHS))
    found = {(int(row["branch"]), row["bucket"]): float(row[name]) for row in answers[0].frame.to_dict("records")}
    whole = {row["bucket"]: float(row[name]) for row in answers[1].frame.to_dict("records")}
    if measure.name == PER_REP:
        heads: dict[tuple[int, date], int] = {}
        for row in answers[2].frame.to_dict("records"):
            if row["issued"] and row["rep"] != "0":
                heads[int(row["branch"]), row["bucket"]] = heads.get((int(row["branch"]), row["bucket"]), 0) + 1
        whole = {month: _divided(whole.get(month, math.nan), sum(count for (_, at), count in heads.items() if at == month)) for month in months}
        found = {key: _divided(value, heads.get(key, 0)) for key, value in found.items()}
    series = {branch.id: tuple(found.get((branch.id, month), math.nan) if month >= branch.opened_on else math.nan for month in months) for branch in visit.branches}
    company = tuple(_mean([values[place] for values in series.values()]) if isinstance(measure.metric.formula, Sum) and measure.name != PER_REP else whole.get(month, math.nan) for place, month in enumerate(months))
    if measure.is_index:
        series = {branch: tuple(_divided(value * 100, base) for value, base in zip(values, company, strict=True)) for branch, values in series.items()}
        company = tuple(100.0 for _ in months)
    return Months(months, series, company)


def _divided(above: float, below: float) -> float:
    return above / below if below else math.nan


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
