"""What do we know already?  Leading indicators against a usual week, what they are worth, and how long leads and sales take."""

from collections.abc import Sequence
from datetime import timedelta

from cmo_app.forecast.choices import basis_of
from cmo_app.page import Card
from cmo_app.shell.parts import empty
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.charts.ahead import delays
from shared.forecast.outlook import Outlook
from shared.forecast.run import Gain
from shared.metrics.metric import Unit
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.registry import metric
from shared.reports.document import Amount, Block, Column, Table

KEY, TITLE = "known", "What do we know already?"
DELAY_KEY = "delay"
DELAY_TITLES = {"booked": "How long until a lead has sold?", "installed": "How long until a sale is installed?"}
OPEN = {"booked": ("open_appointments", "open_quotes_amount"), "installed": ("backlog_amount", "jobs_in_progress")}
"""Levels: what is open now."""
FLOWS = {"booked": "leads", "installed": "net_sales_amount"}
"""What came in the last four weeks and has not run its course."""
_NAMES = {"leads": "Leads of the last four weeks", "net_sales_amount": "Sold in the last four weeks"}
_WEEKS = 52
_SHOWN = 14


def card(visit: Visit, sources: Sources, outlook: Outlook) -> Card:
    """Return the indicators."""
    basis = basis_of(visit)
    rows = [_level(visit, sources, name) for name in OPEN[basis]] + [_flow(visit, sources, FLOWS[basis])]
    cells = tuple((name, Amount(now, unit), Amount(usual, unit), now / usual - 1 if usual > 0 else None) for name, now, usual, unit in rows)
    table = Table((Column("Indicator"), Column("Now"), Column("Usually", None, "mean of the last 52 weeks"), Column("Difference", Unit.PERCENT)), cells)
    return Card(Block(KEY, TITLE, says([row[:3] for row in rows]), table=table, note=worth(outlook.run.gains[basis])), 6)


def _level(visit: Visit, sources: Sources, name: str) -> tuple[str, float, float, Unit]:
    today = visit.today
    answer = sources.ask(Question((name,), Period(today - timedelta(days=7 * _WEEKS - 1), today), "week", branches=visit.branch_set), visit.scope)
    values = [float(value) for value in answer.frame[name]]
    return metric(name).label, values[-1], sum(values) / len(values), metric(name).unit


def _flow(visit: Visit, sources: Sources, name: str) -> tuple[str, float, float, Unit]:
    last = visit.today - timedelta(days=1)
    recent, year = (sources.ask(Question((name,), Period(last - timedelta(days=days - 1), last), branches=visit.branch_set), visit.scope).value(name) for days in (28, 7 * _WEEKS))
    return _NAMES[name], recent, year * 28 / (7 * _WEEKS), metric(name).unit


def says(rows: list[tuple[str, float, float]]) -> str:
    """Return the indicators in words."""
    parts = []
    for name, now, usual in rows:
        if usual <= 0:
            continue
        change = now / usual - 1
        parts.append(f"{name[0].lower()}{name[1:]} {abs(change):.0%} {'above' if change >= 0 else 'below'} usual" if abs(change) >= 0.005 else f"{name[0].lower()}{name[1:]} as usual")
    told = ", ".join(parts)
    return f"{told[0].upper()}{told[1:]}." if told else "Nothing is open and nothing came in lately."


def worth(gains: Sequence[Gain]) -> str:
    """Return what the indicators did for the forecast, from earlier origins."""
    parts = []
    for gain in gains:
        if gain.alone is None or gain.together is None or gain.together >= gain.alone:
            continue
        span = f"weeks {gain.first} to {gain.last}" if gain.first == 1 else f"weeks {gain.first} to {gain.last}" if gain.last < 20 else "later weeks"
        parts.append(f"{span} {gain.alone:.1%} to {gain.together:.1%}")
    if not parts:
        return "So far they have not made the forecast better, so the calendar alone is used."
    return f"Used in the forecast as far as they made it better. Error of the company's weeks, calendar alone to with them: {', '.join(parts)}."


def delay_card(visit: Visit, outlook: Outlook) -> Card:
    """Return how much arrives how many weeks later."""
    basis = basis_of(visit)
    title, lags = DELAY_TITLES[basis], outlook.run.lags[basis]
    if not lags:
        return Card(Block(DELAY_KEY, title), 6, body=empty("Half a year of leads and sales is needed to learn this."))
    shown = list(lags[:_SHOWN])
    table = Table((Column("Weeks later", Unit.COUNT), Column("Share", Unit.PERCENT)), tuple((week, share) for week, share in enumerate(lags)))
    return Card(Block(DELAY_KEY, title, _delay_says(basis, lags), delays(shown), table, "Learnt from all branches together, week by week; it moves what is already known into the weeks in which it arrives."), 6)


def _delay_says(basis: str, lags: Sequence[float]) -> str:
    def reached(share: float) -> int:
        total = 0.0
        for week, each in enumerate(lags):
            total += each
            if total >= share:
                return week
        return len(lags) - 1

    half, most = reached(0.5), reached(0.9)
    what = "what a week's leads sell is sold" if basis == "booked" else "what a week sells is installed"
    return f"Half of {what} {_within(half)}, nine tenths {_within(most)}."


def _within(weeks: int) -> str:
    return "in the same week" if weeks == 0 else f"within {weeks} week{'' if weeks == 1 else 's'}"
