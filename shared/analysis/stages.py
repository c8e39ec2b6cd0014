"""Why the end of a funnel changed, stage by stage: what each stage's own rate did, in parts that add up to the whole change."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One stage: how many enter the funnel, or what is left of the stage before."""

    name: str
    before: float
    """Number of the first stage; of every other its number divided by the one of the stage before."""
    after: float
    effect: float
    """This much of the change of the last stage's number, in its unit."""
    share: float
    """Of the whole change; below 0 where the stage worked against it; NaN where the whole did not change."""


def stages(names: Sequence[str], before: Sequence[float], after: Sequence[float]) -> list[Stage] | None:
    """Split the change of the last number over the stages that lead to it; None where a number is not above 0, for then there is no rate to compare.

    ``before`` and ``after`` are the numbers of each stage, first to last.  The last number is the first one times the rate of every later stage over the one before, so its change is
    shared out by the logarithms of how these factors changed: effect = L x ln(factor after / factor before), L the logarithmic mean of the last number (LMDI-I: Ang 2005, Energy Policy
    33: 867-871).  The effects add up to the change without remainder, whatever the order of the stages.
    """
    if not len(names) == len(before) == len(after):
        raise ValueError("names and numbers must be equally many")
    if not names or not all(number > 0 and math.isfinite(number) for number in (*before, *after)):
        return None
    was, now = ([side[0], *(later / earlier for earlier, later in itertools.pairwise(side))] for side in (before, after))
    change, moved = after[-1] - before[-1], math.log(after[-1] / before[-1])
    mean = change / moved if moved else before[-1]
    effects = [mean * math.log(new / old) for old, new in zip(was, now, strict=True)]
    return [Stage(name, old, new, effect, effect / change if change else math.nan) for name, old, new, effect in zip(names, was, now, effects, strict=True)]
