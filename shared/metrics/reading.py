"""Reads the answers of many questions from one snapshot: exact, uncached; under both doors to numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import Connection

from shared.metrics.answer import answers
from shared.metrics.day_tables import DayTables
from shared.metrics.question import Question
from shared.warehouse.refresh import Freshness, freshness, hold


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read for one question."""

    frame: pd.DataFrame
    """See ``shared.metrics.answer.answers``."""
    fresh: dict[str, Freshness]
    """How the views of the question stood in the snapshot that it was read from."""

    @property
    def versions(self) -> tuple[tuple[str, str], ...]:
        """The version of each view, in the order of their names."""
        return tuple((view, state.version) for view, state in self.fresh.items())


def read(questions: Sequence[Question], connection: Connection, day: date, tables: DayTables | None = None) -> list[Reading]:
    """Answer ``questions`` in order, and say how their views stood; ``connection`` has to be a snapshot that nothing was read from yet."""
    views = tuple(sorted({view for question in questions for view in question.views}))
    hold(connection, views)
    fresh = freshness(connection, views)
    recent_from = {view: date.fromisoformat(state.recent_from) for view, state in fresh.items()}
    frames = answers(questions, connection, day, recent_from, tables)
    return [Reading(frame, {view: fresh[view] for view in question.views}) for question, frame in zip(questions, frames, strict=True)]
