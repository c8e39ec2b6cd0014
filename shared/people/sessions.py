"""Sessions: a random token in the browser, its hash in PostgreSQL.  Neither Redis nor a restart ends them."""

import hashlib
import logging
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from shared.people.accounts import COLUMNS, person_from
from shared.people.person import Person
from shared.people.roles import SiteName
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
_CACHE_SECONDS = 3.0
"""A session ended elsewhere works at most this long."""
_CACHE_SIZE = 5_000
_TOUCH_SECONDS = 60.0
_LONGEST = timedelta(days=30)
"""However busy it is, a session ends after this."""

_START = text("""
    INSERT INTO app.session (token_hash, person_id, site, expires_at, address, user_agent)
    VALUES (:hash, :person, :site, now() + :idle, :address, :user_agent)""")
_SIGNED_IN = text("UPDATE app.person SET last_sign_in_at = now() WHERE id = :person")
_FIND = text(f"""
    SELECT {COLUMNS}, s.token_hash, extract(epoch FROM now() - s.last_seen_at) AS unused_seconds
    FROM app.session s JOIN app.person p ON p.id = s.person_id
    WHERE s.token_hash = :hash AND s.site = :site AND s.revoked_at IS NULL AND s.expires_at > now() AND p.is_active""")
_TOUCH = text("""
    UPDATE app.session SET last_seen_at = now(), expires_at = least(now() + :idle, created_at + :longest)
    WHERE token_hash = :hash AND revoked_at IS NULL""")
_END = text("UPDATE app.session SET revoked_at = now() WHERE token_hash = :hash AND revoked_at IS NULL")
_END_OTHERS = text("UPDATE app.session SET revoked_at = now() WHERE person_id = :person AND token_hash <> :keep AND revoked_at IS NULL")
_COUNT = text("SELECT count(*) FROM app.session WHERE person_id = :person AND revoked_at IS NULL AND expires_at > now()")
_FORGET = text("DELETE FROM app.session WHERE expires_at < now() - interval '30 days'")


@dataclass(frozen=True)
class Session:
    """A sign-in that is good at this moment."""

    person: Person
    token_hash: bytes


def hash_of(token: str) -> bytes:
    """Return the form in which a token is kept; tokens are random, so a fast hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


class Sessions:
    """The sessions of one site, with a memory of a few seconds so that a busy page does not ask the database for each of its parts."""

    def __init__(self, engines: Engines, site: SiteName, hours: int) -> None:
        """``hours`` without use end a session."""
        self._engines, self._site, self._idle = engines, site, timedelta(hours=hours)
        self._lock = threading.Lock()
        self._seen: dict[bytes, tuple[float, Session]] = {}

    def start(self, person: Person, address: str, user_agent: str) -> str:
        """Open a session and return its token, which is kept nowhere."""
        token = secrets.token_urlsafe(32)
        values = {"hash": hash_of(token), "person": person.id, "site": self._site, "idle": self._idle, "address": address[:100]}
        with self._engines.writer() as connection:
            connection.execute(_START, {**values, "user_agent": user_agent.replace("\x00", "")[:400]})
            connection.execute(_SIGNED_IN, {"person": person.id})
        return token

    def find(self, token: str) -> Session | None:
        """Return the session of ``token``, or None: unknown, ended, unused for too long, of the other site, or the person is inactive.

        Raises sqlalchemy.exc.DBAPIError if no database answers.
        """
        key = hash_of(token)
        seen = self._seen.get(key)
        if seen is not None and time.monotonic() - seen[0] < _CACHE_SECONDS:
            return seen[1]
        return self._find(key)

    def _find(self, key: bytes) -> Session | None:
        try:
            with self._engines.primary_reader() as connection:
                session, unused = self._read(connection, key)
        except DBAPIError as error:
            session, unused = self._find_on_replica(key, error), 0.0
        with self._lock:
            if session is None:
                self._seen.pop(key, None)
                return None
            if len(self._seen) >= _CACHE_SIZE:
                self._seen.clear()
            self._seen[key] = (time.monotonic(), session)
        if unused > _TOUCH_SECONDS:
            self._touch(key)
        return session

    def _read(self, connection: Connection, key: bytes) -> tuple[Session | None, float]:
        row = connection.execute(_FIND, {"hash": key, "site": self._site}).one_or_none()
        return (None, 0.0) if row is None else (Session(person_from(row), bytes(row.token_hash)), float(row.unused_seconds))

    def _find_on_replica(self, key: bytes, error: DBAPIError) -> Session | None:
        """While the primary is away nobody can be shut out either, so what a replica last knew is as good as it gets."""
        for replica in self._engines.replicas:
            try:
                with replica.engine.connect() as connection:
                    return self._read(connection, key)[0]
            except DBAPIError as other:
                log.warning("a session could be read neither on the primary nor on a replica: %s", other.orig)
        raise error

    def _touch(self, key: bytes) -> None:
        try:
            with self._engines.writer() as connection:
                connection.execute(_TOUCH, {"hash": key, "idle": self._idle, "longest": _LONGEST})
        except DBAPIError as error:
            log.warning("the last use of a session could not be written: %s", error.orig)

    def end(self, session: Session) -> None:
        """End this session."""
        self.forget(session)
        with self._engines.writer() as connection:
            connection.execute(_END, {"hash": session.token_hash})
        self.forget(session)

    def end_others(self, session: Session) -> None:
        """End every other session of the same person, on both sites."""
        with self._engines.writer() as connection:
            connection.execute(_END_OTHERS, {"person": session.person.id, "keep": session.token_hash})
        self.forget_person(session.person.id)

    def count(self, person_id: int) -> int:
        """Return how many sessions of this person are open, on both sites."""
        with self._engines.primary_reader() as connection:
            return int(connection.execute(_COUNT, {"person": person_id}).scalar_one())

    def forget(self, session: Session) -> None:
        """Drop one session from this process's memory."""
        with self._lock:
            self._seen.pop(session.token_hash, None)

    def forget_person(self, person_id: int) -> None:
        """Drop what this process remembers of a person, after a change to the account."""
        with self._lock:
            for key in [key for key, (_, session) in self._seen.items() if session.person.id == person_id]:
                del self._seen[key]


def forget_old_sessions(engines: Engines) -> int:
    """Delete sessions that ended a month ago and return how many; a nightly job calls it."""
    with engines.writer() as connection:
        return connection.execute(_FORGET).rowcount
