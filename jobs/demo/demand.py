"""How strong demand is on each day of a branch: growth, season, weekdays, storms, promotions, a slump."""

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
    truth: list[dict[str, Any]] = field(default_factory=list)
    """Rows of app.demo_truth, without branch."""


def demand_of(rng: Generator, calendar: Calendar, days: int, branch: dict[str, Any], volume: float) -> Demand:
    """Return the demand of a branch over the first ``days`` days of its calendar."""
    years = (np.arange(days) - days) / 365.25
    growth = (1 + branch["growth"]) ** years * branch["size"] * volume
    season, quiet = calendar.season[:days], np.maximum(calendar.quiet[:days], 0.35)
    rough = np.zeros(days)
    noise = rng.normal(0, 0.045, days)
    for day in range(1, days):
        rough[day] = 0.72 * rough[day - 1] + noise[day]
    base = growth * season * np.exp(rough)
    found = Demand(np.zeros((days, len(SOURCES))), np.zeros((days, len(SOURCES))), growth * season * calendar.quiet[:days], np.ones(days), np.ones(days), np.zeros(days))
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
