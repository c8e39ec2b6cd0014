"""The store of scheduled delivery: schedules, who receives them, and who wants no more.  Reads go to the primary."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

CLOCK_TOLERANCE: Final = timedelta(minutes=2)
"""So far may the clocks of two workers lie apart."""
_COLUMNS: Final = "d.id, d.owner_id, d.name, d.definition, d.is_paused, d.broken, d.next_at, d.version, d.updated_at, o.name AS owner, ARRAY(SELECT r.recipient FROM app.delivery_recipient r WHERE r.delivery_id = d.id ORDER BY r.recipient) AS recipients"
_FROM: Final = "FROM app.delivery d JOIN app.person o ON o.id = d.owner_id"
_ALL: Final = text(f"SELECT {_COLUMNS} {_FROM} WHERE d.removed_at IS NULL AND (CAST(:owner AS integer) IS NULL OR d.owner_id = :owner) ORDER BY lower(d.name), d.id")
_ONE: Final = text(f"SELECT {_COLUMNS} {_FROM} WHERE d.id = :id AND d.removed_at IS NULL")
_HELD: Final = text(f"SELECT {_COLUMNS} {_FROM} WHERE d.id = :id AND d.removed_at IS NULL FOR UPDATE OF d")
_DUE: Final = text(f"""
SELECT {_COLUMNS}, d.planned_at > :ahead AS is_ahead {_FROM}
WHERE d.removed_at IS NULL AND d.next_at IS NOT NULL AND (d.next_at <= :moment OR d.planned_at > :ahead) ORDER BY d.next_at, d.id LIMIT :most FOR UPDATE OF d SKIP LOCKED""")
_ADD: Final = text("INSERT INTO app.delivery (owner_id, name, definition, next_at, planned_at, updated_by) VALUES (:owner, :name, CAST(:definition AS jsonb), :next_at, :moment, :owner) RETURNING id")
_EDIT: Final = text("UPDATE app.delivery SET name = :name, definition = CAST(:definition AS jsonb), next_at = CASE WHEN is_paused THEN NULL ELSE CAST(:next_at AS timestamptz) END, planned_at = :moment, broken = '', version = version + 1,"
                    " updated_at = clock_timestamp(), updated_by = :actor WHERE id = :id AND version = :version AND removed_at IS NULL")
_PAUSE: Final = text("UPDATE app.delivery SET is_paused = :is_paused, next_at = :next_at, planned_at = :moment, broken = '', version = version + 1, updated_at = clock_timestamp(), updated_by = :actor WHERE id = :id")
_REMOVE: Final = text("UPDATE app.delivery SET removed_at = clock_timestamp(), next_at = NULL, version = version + 1, updated_by = :actor WHERE id = :id AND removed_at IS NULL")


@dataclass(frozen=True)
class Schedule:
    """A schedule as it is kept."""

    id: int
    owner_id: int
    owner: str
    name: str
    definition: dict[str, Any]
    is_paused: bool
    broken: str
    next_at: datetime | None
    version: int
    updated_at: datetime
    recipients: tuple[str, ...]


@contextmanager
def once_at_the_beginning(engines: Engines) -> Iterator[bool]:
    """Say whether nobody has ever made a schedule, also none that was removed; two who ask at once take turns."""
    with engines.primary.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('shared.warehouse.delivery_store'))"))
        yield not connection.execute(text("SELECT EXISTS (SELECT FROM app.delivery)")).scalar_one()


def load_schedules(engines: Engines, owner: int | None = None) -> list[Schedule]:
    """Every schedule that was not removed, by name; only those of ``owner`` where one is given."""
    with engines.primary_reader() as connection:
        return [_schedule(row) for row in connection.execute(_ALL, {"owner": owner}).mappings()]


def find_schedule(engines: Engines, number: int) -> Schedule | None:
    """The schedule with this id; None: there is none, or not any more."""
    with engines.primary_reader() as connection:
        return _found(connection, _ONE, number)


def hold_schedule(connection: Connection, number: int) -> Schedule | None:
    """The same, held until the end of the transaction."""
    return _found(connection, _HELD, number)


def due_schedules(connection: Connection, moment: datetime, most: int) -> list[tuple[Schedule, bool]]:
    """Schedules that are due by ``moment``, held so that nobody else plans them; with True: planned by a clock that has gone back since."""
    rows = connection.execute(_DUE, {"moment": moment, "ahead": moment + CLOCK_TOLERANCE, "most": most}).mappings()
    return [(_schedule({name: value for name, value in row.items() if name != "is_ahead"}), row["is_ahead"]) for row in rows]


def add_schedule(connection: Connection, owner: int, name: str, definition: Mapping[str, Any], recipients: Sequence[str], next_at: datetime | None, moment: datetime) -> int:
    """Keep a new schedule; return its id."""
    found = int(connection.execute(_ADD, {"owner": owner, "name": name, "definition": json.dumps(definition), "next_at": next_at, "moment": moment}).scalar_one())
    _set_recipients(connection, found, recipients)
    return found


def edit_schedule(connection: Connection, number: int, version: int, name: str, definition: Mapping[str, Any], recipients: Sequence[str], next_at: datetime | None, moment: datetime, actor: int) -> bool:
    """Change a schedule; False: somebody was faster."""
    values = {"id": number, "version": version, "name": name, "definition": json.dumps(definition), "next_at": next_at, "moment": moment, "actor": actor}
    if not connection.execute(_EDIT, values).rowcount:
        return False
    _set_recipients(connection, number, recipients)
    return True


def give_schedule(connection: Connection, number: int, owner: int) -> None:
    """Give a schedule to somebody else."""
    connection.execute(text("UPDATE app.delivery SET owner_id = :owner WHERE id = :id"), {"id": number, "owner": owner})


def pause_schedule(connection: Connection, number: int, next_at: datetime | None, moment: datetime, actor: int, *, is_paused: bool) -> None:
    """Pause a schedule, or let it go on with ``next_at``."""
    connection.execute(_PAUSE, {"id": number, "is_paused": is_paused, "next_at": next_at, "moment": moment, "actor": actor})


def remove_schedule(connection: Connection, number: int, actor: int) -> None:
    """Remove a schedule; what it sent stays in log and archive."""
    connection.execute(_REMOVE, {"id": number, "actor": actor})


def plan_next(connection: Connection, number: int, next_at: datetime | None, moment: datetime) -> None:
    """Note when a schedule is due next, as worked out at ``moment``."""
    connection.execute(text("UPDATE app.delivery SET next_at = :next_at, planned_at = :moment WHERE id = :id"), {"id": number, "next_at": next_at, "moment": moment})


def break_schedule(connection: Connection, number: int, why: str) -> None:
    """Mark a schedule as one that sends nothing any more, with the reason."""
    connection.execute(text("UPDATE app.delivery SET broken = :why, next_at = NULL WHERE id = :id AND removed_at IS NULL"), {"id": number, "why": why[:500]})


def owner_of(connection: Connection, number: int) -> int:
    """Whose schedule it is, removed or not."""
    return int(connection.execute(text("SELECT owner_id FROM app.delivery WHERE id = :id"), {"id": number}).scalar_one())


def stopped(connection: Connection, number: int) -> frozenset[str]:
    """Who wants no more of a schedule."""
    return frozenset(connection.execute(text("SELECT recipient FROM app.delivery_stop WHERE delivery_id = :id"), {"id": number}).scalars())


def stop(engines: Engines, number: int, recipient: str, *, is_stopped: bool) -> bool:
    """Note that somebody wants no more of a schedule, or wants it again; False: there is no such schedule."""
    with engines.writer() as connection:
        if connection.execute(text("SELECT id FROM app.delivery WHERE id = :id"), {"id": number}).one_or_none() is None:
            return False
        statement = "INSERT INTO app.delivery_stop (delivery_id, recipient) VALUES (:id, :recipient) ON CONFLICT DO NOTHING" if is_stopped else "DELETE FROM app.delivery_stop WHERE delivery_id = :id AND recipient = :recipient"
        connection.execute(text(statement), {"id": number, "recipient": recipient})
        return True


def _set_recipients(connection: Connection, number: int, recipients: Sequence[str]) -> None:
    connection.execute(text("DELETE FROM app.delivery_recipient WHERE delivery_id = :id"), {"id": number})
    connection.execute(text("INSERT INTO app.delivery_recipient (delivery_id, recipient) SELECT :id, unnest(CAST(:recipients AS text[]))"), {"id": number, "recipients": sorted(set(recipients))})


def _found(connection: Connection, statement: Any, number: int) -> Schedule | None:
    row = connection.execute(statement, {"id": number}).mappings().one_or_none() if 0 < number < 2**31 else None
    return _schedule(row) if row is not None else None


def _schedule(row: Any) -> Schedule:
    return Schedule(**{**row, "recipients": tuple(row["recipients"])})
