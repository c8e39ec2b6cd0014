"""The branches side by side."""

import math
from collections.abc import Sequence

from dash import html
from flask import g

from cmo_app.headlines import change
from shared.live.attributes import live_of, put
from shared.metrics.headline import Headline
from shared.warehouse.branches import Branch


def table(lines: Sequence[tuple[Branch, Sequence[Headline]]]) -> html.Section:
    """Return a table with a row per branch, the one with the most net sales first; bars compare within a column."""
    if not lines:
        return html.Section(html.Div([html.B("No branch yet"), html.Span("Branches appear here once they exist.")], className="empty"), className="card-x", **{"aria-label": "Branches"})
    most = [max((_number(found[column].value) for _, found in lines), default=0.0) for column in range(len(lines[0][1]))]
    head = html.Tr([html.Th("Branch"), *(html.Th(headline.metric.label, className="n", title=headline.metric.meaning) for headline in lines[0][1])])
    ordered = sorted(lines, key=lambda line: -_number(line[1][0].value))
    rows = [html.Tr([html.Td(branch.name, className="name"), *(_cell(headline, most[column]) for column, headline in enumerate(found))]) for branch, found in ordered]
    return html.Section([html.Div(html.H2("Branches side by side"), className="card-h"), html.Div(html.Table([html.Thead(head), html.Tbody(rows)], className="tb"), className="scroll")], className="card-x side-by-side",
                        **{"aria-label": "Branches side by side"})


def _cell(headline: Headline, most: float) -> html.Td:
    part = max(0.0, _number(headline.value) / most) if most > 0 else 0.0
    return html.Td([html.Div([change(headline), html.Span(headline.text, className="amount", **put("text=text"))], className="fig"), html.Span(html.I(style={"width": f"{part:.0%}"}), className="gauge")], className="n", **live_of(headline, g.scope))


def _number(value: float) -> float:
    return 0.0 if math.isnan(value) else value
