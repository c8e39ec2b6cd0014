"""What the cards that explain say in files: odd days, what a change is made of, seasons, and the series taken apart."""

import math
from collections.abc import Mapping, Sequence
from datetime import date

from bi_app.trends.findings import Findings, Odd
from bi_app.trends.numbers import Numbers
from bi_app.trends.why import Why, headline_words
from shared.charts.template import Figure
from shared.metrics.drivers import Drivers, label_of
from shared.metrics.metric import Metric, Unit
from shared.reports.document import Amount, Block, Cell, Column, Table
from shared.warehouse.annotations import Feedback

VERDICTS = {"expected": "Expected", "not_expected": "Not expected"}
"""What people say of an odd day."""


def odd_block(title: str, found: Sequence[Odd], verdicts: Mapping[date, Feedback], unit: Unit) -> Block:
    """Every odd day in view with what is usual of it, and what people said."""
    columns = (Column("Day"), Column("Value", unit), Column("Expected", unit), Column("Usual from", unit), Column("Usual to", unit), Column("Score", Unit.NUMBER, "Robust standard deviations from what was expected."), Column("Verdict"))
    rows = tuple((each.day, each.value, each.expected, each.low, each.high, each.score, VERDICTS.get(said.verdict, "") if (said := verdicts.get(each.day)) else "") for each in found)
    return Block("odd-days", title, f"{len(found):,} days in view are out of the ordinary.", None, Table(columns, rows))


def why_block(title: str, why: Why, metric: Metric) -> Block:
    """What the change is made of: parts of a sum, or rate and mix of a ratio."""
    found, unit = why.drivers, metric.unit
    calendar = f" {why.calendar.words}" if why.calendar else ""
    return Block("why", title, f"{headline_words(why, metric)}{calendar}", None, _parts(found, unit) if found.parts else _ratio(found, unit) if found.ratio else None, f"{why.after.words} against {why.before.words}.")


def _parts(found: Drivers, unit: Unit) -> Table:
    columns = (Column("Part"), Column("Of"), Column("Before", unit), Column("After", unit), Column("Change", unit), Column("Of the change", Unit.PERCENT))
    rows = tuple((" · ".join(key for _, key in part.path) or "Everything else", " · ".join(label_of(name) for name, _ in part.path), part.before, part.after, part.after - part.before, part.share) for part in found.parts)
    change = found.after - found.before
    return Table(columns, rows, ("Together", "", found.before, found.after, change, 1.0 if change else None))


def _ratio(drivers: Drivers, unit: Unit) -> Table:
    found = drivers.ratio
    assert found is not None
    change = found.after - found.before
    columns = (Column(label_of(drivers.dimensions[0]).capitalize()), Column("Before", unit), Column("After", unit), Column("By its rate", unit), Column("By the mix", unit), Column("Of the change", Unit.PERCENT))
    rows = tuple((each.segment, each.before, each.after, each.rate, each.mix, (each.rate + each.mix) / change if change else None) for each in found.effects)
    return Table(columns, rows, ("Together", found.before, found.after, found.rate, found.mix, 1.0 if change else None))


def stages_block(drivers: Drivers, unit: Unit) -> Block:
    """What each stage of the funnel did; each in its own unit."""
    change, last = drivers.after - drivers.before, len(drivers.stages) - 1

    def own(place: int, value: float) -> Amount:
        return Amount(value, Unit.COUNT if place == 0 else unit if place == last and unit is Unit.MONEY else Unit.PERCENT)

    columns = (Column("Stage"), Column("Before"), Column("After"), Column("Effect", unit), Column("Of the change", Unit.PERCENT))
    rows: tuple[tuple[Cell, ...], ...] = tuple((each.name, own(place, each.before), own(place, each.after), each.effect, each.effect / change if change else None) for place, each in enumerate(drivers.stages))
    total: tuple[Cell, ...] = ("Together", Amount(drivers.before, unit), Amount(drivers.after, unit), change, 1.0 if change else None)
    return Block("stages", "Stage by stage", "Leads times the rate of every later stage; a factor's effect is its logarithm's part of the change.", None, Table(columns, rows, total))


def season_block(title: str, says: str, indices: Sequence[tuple[str, Sequence[str], Mapping[int, float]]], figure: Figure) -> Block:
    """The indices by month and weekday; ``figure`` shows the first."""
    columns = (Column("By"), Column(""), Column("Index", Unit.NUMBER, "1 is an average month or weekday."), Column("Against the average", Unit.PERCENT))
    rows = tuple((name.capitalize(), label, value, value - 1) for name, names, found in indices for label, value in zip(names, found.values(), strict=True))
    return Block("seasons", title, says.strip(), figure, Table(columns, rows), "1 is an average month or weekday; holidays and days left out do not count. The chart shows the first of the two.")


def apart_block(title: str, says: str, figure: Figure, findings: Findings, parts: Mapping[str, Sequence[float]], numbers: Numbers) -> Block:
    """The series taken apart, week by week."""
    columns = (Column("Week from"), *(Column(name, numbers.metric.unit) for name in parts))
    rows = tuple((week, *(None if math.isnan(part[place]) else part[place] for part in parts.values())) for place, week in enumerate(findings.part_weeks))
    return Block("apart", title, says, figure, Table(columns, rows), "By week, over all history.")
