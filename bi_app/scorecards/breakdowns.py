"""Bars of one metric by one dimension, with another metric beside it."""

import math
from urllib.parse import quote

from dash import html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.charts.bars import ranked
from shared.metrics.dimension import dimension
from shared.metrics.format import write
from shared.metrics.question import Question
from shared.metrics.registry import metric
from shared.metrics.scorecard import Breakdown
from shared.reports.document import Block, Column, Table

_MOST = 9


def breakdown_card(visit: Visit, sources: Sources, declared: Breakdown, span: int) -> html.Section:
    """Return the card; a click on a bar opens the glass box of that key alone."""
    names = (declared.metric, declared.beside)
    frame = sources.ask(Question(names, visit.period, split=(declared.dimension,), branches=visit.filters.branch_set), visit.scope).frame
    rows = sorted((row for row in frame.to_dict("records") if _is_something(row[declared.metric])), key=lambda row: -float(row[declared.metric]))
    main, beside = metric(declared.metric), metric(declared.beside)
    sub = f"{main.label}; beside it {beside.label.lower() if not beside.label.isupper() else beside.label}"
    if not rows:
        return card(span, declared.title, empty("There is nothing to divide in these days.", symbol="report"), sub=sub)
    most = max(abs(float(row[declared.metric])) for row in rows)
    bars = [html.Button([
        html.Span(str(row[f"{declared.dimension}_label"]), className="name"), html.Span(html.I(style={"width": f"{abs(float(row[declared.metric])) / most:.1%}"}), className="sc-bar"),
        html.Span(write(float(row[declared.metric]), main.unit), className="amount"), html.Span(write(float(row[declared.beside]), beside.unit), className="beside"),
    ], type="button", className="sc-row", **{"data-glass": f"{declared.metric}@@{declared.dimension}={quote(str(row[declared.dimension]), safe='')}", "aria-haspopup": "dialog"}) for row in rows[:_MOST]]
    rest = html.P(f"and {len(rows) - _MOST} more", className="note") if len(rows) > _MOST else None
    section = card(span, declared.title, html.Div(bars, className="sc-rows"), rest, sub=sub, name="sc-breakdown")
    names_of, values = [str(row[f"{declared.dimension}_label"]) for row in rows], [float(row[declared.metric]) for row in rows]
    columns = (Column(dimension(declared.dimension).label), Column(main.label, main.unit, main.meaning), Column(beside.label, beside.unit, beside.meaning))
    table = Table(columns, tuple(zip(names_of, values, (float(row[declared.beside]) for row in rows), strict=True)))
    return with_files(section, Block(f"{declared.metric}-by-{declared.dimension}".replace("_", "-"), declared.title, f"{sub}.", ranked(names_of[:_MOST], values[:_MOST], main.unit), table), names)


def _is_something(value: object) -> bool:
    number = float(value)  # type: ignore[arg-type]
    return not math.isnan(number) and number != 0
