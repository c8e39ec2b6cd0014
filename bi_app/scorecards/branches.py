"""The branches beside each other: every column has one scale for all of them."""

import math
from collections.abc import Sequence

from dash import html

from bi_app.scorecards.tiles import light
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty
from bi_app.visit import Visit
from shared.live.attributes import live_of, put
from shared.metrics.headline import Headline, Wanted
from shared.metrics.scorecard import Scorecard
from shared.reports.document import Block, Column, Table
from shared.warehouse.branches import Branch

TITLE = "Branches side by side"


def wanted(visit: Visit, scorecard: Scorecard) -> list[Wanted]:
    """Return every column for every branch that the reader may see, chosen or not, branch by branch."""
    return [Wanted(name, visit.period, branches=frozenset({branch.id})) for branch in visit.branches for name in scorecard.side_by_side]


def branches_card(visit: Visit, scorecard: Scorecard, found: Sequence[Headline]) -> html.Section:
    """Return the table; a click on a name shows that branch alone, one on a number opens its glass box."""
    if not visit.branches:
        return card(12, TITLE, empty("No branch is assigned to you. An administrator can change that.", symbol="branch"))
    width = len(scorecard.side_by_side)
    rows = [found[width * number : width * (number + 1)] for number in range(len(visit.branches))]
    most = [max((abs(row[column].value) for row in rows if not math.isnan(row[column].value)), default=0.0) for column in range(width)]
    head = html.Tr([html.Th("Branch"), *(html.Th(each.metric.label, title=each.metric.meaning) for each in rows[0])])
    body = [_row(visit, branch, row, most) for branch, row in zip(visit.branches, rows, strict=True)]
    section = card(12, TITLE, html.Div(html.Table([html.Thead(head), html.Tbody(body)], className="tb sc-side"), className="sc-wide", tabIndex=0), sub="Bars of a column share one scale, below zero in red; the dot is the light of that branch's own target", name="sc-branches")
    columns = (Column("Branch"), *(Column(each.metric.label, each.metric.unit, each.metric.meaning) for each in rows[0]))
    table = Table(columns, tuple((branch.name, *(each.value for each in row)) for branch, row in zip(visit.branches, rows, strict=True)))
    return with_files(section, Block("branches", TITLE, "", None, table), scorecard.side_by_side)


def _row(visit: Visit, branch: Branch, found: Sequence[Headline], most: Sequence[float]) -> html.Tr:
    chosen = visit.filters.branches == (branch.id,)
    name = html.A(branch.name, href=visit.filters.link(branches=() if chosen else (branch.id,)), className="name", title="All branches again" if chosen else f"Only {branch.name}", **{"data-nav": ""})
    return html.Tr([html.Td(name), *(_cell(visit, branch, each, top) for each, top in zip(found, most, strict=True))], className="on" if chosen else None)


def _cell(visit: Visit, branch: Branch, headline: Headline, most: float) -> html.Td:
    part = 0.0 if math.isnan(headline.value) or not most else abs(headline.value) / most
    button = html.Button([html.Span([light(headline), html.Span(headline.text, className="amount", **put("text=text"))], className="sc-num"), html.Span(html.I(style={"width": f"{part:.1%}"}, className="neg" if headline.value < 0 else None), className="sc-bar")],
                         type="button", className="sc-cell", title=f"{branch.name}: {headline.words}. {headline.status_words}", **{"data-glass": f"{headline.metric.name}@@branch={branch.id}", "aria-haspopup": "dialog"})
    return html.Td(button, **live_of(headline, visit.scope))
