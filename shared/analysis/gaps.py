"""What each unit would gain if one of its rates were that of the best unit: the leak map.

A unit's result is its volume times a chain of rates (leads x set rate x issue rate x ... x average sale), so with one rate replaced it is
result x best rate / own rate: exact, one lever at a time, everything else as it was.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Gain:
    """One lever of one unit."""

    unit: str
    step: int
    """Place of the rate in the chain, 0 for the first after the volume."""
    own: float
    best: float
    best_unit: str
    amount: float
    """What it would bring more, in the unit of the last value of the chain; 0 for the best itself; NaN where it cannot be said."""


def gains(chains: Mapping[str, Sequence[float]], least: float = 30.0) -> list[Gain]:
    """Return a gain per unit and step, units in their order.

    ``chains``: unit -> volume and what is left of it after each step, such as leads, set, issued, demos, sales, dollars; each rate is a value over the one before.
    A rate counts as the best only where at least ``least`` cases stand below it, so that luck on few cases is nobody's yardstick.
    """
    found: list[Gain] = []
    steps = min((len(chain) for chain in chains.values()), default=1) - 1
    for step in range(steps):
        rates = {unit: _rate(chain, step) for unit, chain in chains.items()}
        fair = {unit: rate for unit, rate in rates.items() if not math.isnan(rate) and chains[unit][step] >= least}
        best_unit = max(fair, key=lambda unit: (fair[unit], unit), default="")
        for unit, chain in chains.items():
            own, best = rates[unit], fair.get(best_unit, math.nan)
            amount = math.nan if math.isnan(own) or math.isnan(best) or own == 0 else max(0.0, chain[-1] * (best / own - 1))
            found.append(Gain(unit, step, own, best, best_unit, amount))
    order = list(chains)
    return sorted(found, key=lambda gain: (order.index(gain.unit), gain.step))


def _rate(chain: Sequence[float], step: int) -> float:
    return chain[step + 1] / chain[step] if chain[step] else math.nan
