"""Where models disagree enough to change what somebody does with the budget, beyond chance.

Two decisions are looked at.  *Keep or cut*: does a channel bring more contribution than it costs (the sign of its ROMI)?  *The next dollar*: which
channel brings most for a dollar of its cost?  Models count as disagreeing only where each is sure of its side: in 95 of 100 resampled companies.
Both compare averages: what one more dollar would bring is a question for a response curve, not for attribution.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from shared.analysis.attribution.journeys import Array
from shared.analysis.attribution.result import Attribution, Credit

SURE = 0.95
SMALLEST_SHARE = 0.01
"""A key with less of all cost is no place to put a budget."""


@dataclass(frozen=True)
class Side:
    """One answer and the models that are sure of it."""

    key: int
    """The key it is about."""
    models: tuple[str, ...]


@dataclass(frozen=True)
class Disagreement:
    """One decision that depends on the model."""

    kind: Literal["keep_or_cut", "next_dollar"]
    sides: tuple[Side, Side]
    """Keep or cut: the models that would keep the key, and those that would cut it.  The next dollar: the two keys that it would go to."""


def disagreements(found: Attribution, spend: Array, margin: float) -> list[Disagreement]:
    """Return the decisions that depend on the model, the costliest channel first.

    ``spend``: cents for each key (without the entry of conversions that nothing touched); ``margin``: the part of a dollar of sales that is left to pay for marketing.
    """
    candidates = np.flatnonzero((spend > 0) & (spend >= SMALLEST_SHARE * spend.sum()))
    sure = [credit for credit in found.credits if credit.drawn is not None]
    every = _keep_or_cut(sure, spend, margin, candidates) if found.has_worth else []
    return every + _next_dollar(found, sure, spend, candidates)


def _keep_or_cut(credits_: list[Credit], spend: Array, margin: float, candidates: Array) -> list[Disagreement]:
    every = []
    for key in sorted(candidates.tolist(), key=lambda key: (-spend[key], key)):
        pays = {credit.name: float(np.mean(_drawn(credit)[:, key] * margin > spend[key])) for credit in credits_}
        keep, cut = tuple(name for name, part in pays.items() if part >= SURE), tuple(name for name, part in pays.items() if part <= 1 - SURE)
        if keep and cut:
            every.append(Disagreement("keep_or_cut", (Side(key, keep), Side(key, cut))))
    return every


def _next_dollar(found: Attribution, credits_: list[Credit], spend: Array, candidates: Array) -> list[Disagreement]:
    if len(candidates) < 2:
        return []
    cost = spend[candidates].astype(np.float64)
    best = {credit.name: int(np.argmax(found.amount(credit)[candidates] / cost)) for credit in credits_}
    by_name = {credit.name: credit for credit in credits_}

    def is_sure(name: str, one: int, other: int) -> bool:
        drawn = _drawn(by_name[name])[:, candidates] / cost
        return float(np.mean(drawn[:, one] > drawn[:, other])) >= SURE

    every = []
    places = sorted(set(best.values()))
    for number, one in enumerate(places):
        for other in places[number + 1 :]:
            firsts = tuple(name for name, place in best.items() if place == one and is_sure(name, one, other))
            seconds = tuple(name for name, place in best.items() if place == other and is_sure(name, other, one))
            if firsts and seconds:
                sides = sorted((Side(int(candidates[one]), firsts), Side(int(candidates[other]), seconds)), key=lambda side: -len(side.models))
                every.append(Disagreement("next_dollar", (sides[0], sides[1])))
    return every


def _drawn(credit: Credit) -> Array:
    if credit.drawn is None:
        raise ValueError(f"{credit.name} has no replicates")
    return credit.drawn


def spread(found: Attribution) -> Array:
    """For each key (the last: untouched conversions) the greatest less the smallest share of all models, 0 .. 1."""
    shares = np.array([found.shares(credit) for credit in found.credits])
    gap: Array = shares.max(axis=0) - shares.min(axis=0)
    return gap
