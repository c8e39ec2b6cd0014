"""How much of a conversion each touch gets, by the models that look at one journey at a time.  The shares of a journey add up to 1."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shared.analysis.attribution.journeys import Array, Journeys

HALF_LIFE_DAYS = 7.0
_ENDS, _MIDDLE = 0.4, 0.2


@dataclass(frozen=True)
class Rule:
    """One model."""

    name: str
    label: str
    meaning: str
    share: Callable[[Journeys, float], Array]
    """Journeys and the half-life in days -> for each touch its part of a conversion, 0 .. 1."""
    needs_days: bool = False


def first_touch(journeys: Journeys, _half_life: float = HALF_LIFE_DAYS) -> Array:
    """All to the oldest touch."""
    return np.asarray(journeys.places == 0, dtype=np.float64)


def last_touch(journeys: Journeys, _half_life: float = HALF_LIFE_DAYS) -> Array:
    """All to the newest touch."""
    return np.asarray(journeys.places == journeys.lengths[journeys.rows] - 1, dtype=np.float64)


def last_paid_touch(journeys: Journeys, _half_life: float = HALF_LIFE_DAYS) -> Array:
    """All to the newest touch that was paid for; where none was, to the newest."""
    touched = np.flatnonzero(journeys.lengths)
    found = np.zeros(len(journeys.steps))
    if len(touched):
        place = np.where(journeys.paid, np.arange(len(journeys.steps)), -1)
        newest_paid = np.maximum.reduceat(place, journeys.starts[touched])
        found[np.where(newest_paid >= 0, newest_paid, journeys.starts[touched + 1] - 1)] = 1.0
    return found


def linear(journeys: Journeys, _half_life: float = HALF_LIFE_DAYS) -> Array:
    """The same to each touch."""
    return 1.0 / journeys.lengths[journeys.rows]


def time_decay(journeys: Journeys, half_life: float = HALF_LIFE_DAYS) -> Array:
    """In proportion to 2^(-days / half-life): a touch that is one half-life older gets half as much."""
    if journeys.days is None:
        raise ValueError("time decay needs the age of each touch")
    touched = np.flatnonzero(journeys.lengths)
    # Ages count from the newest touch of the journey: the shares are the same, and old journeys do not vanish in 2^-1000.
    newest = np.zeros(len(journeys.lengths))
    newest[touched] = journeys.days[journeys.starts[touched + 1] - 1]
    weight = np.exp2((newest[journeys.rows] - journeys.days) / half_life)
    return weight / np.bincount(journeys.rows, weight, len(journeys.lengths))[journeys.rows]


def position_based(journeys: Journeys, _half_life: float = HALF_LIFE_DAYS) -> Array:
    """40% to the first, 40% to the last, 20% to those between together; two share evenly, one gets all."""
    length = journeys.lengths[journeys.rows]
    ends = (journeys.places == 0) | (journeys.places == length - 1)
    return np.where(length <= 2, 1.0 / length, np.where(ends, _ENDS, _MIDDLE / np.maximum(length - 2, 1)))


def shapley(journeys: Journeys, _half_life: float = HALF_LIFE_DAYS) -> Array:
    """The Shapley value, exactly: each conversion is split evenly over the distinct keys of its journey.

    A set of channels is worth the conversions whose journeys it covers wholly.  A journey over the set T is then a game that is worth 1 to
    whoever holds T; its Shapley value is 1/|T| for each member (Shapley 1953, axioms of symmetry and null players), and values add up over games.
    """
    size = int(journeys.steps.max()) + 1 if len(journeys.steps) else 1
    _, seen = np.unique(journeys.rows * size + journeys.steps, return_index=True)
    weight = np.zeros(len(journeys.steps))
    weight[seen] = 1.0
    return weight / np.bincount(journeys.rows, weight, len(journeys.lengths))[journeys.rows]


RULES: tuple[Rule, ...] = (
    Rule("first_touch", "First touch", "All to the oldest touch.", first_touch),
    Rule("last_touch", "Last touch", "All to the newest touch before the conversion.", last_touch),
    Rule("last_paid_touch", "Last paid touch", "All to the newest touch that was paid for; where none was, to the newest.", last_paid_touch),
    Rule("linear", "Linear", "The same to each touch.", linear),
    Rule("time_decay", "Time decay", "More to newer touches: one that is a half-life older gets half as much.", time_decay, needs_days=True),
    Rule("position_based", "Position based", "40% to the first, 40% to the last, 20% to those between; two share evenly.", position_based),
    Rule("shapley", "Shapley", "Each conversion evenly over the different channels of its journey: the exact Shapley value.", shapley),
)
