"""Reads what a forecast is made from, in one snapshot, through the door that every number comes through."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from shared.analysis.forecasting.histories import HORIZON, Histories
from shared.analysis.forecasting.shape import WEEK, Days
from shared.analysis.forecasting.smoothing import Array
from shared.metrics.ask import Answer, Ask
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.scope import COMPANY
from shared.warehouse.branches import Branch
from shared.warehouse.calendar import Calendar

YEARS = 5
"""How far back a forecast looks."""
BASES = {"booked": "net_sales_amount", "installed": "installed_amount"}
"""Basis -> the metric that is forecast; nothing else says which they are."""
_READ = (*BASES.values(), "leads", "open_appointments", "open_quotes_amount")
_A_YEAR_OF_WEEKS = timedelta(days=364)


@dataclass(frozen=True, eq=False)
class Gathered:
    """The numbers and where they come from."""

    histories: Histories
    versions: dict[str, str]
    """View -> version of the numbers that were read."""
    amount: float
    """Dollars of all bases together."""


def span(last: date) -> Period:
    """The days that a forecast from the end of ``last`` on is made from."""
    return Period(last - timedelta(days=365 * YEARS), last)


def gather(ask: Ask, branches: Sequence[Branch], calendars: dict[int, Calendar], last: date) -> Gathered:
    """Read everything up to ``last``, the last day known; days on which nothing happened are zeros."""
    period = span(last)
    answers = ask.many([Question((name,), period, "day", ("branch",)) for name in _READ], COMPANY)
    ids = tuple(sorted(branch.id for branch in branches))
    tables = {name: _table(answer, name, period, ids) for name, answer in zip(_READ, answers, strict=True)}
    booked, installed = (tables[name] for name in BASES.values())
    closed = {branch.id: branch.closed_on for branch in branches if branch.closed_on is not None}
    histories = Histories(last, ids, booked, installed, tables["leads"], tables["open_appointments"], tables["open_quotes_amount"], days_of(calendars, ids, period), closed)
    return Gathered(histories, {view: version for answer in answers for view, version in answer.versions}, float(booked.sum() + installed.sum()))


def amount_of(ask: Ask, last: date) -> float:
    """What ``Gathered.amount`` is now for the same last day."""
    names = tuple(BASES.values())
    answer = ask(Question(names, span(last)), COMPANY)
    return float(sum(np.nan_to_num(answer.value(name)) for name in names))


def _table(answer: Answer, name: str, period: Period, branches: tuple[int, ...]) -> Array:
    """[day, branch]; a branch without rows has zeros."""
    days = [period.start + timedelta(days=n) for n in range(period.days)]
    frame = answer.frame
    if frame.empty:
        return np.zeros((len(days), len(branches)))
    wide = pd.DataFrame({"day": frame["bucket"], "branch": frame["branch"].astype(int), "value": frame[name].astype(float)}).pivot_table(index="day", columns="branch", values="value", aggfunc="sum")
    table: Array = np.nan_to_num(wide.reindex(index=days, columns=list(branches)).to_numpy(dtype=float))
    return table


def days_of(calendars: dict[int, Calendar], branches: tuple[int, ...], period: Period) -> Days:
    """The calendar of every branch over ``period`` and the horizon.  A day beyond a branch's calendar weighs what the same weekday a year before did."""
    days = [period.start + timedelta(days=n) for n in range(period.days + HORIZON * WEEK)]
    weights, holidays = np.zeros((len(days), len(branches))), np.zeros((len(days), len(branches)), dtype=bool)
    for place, branch in enumerate(branches):
        calendar = calendars.get(branch, Calendar())
        for row, day in enumerate(days):
            weights[row, place] = calendar.weight(day if day in calendar.weights or day - _A_YEAR_OF_WEEKS not in calendar.weights else day - _A_YEAR_OF_WEEKS)
            holidays[row, place] = day in calendar.holidays
    return Days(weights, holidays, np.array([day.weekday() for day in days]))
