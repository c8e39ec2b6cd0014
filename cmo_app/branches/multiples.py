"""How has each branch moved?  One panel per branch, all on one scale, and who stands where month by month."""

import math
from datetime import date

from dash import html

from cmo_app.branches.measures import MONTHS, Measure, Months
from cmo_app.page import Card
from cmo_app.shell.cards import graph
from cmo_app.shell.parts import empty, key, keys
from cmo_app.visit import Visit
from shared.analysis.ranking import Contender, rank
from shared.charts.branches import panel, panels, ranks, scale
from shared.metrics.format import write
from shared.metrics.metric import Sum
from shared.reports.document import Block, Column, Table

KEY, TITLE = "multiples", "How has each branch moved?"
RANKS_KEY, RANKS_TITLE = "ranks", "Who moved up, who moved down?"
_RANKED = 7


def card(visit: Visit, measure: Measure, found: Months) -> Card:
    """Return a panel per branch over complete months, the grey line behind is the company's."""
    names = {branch.id: branch.name for branch in visit.branches}
    series = {names[key]: values for key, values in found.branches.items()}
    if not any(not math.isnan(value) and value for values in series.values() for value in values):
        return Card(Block(KEY, TITLE), body=empty("Complete months of at least one branch are needed for lines."))
    span = scale(series, found.company)
    opened = {branch.id: branch.opened_on for branch in visit.branches}
    boxes = [html.Div([html.H3([name, html.Span(write(values[-1], measure.unit))]), _young(opened[branch]) if all(map(math.isnan, values)) else graph(panel(found.months, values, found.company, measure.unit, span), visit, f"panel-{branch}", f"{name}: {measure.label}, {MONTHS} months")], className="panel")
             for branch, (name, values) in zip(found.branches, series.items(), strict=True)]
    table = Table((Column("Month"), *(Column(name, measure.unit) for name in series), Column("Company", measure.unit)), tuple((month, *(values[place] for values in series.values()), found.company[place]) for place, month in enumerate(found.months)))
    line = "mean of the branches" if isinstance(measure.metric.formula, Sum) else "company"
    return Card(Block(KEY, TITLE, _says(measure, series), panels(found.months, series, found.company, measure.unit), table, f"{measure.label}, complete months. {measure.meaning}"), 12, keys(key("Branch", "c1"), key(line.capitalize(), "fg-3", "dash")), body=html.Div(boxes, className="panels"))


def _young(opened: date) -> html.P:
    return html.P(f"Opened on {opened:%-d %B %Y}: it has no whole month yet.", className="note")


def _says(measure: Measure, series: dict[str, tuple[float, ...]]) -> str:
    """The last complete month against the same month a year earlier."""
    changes = sorted((values[-1] / values[0] - 1, name) for name, values in series.items() if values[0] > 0 and not math.isnan(values[-1]))
    if not changes:
        return "No branch has a complete month a year ago to compare with."
    best, worst = (changes[-1], changes[0]) if measure.best_is_high else (changes[0], changes[-1])
    told = f"{best[1]} moved best: {best[0]:+.0%} against the same month last year"
    return f"{told}; {worst[1]} worst: {worst[0]:+.0%}." if len(changes) > 1 else f"{told}."


def ranks_card(visit: Visit, measure: Measure, found: Months) -> Card:
    """Return the rank of every branch over the last complete months; equal values share a place."""
    names = {branch.id: branch.name for branch in visit.branches}
    months = found.months[-_RANKED:]
    places: dict[int, list[float]] = {branch: [] for branch in found.branches}
    for number in range(len(found.months) - len(months), len(found.months)):
        contenders = [Contender(str(branch), names[branch], values[number], math.inf, math.nan) for branch, values in found.branches.items()]
        of_month = {int(each.contender.key): float(each.rank) for each in rank(contenders, 0, best_is_high=measure.best_is_high)}
        for branch, line in places.items():
            line.append(of_month.get(branch, math.nan))
    if len(places) < 2:
        return Card(Block(RANKS_KEY, RANKS_TITLE), 6, body=empty("There is nobody to compare with: you see one branch.", title="One branch", symbol="branch"))
    named = {names[branch]: values for branch, values in sorted(places.items(), key=lambda each: (each[1][-1] if not math.isnan(each[1][-1]) else math.inf))}
    table = Table((Column("Branch"), *(Column(f"{month:%b %Y}") for month in months)), tuple((name, *(None if math.isnan(value) else int(value) for value in values)) for name, values in named.items()))
    return Card(Block(RANKS_KEY, RANKS_TITLE, _moved(named), ranks(months, named), table, f"By {measure.label.lower() if not measure.label.isupper() else measure.label}, complete months; equal values share a place."), 6)


def _moved(named: dict[str, list[float]]) -> str:
    moved = sorted((values[0] - values[-1], name) for name, values in named.items() if not math.isnan(values[0] - values[-1]))
    if not moved or not (moved[-1][0] or moved[0][0]):
        return "Nobody changed places in these months."
    told = [f"{name} went {'up' if places > 0 else 'down'} {abs(places):.0f} place{'' if abs(places) == 1 else 's'}" for places, name in (moved[-1], moved[0]) if places]
    return f"{', '.join(told)} in {_RANKED} months."
