"""How strong demand is on each day of a branch: growth, season, weekdays, storms, promotions, a slump, and the planted odd days."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jobs.demo.arrays import Array, Generator
from jobs.demo.calendar import Calendar
from jobs.demo.market import LEAD_WEEK, LEADS_A_YEAR, SOURCES

SLUMP_BRANCH = "Baltimore"
SLUMP_DAYS = 42
"""The slump lasts until today."""
SLUMP_LEADS, SLUMP_SIT, SLUMP_CLOSE = 0.86, 0.92, 0.70
QUIET_END = 20
"""No odd day is planted in the last days, whose numbers are still moving."""


@dataclass
class Demand:
    """Factors by day (index into the calendar) of one branch."""

    leads: Array
    """[day, source] expected leads."""
    usual: Array
    """[day, source] leads as a budget could foresee them: without storms, odd days, slumps and chance."""
    traffic: Array
    """[day] growth x season x quiet days, for doors and tickets."""
    close: Array
    """[day] times the close rate."""
    sit: Array
    cancels: Array
    """[day] how many recent sales are called off on this day, on top of the usual."""
    lead_odds: Array
    """[day] planted factor of lead counts; 1 on ordinary days."""
    truth: list[dict[str, Any]] = field(default_factory=list)
    """Rows of app.demo_truth, without branch."""


def demand_of(rng: Generator, calendar: Calendar, days: int, branch: dict[str, Any], volume: float, planted: int) -> Demand:
    """Return the demand of a branch over the first ``days`` days of its calendar."""
    years = (np.arange(days) - days) / 365.25
    growth = (1 + branch["growth"]) ** years * branch["size"] * volume
    season, quiet = calendar.season[:days], np.maximum(calendar.quiet[:days], 0.35)
    rough = np.zeros(days)
    noise = rng.normal(0, 0.045, days)
    for day in range(1, days):
        rough[day] = 0.72 * rough[day - 1] + noise[day]
    base = growth * season * np.exp(rough)
    found = Demand(np.zeros((days, len(SOURCES))), np.zeros((days, len(SOURCES))), growth * season * calendar.quiet[:days], np.ones(days), np.ones(days), np.zeros(days), np.ones(days))
    storms, promotions = _storms(rng, days, found), _promotions(calendar, days, found)
    if branch["name"] == SLUMP_BRANCH:
        span = min(SLUMP_DAYS, days // 4)
        base[-span:] *= SLUMP_LEADS
        found.close[-span:] *= SLUMP_CLOSE
        found.sit[-span:] *= SLUMP_SIT
        found.truth.append({"kind": "event", "rule": "slump", "day": days - span, "detail": {"days": span, "close_factor": SLUMP_CLOSE, "lead_factor": SLUMP_LEADS}})
    a_day = np.array(LEAD_WEEK)[calendar.weekday[:days]] * quiet * LEADS_A_YEAR / 365.25 * promotions
    for place, source in enumerate(SOURCES):
        own = rng.lognormal(0.0, 0.05, days // 28 + 2).repeat(28)[:days]
        share = a_day * source.share * (1 + source.trend) ** years
        found.usual[:, place] = growth * season * share
        found.leads[:, place] = base * storms * share * own
    _odd_days(rng, calendar, days, planted, found)
    return found


def _storms(rng: Generator, days: int, found: Demand) -> Array:
    """Two or three hail storms a year: demand jumps and dies away within two weeks."""
    factor = np.ones(days)
    for start in np.flatnonzero(rng.random(days) < 2.4 / 365.25):
        strength, span = float(rng.uniform(0.18, 0.42)), min(14, days - int(start))
        factor[start:start + span] += strength * np.exp(-np.arange(span) / 5.0)
        found.truth.append({"kind": "event", "rule": "storm", "day": int(start), "detail": {"lead_factor": round(1 + strength, 2), "days": span}})
    return factor


def _promotions(calendar: Calendar, days: int, found: Demand) -> Array:
    """The company's four yearly promotions: ten days in February, May, September and November."""
    factor = np.ones(days)
    for place, day in enumerate(calendar.dates[:days]):
        if (day.month, day.day) in {(2, 14), (5, 20), (9, 1), (11, 20)}:
            span = min(10, days - place)
            factor[place:place + span] *= 1.16
            found.close[place:place + span] *= 1.05
            found.truth.append({"kind": "event", "rule": "promotion", "day": place, "detail": {"lead_factor": 1.16, "days": span}})
    return factor


def _odd_days(rng: Generator, calendar: Calendar, days: int, planted: int, found: Demand) -> None:
    """Plant odd days at least three weeks apart, on ordinary weekdays of the last two years."""
    start = max(60, days - 730)
    calm = [day for day in range(start, days - QUIET_END) if calendar.weekday[day] < 5 and calendar.quiet[day] == 1.0 and calendar.holiday[day] is None]
    taken: list[int] = []
    for n in range(max(5, planted // 2)):
        free = [day for day in calm if all(abs(day - other) >= 21 for other in taken)]
        if not free:
            return
        day = int(free[int(rng.integers(len(free)))])
        taken.append(day)
        rule = ("leads_high", "leads_low", "sales_high", "sales_low", "cancels_high")[n % 5]
        detail: dict[str, float] = {}
        if rule in {"leads_high", "leads_low"}:
            found.lead_odds[day] = detail["factor"] = 2.6 if rule == "leads_high" else 0.12
            found.leads[day] *= found.lead_odds[day]
        elif rule in {"sales_high", "sales_low"}:
            found.close[day] = detail["factor"] = 2.4 if rule == "sales_high" else 0.0
        else:
            found.cancels[day] = detail["extra"] = 6
        found.truth.append({"kind": "anomaly", "rule": rule, "day": day, "detail": detail})
