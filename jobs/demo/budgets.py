"""What is spent on media in each week, and how leads answer to it: more money brings more leads, but each further dollar fewer."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from jobs.demo.arrays import Array, Generator
from jobs.demo.calendar import Calendar
from jobs.demo.market import SOURCES, Response

PERSISTENCE, SPREAD = 0.75, 0.26
"""Of the logarithm of weekly budgets: how much of last week's departure from the usual remains, and its deviation."""
BURSTS, PAUSES = 2.2, 0.9
"""A year, branch and source: weeks with far more money, and weeks with none."""
_LONG = 20_000
"""Weeks over which averages are taken."""


@dataclass(frozen=True)
class Budgets:
    """Media of one branch, [day, source], as parts of the usual: 1 is what the source usually costs on such a day."""

    money: Array
    leads: Array
    """What the leads are multiplied by, carry-over included; 1 on average."""


def budgets_of(rng: Generator, calendar: Calendar, days: int) -> Budgets:
    """Draw the budgets of a branch's first ``days`` days, Monday to Sunday alike, and what leads they bring; sources without media stay at 1."""
    week = (np.arange(days) + int(calendar.weekday[0])) // 7
    money, leads = np.ones((days, len(SOURCES))), np.ones((days, len(SOURCES)))
    for place, source in enumerate(SOURCES):
        if source.cost > 0:
            money[:, place] = (_weeks(rng, int(week[-1]) + 1) / _usual(source.response)[0])[week]
            leads[:, place] = source.response.of(carried(money[:, place], source.response.carry)) / _usual(source.response)[1]
    return Budgets(money, leads)


def _weeks(rng: Generator, count: int) -> Array:
    """Budgets by week before they are made 1 on average: they wander, are doubled for some weeks and stop for some."""
    wander = np.zeros(count)
    noise = rng.normal(0.0, SPREAD * np.sqrt(1 - PERSISTENCE**2), count)
    wander[0] = noise[0] / np.sqrt(1 - PERSISTENCE**2)
    for n in range(1, count):
        wander[n] = PERSISTENCE * wander[n - 1] + noise[n]
    found: Array = np.exp(wander)
    for rate, low, high in ((BURSTS, 1.5, 2.2), (PAUSES, 0.0, 0.0)):
        for start in np.flatnonzero(rng.random(count) < rate * 7 / 365.25):
            found[start:start + int(rng.integers(1, 4))] *= rng.uniform(low, high)
    return found


def carried(money: Array, carry: float) -> Array:
    """Return what works on each day: some of the money of the weeks before, ``carry`` of what worked a week ago."""
    if carry == 0:
        return money
    daily, found = carry ** (1 / 7), np.empty(len(money))
    works = float(money[0])
    for day, amount in enumerate(money):
        works = daily * works + (1 - daily) * float(amount)
        found[day] = works
    return found


@cache
def _usual(response: Response) -> tuple[float, float]:
    """Averages over very many weeks: (budget before it is made 1 on average, leads' factor before it is)."""
    weeks = _weeks(np.random.default_rng(52), _LONG)
    money = weeks / weeks.mean()
    by_day = carried(np.repeat(money, 7), response.carry)
    return float(weeks.mean()), float(response.of(by_day).mean())


def curves() -> list[dict[str, Any]]:
    """Return rows of app.demo_truth about how leads answer to money, without branch and day: every branch has the same curves."""
    return [{"kind": "response", "entity": "lead_source", "entity_id": place, "rule": "saturation", "detail": {"half": source.response.half, "carry_over": source.response.carry}}
            for place, source in enumerate(SOURCES, start=1) if source.paid]
