"""The door to attribution: which channel, source or campaign gets how much of the period's conversions, by every model.

One snapshot answers: conversions, touches, costs and the catalogue's own total.  Kept in Redis under the question and the versions of every view that
reads the same tables, so an answer is exact at commit and worked out once.
"""

import logging
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from shared.cache import Cache, Passing
from shared.clock import Clock, now, today
from shared.metrics.ask import UnavailableError
from shared.metrics.attribution_answer import Found, found_of
from shared.metrics.attribution_question import AttributionQuestion
from shared.metrics.attribution_reading import VIEWS_READ, read_attribution
from shared.metrics.memory import Memory
from shared.metrics.scope import Scope
from shared.settings import Settings
from shared.warehouse.engines import Engines, position
from shared.warehouse.refresh import freshness

log = logging.getLogger(__name__)
_KEPT = 64


@dataclass(frozen=True, eq=False)
class AttributionAnswer:
    """What was found and how fresh it is."""

    question: AttributionQuestion
    found: Found
    as_of: datetime
    """The numbers hold every row committed by then."""
    degraded: str = ""
    """Why it is not as it should be, in words; empty: all is well."""


class AskAttribution:
    """Attribution over PostgreSQL and Redis; safe to share between threads."""

    def __init__(self, engines: Engines, cache: Cache, settings: Settings, clock: Clock = now) -> None:
        """Hand in what it needs; nothing is opened yet."""
        self._engines, self._cache, self._settings, self._clock = engines, cache, settings, clock
        self._memory: Memory[Found] = Memory(_KEPT)

    def __call__(self, question: AttributionQuestion, scope: Scope) -> AttributionAnswer:
        """Answer ``question`` for somebody who may see ``scope``.

        Raises OutOfScopeError where it is about branches outside it, UnavailableError where no server answers and nothing older is kept, or where it takes the database too long.
        """
        asked = replace(question, branches=scope.narrowed(question.branches))
        family, moment = asked.fingerprint(), self._clock()
        try:
            versions, at_least, degraded = self._look()
            key = f"{family}:{versions}"
            found = self._memory.get(key)
            if found is None:
                value = self._cache.fetch(key, family, lambda: self._computed(asked, family, versions, at_least)).value
                found = found_of(orjson.loads(value))
                if not isinstance(value, Passing):
                    self._memory.put(key, found)
        except DBAPIError as error:
            return self._older(question, family, moment, error)
        if not degraded and not self._cache.is_up:
            degraded = "The cache is away: numbers are exact, but slower."
        return AttributionAnswer(question, found, moment, degraded)

    def _look(self) -> tuple[str, str, str]:
        """The versions of what is read, the position that a replica must have reached, and what is wrong."""
        if not self._engines.primary_is_down:
            try:
                with self._engines.primary_reader() as connection:
                    return versions_of(connection), position(connection), ""
            except DBAPIError as error:
                log.warning("the primary does not say how the views stand: %s", str(error.orig).strip())
        return self._engines.read(versions_of), "", "The primary database does not answer: numbers come from a replica, as of when it last heard from it."

    def _computed(self, asked: AttributionQuestion, family: str, versions: str, at_least: str) -> bytes:
        day = today(self._settings.company_time_zone, self._clock)

        def work(connection: Connection) -> tuple[Found, str]:
            read = read_attribution(asked, connection, day, self._settings.company_time_zone)
            return read, versions_of(connection)

        found, really = self._engines.read(work, at_least)
        value = orjson.dumps(asdict(found))
        if really != versions:  # rows were committed meanwhile: kept as what it is
            self._cache.put(f"{family}:{really}", family, value)
            return Passing(value)
        return value

    def _older(self, question: AttributionQuestion, family: str, moment: datetime, error: DBAPIError) -> AttributionAnswer:
        if "statement timeout" in str(error.orig):
            raise UnavailableError("This takes the database too long; choose a shorter period or lookback.") from error
        log.error("attribution could not be worked out", exc_info=error)
        kept = self._cache.latest(family)
        if kept is None:
            raise UnavailableError("The database does not answer at the moment. Nothing is lost; please try again in a minute.") from error
        return AttributionAnswer(question, found_of(orjson.loads(kept)), moment, "The database does not answer: these are the last known numbers.")


def versions_of(connection: Connection) -> str:
    """The versions of every view that reads the tables that attribution reads, in one text."""
    fresh = freshness(connection, VIEWS_READ)
    return "/".join(fresh[name].version for name in VIEWS_READ)
