"""Reads the log of changes to accounts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.warehouse.engines import Engines

_RECENT = text("""
    SELECT l.logged_at, l.action, l.details, p.name AS person, p.id AS person_id, a.name AS actor
    FROM app.person_log l JOIN app.person p ON p.id = l.person_id LEFT JOIN app.person a ON a.id = l.actor_id
    WHERE CAST(:person AS integer) IS NULL OR l.person_id = :person
    ORDER BY l.logged_at DESC, l.id DESC LIMIT :limit""")


@dataclass(frozen=True)
class LogLine:
    """One change to one account."""

    logged_at: datetime
    person_id: int
    person: str
    actor: str | None
    """None: the command line."""
    action: str
    details: dict[str, Any]


def recent_log(engines: Engines, person_id: int | None = None, limit: int = 50) -> list[LogLine]:
    """Return the newest lines, newest first, about one person or about everybody."""
    with engines.primary_reader() as connection:
        rows = connection.execute(_RECENT, {"person": person_id, "limit": limit}).all()
    return [LogLine(row.logged_at, row.person_id, row.person, row.actor, row.action, row.details) for row in rows]
