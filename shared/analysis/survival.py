"""How long things take when some of them are not over yet: Kaplan and Meier's estimate."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

_Z = 1.959964
"""Half-width of a 95 % interval in standard errors."""


@dataclass(frozen=True)
class Step:
    """From ``time`` on, ``share`` is not over yet; ``low`` and ``high`` bound it with 95 % confidence."""

    time: float
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Survival:
    """The curve, and what can be read from it."""

    steps: tuple[Step, ...]
    """One per time at which something ended, earliest first."""
    count: int
    open: int
    """How many are not over (censored)."""

    def quantile(self, q: float) -> float:
        """The time by which the share ``q`` is over; NaN where the curve does not come down so far."""
        return next((step.time for step in self.steps if step.share <= 1 - q + 1e-12), math.nan)

    @property
    def median(self) -> float:
        """The time by which half is over; NaN: unknown yet."""
        return self.quantile(0.5)

    @property
    def median_bounds(self) -> tuple[float, float]:
        """95 % confidence bounds of the median (Brookmeyer and Crowley, on the log-log scale); NaN: not bounded yet."""
        low = next((step.time for step in self.steps if step.low <= 0.5), math.nan)
        return low, next((step.time for step in self.steps if step.high <= 0.5), math.nan)


def kaplan_meier(lifetimes: Sequence[tuple[float, bool]]) -> Survival:
    """Estimate from ``(time, is over)``; what is not over counts as at risk up to its time and not after.

    At equal times what ended counts before what is censored.  Variance by Greenwood, bounds on the log-log scale.
    """
    ordered = sorted(lifetimes)
    at_risk, share, spread = len(ordered), 1.0, 0.0
    steps: list[Step] = []
    for time, group in groupby(ordered, key=lambda each: each[0]):
        members = list(group)
        ended = sum(is_over for _, is_over in members)
        if ended:
            share *= 1 - ended / at_risk
            spread += ended / (at_risk * (at_risk - ended)) if at_risk > ended else math.inf
            steps.append(Step(time, share, *_bounds(share, spread)))
        at_risk -= len(members)
    return Survival(tuple(steps), len(ordered), sum(not is_over for _, is_over in ordered))


def _bounds(share: float, spread: float) -> tuple[float, float]:
    if share <= 0:
        return 0.0, 0.0
    if share >= 1:
        return 1.0, 1.0
    reach = _Z * math.sqrt(spread) / abs(math.log(share))
    return share ** math.exp(reach), share ** math.exp(-reach)
