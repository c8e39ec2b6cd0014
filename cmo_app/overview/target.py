"""Will we reach the target?  The period's net sales day by day, against its target and where they go."""

from datetime import date, timedelta
from itertools import accumulate

from cmo_app.page import Card
from cmo_app.shell.parts import empty, key, keys
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.charts.progress import progress
from shared.forecast.reading import Missing
from shared.metrics import headline_words as words
from shared.metrics.format import write
from shared.metrics.headline import Headline
from shared.metrics.metric import Unit
from shared.metrics.question import Question
from shared.reports.document import Block, Column, Table

KEY, TITLE, METRIC = "target", "Will we reach the target?", "net_sales_amount"


def card(visit: Visit, sources: Sources, headline: Headline) -> Card:
    """Return the card; ``headline`` is net sales $ of the chosen period."""
    answer = sources.ask(Question((METRIC,), visit.period, "day", branches=visit.branch_set), visit.scope)
    so_far = list(accumulate(float(value) for value in answer.frame[METRIC]))
    whole = visit.period.whole
    days = [whole.start + timedelta(days=number) for number in range((whole.end - whole.start).days + 1)]
    if not any(so_far):
        return Card(Block(KEY, TITLE), 8, body=empty("Nothing was sold in these days yet."))
    calendar, target = sources.reference.calendar(), list[float]()
    all_of_it = calendar.total(whole.start, whole.end)
    if headline.goal is not None and all_of_it:
        target = list(accumulate(headline.goal.value * calendar.weight(day) / all_of_it for day in days))
    ahead = _ahead(headline, visit.period.end, days, sources)
    rows = tuple((day, so_far[number] if number < len(so_far) else None, target[number] if target else None) for number, day in enumerate(days))
    table = Table((Column("Day"), Column("Net sales $ so far", Unit.MONEY), Column("Target so far", Unit.MONEY)), rows)
    shown = keys(key("So far", "c1"), *([key("At this pace", "c1", "dash")] if ahead else []), *([key("Target", "fg-3", "dash")] if target else []))
    said = f"{_says(headline)}{_forecast(visit, sources, headline)}"
    return Card(Block(KEY, TITLE, said, progress(days, so_far, target, ahead, Unit.MONEY, 336), table, "The target of each day follows the working calendar: working days, each with its season."), 8, shown)


def _ahead(headline: Headline, today: date, days: list[date], sources: Sources) -> list[tuple[date, float, float, float]]:
    """The days to come at the present pace, by the weight of each."""
    if headline.projected is None or headline.goal is None:
        return []
    calendar, later = sources.reference.calendar(), [day for day in days if day > today]
    left = sum(calendar.weight(day) for day in later)
    found, value = [(today, headline.value, headline.value, headline.value)], headline.value
    for day in later:
        value += (headline.projected - headline.value) * calendar.weight(day) / left if left else 0.0
        found.append((day, value, value, value))
    return found


def _forecast(visit: Visit, sources: Sources, headline: Headline) -> str:
    """What the stored forecast says of the same period, the same as on the forecast's own page; empty where there is none."""
    if sources.forecasts is None or headline.goal is None or headline.projected is None:
        return ""
    outlook = sources.forecasts.outlook(sources.ask, visit.scope)
    if isinstance(outlook, Missing):
        return ""
    landing = outlook.landing("booked", visit.period, headline.goal.value, visit.branch_set)
    low, high = landing.spread.band(80)
    likely = "" if landing.probability is None else f", {landing.probability:.0%} likely to reach it"
    return f" The forecast says {write(landing.spread.mean, Unit.MONEY)} (80% between {write(low, Unit.MONEY)} and {write(high, Unit.MONEY)}){likely}."


def _says(headline: Headline) -> str:
    if headline.goal is None or headline.attainment is None:
        return f"{headline.text} so far. No target is set for these days."
    goal, unit = headline.goal.value, headline.metric.unit
    lands = headline.projected if headline.projected is not None else headline.value
    gap = lands - goal
    by = f"{write(abs(gap), unit)} {'above' if gap >= 0 else 'short of'} the target of {write(goal, unit)}"
    if headline.projected is None:
        return f"{headline.text}: {by} ({words.share(headline)})."
    return f"At this pace it ends at {write(lands, unit)}, {by}. {words.share(headline)} is in, with {headline.goal.elapsed_share:.0%} of the working days gone."
