"""The only door to numbers: cached by question and by the versions of the views it reads, limited to the asker's branches."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

import pandas as pd
from sqlalchemy.exc import DBAPIError

from shared.cache import Cache, Passing
from shared.clock import Clock, now, today
from shared.metrics.errors import OutOfScopeError, QuestionError
from shared.metrics.memory import Memory
from shared.metrics.packing import pack, unpack
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


class PageAsk(Ask, Protocol):
    """What sites are handed: ``ask``, and a door for each of their pages."""

    def at_once(self) -> "PageAsk":
        """A door for one page, whose answers all stand on one look."""
        ...


@dataclass(frozen=True)
class _Look:
    """How the views stand at one moment: which versions an answer must have, and where it may be read."""

    fresh: dict[str, Freshness]
    position: str
    """Only a server that holds all of the log up to here will do; empty: any."""
    as_of: datetime
    day: date
    """The head office's day at that moment."""
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
        """Answer ``questions`` in order, with one look at the versions of the views for all of them; what is kept nowhere is computed together.

        Raises OutOfScopeError where a question is about branches that ``scope`` does not hold, UnavailableError where no server answers and
        nothing older is kept.
        """
        return self.at_once().many(questions, scope)

    def at_once(self) -> "AtOnce":
        """A door for one page: whatever is asked through it is answered by one look, taken when the first question comes.  Not for longer than a request."""
        return AtOnce(self._look, self._answer, self._older, lambda: self.today)

    def _look(self) -> _Look:
        """The primary says how the views stand, so that what was just committed counts; replicas answer once they hold as much."""
        self._cache.ping()  # what this process remembers needs no cache, and would not notice that it is away
        moment, day = self._clock(), self.today
        if not self._engines.primary_is_down:
            try:
                with self._engines.primary_reader() as connection:
                    return _Look(freshness(connection, _VIEW_NAMES), position(connection), moment, day)
            except DBAPIError as error:
                log.warning("the primary does not say how the views stand: %s", str(error.orig).strip())
        fresh, newest = self._engines.read(lambda connection: (freshness(connection, _VIEW_NAMES), newest_commit(connection)))
        return _Look(fresh, "", newest or moment, day, "The primary database does not answer: numbers come from a replica, as of when it last heard from it.")

    def _answer(self, questions: Sequence[Question], look: _Look) -> list[Answer]:
        wanted = {question: _Wanted(question, look) for question in dict.fromkeys(questions)}
        found = {question: self._memory.get(each.key) for question, each in wanted.items()}
        missing = {each.key: each for question, each in wanted.items() if found[question] is None}
        values = self._cache.fetch_many({key: each.family for key, each in missing.items()}, lambda keys: self._computed([missing[key] for key in keys], look)) if missing else {}
        for key, value in values.items():
            found[missing[key].question] = self._unpacked(missing[key], value)
        degraded = look.degraded or ("" if self._cache.is_up else "The cache is away: numbers are exact, but slower.")
        return [self._told(question, found[question], look, degraded) for question in questions]

    def _told(self, question: Question, found: Answer | None, look: _Look, degraded: str) -> Answer:
        if found is None:
            return self._older(question, look.day)
        # A shallow copy: whoever adds a column to it does not change what others get (pandas copies on write).
        return replace(found, question=question, frame=found.frame.copy(deep=False), as_of=look.as_of, degraded=degraded, versions=look.versions(question),
                       refreshed_at=min(look.fresh[view].refreshed_at for view in question.views))

    def _unpacked(self, wanted: "_Wanted", value: bytes | Exception) -> Answer | None:
        """The answer; None where no database could be asked, so that an older one has to do."""
        if isinstance(value, DBAPIError):
            log.error("computing %s failed", wanted.question.metrics, exc_info=value)
            if _takes_too_long(value):
                raise UnavailableError("this question takes the database too long; ask for fewer days or a coarser grain") from value
            return None
        if isinstance(value, Exception):
            raise value
        found = wanted.computed or Answer(wanted.question, *unpack(value))
        if not isinstance(value, Passing) and len(found.frame) <= _LARGE:
            self._memory.put(wanted.key, found)
        return found

    def _computed(self, wanted: "list[_Wanted]", look: _Look) -> dict[str, bytes | Exception]:
        """Compute them together; each alone where one of them asks for too much, so that it costs the others nothing."""
        try:
            return self._read(wanted, look)
        except (DBAPIError, QuestionError) as error:
            if len(wanted) == 1 or (isinstance(error, DBAPIError) and not _takes_too_long(error)):
                raise
        found: dict[str, bytes | Exception] = {}
        for each in wanted:
            try:
                found |= self._read([each], look)
            except (DBAPIError, QuestionError) as error:
                found[each.key] = error
                if isinstance(error, DBAPIError):  # the others would take as long, one after another
                    return dict.fromkeys((one.key for one in wanted), error) | found
        return found

    def _read(self, wanted: "list[_Wanted]", look: _Look) -> dict[str, bytes | Exception]:
        readings = self._engines.read(lambda connection: read([each.question for each in wanted], connection, look.day), look.position)
        found: dict[str, bytes | Exception] = {}
        otherwise = []
        for each, reading in zip(wanted, readings, strict=True):
            value = found[each.key] = pack(reading.frame, look.as_of)
            if reading.versions != look.versions(each.question):  # rows were committed meanwhile: kept as what it is
                found[each.key] = Passing(value)
                otherwise.append((_key(each.family, reading.versions), each.family, value))
            each.computed = Answer(each.question, reading.frame, look.as_of)
        self._cache.put_many(otherwise)
        return found

    def _older(self, question: Question, day: date) -> Answer:
        kept = self._cache.latest(question.fingerprint(day))
        if kept is None:
            raise UnavailableError("The database does not answer at the moment. Nothing is lost; please try again in a minute.")
        return Answer(question, *unpack(kept), degraded="The database does not answer: these are the last known numbers.")

    def check(self, question: Question, scope: Scope) -> None:
        """Raise OutOfScopeError where ``scope`` may not have this question answered."""
        narrowed(question, scope)

    def sql(self, question: Question, scope: Scope) -> list[str]:
        """The statements behind an answer, with their values written in; a level from its whole history, which is right on any day."""
        found = statements(narrowed(question, scope), self.today)
        return [(whole_history(statement) if statement.is_level else statement).shown() for statement in found]


