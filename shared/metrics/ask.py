"""The only door to numbers: cached by question and by the versions of the views it reads, limited to the asker's branches."""

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

import pandas as pd
import pyarrow as pa
from sqlalchemy.exc import DBAPIError

from shared.cache import Cache
from shared.clock import Clock, now, today
from shared.metrics.answer import answer
from shared.metrics.errors import OutOfScopeError
from shared.metrics.question import Question
from shared.metrics.scope import Scope
from shared.metrics.statements import statements
from shared.settings import Settings
from shared.warehouse.catalogue import VIEWS
from shared.warehouse.engines import Engines
from shared.warehouse.refresh import Freshness, freshness

log = logging.getLogger(__name__)
_VIEW_NAMES = tuple(view.name for view in VIEWS)


class UnavailableError(RuntimeError):
    """No server can answer and nothing older is kept; the message is for the person."""


@dataclass(frozen=True, eq=False)
class Answer:
    """A table of numbers and how fresh it is."""

    question: Question
    frame: pd.DataFrame
    """See ``shared.metrics.answer.answer``."""
    as_of: datetime
    """The numbers hold every row committed by then."""
    degraded: str = ""
    """Why the answer is not as it should be, in words; empty: all is well."""
    versions: tuple[tuple[str, str], ...] = ()
    refreshed_at: datetime | None = None
    """When the oldest of its views was last refreshed (its numbers are exact all the same)."""

    def value(self, metric: str) -> float:
        """The number of ``metric`` in an answer of one row; NaN where missing."""
        if len(self.frame) != 1:
            raise ValueError(f"the answer has {len(self.frame)} rows, not one")
        return float(self.frame[metric].iloc[0])


class Ask(Protocol):
    """What pages are handed: the cached door, or in a test any function of the same shape."""

    def __call__(self, question: Question, scope: Scope) -> Answer:
        """Answer ``question`` for somebody who may see ``scope``."""
        ...

    def many(self, questions: Sequence[Question], scope: Scope) -> list[Answer]:
        """Answer several questions as of the same moment."""
        ...

    @property
    def today(self) -> date:
        """The head office's day."""
        ...


class CachedAsk:
    """``ask`` over PostgreSQL and Redis; safe to share between threads."""

    def __init__(self, engines: Engines, cache: Cache, settings: Settings, clock: Clock = now) -> None:
        """Hand in what it needs; nothing is opened yet."""
        self._engines, self._cache, self._settings, self._clock = engines, cache, settings, clock

    @property
    def today(self) -> date:
        """The head office's day."""
        return today(self._settings.company_time_zone, self._clock)

    def __call__(self, question: Question, scope: Scope) -> Answer:
        """Answer one question; see ``many``."""
        return self.many([question], scope)[0]

    def many(self, questions: Sequence[Question], scope: Scope) -> list[Answer]:
        """Answer ``questions`` in order, with one look at the versions of the views for all of them.

        Raises OutOfScopeError where a question is about branches that ``scope`` does not hold, UnavailableError where no server answers and
        nothing older is kept.
        """
        narrowed = [_narrow(question, scope) for question in questions]
        day, moment = self.today, self._clock()
        try:
            with self._engines.reader() as connection:
                fresh = freshness(connection, _VIEW_NAMES)
        except DBAPIError as error:
            log.warning("no database answers, looking for older answers: %s", str(error.orig).strip())
            return [self._older(question, day) for question in narrowed]
        return [self._fetch(question, day, moment, fresh) for question in narrowed]

    def _fetch(self, question: Question, day: date, moment: datetime, fresh: dict[str, Freshness]) -> Answer:
        states = [fresh[view] for view in question.views]
        versions = tuple((state.view, state.version) for state in states)
        family = question.fingerprint(day)
        key = f"{family}:{'/'.join(version for _, version in versions)}"
        try:
            fetched = self._cache.fetch(key, family, lambda: self._compute(question, day, moment, fresh))
        except DBAPIError as error:
            log.exception("computing %s failed", question.metrics)
            if "statement timeout" in str(error.orig):
                raise UnavailableError("this question takes the database too long; ask for fewer days or a coarser grain") from error
            return self._older(question, day)
        found = _unpack(question, fetched.value)
        degraded = "" if self._cache.is_up else "The cache is away: numbers are exact, but slower."
        return replace(found, as_of=moment if fetched.origin != "stale" else found.as_of, degraded=degraded, versions=versions,
                       refreshed_at=min(state.refreshed_at for state in states))

    def _compute(self, question: Question, day: date, moment: datetime, fresh: dict[str, Freshness]) -> bytes:
        starts = {view: date.fromisoformat(state.recent_from) for view, state in fresh.items()}
        for attempt in (1, 2):
            try:
                with self._engines.reader() as connection:
                    return _pack(answer(question, connection, day, starts), moment)
            except DBAPIError as error:
                # A replica cancels a read that stands in the way of replay: once more, and the reader may by then prefer the primary.
                if attempt == 2 or "recovery" not in str(error.orig):
                    raise
                time.sleep(0.05)
        raise AssertionError("unreachable")

    def _older(self, question: Question, day: date) -> Answer:
        kept = self._cache.latest(question.fingerprint(day))
        if kept is None:
            raise UnavailableError("The database does not answer at the moment. Nothing is lost; please try again in a minute.")
        return replace(_unpack(question, kept), degraded="The database does not answer: these are the last known numbers.")

    def check(self, question: Question, scope: Scope) -> None:
        """Raise OutOfScopeError where ``scope`` may not have this question answered."""
        _narrow(question, scope)

    def sql(self, question: Question, scope: Scope) -> list[str]:
        """The statements behind an answer, with their values written in."""
        return [statement.shown() for statement in statements(_narrow(question, scope), self.today)]


def _narrow(question: Question, scope: Scope) -> Question:
    if not scope.is_company and not all(declared.has_branch for declared in question.declared):
        names = [declared.label for declared in question.declared if not declared.has_branch]
        raise OutOfScopeError(f"{', '.join(names)} belongs to the whole company, which is not yours to see")
    return replace(question, branches=scope.narrowed(question.branches))


def _pack(frame: pd.DataFrame, moment: datetime) -> bytes:
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata({"as_of": moment.isoformat(), "rows": json.dumps(len(frame))})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _unpack(question: Question, value: bytes) -> Answer:
    table = pa.ipc.open_stream(value).read_all()
    facts = table.schema.metadata or {}
    return Answer(question, table.to_pandas(), datetime.fromisoformat(facts[b"as_of"].decode()))
