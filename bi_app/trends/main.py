"""The line itself, with what is usual, last year, odd days, shifts and annotations; and the same as a table."""

import math
from collections.abc import Sequence
from datetime import date

import orjson
from dash import dcc, html
from dash.development.base_component import Component

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, key
from bi_app.trends.choices import GRAINS, Choices
from bi_app.trends.findings import Findings, bucket_band, excused_days
from bi_app.trends.numbers import Numbers, can_shift, end_of, start_of, year_before
from bi_app.visit import Visit
from shared.charts.palette import themed
from shared.charts.template import CONFIG, Figure
from shared.charts.trends import Line, trend_line
from shared.metrics.format import write, write_exact
from shared.metrics.period import Period
from shared.reports.document import Block, Column, Table
from shared.warehouse.annotations import Annotation, Feedback

_HEIGHT = 340


def main_card(visit: Visit, choices: Choices, numbers: Numbers, findings: Findings, notes: Sequence[Annotation], said: Sequence[Feedback]) -> html.Section:
    """Return the card of the line."""
    metric, series = numbers.metric, numbers.main
    title = f"{metric.label} by {GRAINS[choices.grain].lower()}"
    if len(series.buckets) < 2:
        return card(12, title, empty("There are not yet two buckets with anything in them; choose a finer grain, more days or other branches."))
    band = [bucket_band(numbers, findings, bucket) for bucket in series.buckets]
    prior = [year_before(numbers, bucket, choices.grain, choices.compare)[1] for bucket in series.buckets]
    odd = sorted({start_of(each.day, choices.grain) for each in findings.odd if each.day >= series.buckets[0]})
    excused = sorted({start_of(day, choices.grain) for day in excused_days(said)} - set(odd))
    events = [(note.first, note.last, note.text) for note in notes]
    is_running = end_of(series.buckets[-1], choices.grain) >= visit.today
    expected, low, high = ([each[place] for each in band] if any(not math.isnan(each[0]) for each in band) else [] for place in range(3))
    line = Line(series.buckets, series.values, prior if any(not math.isnan(value) for value in prior) else (), expected, low, high, odd, excused, _shifts(findings, choices, numbers), events, is_running,
                chosen=start_of(choices.day, choices.grain) if choices.day else None)
    keys = [key("Actual", "c1"), *([key("Usual", "c1", "band")] if line.low else []), *([key("Last year, " + _aligned(choices, numbers), "fg-3", "dash")] if line.prior else []),
            *([key("Out of the ordinary: click for why", "neg", "dot")] if odd else []), *([key("Lasting shift", "c4", "dash")] if line.shifts else []), *([key("Annotation", "c3", "band")] if events else [])]
    rows = [(_bucket(bucket, choices.grain) + (" so far" if is_running and place == len(series.buckets) - 1 else ""), write_exact(series.values[place], metric.unit), *(write(each, metric.unit) for each in (*band[place], prior[place])),
             "yes" if bucket in odd else "expected" if bucket in excused else "") for place, bucket in enumerate(series.buckets)]
    figure = trend_line(line, metric.unit, choices.grain, _HEIGHT)
    section = card(12, title, html.Div(graph(visit, "trends-line", figure, _HEIGHT), className="tr-line"), *_shift_words(findings, numbers),
                   table(["Bucket", metric.label, "Expected", "Usual from", "to", "Last year", "Odd"], rows[::-1]), sub=html.Span(keys, className="keys"), side=html.Span(_about(findings, series.buckets[0]), className="note"), name="trends-main")
    unit = metric.unit
    columns = (Column("From"), Column(metric.label, unit), Column("Expected", unit), Column("Usual from", unit), Column("Usual to", unit), Column("Last year", unit, _aligned(choices, numbers)), Column("Odd"))
    plain = tuple((bucket, series.values[place], *band[place], prior[place], rows[place][-1]) for place, bucket in enumerate(series.buckets))
    return with_files(section, Block("line", title, " ".join(_shifts_told(findings, numbers)), figure, Table(columns, plain), f"{_about(findings, series.buckets[0])}."), (metric.name,))


def graph(visit: Visit, name: str, figure: Figure, height: int) -> dcc.Graph:
    """Return a figure in the colours of the reader's theme."""
    return dcc.Graph(id=name, figure=orjson.loads(themed(orjson.dumps(figure).decode(), "dark" if visit.theme == "dark" else "light")), config=CONFIG, style={"height": f"{height}px"}, className="chart")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], words: str = "The numbers as a table") -> Component:
    """Return a table that is folded away under its figure, for screen readers and for copying."""
    body = [html.Tr([html.Td(cell, className="n" if place else "") for place, cell in enumerate(row)]) for row in rows]
    return html.Details([html.Summary(words), html.Div(html.Table([html.Thead(html.Tr([html.Th(each, scope="col", className="n" if place else "") for place, each in enumerate(head)])), html.Tbody(body)], className="tb rows"), className="tr-scroll")],
                        className="tr-table no-print")


def _bucket(bucket: date, grain: str) -> str:
    return Period(bucket, end_of(bucket, grain)).words if grain != "month" else f"{bucket:%B %Y}"


def _aligned(choices: Choices, numbers: Numbers) -> str:
    return "364 days before" if choices.compare == "weekday" and can_shift(numbers.metric, choices.grain) else "same dates"


def _about(findings: Findings, first: date) -> str:
    count = sum(each.day >= first for each in findings.odd)
    left = f" · {len(findings.left_out)} days left out of what is usual" if findings.left_out else ""
    return f"{count} odd day{'' if count == 1 else 's'} in view{left}"


def _shifts(findings: Findings, choices: Choices, numbers: Numbers) -> list[tuple[date, float, float]]:
    """Shifts are found in weeks; the level is drawn only where the line is weekly too."""
    if choices.grain == "week":
        return findings.shifts
    return [(day, math.nan, math.nan) for day, _, _ in findings.shifts if day >= numbers.shown.start]


def _shift_words(findings: Findings, numbers: Numbers) -> list[Component]:
    told = _shifts_told(findings, numbers)
    return [html.P(" ".join(told), className="tr-say")] if told else []


def _shifts_told(findings: Findings, numbers: Numbers) -> list[str]:
    """The last lasting shifts in view, a sentence each."""
    unit = numbers.metric.unit
    told = [f"The level went from {write(was, unit)} to {write(now, unit)} a week from {day.day} {day:%B %Y} on." for day, was, now in findings.shifts if day >= numbers.shown.start]
    return told[-3:]
