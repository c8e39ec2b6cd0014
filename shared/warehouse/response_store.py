"""Keeps what was learnt about how leads follow money: one row a day, whole or not at all."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

_LOCK: Final = text("SELECT pg_try_advisory_xact_lock(hashtext('shared.marketing.learn'))")
_KEEP: Final = 30
"""Days that are kept, to see how what was learnt changes."""
_NEWEST: Final = text("SELECT day, made_at, method, value FROM app.learnt_response ORDER BY day DESC LIMIT 1")


@dataclass(frozen=True)
class LearntRow:
    """What was learnt on one day."""

    day: date
    made_at: datetime
    method: str
    value: Mapping[str, Any]


def try_to_be_the_one(connection: Connection) -> bool:
    """Say whether this transaction is the one that learns; until its end nobody else does."""
    return bool(connection.execute(_LOCK).scalar_one())


def newest_in(connection: Connection) -> LearntRow | None:
    """The newest; None: there is none."""
    row = connection.execute(_NEWEST).mappings().one_or_none()
    return LearntRow(**row) if row else None


def newest(engines: Engines) -> datetime | None:
    """When the newest was made; None: there is none."""
    with engines.reader() as connection:
        found: datetime | None = connection.execute(text("SELECT made_at FROM app.learnt_response ORDER BY day DESC LIMIT 1")).scalar_one_or_none()
        return found


def load(engines: Engines) -> LearntRow | None:
    """Read the newest for readers of pages."""
    with engines.reader() as connection:
        return newest_in(connection)


def add(connection: Connection, day: date, made_at: datetime, method: str, value: Mapping[str, Any]) -> None:
    """Write a day's, in place of an earlier one of that day, and forget the oldest; in the caller's transaction."""
    connection.execute(text("INSERT INTO app.learnt_response (day, made_at, method, value) VALUES (:day, :made_at, :method, CAST(:value AS jsonb))"
                            " ON CONFLICT (day) DO UPDATE SET made_at = excluded.made_at, method = excluded.method, value = excluded.value"),
                       {"day": day, "made_at": made_at, "method": method, "value": json.dumps(value)})
    connection.execute(text("DELETE FROM app.learnt_response WHERE day NOT IN (SELECT day FROM app.learnt_response ORDER BY day DESC LIMIT :keep)"), {"keep": _KEEP})
