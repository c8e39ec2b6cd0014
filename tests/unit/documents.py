"""A document with everything that files have to cope with: days and moments, missing numbers, hostile names, figures with and without a table."""

from datetime import UTC, date, datetime, timedelta

from shared.charts.template import layout
from shared.charts.trend import Ahead, weekly_trend
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Document, Table

HOSTILE = '=HYPERLINK("http://evil.test","x")'
BRANCHES = ("Columbus", 'Cleveland, "North"', HOSTILE, "Pittsburgh <b>&", "Zürich")
MONDAY = date(2026, 8, 3)
ACTUAL = [400_000.25 + 11_111.5 * number for number in range(16)]
PRIOR = [350_000.75 + 9_000 * number for number in range(20)]


def weekly() -> Block:
    """A trend whose figure draws more than one column of its table."""
    figure = weekly_trend(MONDAY, ACTUAL, PRIOR, Ahead([500_000.0] * 4, [430_000.0] * 4, [580_000.0] * 4))
    weeks = [MONDAY + timedelta(days=7 * number) for number in range(20)]
    rows = tuple((week, ACTUAL[number] if number < 16 else None, PRIOR[number]) for number, week in enumerate(weeks))
    table = Table((Column("Week"), Column("Net sales", Unit.MONEY, "Contract amount of sales that were not cancelled."), Column("Prior year", Unit.MONEY)), rows)
    return Block("net-sales", "Net sales by week", "Net sales rose 12.4% on the year before.", figure, table, "Weeks begin on Monday.")


def by_branch() -> Block:
    """Bars over a table with every unit, a missing number and totals."""
    rows = tuple((name, 1_234_567.5 * (number + 1), 0.3456 + number / 100, 350 + number, 28.45, float("nan") if number == 1 else -3.25) for number, name in enumerate(BRANCHES))
    columns = (Column("Branch"), Column("Net sales", Unit.MONEY), Column("Close rate", Unit.PERCENT, "Sales divided by demos."), Column("Leads", Unit.COUNT), Column("Days to install", Unit.DAYS), Column("Score", Unit.NUMBER))
    figure = {"data": [{"type": "bar", "name": "Net sales", "x": list(BRANCHES), "y": [round(1_234_567.5 * (number + 1)) for number in range(5)], "marker": {"color": "#2f5bea"}}],
              "layout": layout(300, yaxis={"tickprefix": "$", "tickformat": "~s"})}
    totals = ("All branches", sum(row[1] for row in rows), 0.37, 1760, None, None)
    return Block("branches", "Branches: side / by * side [now]?", f"{BRANCHES[4]} sold most.", figure, Table(columns, rows, totals))


def by_channel() -> Block:
    """Stacked columns without a table."""
    months = [f"2026-{month:02d}-01" for month in range(1, 7)]
    data = [{"type": "bar", "name": name, "x": months, "y": [1000.5 * (place + 1) * (number + 1) for place in range(6)]} for number, name in enumerate(("Canvass", "Digital"))]
    return Block("spend", "Spend", "Canvass took most.", {"data": data, "layout": layout(300, barmode="stack", xaxis={"type": "date"}, yaxis={"tickprefix": "$"})})


def document(*blocks: Block) -> Document:
    """A page of ``blocks``, or of all three and some words."""
    return Document("Branches", "1 to 27 November 2026", datetime(2026, 11, 27, 15, 32, tzinfo=UTC), blocks or (weekly(), by_branch(), by_channel(), Block("words", "What changed", "Nothing fell.")),
                    (("Period", "This month"), ("Branches", HOSTILE)), {"Net sales": "Contract amount of sales that were not cancelled."}, "Northline Home")
