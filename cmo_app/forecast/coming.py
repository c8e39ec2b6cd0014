"""What is coming?  What came in and what is expected, with bands, by day, week or month."""

import math
from datetime import date, timedelta

from cmo_app.forecast.choices import GRAINS, MEANINGS, basis_of, grain_of, grains
from cmo_app.page import Card
from cmo_app.shell.parts import empty, key, keys
from cmo_app.visit import Visit
from shared.charts.ahead import Expected, fan
from shared.forecast.outlook import Ahead, Grain, Outlook
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.metrics.period import month_start, week_start
from shared.reports.document import Block, Column, Table

KEY, TITLE = "coming", "What is coming?"
_BEHIND: dict[Grain, int] = {"day": 42, "week": 26, "month": 12}
"""How many past days, weeks or months are drawn."""


def card(visit: Visit, outlook: Outlook) -> Card:
    """Return the card."""
    basis, grain = basis_of(visit), grain_of(visit)
    ahead = outlook.ahead(basis, grain, visit.branch_set)
    if ahead is None:
        return Card(Block(KEY, TITLE), controls=grains(visit), body=empty("The forecast does not know these branches yet: they are in it from the next night on."))
    past = behind(outlook, basis, grain, outlook.branches(visit.branch_set))
    shown = [Expected(each.first, each.mean, *each.spread.band(80), *each.spread.band(95)) for each in ahead.buckets]
    first = ahead.buckets[0]
    figure = fan(past[-_BEHIND[grain]:], shown, grain, so_far=first.so_far if first.is_running else math.nan)
    rows = tuple((each.first, bucket.so_far or None, each.mean, each.low, each.high, each.lower, each.higher) for each, bucket in zip(shown, ahead.buckets, strict=True))
    columns = (Column(f"{GRAINS[grain][:-1]} from"), Column("Came in so far", Unit.MONEY), Column("Forecast", Unit.MONEY), Column("80% from", Unit.MONEY), Column("to", Unit.MONEY), Column("95% from", Unit.MONEY), Column("to ", Unit.MONEY))
    total = ahead.total
    totals = ("All", None, total.mean, *total.band(80), *total.band(95))
    note = f"{MEANINGS[basis]} Forecast from the end of {outlook.run.origin:%-d %B %Y}. The total's band is made from the errors of totals, so it is narrower than its parts' together."
    marks = keys(key("Came in", "c1"), key("Forecast", "c1", "dash"), key("80% and 95% bands", "c1", "band"))
    return Card(Block(KEY, TITLE, says(ahead, grain, past), figure, Table(columns, rows, totals), note), keys=marks, controls=grains(visit))


def behind(outlook: Outlook, basis: str, grain: Grain, branches: list[int]) -> list[tuple[date, float]]:
    """Whole past days, weeks or months, oldest first; those before anything came are left out."""
    days, values = outlook.daily(basis, branches)
    found: dict[date, float] = {}
    for day, value in zip(days, values, strict=True):
        first = day if grain == "day" else week_start(day) if grain == "week" else month_start(day)
        found[first] = found.get(first, 0.0) + value
    begun = next((place for place, value in enumerate(found.values()) if value), len(found))
    edge = outlook.known + timedelta(days=1)
    running = edge if grain == "day" else week_start(edge) if grain == "week" else month_start(edge)
    return [(first, value) for place, (first, value) in enumerate(found.items()) if place >= max(begun, 1) and first < running]  # the oldest may not be whole


def says(ahead: Ahead, grain: Grain, past: list[tuple[date, float]]) -> str:
    """Return the answer in a sentence."""
    count, total = len(ahead.buckets), ahead.total
    low, high = total.band(80)
    span = f"The next {count} {GRAINS[grain].lower()}" if count > 1 else f"The running {GRAINS[grain].lower()[:-1]}"
    told = f"{span} bring {write(total.mean, Unit.MONEY)}, in 8 of 10 cases between {write(low, Unit.MONEY)} and {write(high, Unit.MONEY)}."
    before = sum(value for _, value in past[-count:])
    if len(past) < count or before <= 0:
        return told
    change = total.mean / before - 1
    return f"{told} That is {abs(change):.0%} {'more' if change >= 0 else 'less'} than the {count} before." if abs(change) >= 0.005 else f"{told} That is as much as in the {count} before."
