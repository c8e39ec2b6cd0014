"""The members of a split, each a small figure, all on one scale."""

import math

from dash import html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty
from bi_app.trends.choices import Choices
from bi_app.trends.main import graph, table
from bi_app.trends.numbers import Numbers
from bi_app.visit import Visit
from shared.charts.trends import small_line, together
from shared.metrics.dimension import BY_DIMENSION
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.reports.document import Block, Cell, Column, Table


def split_card(visit: Visit, choices: Choices, numbers: Numbers) -> html.Section:
    """Return the card of small figures."""
    title = f"By {BY_DIMENSION[choices.split].label.lower()}"
    known = [value for member in numbers.split for value in member.values if not math.isnan(value)]
    if not known:
        return card(12, title, empty("Nothing of this happened in the days in view."), name="tr-splits")
    top, bottom = max(known) * 1.05 or 1.0, min(0.0, min(known) * 1.05)
    unit, small, lines = numbers.metric.unit, [], []
    for number, member in enumerate(numbers.split):
        last = next((value for value in reversed(member.values[:-1] or member.values) if not math.isnan(value)), math.nan)
        figure = small_line(member.buckets, member.values, unit, top, bottom, number, choices.grain)
        lines.append((member, figure))
        small.append(html.Figure([html.Div([html.B(member.label), html.Span(write(last, unit), className="num")], className="tr-cap"), graph(visit, f"trends-split-{number}", figure, 120)], className="tr-small"))
    rest = f"; {numbers.split_rest} more are not shown" if numbers.split_rest else ""
    order = "The largest first" if numbers.metric.is_flow else "The most cases first" if unit is Unit.PERCENT else "The largest first"
    rows = [(f"{bucket.day} {bucket:%b %Y}", *(write(member.values[place], unit) for member in numbers.split)) for place, bucket in enumerate(numbers.split[0].buckets)]
    section = card(12, title, html.Div(small, className="tr-smalls"), table(["Bucket", *(member.label for member in numbers.split)], rows[::-1]),
                   sub=f"All on one scale, with the last complete {choices.grain} beside the name. {order}{rest}", name="tr-splits")
    columns = (Column("From"), *(Column(member.label, unit) for member in numbers.split))
    plain: tuple[tuple[Cell, ...], ...] = tuple((bucket, *(member.values[place] for member in numbers.split)) for place, bucket in enumerate(numbers.split[0].buckets))
    return with_files(section, Block("split", f"{numbers.metric.label} {title[0].lower()}{title[1:]}", f"{order}{rest}.", together([(member.label, figure) for member, figure in lines]), Table(columns, plain)))
