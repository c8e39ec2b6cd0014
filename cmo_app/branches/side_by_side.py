"""The branches as rows, the numbers as columns; bars compare within a column."""

import math
from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from cmo_app.page import Card
from cmo_app.shell.headlines import change
from cmo_app.shell.parts import empty
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.live.attributes import live_of, put
from shared.metrics.headline import Headline, Wanted
from shared.reports.document import Block, Column, Table
from shared.reports.headline_block import change_of
from shared.warehouse.branches import Branch

KEY, TITLE = "side-by-side", "Branches side by side"
METRICS = ("net_sales_amount", "leads", "cost_per_lead", "romi")
Line = tuple[Branch, Sequence[Headline]]


def card(visit: Visit, sources: Sources) -> Card:
    """Return a table with a row per branch that the reader sees, the one with the most net sales first."""
    if not visit.branches:
        return Card(Block(KEY, TITLE), body=empty("Branches appear here once they exist.", title="No branch yet", symbol="branch"))
    found = sources.headlines([Wanted(name, visit.period, branches=frozenset({branch.id})) for branch in visit.branches for name in METRICS], visit.scope)
    width = len(METRICS)
    lines: list[Line] = [(branch, found[width * number : width * (number + 1)]) for number, branch in enumerate(visit.branches)]
    lines.sort(key=lambda line: -_number(line[1][0].value))
    columns = [column for each in lines[0][1] for column in (Column(each.metric.label, each.metric.unit, each.metric.meaning), Column("Change", None, "Of the number before it: relative; of shares the difference in points."))]
    numbers = Table((Column("Branch"), *columns), tuple((branch.name, *(cell for each in headlines for cell in (each.value, change_of(each)))) for branch, headlines in lines))
    return Card(Block(KEY, TITLE, table=numbers), body=_table(lines, visit))


def _table(lines: Sequence[Line], visit: Visit) -> Component:
    most = [max((_number(found[column].value) for _, found in lines), default=0.0) for column in range(len(METRICS))]
    head = html.Tr([html.Th("Branch", scope="col"), *(html.Th(headline.metric.label, className="n", title=headline.metric.meaning, scope="col") for headline in lines[0][1])])
    rows = [html.Tr([html.Td(branch.name, className="name"), *(_cell(headline, most[column], visit) for column, headline in enumerate(found))]) for branch, found in lines]
    return html.Div(html.Table([html.Thead(head), html.Tbody(rows)], className="tb"), className="scroll side-by-side")


def _cell(headline: Headline, most: float, visit: Visit) -> html.Td:
    part = max(0.0, _number(headline.value) / most) if most > 0 else 0.0
    return html.Td([html.Div([change(headline), html.Span(headline.text, className="amount", **put("text=text"))], className="fig"), html.Span(html.I(style={"width": f"{part:.0%}"}), className="gauge")], className="n", **live_of(headline, visit.scope))


def _number(value: float) -> float:
    return 0.0 if math.isnan(value) else value
