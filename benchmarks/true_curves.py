"""How well the curves of leads by money are found: against the demo company's true ones, which it was made with."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from jobs.demo.arrays import DAY
from jobs.demo.calendar import Calendar
from jobs.demo.company import Company
from jobs.demo.market import CANVASS, OUTBOUND, SOURCES, SPEND_KINDS
from jobs.demo.sizes import SIZES, next_year, span_of
from shared.analysis.response import Curve, Weeks, fit_response

Z80 = 1.2816


@dataclass(frozen=True)
class Fit:
    """One source: what it was made with, and what was found."""

    source: str
    true_elasticity: float
    """At the money of the last year, as the fit has it."""
    elasticity: float
    true_carry: float
    carry: float
    is_told: bool
    is_inside: bool
    """Whether the 80 % interval holds the truth."""


def fits(seed: int, moment: datetime) -> list[Fit]:
    """Make a standard company of this seed, without a database, and fit every source that costs something."""
    company = Company(SIZES["standard"], seed, span_of(SIZES["standard"], moment.date(), moment))
    calendar = Calendar(company.span.first, next_year(company.span))
    made = [branch.live()[0] for branch in company._branches(calendar)]
    return [_fit(place, calendar, company.span.days, made) for place, source in enumerate(SOURCES) if source.paid]


def _fit(place: int, calendar: Calendar, days: int, made: list[dict[str, Any]]) -> Fit:
    source = SOURCES[place]
    begin = -int(calendar.weekday[0]) % 7
    count = (days - begin) // 7
    whole = slice(begin, begin + 7 * count)
    leads = np.stack([_leads(world, place, calendar, days)[whole].reshape(count, 7).sum(axis=1) for world in made])
    spend = np.stack([_spend(world, place, calendar, days)[whole].reshape(count, 7).sum(axis=1) for world in made])
    weight = np.tile(calendar.weight[:days][whole].reshape(count, 7).sum(axis=1), (len(made), 1))
    found = fit_response(Weeks(calendar.first + timedelta(days=begin), leads, spend, weight))
    if not isinstance(found, Curve):
        return Fit(source.name, math.nan, math.nan, source.response.carry, math.nan, is_told=False, is_inside=False)
    true = math.log(source.response.half)
    at_true = float(found.slopes(np.array([1.0]), np.array([true]))[0, 0])
    return Fit(source.name, at_true, found.elasticity, source.response.carry, found.carry, is_told=True, is_inside=abs(math.log(found.half) - true) <= Z80 * found.spread)


def _leads(world: dict[str, Any], place: int, calendar: Calendar, days: int) -> np.ndarray:
    rows = world["leads"]
    good = (rows["source"] == place) & (rows["disregard"] < 0)
    return np.bincount(rows["created"][good] // DAY - calendar.offset, minlength=days)[:days].astype(float)


def _spend(world: dict[str, Any], place: int, calendar: Calendar, days: int) -> np.ndarray:
    """Dollars by day that could be moved: media, or the people of doors and telephones."""
    rows, found = world["spend"], np.zeros(days)
    moved = (rows["source"] == place) & ((rows["kind"] == SPEND_KINDS.index("media")) | (place in {CANVASS, OUTBOUND}))
    for first, last, cents in zip(rows["first"][moved] - calendar.offset, rows["last"][moved] - calendar.offset, rows["cents"][moved], strict=True):
        found[first:last + 1] += cents / 100 / (last - first + 1)
    return found


def measure(seeds: tuple[int, ...], moment: datetime) -> dict[str, Any]:
    """Return how far the elasticities of all sources that can be told are from the truth."""
    found = [fit for seed in seeds for fit in fits(seed, moment)]
    told = [each for each in found if each.is_told]
    off = np.array([each.elasticity - each.true_elasticity for each in told])
    return {"companies": len(seeds), "told": len(told), "refused": len(found) - len(told), "mean_error": round(float(np.abs(off).mean()), 4), "bias": round(float(off.mean()), 4),
            "worst": round(float(np.abs(off).max()), 4), "coverage_80": round(sum(each.is_inside for each in told) / len(told), 3)}
