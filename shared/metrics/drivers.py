"""What makes up a change of a metric: its parts over several dimensions at once, rate and mix of a ratio, the stages of the funnel that lead to it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from shared.analysis.contribution import MixAndRate, Part, contributions, mix_and_rate
from shared.analysis.stages import Stage, stages
from shared.metrics.ask import Answer
from shared.metrics.dimension import BY_DIMENSION, dimensions_of
from shared.metrics.format import write, write_change
from shared.metrics.metric import Better, Level, Metric, Ratio, Sum, Unit
from shared.metrics.period import Period
from shared.metrics.question import MOST_SPLITS, Question
from shared.metrics.registry import metric

_LOOK_INTO = ("branch", "source", "stage", "rep", "agent", "canvasser", "technician", "product", "kind", "spend_kind", "crew", "territory", "service")
"""Dimensions, the one to look into first first."""
FUNNEL = {"leads": "Leads", "appointments_set": "Set rate", "issued": "Issue rate", "demos": "Sit rate", "gross_sales": "Close rate", "net_sales": "Sales that stand", "net_sales_amount": "Average sale"}
"""Stages, each counted on the day it happened -> what each adds to the one before."""
_ENDS = {**{name: tuple(FUNNEL)[: place + 1] for place, name in enumerate(FUNNEL)}, "gross_sales_amount": (*tuple(FUNNEL)[:5], "gross_sales_amount")}
_TELLING = 10.0
"""Shares of a change beyond this tell nothing: the parts cancel each other."""


@dataclass(frozen=True)
class Drivers:
    """What a change is made of; of a sum ``parts``, of a ratio ``ratio``."""

    before: float
    """NaN: missing."""
    after: float
    dimensions: tuple[str, ...]
    parts: list[Part]
    ratio: MixAndRate | None
    stages: list[Stage]
    """Empty where no funnel leads to the metric, or one of its stages is empty."""
    problem: str = ""
    """Why it cannot be taken apart, in words."""

    @property
    def cancels(self) -> bool:
        """Whether the parts nearly cancel each other, so that their shares of what is left are large."""
        return any(abs(part.share) > _TELLING for part in self.parts)


def looked_into(declared: Metric, first: str = "", without: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the dimensions to look into, ``first`` (if given) before all others."""
    allowed = {each.name for each in dimensions_of(declared)} - set(without)
    order = dict.fromkeys([*([first] if first else []), *_LOOK_INTO])
    return tuple(name for name in order if name in allowed)[:MOST_SPLITS]


def questions_of(declared: Metric, spans: tuple[Period, Period], split: Sequence[str], branches: frozenset[int] | None) -> list[Question]:
    """Return what ``drivers_of`` wants answered, of the earlier span and the later one in turns."""
    cut = tuple(split) if isinstance(declared.formula, Sum | Level) else tuple(split[:1])
    asked = [((declared.name,), ()), *([((declared.name,), cut)] if cut else []), *([(_ENDS[declared.name], ())] if len(_ENDS.get(declared.name, ())) > 1 else [])]
    return [Question(names, span, split=by, branches=branches) for names, by in asked for span in spans]


def drivers_of(declared: Metric, split: Sequence[str], answers: Sequence[Answer], most: int = 6) -> Drivers:
    """Take the change apart; ``answers`` are those to ``questions_of`` with the same ``split``."""
    was, now = (float(answer.frame[declared.name].iloc[0]) if len(answer.frame) else math.nan for answer in answers[:2])
    dimensions = tuple(split)
    found = _stages(declared, answers[-2:]) if len(_ENDS.get(declared.name, ())) > 1 else []
    if not dimensions:
        return Drivers(was, now, (), [], None, found, "This metric cannot be split, so its change cannot be taken apart.")
    if isinstance(declared.formula, Sum | Level):
        sides = [_rows(answer.frame, declared, dimensions) for answer in answers[2:4]]
        return Drivers(was, now, dimensions, contributions(sides[0], sides[1], dimensions, most), None, found)
    if not isinstance(declared.formula, Ratio) or declared.sample is not None:
        return Drivers(was, now, dimensions, [], None, found, "A median, a greatest value or a ratio of other sums is not the sum of its segments; split the line to see who moved.")
    cases = [_cases(answer.frame, declared, dimensions[0]) for answer in answers[2:4]]
    ratio = mix_and_rate(cases[0], cases[1])
    return Drivers(was, now, dimensions, [], ratio, found, "" if ratio else "One of the two spans has no cases at all.")


