"""Scales on which a daily number varies evenly whatever its size: square roots of counts and money, arcsines of rates."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["count", "money", "rate"]
LEAST_DEVIATION = 1e-9
_COUNT = 0.375
"""Anscombe's: with it the root of a Poisson count has the same variance, 1/4, from small numbers on."""
_BEND = 5 / 4
"""4/3 would make a Poisson count symmetric; real ones stray further above."""
_POOL = 56
"""Days whose cases make the expected rate."""
_LEAST_CASES = 20


@dataclass(frozen=True)
class Scale:
    """A series on its even scale."""

    even: np.ndarray
    """NaN where missing."""
    weight: np.ndarray
    """Times this, deviations are of one size: the root of a rate's cases."""
    least: float
    """Deviation that chance alone makes; a series may look steadier for a while but is not."""
    pooled: np.ndarray | None
    """What is expected, where the cases before say it better than a median."""
    to: Callable[[float], float]
    """From the number's own unit to the scale: of counts and money alone, whose days can make up for one another."""
    back: Callable[[float, int], float]
    """From the scale to the number's own unit, for the day at that place."""
    bend: float = 1.0
    """To this power, deviations are about as likely above as below: the root of a count varies evenly, but it is the count's 2/3 power that is symmetric (Anscombe 1953)."""

    def bent(self, even: np.ndarray) -> np.ndarray:
        """Put values of the scale where they are as likely above as below."""
        return np.asarray(np.sign(even) * np.abs(even) ** self.bend)

    def unbent(self, bent: float) -> float:
        """Undo ``bent``."""
        return math.copysign(abs(bent) ** (1 / self.bend), bent)


def scale_of(kind: Kind, values: np.ndarray, cases: np.ndarray | None) -> Scale:
    """Put ``values`` on the scale of their ``kind``; ``cases`` are a rate's denominators, if known."""
    if kind == "rate":
        return _rate(values, cases)
    ones = np.ones(len(values))
    if kind == "count" and not np.nanmin(values, initial=0.0) < 0:
        return Scale(np.sqrt(values + _COUNT), ones, 0.5, None, lambda value: math.sqrt(value + _COUNT), lambda even, _: max(max(even, 0.0) ** 2 - _COUNT, 0.0), _BEND)
    signed = np.sign(values) * np.sqrt(np.abs(values))
    return Scale(signed, ones, 0.0, None, lambda value: math.copysign(math.sqrt(abs(value)), value), lambda even, _: math.copysign(even * even, even), _BEND)


def _rate(values: np.ndarray, cases: np.ndarray | None) -> Scale:
    ones = np.ones(len(values))
    low, high = np.nanmin(values, initial=0.0), np.nanmax(values, initial=1.0)
    if low < 0 or high > 1:  # a score such as NPS, or per cents
        return Scale(values.copy(), ones, 0.0, None, _same, lambda even, _: even)
    if cases is None:
        return Scale(np.arcsin(np.sqrt(values)), ones, 0.0, None, _same, _sine)
    known = ~np.isnan(values) & (cases > 0)
    number = np.where(known, cases, 0.0)
    hits = np.where(known, values, 0.0) * number
    past_hits, past_cases = (_before(each) for each in (hits, number))
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = np.where(past_cases >= _LEAST_CASES, np.arcsin(np.sqrt(np.clip(past_hits / past_cases, 0.0, 1.0))), math.nan)
        # The expected part's own uncertainty counts as well.
        size = np.where(known, 2 * np.sqrt(1 / (1 / (number + 0.5) + 1 / past_cases)), 1.0)
    even = np.where(known, np.arcsin(np.sqrt((hits + _COUNT) / (number + 2 * _COUNT))), math.nan)
    return Scale(even, size, 1.0, pooled, _same, _sine)


def _same(value: float) -> float:
    return value


def _sine(even: float, _: int) -> float:
    return math.sin(min(max(even, 0.0), math.pi / 2)) ** 2


def _before(series: np.ndarray) -> np.ndarray:
    """Sum over the 56 days before each."""
    total = np.concatenate([[0.0], np.cumsum(series)])
    places = np.arange(len(series))
    return np.asarray(total[places] - total[np.maximum(places - _POOL, 0)])
