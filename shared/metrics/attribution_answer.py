"""What attribution answers, as plain values that go through the cache."""

from dataclasses import dataclass
from typing import Any

EDITION = 1
"""Raised when the shape below changes."""


@dataclass(frozen=True)
class Key:
    """One channel, source or campaign, or the line of conversions that nothing touched."""

    key: str | None
    """Id of the source, or the channel's or campaign's name (empty: of no campaign); None: what nothing touched."""
    label: str
    spend: int
    """Cents of the period, payroll of canvass and telemarketing included; 0 where it costs nothing."""
    is_paid: bool
    formerly: tuple[str, ...] = ()
    """What it was called before, newest first, in words such as 'Google until 3 Nov 2026'."""


@dataclass(frozen=True)
class ModelCredit:
    """One model; lists are in the order of the keys."""

    name: str
    label: str
    meaning: str
    cents: tuple[int, ...]
    """Add up to the answer's cents."""
    hundredths: tuple[int, ...]
    """Conversions in hundredths; add up to a hundred times the answer's conversions."""
    low: tuple[float | None, ...]
    """Lower and ..."""
    high: tuple[float | None, ...]
    """... upper end of the share at 95%, 0 .. 1; None: no interval."""


@dataclass(frozen=True)
class DecisionSide:
    """One side of a decision that depends on the model."""

    key: int
    """Place among the keys."""
    models: tuple[str, ...]
    """Names of models."""


@dataclass(frozen=True)
class Decision:
    """See ``shared.analysis.attribution.decision``."""

    kind: str
    first: DecisionSide
    second: DecisionSide


@dataclass(frozen=True)
class TopPath:
    """One path."""

    keys: tuple[int, ...]
    """Places among the keys, oldest first; at most the first 12 touches."""
    touches: int
    conversions: int
    cents: int


@dataclass(frozen=True)
class Flow:
    """Conversions opened by one key and closed by another."""

    first: int
    last: int
    """-1: the only touch of the journey."""
    conversions: int


@dataclass(frozen=True)
class Found:
    """Everything."""

    keys: tuple[Key, ...]
    """Those with credit or cost, by credit of the linear model; last the line without a touch."""
    models: tuple[ModelCredit, ...]
    conversions: int
    cents: int
    """0: the conversion is counted, not worth dollars."""
    unattributed: int
    """Conversions without a touch in the lookback."""
    touched: int
    """Touches before the conversions, in the lookback."""
    days: float
    """From the first touch to the conversion, mean over conversions with a touch; 0: there are none."""
    nulls: int
    """Journeys that did not convert."""
    touches: int
    """Touches of the period, whatever came of them."""
    catalogue: float
    """What the metric of the same things says of the same days: dollars, or a count where conversions are only counted."""
    decisions: tuple[Decision, ...]
    paths: tuple[TopPath, ...]
    flows: tuple[Flow, ...]
    margin: float
    """Contribution margin of the catalogue."""

    @property
    def spend(self) -> int:
        """Cents of all keys."""
        return sum(each.spend for each in self.keys)

    def amounts(self, model: ModelCredit) -> tuple[float, ...]:
        """What shares are shares of: dollars, or conversions."""
        return tuple(value / 100 for value in (model.cents if self.cents else model.hundredths))

    def share(self, model: ModelCredit, place: int) -> float | None:
        """The part of the key at ``place``; None where there is nothing to share."""
        amounts = self.amounts(model)
        return amounts[place] / sum(amounts) if sum(amounts) else None

    def spread(self, place: int) -> float | None:
        """The greatest less the smallest share of all models; None where there is nothing to share."""
        shares = [self.share(model, place) for model in self.models]
        known = [share for share in shares if share is not None]
        return max(known) - min(known) if known else None

    def cost_per_conversion(self, model: ModelCredit, place: int) -> float | None:
        """Dollars of cost per credited conversion: 0 where it costs nothing, None where nothing is credited."""
        if not model.hundredths[place]:
            return None
        return self.keys[place].spend / model.hundredths[place]

    def romi(self, model: ModelCredit, place: int) -> float | None:
        """(Credited dollars x contribution margin - cost) / cost; None where it costs nothing or conversions are only counted."""
        spend = self.keys[place].spend
        return (model.cents[place] * self.margin - spend) / spend if spend and self.cents else None

    def model(self, name: str) -> ModelCredit:
        """The model called ``name``; raises StopIteration where there is none."""
        return next(each for each in self.models if each.name == name)


def found_of(value: dict[str, Any]) -> Found:
    """Return what was made plain by ``dataclasses.asdict`` and JSON."""
    sides = ("first", "second")
    return Found(**{
        **value,
        "keys": tuple(Key(**{**each, "formerly": tuple(each["formerly"])}) for each in value["keys"]),
        "models": tuple(ModelCredit(each["name"], each["label"], each["meaning"], *(tuple(each[name]) for name in ("cents", "hundredths", "low", "high"))) for each in value["models"]),
        "decisions": tuple(Decision(each["kind"], *(DecisionSide(each[side]["key"], tuple(each[side]["models"])) for side in sides)) for each in value["decisions"]),
        "paths": tuple(TopPath(**{**each, "keys": tuple(each["keys"])}) for each in value["paths"]),
        "flows": tuple(Flow(**each) for each in value["flows"]),
    })
