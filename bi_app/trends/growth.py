"""How fast it grows: against the bucket before and the year before, compounded, rolling; with the arithmetic."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dash import html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, icon
from bi_app.trends.choices import Choices
from bi_app.trends.main import table
from bi_app.trends.numbers import Numbers, before, can_shift, complete, end_of, year_before
from bi_app.visit import Visit
from shared.analysis.growth import Growth, cagr, cmgr, growth
from shared.metrics.format import write, write_exact
from shared.metrics.metric import Better, Metric, Unit
from shared.metrics.period import Period
from shared.reports.document import Block, Column, Table

TITLE = "Growth"
_SMALL = {Unit.MONEY: 10_000.0, Unit.COUNT: 30.0}


@dataclass(frozen=True)
class Row:
    """One way to look at growth."""

    name: str
    words: str
    """Which days against which."""
    value: float | None
    arithmetic: str
    warning: str = ""


def growth_card(visit: Visit, choices: Choices, numbers: Numbers) -> html.Section:
    """Return the card."""
    rows = growth_rows(numbers, choices, visit.today)
    if not rows:
        return card(7, TITLE, empty("Growth needs at least two complete weeks."), name="tr-growth")
    lines = [html.Tr([
        html.Td([html.B(row.name), html.Small(row.words)], className="tr-what"), html.Td(html.Span(_percent(row.value), className=f"delta {_judged(row.value, numbers.metric)}"), className="n"),
        html.Td([html.Code(row.arithmetic), html.Span([icon("warning"), row.warning], className="tr-warn") if row.warning else None], className="tr-how"),
    ]) for row in rows]
    head = html.Tr([html.Th("Of complete periods"), html.Th("Growth", className="n"), html.Th("How it is worked out")])
    section = card(7, TITLE, html.Table([html.Thead(head), html.Tbody(lines)], className="tb tr-grow"), table(["Growth", "Periods", "Value", "Arithmetic"], [(row.name, row.words, _percent(row.value), row.arithmetic) for row in rows], "As plain text"),
                   sub="The running period is never compared as if it were over", name="tr-growth")
    plain = Table((Column("Growth"), Column("Periods"), Column("Value", Unit.PERCENT), Column("Arithmetic"), Column("Mind")), tuple((row.name, row.words, row.value, row.arithmetic, row.warning) for row in rows))
    return with_files(section, Block("growth", TITLE, "", None, plain, "The running period is never compared as if it were over."))


def growth_rows(numbers: Numbers, choices: Choices, today: date) -> list[Row]:
    """Return what can be said; a growth that does not exist has None, and its warning says why."""
    unit, small, rows = numbers.metric.unit, _SMALL.get(numbers.metric.unit, 0.0), []
    for grain, name in (("week", "Week on week"), ("month", "Month on month"), ("quarter", "Quarter on quarter")):
        closed = complete(numbers.by[grain], grain, today)
        if len(closed) < 2:
            continue
        bucket, value = closed[-1]
        back = before(bucket, grain)
        rows.append(_row(name, Period(bucket, end_of(bucket, grain)), Period(back, end_of(back, grain)), growth(value, numbers.by[grain].of(back), small), unit))
    closed = complete(numbers.by["month"], "month", today)
    if len(closed) > 12:
        bucket, value = closed[-1]
        span, base = year_before(numbers, bucket, "month", choices.compare)
        words = "364 days before" if choices.compare == "weekday" and can_shift(numbers.metric, "month") else "same dates"
        rows.append(_row(f"Year on year ({words})", Period(bucket, end_of(bucket, "month")), span, growth(value, base, small), unit))
    return rows + _compound(numbers, closed) + _rolling(numbers, today, small)


def _row(name: str, after: Period, base: Period, found: Growth, unit: Unit) -> Row:
    now, was, size = (write_exact(each, unit).removesuffix(".00") for each in (found.current, found.base, abs(found.base)))
    arithmetic = f"({now} − {was}) ÷ {size}"
    return Row(name, f"{after.words} against {base.words}", found.value, arithmetic, found.warning)


def _compound(numbers: Numbers, months: Sequence[tuple[date, float]]) -> list[Row]:
    """The yearly rate between the first and the last whole year of months, and the monthly one between the first and the last month in view."""
    unit, rows = numbers.metric.unit, []
    if months and months[0][0] == numbers.by["month"].buckets[0]:
        months = months[1:]  # records may begin in the middle of it
    if len(months) >= 24 and numbers.metric.is_flow:
        first, last = math.fsum(value for _, value in months[:12]), math.fsum(value for _, value in months[-12:])
        years = (len(months) - 12) / 12
        rows.append(Row("CAGR, compound a year", f"the last 12 months against the first 12 on record, {years:.1f} years apart", cagr(first, last, years), f"({write(last, unit)} ÷ {write(first, unit)}) ^ (1 ÷ {years:.2f}) − 1"))
    seen = [(bucket, value) for bucket, value in months if bucket >= numbers.shown.start]
    if len(seen) >= 3:
        apart = len(seen) - 1
        rows.append(Row("CMGR, compound a month", f"{seen[0][0]:%b %Y} to {seen[-1][0]:%b %Y}", cmgr(seen[0][1], seen[-1][1], apart), f"({write(seen[-1][1], unit)} ÷ {write(seen[0][1], unit)}) ^ (1 ÷ {apart}) − 1"))
    return rows


def _rolling(numbers: Numbers, today: date, small: float) -> list[Row]:
    if not numbers.metric.is_flow:
        return []
    known, rows, last = numbers.by["day"], [], today - timedelta(days=1)
    for days in (7, 28, 90):
        spans = [Period(last - timedelta(days=days * (step + 1) - 1), last - timedelta(days=days * step)) for step in (0, 1)]
        if not known.buckets or known.buckets[0] > spans[1].start:
            continue
        sums = [math.fsum(known.of(span.start + timedelta(days=step)) for step in range(days)) for span in spans]
        rows.append(_row(f"Rolling {days} days", spans[0], spans[1], growth(sums[0], sums[1], small), numbers.metric.unit))
    return rows


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:+.1%}"


def _judged(value: float | None, metric: Metric) -> str:
    if value is None or abs(value) < 0.0005 or metric.better is Better.NEITHER:
        return "flat"
    return "good" if (value > 0) == (metric.better is Better.UP) else "bad"
