"""Asks the product and the oracles the same, and says where they differ."""

import math
from dataclasses import dataclass, field, replace

from hypothesis.vendor.pretty import RepresentationPrinter
from sqlalchemy import Connection

from shared.metrics.ask import CachedAsk
from shared.metrics.dimension import dimensions_of
from shared.metrics.metric import Level, Metric, Sum, Unit
from shared.metrics.question import Question
from shared.metrics.registry import metric, metrics
from shared.metrics.scope import COMPANY
from shared.settings import Settings
from shared.warehouse.engines import Engines
from tests.oracles import ORACLES
from tests.oracles.oracle import Asked, Found


@dataclass(frozen=True, repr=False)
class World:
    """The company, asked and looked at."""

    ask: CachedAsk
    engines: Engines
    settings: Settings
    oracle: Connection
    asked: dict[Question, dict[str, Found]] = field(default_factory=dict)
    """What was asked before."""

    def _repr_pretty_(self, printer: RepresentationPrinter, _: bool) -> None:
        """Short: hypothesis shows it with a failing example."""
        printer.text("world")


def asked(world: World, question: Question) -> Asked:
    """The question as its oracle is asked."""
    return Asked(question.period.start, question.period.end, world.ask.today, question.branches, question.split, question.where, question.grain)


def alike(name: str) -> tuple[str, ...]:
    """Every metric that can be split as this one can: asked together, so that one question serves the tests of all."""
    return tuple(other for other in metrics() if dimensions_of(metric(other)) == dimensions_of(metric(name)))


def table(world: World, question: Question) -> dict[str, Found]:
    """The answer by metric and key."""
    if question not in world.asked:
        world.asked[question] = _table(world, question)
    return world.asked[question]


def _table(world: World, question: Question) -> dict[str, Found]:
    frame = world.ask(question, COMPANY).frame
    keys = [tuple(row) for row in frame[list(question.keys)].itertuples(index=False)] if question.keys else [()] * len(frame)
    assert len(set(keys)) == len(keys), "a key stands twice"
    return {name: dict(zip(keys, (float(value) for value in frame[name]), strict=True)) for name in question.metrics}


def close(declared: Metric, found: float, wanted: float) -> bool:
    """Exact for counts, to the cent for money, 1e-9 for anything divided; missing only where the oracle is missing."""
    if math.isnan(found) or math.isnan(wanted):
        return math.isnan(found) and math.isnan(wanted)
    if isinstance(declared.formula, Sum | Level):
        if declared.unit is Unit.COUNT:
            return found == wanted
        return abs(found - wanted) < (0.005 if declared.unit is Unit.MONEY else 1e-6)
    return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9)


def wrong(world: World, question: Question, only: str = "") -> list[str]:
    """Say where the answer differs from the oracles; empty: nowhere.  ``only``: compare this metric, ask for all like it."""
    answers, told = table(world, replace(question, metrics=alike(only)) if only else question), []
    for name in question.metrics:
        oracle, found = ORACLES[name], answers[name]
        wanted = oracle(world.oracle, asked(world, question))
        future = {key for key in found if question.grain != "all" and isinstance(metric(name).formula, Level) and key[0] > world.ask.today}
        for key in set(found) | set(wanted):
            expected = math.nan if key in future else wanted.get(key, oracle.missing)
            if key not in found and (expected in {0.0, oracle.missing} or math.isnan(expected)):
                continue
            if not close(metric(name), found.get(key, math.inf), expected):
                told.append(f"{name} {key}: {found.get(key, 'no row')}, the oracle says {expected}")
    world.oracle.rollback()
    return told
