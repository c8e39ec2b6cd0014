"""Cohorts of leads followed by age: how much of what they will bring has come, and what the young ones will come to.

Amounts are net by age: a sale counts from the age at which it was signed and is taken away at the age at which it was called off, so that a young cohort is not flattered
by contracts that will still be cancelled.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from shared.analysis.chain_ladder import Developed, Ladder, chain_ladder

WHOLE = 0.995
"""Part of all that ever happened after which development is called over."""
LEAST_SHARE = 0.25
"""Below this part developed, factors carry forward more error than news."""


@dataclass(frozen=True)
class Cohort:
    """Leads that were created from ``first`` to ``last`` (days, both included)."""

    first: date
    last: date
    leads: float
    gained: Mapping[int, float]
    """What came at each age: age in days (the last day of its bucket) -> net amount of that bucket."""

    @property
    def so_far(self) -> float:
        """All that has come by now."""
        return math.fsum(self.gained.values())


@dataclass(frozen=True)
class Estimate:
    """What a group of cohorts will come to."""

    leads: float
    so_far: float
    ultimate: float
    """NaN where nothing can be said yet."""
    error: float
    """Standard error of ``ultimate``."""
    share: float
    """Part of the end that has come by the ages of its leads, by the pattern of all cohorts; NaN: no pattern."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is to come any more."""
        return self.share >= 1.0


@dataclass(frozen=True)
class Maturity:
    """How cohorts ripen: the pattern of all, and an estimate for any of them."""

    cohorts: tuple[Cohort, ...]
    bounds: tuple[int, ...]
    """Ages in days that the pattern is known at: by the end of the day on which a lead is so old."""
    ladder: Ladder
    value: float
    """What a lead brings in the end, on average: sum of what has come / sum of leads x part developed (Cape Cod); NaN without leads."""
    value_error: float
    """Standard error of ``value``."""
    scatter: float
    """Variance of what one lead brings, for leads that are too young to be carried forward."""

    def share_at(self, age: int) -> float:
        """Part of the end that has come when a lead is ``age`` days old, by the last bound that it has passed; 0 before the first."""
        passed = int(np.searchsorted(self.bounds, age, side="right")) - 1
        return float(np.clip(self.ladder.shares[passed], 0.0, 1.0)) if passed >= 0 else 0.0

    def reaches(self, share: float) -> int | None:
        """The first bound by which ``share`` (0..1) has come; None where there is no pattern."""
        return next((bound for bound, part in zip(self.bounds, self.ladder.shares, strict=True) if part >= share), None)

    def estimate(self, rows: Sequence[int]) -> Estimate:
        """Return what these cohorts (positions) will come to together.

        Cohorts that have passed a bound are carried forward by chain ladder; younger ones, and those with no sale yet, are expected to bring what a lead brings.
        """
        if not rows:
            return Estimate(0.0, 0.0, math.nan, math.nan, math.nan)
        leads = math.fsum(self.cohorts[row].leads for row in rows)
        so_far = math.fsum(self.cohorts[row].so_far for row in rows)
        told = [row for row in rows if self.ladder.ages[row] >= 0 and (self._is_done(row) or self.ladder.triangle[row, self.ladder.ages[row]] > 0)]
        carried = self.ladder.together(told) if told else Developed(0.0, 0.0, 0.0)
        young = math.fsum(self.cohorts[row].leads for row in rows if row not in told)
        expected = young * self.value if young else 0.0
        square = carried.error**2 + (young * self.scatter + (young * self.value_error) ** 2 if young else 0.0)
        share = math.fsum(self.cohorts[row].leads * self._developed(row) for row in rows) / leads if leads else math.nan
        return Estimate(leads, so_far, carried.ultimate + expected, math.sqrt(square), share)

    def _is_done(self, row: int) -> bool:
        return bool(self.ladder.ages[row] == len(self.bounds) - 1)

    def _developed(self, row: int) -> float:
        age = int(self.ladder.ages[row])
        return float(np.clip(self.ladder.shares[age], 0.0, 1.0)) if age >= 0 else 0.0


def ripen(cohorts: Sequence[Cohort], today: date, bounds: Sequence[int] | None = None) -> Maturity | None:
    """Return how ``cohorts`` (oldest first, without gaps in their meaning) have ripened up to yesterday; None with fewer than three that have.

    ``bounds``: ages at which development is measured; by default every week up to the age by which ``WHOLE`` of all sales have come.
    """
    ages = tuple(bounds) if bounds is not None else _weeks(cohorts)
    if len(ages) < 2:
        return None
    triangle = np.full((len(cohorts), len(ages)), np.nan)
    for row, cohort in enumerate(cohorts):
        passed = (today - cohort.last).days - 1
        for column, bound in enumerate(ages):
            if bound <= passed:
                triangle[row, column] = math.fsum(amount for age, amount in cohort.gained.items() if age <= bound or column == len(ages) - 1)
    if (~np.isnan(triangle[:, 1])).sum() < 3:
        return None
    ladder = chain_ladder(triangle)
    exposure = np.array([cohort.leads * max(float(ladder.shares[age]), 0.0) if (age := int(ladder.ages[row])) >= 0 else 0.0 for row, cohort in enumerate(cohorts)])
    brought = np.array([triangle[row, age] if (age := int(ladder.ages[row])) >= 0 else 0.0 for row in range(len(cohorts))])
    if exposure.sum() <= 0:
        return None
    value = float(brought.sum() / exposure.sum())
    seen = exposure > 0
    off = brought[seen] - value * exposure[seen]
    freedom = max(int(seen.sum()) - 1, 1)
    error = math.sqrt(float(np.sum(off**2)) * (freedom + 1) / freedom) / float(exposure.sum())
    return Maturity(tuple(cohorts), ages, ladder, value, error, float(np.sum(off**2 / exposure[seen])) / freedom)


def _weeks(cohorts: Sequence[Cohort]) -> tuple[int, ...]:
    """Bounds from 6 days on, week by week, up to the age by which nearly all that came had come."""
    moved: dict[int, float] = {}
    for cohort in cohorts:
        for age, amount in cohort.gained.items():
            moved[age] = moved.get(age, 0.0) + abs(amount)
    total, passed = math.fsum(moved.values()), 0.0
    for age in sorted(moved):
        passed += moved[age]
        if passed >= WHOLE * total:
            return tuple(range(6, max(7, min(age, 363)) + 7, 7))
    return ()
