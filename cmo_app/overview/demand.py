"""Is demand growing?  Leads by week beside the same weeks a year earlier."""

import math
from datetime import timedelta

from cmo_app.page import Card
from cmo_app.shell.parts import empty, key, keys
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.charts.scorecard import trend
from shared.metrics.metric import Unit
from shared.metrics.period import Period, week_start
from shared.metrics.question import Question
from shared.reports.document import Block, Column, Table

KEY, TITLE, METRIC = "demand", "Is demand growing?", "leads"
_SHOWN, _YEAR, _LATELY = 26, 52, 4


def card(visit: Visit, sources: Sources) -> Card:
    """Return the card: the last 26 complete weeks, whatever period is chosen."""
    monday = week_start(visit.today)
    span = Period(monday - timedelta(weeks=_SHOWN + _YEAR), monday - timedelta(days=1))
    past, running = sources.ask.many([Question((METRIC,), span, "week", branches=visit.branch_set), Question((METRIC,), Period(monday, visit.today), branches=visit.branch_set)], visit.scope)
    weeks = [(row["bucket"], float(row[METRIC])) for row in past.frame.to_dict("records")]
    current, prior = weeks[-_SHOWN:], [value or math.nan for _, value in weeks[:_SHOWN]]
    if not any(value for _, value in current):
        return Card(Block(KEY, TITLE), 6, body=empty("No lead came in during the last half year."))
    figure = trend([day for day, _ in current], [value for _, value in current], prior, Unit.COUNT, 270, months=False, so_far=(monday, running.value(METRIC)))
    table = Table((Column("Week of"), Column("Leads", Unit.COUNT), Column("A year earlier", Unit.COUNT)), tuple((day, value, old) for (day, value), old in zip(current, prior, strict=True)))
    return Card(Block(KEY, TITLE, _says([value for _, value in current], prior), figure, table, "Complete weeks, Monday to Sunday, beside the same weeks 364 days earlier; the running week is the diamond."), 6,
                keys(key("Leads", "c1"), key("A year earlier", "fg-3", "dash")))


def _says(current: list[float], prior: list[float]) -> str:
    lately, before = sum(current[-_LATELY:]), sum(prior[-_LATELY:])
    if math.isnan(before) or not before:
        return f"{lately:,.0f} leads in the last {_LATELY} complete weeks; there is nothing to compare with a year earlier."
    change = lately / before - 1
    word = "more than" if change > 0 else "fewer than" if change < 0 else "as many as"
    return f"{lately:,.0f} leads in the last {_LATELY} complete weeks, {abs(change):.1%} {word} in the same weeks last year ({before:,.0f})."
