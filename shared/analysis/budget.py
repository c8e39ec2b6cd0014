"""What other budgets would bring: leads, net sales and return for any change by source, the next dollar, and the best use of the same total.

Every number comes with an 80 % interval from draws of what is not known exactly: each source's curve (``response.py``) and what its leads bring (``maturity.py``).  The same
draws stand behind every number of one call, so that totals and differences fit together.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.analysis.response import Curve, Untold, draws_of

Floats = npt.NDArray[np.float64]
DRAWS = 400
_SEED = 20_260
LOW, HIGH = 0.10, 0.90
FARTHEST = 2.0
"""Curves are not trusted beyond so many times the money they were learnt from."""


@dataclass(frozen=True)
class Range:
    """A number that is not known exactly: its middle, and 80 % of the draws between ``low`` and ``high``."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Line:
    """A source in a usual month."""

    key: str
    name: str
    spend: float
    """Dollars a month that can be moved."""
    leads: float
    """A month, at that spend."""
    value: float
    """Net sales $ that a lead brings in the end."""
    value_error: float
    """Standard error of ``value``, in dollars."""
    curve: Curve | Untold | None
    """None: costs nothing, or its cost cannot be moved."""

    @property
    def is_told(self) -> bool:
        """Whether the data say how its leads follow its money, and what a lead brings."""
        return isinstance(self.curve, Curve) and self.spend > 0 and self.leads > 0 and math.isfinite(self.value) and self.value > 0


@dataclass(frozen=True)
class NextDollar:
    """What one dollar more a month would bring on a source."""

    line: Line
    net: Range
    """Net sales $ in the end."""
    romi: Range
    """(contribution - 1): 0.2 is 20 cents earned beside the dollar."""


@dataclass(frozen=True)
class Outcome:
    """What a change of budgets brings, a month, against leaving them as they are."""

    spend: float
    """Dollars more (negative: less)."""
    leads: Range
    net: Range
    contribution: Range
    """Contribution less the dollars spent more."""
    chance: float
    """Share of the draws in which ``contribution`` is above zero."""
    lead_factor: Range
    """All leads, those of unchanged and unpaid sources included, as a part of today's: what a scenario's lead lever is set to."""


class Budget:
    """The sources of a company or branch in a usual month, ready to be asked."""

    def __init__(self, lines: Sequence[Line], margin: float) -> None:
        """Draw what is not known.  ``margin``: contribution as a part of net sales (0..1)."""
        self.lines, self.margin = tuple(lines), margin
        standard = np.random.default_rng(_SEED).standard_normal((2, DRAWS))
        self._told = {line.key: line for line in self.lines if line.is_told}
        self._logs: dict[str, Floats] = {}
        self._values: dict[str, Floats] = {}
        for line in self._told.values():
            # Each source has draws of its own, the same whichever other sources there are.
            own = np.random.default_rng([_SEED, *line.key.encode()]).standard_normal((2, DRAWS)) if line.key else standard
            assert isinstance(line.curve, Curve)
            self._logs[line.key] = draws_of(line.curve, own[0])
            relative = min(line.value_error / line.value, 1.0)
            self._values[line.key] = line.value * np.exp(relative * own[1] - relative**2 / 2)

    @property
    def told(self) -> tuple[Line, ...]:
        """The sources whose money can be moved with known effect."""
        return tuple(self._told.values())

    def next_dollar(self) -> tuple[NextDollar, ...]:
        """Return what the next dollar brings by source, the most first."""
        found = []
        for line in self.told:
            net = self._values[line.key] * line.leads / line.spend * self._curve(line).slopes(np.array([1.0]), self._logs[line.key])[:, 0]
            found.append(NextDollar(line, _range(net), _range(self.margin * net - 1)))
        return tuple(sorted(found, key=lambda each: -each.net.middle))

    def outcome(self, changes: Mapping[str, float]) -> Outcome:
        """Return what it brings to multiply the money of sources by ``changes`` (key -> factor; absent: 1).

        Raises ValueError for a source whose response is not known, and for a factor outside 0..``FARTHEST``.
        """
        spend, leads, net = 0.0, np.zeros(DRAWS), np.zeros(DRAWS)
        for key, factor in changes.items():
            if factor == 1:
                continue
            if key not in self._told:
                raise ValueError(f"how leads of {key} follow its money cannot be told from these data")
            if not 0 <= factor <= FARTHEST:
                raise ValueError(f"{factor:g} times the money is beyond what was ever tried; at most {FARTHEST:g}")
            line = self._told[key]
            more = line.leads * (self._curve(line).relative(np.array([factor]), self._logs[key])[:, 0] - 1)
            spend, leads, net = spend + line.spend * (factor - 1), leads + more, net + more * self._values[key]
        gain = self.margin * net - spend
        total = math.fsum(line.leads for line in self.lines)
        factors = 1 + leads / total if total else np.ones(DRAWS)
        return Outcome(float(spend), _range(leads), _range(net), _range(gain), float((gain > 0).mean()), _range(factors))

    def relative_leads(self, spend: float | Mapping[str, float]) -> Range:
        """Return all leads as a part of today's where the money is ``spend`` times today's: of every source that is told (a number), or of some (key -> factor)."""
        return self.outcome({line.key: spend for line in self.told} if isinstance(spend, int | float) else spend).lead_factor

    def best(self, low: float = 0.7, high: float = 1.3) -> dict[str, float]:
        """Return the factors, each between ``low`` and ``high``, that bring the most net sales for the same total (middle curves); only sources that are told move.

        Curves are concave, so the best point is where the next dollar brings the same everywhere, or a bound is reached: found by bisecting that return.
        """
        if not 0 < low <= 1 <= high <= FARTHEST:
            raise ValueError(f"bounds must lie around 1: 0 < {low:g} <= 1 <= {high:g} <= {FARTHEST:g}")
        lines = self.told
        if len(lines) < 2:
            return {line.key: 1.0 for line in lines}
        grid = np.linspace(low, high, 601)
        returns = np.stack([line.value * line.leads / line.spend * self._curve(line).slopes(grid, np.array([math.log(self._curve(line).half)]))[0] for line in lines])
        spends = np.array([line.spend for line in lines])
        bottom, top = float(returns.min()) * 0.5, float(returns.max()) * 2
        for _ in range(80):
            middle = (bottom + top) / 2
            factors = _demand(grid, returns, middle)
            bottom, top = (middle, top) if float(factors @ spends) > float(spends.sum()) else (bottom, middle)
        return dict(zip([line.key for line in lines], _exact(factors, spends, low, high).tolist(), strict=True))

    def _curve(self, line: Line) -> Curve:
        assert isinstance(line.curve, Curve), "only told lines are asked"
        return line.curve


def _demand(grid: Floats, returns: Floats, price: float) -> Floats:
    """How much money each source gets where a dollar must bring ``price``; returns fall along the grid."""
    return np.array([float(np.interp(-price, -row, grid)) for row in returns])


def _exact(factors: Floats, spends: Floats, low: float, high: float) -> Floats:
    """Spread what bisection left over on the sources that have room, so that the total is the same to the cent."""
    for _ in range(20):
        rest = float(spends.sum() - factors @ spends)
        room = (factors < high) if rest > 0 else (factors > low)
        if abs(rest) < 1e-9 or not room.any():
            break
        factors = np.where(room, np.clip(factors + rest / spends[room].sum(), low, high), factors)
    return factors


def _range(draws: Floats) -> Range:
    low, middle, high = np.quantile(draws, (LOW, 0.5, HIGH))
    return Range(float(low), float(middle), float(high))
