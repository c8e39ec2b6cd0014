"""The closed grammar of metrics: what a number may be made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from shared.warehouse.catalogue import BY_NAME, View


class Unit(Enum):
    """How a number is written."""

    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"
    """A fraction: 0.35 is written 35.0%."""
    POINTS = "points"
    """-100..100, such as NPS."""
    NUMBER = "number"
    DAYS = "days"
    MINUTES = "minutes"
    HOURS = "hours"
    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"


class Better(Enum):
    """Which direction is good."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


class Basis(Enum):
    """EVENT: what happened in the period. COHORT: what was created in the period, followed to today. LEVEL: what is open at its end."""

    EVENT = "event"
    COHORT = "cohort"
    LEVEL = "level"


Clock = Literal["", "reached", "pending", "past"]


@dataclass(frozen=True)
class Measure:
    """One column of a view, possibly only some of its rows."""

    view: str
    column: str
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(key column, allowed values): only rows with these."""
    clock: Clock = ""
    """What the clock alone decides, computed when asked: ``reached``/``pending``: ``clock_column`` is up to / after today; ``past``: the day is before today."""
    clock_column: str = "day"

    def __post_init__(self) -> None:
        """Refuse a view, column or key that does not exist."""
        view = BY_NAME.get(self.view)
        if view is None:
            raise ValueError(f"no view is called {self.view!r}")
        if self.column not in view.measures and self.column not in view.keys:
            raise ValueError(f"view {self.view} has no column {self.column!r}")
        for key in [name for name, _ in self.where] + ([self.clock_column] if self.clock else []):
            if key not in view.keys and key != "day":
                raise ValueError(f"view {self.view} has no key {key!r}")

    def only(self, **where: str | tuple[str, ...]) -> "Measure":
        """The same measure over the rows whose keys have these values."""
        added = tuple((key, value if isinstance(value, tuple) else (value,)) for key, value in where.items())
        return Measure(self.view, self.column, self.where + added, self.clock, self.clock_column)

    @property
    def source(self) -> View:
        """The view it is a column of."""
        return BY_NAME[self.view]

    def __str__(self) -> str:
        """As it stands in a formula."""
        limits = [f"{key} is {' or '.join(values)}" for key, values in self.where]
        if self.clock:
            limits.append({"reached": f"{self.clock_column} up to today", "pending": f"{self.clock_column} after today", "past": "before today"}[self.clock])
        return f"{self.view}.{self.column}" + (f" where {', '.join(limits)}" if limits else "")


@dataclass(frozen=True)
class Sum:
    """A weighted sum of measures, added up over everything asked for: 0 where nothing happened."""

    terms: tuple[tuple[float, Measure], ...]

    def __str__(self) -> str:
        """As a formula."""
        parts = []
        for weight, measure in self.terms:
            sign = "-" if weight < 0 else "+"
            factor = "" if abs(weight) == 1 else f"{abs(weight):g} x "
            parts.append(f"{sign} {factor}sum({measure})")
        return " ".join(parts).removeprefix("+ ")


@dataclass(frozen=True)
class Level:
    """What is open at the end of the last day asked for (never after today): all that entered less all that left. Adds over branches, not over days."""

    inflow: Measure
    outflow: Measure

    def __str__(self) -> str:
        """As a formula."""
        return f"running sum({self.inflow}) - running sum({self.outflow})"


@dataclass(frozen=True)
class Ratio:
    """A ratio of sums, divided after adding up; missing where the denominator is zero."""

    numerator: Sum
    denominator: Sum

    def __str__(self) -> str:
        """As a formula."""
        return f"({self.numerator}) / ({self.denominator})"


@dataclass(frozen=True)
class Quantile:
    """A quantile over rows of an exact histogram (value key, number of rows), interpolated as percentile_cont does; missing without rows."""

    q: float
    value: Measure
    """Its column is the key that holds the value."""
    weight: Measure
    scale: float = 1.0
    """Multiplies the value (minutes to hours: 1/60)."""
    beyond: int | None = None
    """A value at or above this stands for 'not yet' (censored): a quantile that falls there is missing."""

    def __str__(self) -> str:
        """As a formula."""
        return f"quantile {self.q:g} of {self.value}" + ("" if self.scale == 1 else f" x {self.scale:g}")


@dataclass(frozen=True)
class Maximum:
    """The greatest value of a key over the rows; missing without rows."""

    value: Measure
    weight: Measure
    scale: float = 1.0

    def __str__(self) -> str:
        """As a formula."""
        return f"greatest {self.value}"


Formula = Sum | Level | Ratio | Quantile | Maximum


@dataclass(frozen=True)
class Metric:
    """One declaration of one KPI; nothing else spells its formula a second time."""

    name: str
    label: str
    meaning: str
    formula: Formula
    unit: Unit
    better: Better
    date: str
    """The date anchor in words: which day a row counts on."""
    basis: Basis = Basis.EVENT
    department: str = "sales"
    minimum_sample: int = 0
    """Below this many in the denominator (or rows of a quantile) a value is shown but not judged."""
    sample: Measure | None = None
    """What the sample counts, where the denominator is not a count."""
    source: str = ""
    """Number in the KPI dictionary, or who defines it so."""
    notes: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)

    def measures(self) -> Iterator[Measure]:
        """Every measure it reads."""
        match self.formula:
            case Sum(terms):
                yield from (measure for _, measure in terms)
            case Ratio(numerator, denominator):
                yield from (measure for _, measure in (*numerator.terms, *denominator.terms))
            case Level(inflow, outflow):
                yield from (inflow, outflow)
            case Quantile(value=value, weight=weight) | Maximum(value=value, weight=weight):
                yield from (value, weight)
        if self.sample is not None:
            yield self.sample

    @property
    def views(self) -> tuple[str, ...]:
        """The views it reads, sorted."""
        return tuple(sorted({measure.view for measure in self.measures()}))

    @property
    def has_branch(self) -> bool:
        """False: of the company; only who sees every branch may ask."""
        return all(BY_NAME[view].has_branch for view in self.views)

    @property
    def is_flow(self) -> bool:
        """True where it adds up over days, so that a target can be spread over them."""
        return isinstance(self.formula, Sum)


def total(*measures: Measure) -> Sum:
    """The plain sum of measures."""
    return Sum(tuple((1.0, measure) for measure in measures))


def ratio(numerator: Measure | Sum, denominator: Measure | Sum) -> Ratio:
    """Numerator over denominator, each a measure or a sum."""
    return Ratio(numerator if isinstance(numerator, Sum) else total(numerator), denominator if isinstance(denominator, Sum) else total(denominator))
