"""The only door to numbers: cached by question and by the versions of the views it reads, limited to the asker's branches."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

import pandas as pd
import pyarrow as pa
from sqlalchemy.exc import DBAPIError

from shared.cache import Cache, Passing
from shared.clock import Clock, now, today
from shared.metrics.errors import OutOfScopeError
from shared.metrics.memory import Memory
from shared.metrics.question import Question
from shared.metrics.reading import read
from shared.metrics.scope import Scope
from shared.metrics.statements import statements, whole_history
from shared.settings import Settings
from shared.warehouse.catalogue import VIEWS
from shared.warehouse.engines import Engines, newest_commit, position
from shared.warehouse.refresh import Freshness, freshness

log = logging.getLogger(__name__)
_VIEW_NAMES = tuple(view.name for view in VIEWS)


_REMEMBERED, _LARGE = 512, 2000
"""Answers that a process remembers, and the rows from which one is too large for that."""


class UnavailableError(RuntimeError):
    """No server can answer and nothing older is kept; the message is for the person."""


@dataclass(frozen=True, eq=False)
class Answer:
    """A table of numbers and how fresh it is."""

    question: Question
    frame: pd.DataFrame
    """See ``shared.metrics.answer.answers``."""
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


@dataclass(frozen=True)
class _Look:
    """How the views stand at one moment: which versions an answer must have, and where it may be read."""

    fresh: dict[str, Freshness]
    position: str
    """Only a server that holds all of the log up to here will do; empty: any."""
    as_of: datetime
    degraded: str = ""

    def versions(self, question: Question) -> tuple[tuple[str, str], ...]:
        return tuple((view, self.fresh[view].version) for view in question.views)


class CachedAsk:
    """``ask`` over PostgreSQL and Redis; safe to share between threads."""

    def __init__(self, engines: Engines, cache: Cache, settings: Settings, clock: Clock = now) -> None:
        """Hand in what it needs; nothing is opened yet."""
        self._engines, self._cache, self._settings, self._clock = engines, cache, settings, clock
        self._memory: Memory[Answer] = Memory(_REMEMBERED)

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
        asked = [narrowed(question, scope) for question in questions]
        day = self.today
        self._cache.ping()  # what this process remembers needs no cache, and would not notice that it is away
        try:
            look = self._look()
        except DBAPIError as error:
            log.warning("no database answers, looking for older answers: %s", str(error.orig).strip())
            return [self._older(question, day) for question in asked]
        return [self._fetch(question, day, look) for question in asked]

    def _look(self) -> _Look:
        """The primary says how the views stand, so that what was just committed counts; replicas answer once they hold as much."""
        moment = self._clock()
        if not self._engines.primary_is_down:
            try:
                with self._engines.primary_reader() as connection:
                    return _Look(freshness(connection, _VIEW_NAMES), position(connection), moment)
            except DBAPIError as error:
                log.warning("the primary does not say how the views stand: %s", str(error.orig).strip())
        fresh, newest = self._engines.read(lambda connection: (freshness(connection, _VIEW_NAMES), newest_commit(connection)))
        return _Look(fresh, "", newest or moment, "The primary database does not answer: numbers come from a replica, as of when it last heard from it.")

    def _fetch(self, question: Question, day: date, look: _Look) -> Answer:
        family, versions = question.fingerprint(day), look.versions(question)
        key = _key(family, versions)
        found = self._memory.get(key)
        try:
            if found is None:
                found = self._from_cache(question, day, look, key)
        except DBAPIError as error:
            log.exception("computing %s failed", question.metrics)
            if "statement timeout" in str(error.orig):
                raise UnavailableError("this question takes the database too long; ask for fewer days or a coarser grain") from error
            return self._older(question, day)
        degraded = look.degraded or ("" if self._cache.is_up else "The cache is away: numbers are exact, but slower.")
        # A shallow copy: whoever adds a column to it does not change what others get (pandas copies on write).
        return replace(found, question=question, frame=found.frame.copy(deep=False), as_of=look.as_of, degraded=degraded, versions=versions,
                       refreshed_at=min(look.fresh[view].refreshed_at for view in question.views))

    def _from_cache(self, question: Question, day: date, look: _Look, key: str) -> Answer:
        fetched = self._cache.fetch(key, question.fingerprint(day), lambda: self._compute(question, day, look))
        found = _unpack(question, fetched.value)
        if not isinstance(fetched.value, Passing) and len(found.frame) <= _LARGE:
            self._memory.put(key, found)
        return found

    def _compute(self, question: Question, day: date, look: _Look) -> bytes:
        reading = self._engines.read(lambda connection: read([question], connection, day), look.position)[0]
        value, family = _pack(reading.frame, look.as_of), question.fingerprint(day)
        versions = reading.versions
        if versions == look.versions(question):
            return value
        self._cache.put(_key(family, versions), family, value)  # rows were committed meanwhile: kept as what it is
        return Passing(value)

    def _older(self, question: Question, day: date) -> Answer:
        kept = self._cache.latest(question.fingerprint(day))
        if kept is None:
            raise UnavailableError("The database does not answer at the moment. Nothing is lost; please try again in a minute.")
        return replace(_unpack(question, kept), degraded="The database does not answer: these are the last known numbers.")

    def check(self, question: Question, scope: Scope) -> None:
        """Raise OutOfScopeError where ``scope`` may not have this question answered."""
        narrowed(question, scope)

    def sql(self, question: Question, scope: Scope) -> list[str]:
        """The statements behind an answer, with their values written in; a level from its whole history, which is right on any day."""
        found = statements(narrowed(question, scope), self.today)
        return [(whole_history(statement) if statement.is_level else statement).shown() for statement in found]


def _key(family: str, versions: tuple[tuple[str, str], ...]) -> str:
    return f"{family}:{'/'.join(version for _, version in versions)}"


def narrowed(question: Question, scope: Scope) -> Question:
    """The question as somebody with ``scope`` may have it answered.  Raises OutOfScopeError."""
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
