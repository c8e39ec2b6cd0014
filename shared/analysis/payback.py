"""How soon a cohort of leads has earned what it cost."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Payback:
    """When the contribution of a cohort came to its spend."""

    state: Literal["paid back", "not yet", "no spend"]
    days: int | None
    """Age in days of the leads from which contribution has stayed at or above the spend (the last day of its bucket of ages); None: not yet, or nothing was spent."""
    covered: float
    """Contribution so far / spend; NaN without spend."""


def payback(gained: Mapping[int, float], spend: float, margin: float) -> Payback:
    """Return when ``margin`` (0..1) x net amounts by age (days -> what came at that age, cancellations negative) reached ``spend`` for good.

    An age at which it was reached and later lost to cancellations does not count.
    """
    if spend <= 0:
        return Payback("no spend", None, math.nan)
    total = margin * math.fsum(gained.values())
    covered, running = total / spend, total
    if total < spend:
        return Payback("not yet", None, covered)
    ages = sorted(gained)
    for place in range(len(ages) - 1, -1, -1):
        running -= margin * gained[ages[place]]
        if running < spend - 1e-9:
            return Payback("paid back", ages[place], covered)
    return Payback("paid back", ages[0] if ages else 0, covered)
