"""Answers of attribution over journeys in memory, as pages are handed them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from shared.analysis.attribution.journeys import of_paths
from shared.analysis.attribution.paths import Paths
from shared.analysis.attribution.result import attribute
from shared.analysis.attribution.tally import Tally
from shared.metrics.attribution import AttributionAnswer
from shared.metrics.attribution_answer import Found
from shared.metrics.attribution_question import AttributionQuestion
from shared.metrics.attribution_reading import answer_of, groups_of
from shared.metrics.scope import Scope
from shared.warehouse.source_names import Source
from tests.unit.bi_fakes import MOMENT

SOURCES = (Source(1, "Google", "Digital", "Brand", is_paid=True), Source(2, "Friends", "Referral", "", is_paid=False), Source(3, "Doors", "Canvass", "Spring", is_paid=True))
Journey = tuple[list[int], int, int]
"""Places of sources, conversions, cents."""
USUAL: list[Journey] = [([0, 1], 200, 200 * 1_000_000), ([2], 60, 60 * 900_000), ([0, 1, 2, 0, 1, 2], 3, 3_000_001), ([], 5, 5_000_000)]
SPEND = {"Digital": 60_000_000, "Referral": 0, "Canvass": 30_000_000}


def found(journeys: list[Journey], spend: dict[str, int], level: Any = "channel", formerly: dict[str, tuple[str, ...]] | None = None) -> Found:
    """Return what these journeys and costs (cents by label) give."""
    groups = groups_of(SOURCES, level)
    labels = [label for _, label in groups.keys]
    part = of_paths([[int(groups.group_of[place + 1]) for place in path] for path, *_ in journeys], [count for _, count, _ in journeys], [cents for *_, cents in journeys],
                    days=[[float(len(path) - place) for place in range(len(path))] for path, *_ in journeys])
    tally, paths = Tally(len(labels)), Paths(len(labels))
    if journeys:
        tally.add(part)
        paths.add(part)
    cents = np.array([spend.get(label, 0) for label in labels], dtype=np.int64)
    done = attribute(tally)
    return answer_of(done, paths, groups, cents, [(formerly or {}).get(label, ()) for label in labels], paths.touches, done.cents / 100 if done.cents else float(done.conversions))


def door(journeys: list[Journey] | None = None, spend: dict[str, int] | None = None, asked: list[tuple[AttributionQuestion, Scope]] | None = None, **more: Any) -> Callable[[AttributionQuestion, Scope], AttributionAnswer]:
    """Return a door that answers every question by these journeys, and writes down what was asked."""

    def answer(question: AttributionQuestion, scope: Scope) -> AttributionAnswer:
        if asked is not None:
            asked.append((question, scope))
        return AttributionAnswer(question, found(USUAL if journeys is None else journeys, SPEND if spend is None else spend, question.level, **more), MOMENT)

    return answer
