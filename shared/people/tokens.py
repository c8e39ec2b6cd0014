"""API tokens: shown once, kept as a hash, answered with the person whose reach they have."""

import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from shared.people.accounts import COLUMNS, person_from
from shared.people.changes import write_log
from shared.people.person import Person
from shared.people.problems import AccountError
from shared.people.sessions import hash_of
from shared.warehouse.engines import Engines

PREFIX = "nbi_"
"""Lets a person, or a scanner of leaked secrets, see what a token is."""
_CACHE_SECONDS = 3.0
_CACHE_SIZE = 2_000

_CREATE = text("""
    INSERT INTO app.api_token (token_hash, person_id, name, expires_at)
    VALUES (:hash, :person, :name, CASE WHEN CAST(:lifetime AS interval) IS NOT NULL THEN now() + CAST(:lifetime AS interval) END)""")
_FIND = text(f"""
    SELECT {COLUMNS}, t.id AS token_id, t.last_used_at IS NULL OR t.last_used_at < now() - interval '1 minute' AS is_stale
    FROM app.api_token t JOIN app.person p ON p.id = t.person_id
    WHERE t.token_hash = :hash AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND p.is_active""")
_USED = text("UPDATE app.api_token SET last_used_at = now() WHERE id = :id")
_LIST = text("""
    SELECT id, name, created_at, last_used_at, expires_at FROM app.api_token
    WHERE person_id = :person AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) ORDER BY created_at DESC, id DESC""")
_REVOKE = text("UPDATE app.api_token SET revoked_at = now() WHERE id = :id AND person_id = :person AND revoked_at IS NULL RETURNING name")


@dataclass(frozen=True)
class ApiToken:
    """What may be shown of a token that is good."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class Tokens:
    """The API tokens, with a memory of a few seconds."""

    def __init__(self, engines: Engines) -> None:
        """Ask nothing yet."""
        self._engines = engines
        self._lock = threading.Lock()
        self._seen: dict[bytes, tuple[float, Person]] = {}

    def create(self, person: Person, name: str, lifetime: timedelta | None = None, token: str | None = None) -> str:
        """Create a token for ``person`` and return it: nobody can read it again.  Raises AccountError if the name will not do."""
        name = " ".join(name.split())
        if not name or len(name) > 80 or not name.isprintable():
            raise AccountError("Give the token a name of 1 to 80 characters, such as the program that will use it.")
        token = token or PREFIX + secrets.token_urlsafe(32)
        with self._engines.writer() as connection:
            connection.execute(_CREATE, {"hash": hash_of(token), "person": person.id, "name": name, "lifetime": lifetime})
            write_log(connection, person.id, person, "created API token", {"token": name})
        return token

    def person_of(self, token: str) -> Person | None:
        """Return whose token this is, or None: unknown, revoked, expired, or the person is inactive."""
        key = hash_of(token)
        seen = self._seen.get(key)
        if seen is not None and time.monotonic() - seen[0] < _CACHE_SECONDS:
            return seen[1]
        with self._engines.primary_reader() as connection:
            row = connection.execute(_FIND, {"hash": key}).one_or_none()
        with self._lock:
            self._seen.pop(key, None)
            if row is None:
                return None
            if len(self._seen) >= _CACHE_SIZE:
                self._seen.clear()
            person = person_from(row)
            self._seen[key] = (time.monotonic(), person)
        if row.is_stale:
            with self._engines.writer() as connection:
                connection.execute(_USED, {"id": row.token_id})
        return person

    def list(self, person: Person) -> list[ApiToken]:
        """Return the good tokens of ``person``, newest first."""
        with self._engines.primary_reader() as connection:
            return [ApiToken(*row) for row in connection.execute(_LIST, {"person": person.id})]

    def revoke(self, person: Person, token_id: int) -> bool:
        """End one of ``person``'s tokens; False: it was not theirs or had ended."""
        with self._engines.writer() as connection:
            name = connection.execute(_REVOKE, {"id": token_id, "person": person.id}).scalar_one_or_none()
            if name is not None:
                write_log(connection, person.id, person, "revoked API token", {"token": name})
        with self._lock:
            self._seen.clear()
        return name is not None
