"""Fair rankings: ties share a rank, small samples are shrunk towards their group."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """One row to rank."""

    key: str
    label: str
    value: float
    sample: float
    group_value: float
    """What a small sample is shrunk towards: the value of its group (such as the branch)."""


@dataclass(frozen=True)
class Ranked:
    """One ranked row."""

    contender: Contender
    rank: int
    """1 is best; ties share a rank and none is skipped (dense)."""
    fair_value: float
    """The value, shrunk where the sample is too small."""
    is_small: bool


def rank(contenders: Sequence[Contender], minimum_sample: float, *, best_is_high: bool = True, decimals: int = 6) -> list[Ranked]:
    """Rank by fair value, best first; equal values (to ``decimals``) share a rank and stand in order of label and key.

    A value from fewer than ``minimum_sample`` cases is shrunk: (n x value + (m - n) x group value) / m, so that with no case at all it is the
    group's and with m cases its own.  Rows whose value is missing (NaN) are left out.
    """
    fair = []
    for each in contenders:
        if math.isnan(each.value):
            continue
        small = each.sample < minimum_sample
        value = each.value if not small or math.isnan(each.group_value) else (each.sample * each.value + (minimum_sample - each.sample) * each.group_value) / minimum_sample
        fair.append((round(value, decimals), each, small))
    fair.sort(key=lambda item: (-item[0] if best_is_high else item[0], item[1].label, item[1].key))
    ranked: list[Ranked] = []
    place, before = 0, None
    for value, each, small in fair:
        if value != before:
            place, before = place + 1, value
        ranked.append(Ranked(each, place, value, small))
    return ranked