class AtOnce:
    """``ask`` as of one look; see ``CachedAsk.at_once``."""

    def __init__(self, look: Callable[[], _Look], answer: Callable[[Sequence[Question], _Look], list[Answer]], older: Callable[[Question, date], Answer],
                 day: Callable[[], date]) -> None:
        """Look only when something is asked."""
        self._look, self._answer, self._older, self._day = look, answer, older, day
        self._seen: _Look | None = None
        self._looking = threading.Lock()

    @property
    def today(self) -> date:
        """The head office's day."""
        return self._seen.day if self._seen else self._day()

    def __call__(self, question: Question, scope: Scope) -> Answer:
        """Answer one question; see ``CachedAsk.many``."""
        return self.many([question], scope)[0]

    def many(self, questions: Sequence[Question], scope: Scope) -> list[Answer]:
        """Answer ``questions`` in order; see ``CachedAsk.many``."""
        asked = [narrowed(question, scope) for question in questions]
        try:
            with self._looking:
                look = self._seen = self._seen or self._look()
        except DBAPIError as error:
            log.warning("no database answers, looking for older answers: %s", str(error.orig).strip())
            return [self._older(question, self.today) for question in asked]
        return self._answer(asked, look)

    def at_once(self) -> "AtOnce":
        """Itself."""
        return self


class _Wanted:
    """A question that is to be answered, with its key in the cache."""

    def __init__(self, question: Question, look: _Look) -> None:
        self.question, self.family = question, question.fingerprint(look.day)
        self.key = _key(self.family, look.versions(question))
        self.computed: Answer | None = None
        """Where this very call computed it: needs no unpacking."""


def _takes_too_long(error: DBAPIError) -> bool:
    return "statement timeout" in str(error.orig)


def _key(family: str, versions: tuple[tuple[str, str], ...]) -> str:
    return f"{family}:{'/'.join(version for _, version in versions)}"


def narrowed(question: Question, scope: Scope) -> Question:
    """The question as somebody with ``scope`` may have it answered.  Raises OutOfScopeError."""
    if not scope.is_company and not all(declared.has_branch for declared in question.declared):
        names = [declared.label for declared in question.declared if not declared.has_branch]
        raise OutOfScopeError(f"{', '.join(names)} belongs to the whole company, which is not yours to see")
    branches = scope.narrowed(question.branches)
    return question if branches == question.branches else replace(question, branches=branches)