def _stages(declared: Metric, answers: Sequence[Answer]) -> list[Stage]:
    names = _ENDS[declared.name]
    sides = [[answer.value(name) for name in names] for answer in answers]
    return stages([FUNNEL.get(name, "Average sale") for name in names], sides[0], sides[1]) or []


def _rows(frame: pd.DataFrame, declared: Metric, split: tuple[str, ...]) -> list[dict[str, object]]:
    return [{**{name: str(row[f"{name}_label"]) for name in split}, "value": float(row[declared.name])} for row in frame.to_dict("records")]


def _cases(frame: pd.DataFrame, declared: Metric, name: str) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for row in frame.to_dict("records"):
        ratio, cases = float(row[declared.name]), float(row[f"{declared.name}__n"])
        if cases and not math.isnan(ratio):
            above, below = found.get(str(row[f"{name}_label"]), (0.0, 0.0))
            found[str(row[f"{name}_label"])] = above + ratio * cases, below + cases
    return found


def label_of(name: str) -> str:
    """Return a dimension's label in small letters."""
    return BY_DIMENSION[name].label.lower()


def part_words(part: Part, change: float, unit: Unit) -> str:
    """Return what a part did, with the metric's own numbers; ``change`` is that of the whole."""
    name = " · ".join(key for _, key in part.path) or "Everything else"
    moved = part.after - part.before
    if not moved:
        return f"{name} stayed at {write(part.after, unit)}."
    words = f"{name} {'rose' if moved > 0 else 'fell'} by {write(abs(moved), unit)}, from {write(part.before, unit)} to {write(part.after, unit)}"
    if math.isnan(part.share) or abs(part.share) > _TELLING:
        return f"{words}."
    return f"{words}: {part.share:.1%} of the {'rise' if change > 0 else 'fall'}." if part.share >= 0 else f"{words}: against the change, by {-part.share:.1%} of it."


def signed(value: float, unit: Unit) -> str:
    """Return a difference with its sign; shares in points."""
    return ("+" if value >= 0 else "−") + (write_change(value, unit) if unit in {Unit.PERCENT, Unit.POINTS} else write(abs(value), unit))


def ratio_words(found: MixAndRate, unit: Unit, name: str) -> str:
    """Return how much rates and mix did, in the metric's own unit; ``name``: the dimension's label."""
    return (f"It went from {write(found.before, unit)} to {write(found.after, unit)} ({signed(found.after - found.before, unit)}): {signed(found.rate, unit)} because the rates of single {name}s changed, "
            f"{signed(found.mix, unit)} because their mix did.")


def told(name: str, spans: tuple[Period, Period], split: Sequence[str], answers: Sequence[Answer]) -> str:
    """Return in a few sentences who and what moved a metric between two spans; parts add up to the change.  Empty where that cannot be said, and where the change is a good one."""
    declared = metric(name)
    found, unit = drivers_of(declared, split, answers, most=2), declared.unit
    change = found.after - found.before
    is_good = (change > 0) == (declared.better is Better.UP) and declared.better is not Better.NEITHER
    if not change or math.isnan(change) or is_good or not (found.parts or found.ratio) or found.cancels:
        return ""
    since = f"Against {spans[0].words} ({signed(change, unit)}): "
    if found.ratio:
        most = [each for each in found.ratio.effects[:2] if each.rate + each.mix]
        rest = change - math.fsum(each.rate + each.mix for each in most)
        return since + "; ".join([*(f"{each.segment} {signed(each.rate + each.mix, unit)}" for each in most), f"everything else {signed(rest, unit)}"]) + "."
    words = " ".join(part_words(part, change, unit) for part in found.parts if part.path or part.before or part.after)
    if not found.stages:
        return since + words
    return f"{since}{words} By stage: {', '.join(f'{each.name.lower()} {signed(each.effect, unit)}' for each in found.stages)}."
