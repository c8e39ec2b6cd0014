"""Several metrics of several places (branches or representatives) on one scale: pure arithmetic, no drawing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from shared.metrics.metric import Better, Metric, Unit

Norm = Literal["value", "lead", "rep", "best", "company"]
NORMS: dict[Norm, str] = {"value": "As they are", "lead": "Per lead", "rep": "Per rep", "best": "Best = 100", "company": "Average = 100"}
assert set(NORMS) == set(get_args(Norm))


@dataclass(frozen=True)
class Place:
    """One branch or representative; NaN where a number is missing."""

    key: str
    name: str
    under: str
    """A second line, such as the branch of a representative."""
    values: Mapping[str, float]
    samples: Mapping[str, float]
    leads: float
    reps: float


@dataclass(frozen=True)
class Cell:
    """One number of one place."""

    value: float
    """As the metric is; NaN: missing."""
    shown: float
    """On the chosen scale; NaN: cannot be said."""
    part: float
    """0..1 of the common axis."""
    is_best: bool
    is_small: bool
    """Too few cases to judge."""


def table(places: Sequence[Place], metrics: Sequence[Metric], company: Mapping[str, float], norm: Norm) -> list[dict[str, Cell]]:
    """Return the cells of each place by metric.

    ``company`` holds each metric over all places; of a sum, an index to the average compares with the mean place.  Where less is better an
    index is turned round, so that more is always better; of a share (cancel rate) what remains of the whole is compared.  The axis starts at zero and is common to a metric's places, and for an index to all metrics.
    """
    found: list[dict[str, Cell]] = [{} for _ in places]
    for declared in metrics:
        scaled = [_scaled(declared, place, norm) for place in places]
        best = _best(declared, places, scaled)
        base = scaled[best] if norm == "best" and best is not None else _average(declared, company, scaled) if norm == "company" else math.nan
        for number, (place, own) in enumerate(zip(places, scaled, strict=True)):
            shown = _index(declared, own, base) if norm in {"best", "company"} else own
            found[number][declared.name] = Cell(place.values.get(declared.name, math.nan), shown, 0.0, number == best, _is_small(declared, place))
    greatest = {declared.name: max((abs(row[declared.name].shown) for row in found if not math.isnan(row[declared.name].shown)), default=0.0) for declared in metrics}
    common = max(greatest.values(), default=0.0) if norm in {"best", "company"} else None
    return [{name: replace(cell, part=_part(cell.shown, common if common is not None else greatest[name])) for name, cell in row.items()} for row in found]


def order(rows: Sequence[dict[str, Cell]], places: Sequence[Place], by: str, *, falling: bool) -> list[int]:
    """Return the numbers of the rows in order of the metric ``by`` (empty: the name); what is missing comes last either way."""
    if not by:
        return sorted(range(len(places)), key=lambda number: places[number].name.lower(), reverse=falling)
    known = [number for number, row in enumerate(rows) if not math.isnan(row[by].shown)]
    known.sort(key=lambda number: (-rows[number][by].shown if falling else rows[number][by].shown, places[number].name.lower()))
    return [*known, *(number for number, row in enumerate(rows) if math.isnan(row[by].shown))]


def divisible(declared: Metric) -> bool:
    """Say whether a metric can be told per lead or per representative: a sum can, a rate already is one."""
    return declared.is_flow


def _scaled(declared: Metric, place: Place, norm: Norm) -> float:
    value = place.values.get(declared.name, math.nan)
    if norm not in {"lead", "rep"} or not divisible(declared):
        return value
    below = place.leads if norm == "lead" else place.reps
    return value / below if below > 0 else math.nan


def _best(declared: Metric, places: Sequence[Place], scaled: Sequence[float]) -> int | None:
    """The place to beat among those with enough cases; where only few have any, among all."""
    if declared.better is Better.NEITHER:
        return max((number for number, value in enumerate(scaled) if not math.isnan(value)), key=lambda number: scaled[number], default=None)
    known = [number for number, value in enumerate(scaled) if not math.isnan(value)]
    fair = [number for number in known if not _is_small(declared, places[number])] or known
    if not fair:
        return None
    return min(fair, key=lambda number: scaled[number]) if declared.better is Better.DOWN else max(fair, key=lambda number: scaled[number])


def _average(declared: Metric, company: Mapping[str, float], scaled: Sequence[float]) -> float:
    if not declared.is_flow:
        return company.get(declared.name, math.nan)
    known = [value for value in scaled if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _index(declared: Metric, value: float, base: float) -> float:
    if math.isnan(value) or math.isnan(base):
        return math.nan
    if declared.better is Better.DOWN and declared.unit is Unit.PERCENT:
        value, base = 1 - base, 1 - value  # of a share that should be small, what remains is compared: a best of 0 % leaves the others an index
    above, below = (base, value) if declared.better is Better.DOWN else (value, base)
    if below == 0:
        return 100.0 if above == 0 else math.nan
    return 100 * above / below


def _part(value: float, greatest: float) -> float:
    return 0.0 if math.isnan(value) or greatest <= 0 else max(0.0, value / greatest)


def _is_small(declared: Metric, place: Place) -> bool:
    sample = place.samples.get(declared.name, math.inf)
    return sample < declared.minimum_sample
