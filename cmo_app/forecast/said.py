"""What did we say a month ago?  The forecast of four weeks ago, week by week, against what came."""

from datetime import timedelta

from cmo_app.forecast.choices import basis_of
from cmo_app.page import Card
from cmo_app.shell.parts import empty, key, keys
from cmo_app.visit import Visit
from shared.charts.ahead import kept
from shared.forecast.outlook import Outlook, Said
from shared.forecast.run import Run
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table

KEY, TITLE = "said", "What did we say a month ago?"


def card(visit: Visit, outlook: Outlook, earlier: Run | None) -> Card:
    """Return the card; ``earlier``: the stored run of that time."""
    told = outlook.said(basis_of(visit), earlier, visit.branch_set)
    if told is None or not any(week.said for week in told[2]):
        return Card(Block(KEY, TITLE), 6, body=empty("A month ago there was too little to forecast from. Look again in four weeks."))
    origin, was_said, weeks = told
    table = Table((Column("Seven days from"), Column("Said", Unit.MONEY), Column("80% from", Unit.MONEY), Column("to", Unit.MONEY), Column("Came in", Unit.MONEY)),
                  tuple((week.first, week.said, week.low, week.high, week.came) for week in weeks),
                  ("All", sum(week.said for week in weeks), None, None, sum(week.came for week in weeks)))
    note = f"Forecast from the end of {origin:%-d %B %Y}, as it was kept." if was_said else (
        f"No forecast is kept from then yet: this is what the same method says from the end of {origin:%-d %B %Y}, knowing no more than was known (cancellations since are taken off).")
    figure = kept([week.first for week in weeks], [week.said for week in weeks], [week.low for week in weeks], [week.high for week in weeks], [week.came for week in weeks])
    return Card(Block(KEY, TITLE, says(weeks), figure, table, note), 6, keys(key("Came in", "c1", "band"), key("Said, 80% band", "c1", "dot")))


def says(weeks: list[Said]) -> str:
    """Return the answer in a sentence."""
    said, came = sum(week.said for week in weeks), sum(week.came for week in weeks)
    inside = sum(week.low <= week.came <= week.high for week in weeks)
    span = f"{weeks[0].first:%-d %B} to {weeks[-1].first + timedelta(days=6):%-d %B}"
    if said <= 0:
        return f"{write(said, Unit.MONEY)} was said for {span}, {write(came, Unit.MONEY)} came in."
    change = came / said - 1
    told = "as said" if abs(change) < 0.005 else f"{abs(change):.1%} {'more' if change > 0 else 'less'}"
    return f"{write(said, Unit.MONEY)} was said for {span}; {write(came, Unit.MONEY)} came in, {told}. {inside} of {len(weeks)} weeks lay in their band."
