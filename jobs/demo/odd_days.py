"""The planted odd days of a branch: each so far from what that day was expected to bring that chance does not make it once in years."""

import math
from collections.abc import Iterator

import numpy as np

from jobs.demo.arrays import Array, Generator
from jobs.demo.calendar import Calendar
from jobs.demo.demand import Demand
from jobs.demo.market import SIT

APART = 21
"""Days between two odd ones at least."""
AFTERMATH = 5
"""Days from a quiet holiday on that are not ordinary: they make up for it."""
QUIET_END = 20
"""No odd day is planted in the last days, whose numbers are still moving."""
LEAST, MOST = 8.5, 11.0
"""How many deviations of a Poisson count an odd day lies from its expectation; the draw itself strays by one."""
MOST_LEADS = 14.0
"""Times as many leads at most."""
CALLED_OFF = (8, 12)
"""Sales called off on one day, on top of the usual half a sale a day."""
SALES_A_LEAD = 0.13
VISITS, DEMOS, UNSOLD = 13, 17, 23
"""Visits issued on a day from which on it is odd that nearly nobody is at home; demos from which on it is odd that nearly everybody buys, or that nobody does: seven refusals
out of seven come about every 17 days."""


def odd_demand(rng: Generator, calendar: Calendar, count: int, demand: Demand, doors: Array) -> None:
    """Plant at most ``count`` days of too many leads, too few, and too many cancellations; ``doors``: [day] leads expected from doors.

    Too few leads means a branch that is shut: nobody knocks at doors either.
    """
    made = demand.leads.sum(axis=1)
    total = made + doors
    able = {"leads_high": _moved(total, LEAST) - doors < MOST_LEADS * made, "leads_low": _moved(total, 2 - LEAST) > 0, "cancels_high": SALES_A_LEAD * total * 12 > 3 * CALLED_OFF[0]}
    for rule, day in _drawn(rng, calendar, demand, able, count):
        if rule == "leads_high":
            high = float(_moved(total[day], rng.uniform(LEAST, MOST)))
            _leads(demand, day, rule, min(float((high - doors[day]) / made[day]), MOST_LEADS))
        elif rule == "leads_low":
            factor = max(float(_moved(total[day], -rng.uniform(LEAST - 2, MOST - 2)) / total[day]), 0.01)
            demand.traffic[day] *= factor
            _leads(demand, day, rule, factor)
        else:
            demand.cancels[day] = extra = int(rng.integers(*CALLED_OFF))
            _remember(demand, day, rule, {"extra": extra})


def odd_visits(rng: Generator, calendar: Calendar, count: int, demand: Demand, issued: Array) -> None:
    """Plant at most ``count`` days on which nearly nobody is at home; ``issued``: [day] appointments given to a rep."""
    for rule, day in _drawn(rng, calendar, demand, {"visits_low": issued >= VISITS}, count):
        low = math.asin(math.sqrt(SIT)) - rng.uniform(LEAST - 2, MOST - 2) / (2 * math.sqrt(issued[day]))
        demand.sit[day] = factor = math.sin(max(low, 0.0)) ** 2 / SIT
        _remember(demand, day, rule, {"factor": round(factor, 3)})


def odd_sales(rng: Generator, calendar: Calendar, count: int, demand: Demand, shown: Array) -> None:
    """Plant at most ``count`` days on which nobody buys or nearly everybody does; ``shown``: [day] demos."""
    for rule, day in _drawn(rng, calendar, demand, {"sales_high": shown >= DEMOS, "sales_low": shown >= UNSOLD}, count):
        demand.close[day] = factor = 0.0 if rule == "sales_low" else float(rng.uniform(5.0, 8.0))
        _remember(demand, day, rule, {"factor": round(factor, 3)})


def _moved(expected: Array, deviations: float) -> Array:
    """Return the count so many deviations from what is expected, 0 where there is none: the 2/3 power of a Poisson count is all but symmetric (Anscombe 1953)."""
    return np.asarray(np.maximum(expected ** (2 / 3) + deviations * expected ** (1 / 6) / 1.5, 0.0) ** 1.5)


def _leads(demand: Demand, day: int, rule: str, factor: float) -> None:
    demand.leads[day] *= factor
    _remember(demand, day, rule, {"factor": round(factor, 3)})


def _remember(demand: Demand, day: int, rule: str, detail: dict[str, float]) -> None:
    demand.truth.append({"kind": "anomaly", "rule": rule, "day": day, "detail": detail})


def _drawn(rng: Generator, calendar: Calendar, demand: Demand, able: dict[str, Array], count: int) -> Iterator[tuple[str, int]]:
    """Yield at most ``count`` ordinary weekdays of the last two years, and in turns what is to be planted there: of each only where ``able`` [day] says that it would be odd."""
    days, rules = len(demand.traffic), list(able)
    calm = (calendar.weekday[:days] < 5) & (calendar.quiet[:days] == 1.0) & np.array([name is None for name in calendar.holiday[:days]])
    for day in np.flatnonzero(calendar.quiet[:days] < 0.6):
        calm[day:day + AFTERMATH] = False
    calm[: max(60, days - 730)] = False
    calm[days - QUIET_END:] = False
    for n in range(count):
        for row in demand.truth:
            before, after = (APART - 1, APART) if row["kind"] == "anomaly" else (0, row["detail"]["days"])
            calm[max(0, row["day"] - before):row["day"] + after] = False
        turns = ((rule, np.flatnonzero(calm & able[rule][:days])) for rule in rules[n % len(rules):] + rules[:n % len(rules)])
        found = next(((rule, free) for rule, free in turns if len(free)), None)
        if found is None:
            return
        yield found[0], int(rng.choice(found[1]))
