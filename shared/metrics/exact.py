"""The same door to numbers as ``CachedAsk``, without cache and without looks: for whoever computes once for everybody, such as the live worker."""

from collections.abc import Sequence
from datetime import date

from shared.clock import Clock, now, today
from shared.metrics.ask import Answer, narrowed
from shared.metrics.day_tables import DayTables
from shared.metrics.question import Question
from shared.metrics.reading import read
from shared.metrics.scope import Scope
from shared.settings import Settings
from shared.warehouse.engines import Engines


class ExactAsk:
    """``ask`` over the primary alone: every call reads all of its answers in one snapshot.  Safe to share between threads."""

    def __init__(self, engines: Engines, settings: Settings, clock: Clock = now, tables: DayTables | None = None) -> None:
        """Hand in what it needs; nothing is opened yet.  With ``tables`` it belongs to one thread, which says what changed between two calls."""
        self._engines, self._settings, self._clock, self._tables = engines, settings, clock, tables

    @property
    def today(self) -> date:
        """The head office's day."""
        return today(self._settings.company_time_zone, self._clock)

    def __call__(self, question: Question, scope: Scope) -> Answer:
        """Answer one question; see ``many``."""
        return self.many([question], scope)[0]

    def many(self, questions: Sequence[Question], scope: Scope) -> list[Answer]:
        """Answer ``questions`` in order, all from one snapshot that holds every row committed before the call (``as_of``).

        Raises OutOfScopeError as ``CachedAsk`` does, PrimaryIsDownError (a DBAPIError, like any other trouble of the database) where the primary
        does not answer: there is nothing older to fall back on.
        """
        asked = [narrowed(question, scope) for question in questions]
        distinct = list(dict.fromkeys(asked))
        if not distinct:
            return []
        day, moment = self.today, self._clock()  # before the snapshot: it holds whatever was committed by then
        with self._engines.primary_reader() as connection:
            found = dict(zip(distinct, read(distinct, connection, day, self._tables), strict=True))
        return [
            Answer(question, found[question].frame.copy(deep=False), moment, versions=found[question].versions,
                   refreshed_at=min(state.refreshed_at for state in found[question].fresh.values()))
            for question in asked
        ]
