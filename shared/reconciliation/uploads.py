"""Files that people send: kept until the worker has looked at them, shown, confirmed, and taken."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.reconciliation.records import Problem

MOST_BYTES: Final = 64 * 1024 * 1024
_COLUMNS: Final = "u.id, u.source, u.file_name, u.options, u.state, u.understood, u.problems, u.sent_by, u.sent_at, u.ended_at"


@dataclass(frozen=True)
class Upload:
    """One file on its way."""

    id: int
    source: str
    file_name: str
    options: Mapping[str, Any]
    state: str
    understood: Mapping[str, Any]
    problems: Sequence[Mapping[str, Any]]
    sent_by: int | None
    sent_at: datetime
    ended_at: datetime | None


def add_upload(connection: Connection, source: str, file_name: str, content: bytes, person: int | None) -> int:
    """Keep a file that was sent; return its number."""
    return int(connection.execute(text("INSERT INTO crm.recon_upload (source, file_name, content, sent_by) VALUES (:source, :file_name, :content, :person) RETURNING id"),
                                  {"source": source, "file_name": file_name, "content": content, "person": person}).scalar_one())


def upload_of(connection: Connection, number: int) -> Upload | None:
    """Return a file on its way; None: there is none."""
    row = connection.execute(text(f"SELECT {_COLUMNS} FROM crm.recon_upload u WHERE u.id = :id"), {"id": number}).mappings().one_or_none()
    return Upload(**row) if row else None


def uploads(connection: Connection, most: int = 20) -> list[Upload]:
    """Return the newest files."""
    return [Upload(**row) for row in connection.execute(text(f"SELECT {_COLUMNS} FROM crm.recon_upload u ORDER BY u.id DESC LIMIT :most"), {"most": most}).mappings()]


def answer(connection: Connection, number: int, state: str, options: Mapping[str, Any]) -> bool:
    """Keep what a person says of a file that was shown or refused: look again (``sent``), take it (``confirmed``) or drop it; False: it is no longer theirs to say."""
    return connection.execute(text("UPDATE crm.recon_upload SET state = :state, options = CAST(:options AS jsonb), ended_at = CASE WHEN :state = 'dropped' THEN clock_timestamp() END"
                                   " WHERE id = :id AND state IN ('shown', 'refused')"), {"id": number, "state": state, "options": json.dumps(dict(options))}).rowcount == 1


@contextmanager
def next_upload(connection: Connection) -> Iterator[tuple[Upload, bytes] | None]:
    """Hold the oldest file that waits for the worker, in the caller's transaction; None: none waits, or another worker has it."""
    row = connection.execute(text(f"SELECT {_COLUMNS}, u.content FROM crm.recon_upload u WHERE u.state IN ('sent', 'confirmed') ORDER BY u.id LIMIT 1 FOR UPDATE SKIP LOCKED")).mappings().one_or_none()
    yield (Upload(**{name: value for name, value in row.items() if name != "content"}), bytes(row["content"])) if row else None


def conclude(connection: Connection, number: int, state: str, understood: Mapping[str, Any] | None, problems: Sequence[Problem]) -> None:
    """Write what the worker found; the content of a file that was taken is not kept twice."""
    connection.execute(text("UPDATE crm.recon_upload SET state = :state, understood = coalesce(CAST(:understood AS jsonb), understood), problems = CAST(:problems AS jsonb),"
                            " content = CASE WHEN :state = 'loaded' THEN '\\x00'::bytea ELSE content END, ended_at = CASE WHEN :state = 'loaded' THEN clock_timestamp() END WHERE id = :id"),
                       {"id": number, "state": state, "understood": None if understood is None else json.dumps(dict(understood), default=str), "problems": json.dumps([asdict(one) for one in problems])})
