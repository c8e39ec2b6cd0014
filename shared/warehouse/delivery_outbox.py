"""Runs of schedules on their way out: what is due, what is made for which scope, which mails wait.

Each step holds its row with FOR UPDATE SKIP LOCKED in one transaction: nobody else takes it, and it is free again the moment its holder dies.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

MOST_ATTEMPTS: Final = 8
"""Of a mail: with waits of 1, 2, 4 .. 60 minutes it is given up after about two hours."""
MOST_ATTEMPTS_TO_MAKE: Final = 5
"""Of a document: given up after a quarter of an hour."""
_RUN: Final = "r.id, r.delivery_id, r.due_at, r.kind, r.actor_id, r.name, r.definition, r.attempts"
_ADD_RUN: Final = text("""
INSERT INTO app.delivery_run (delivery_id, due_at, kind, actor_id, name, definition, state, words, ended_at)
VALUES (:delivery, :due_at, :kind, :actor, :name, CAST(:definition AS jsonb), :state, :words, CASE WHEN :state = 'skipped' THEN clock_timestamp() END)
ON CONFLICT (delivery_id, due_at) DO NOTHING RETURNING id""")
_NEXT_RUN: Final = text(f"SELECT {_RUN} FROM app.delivery_run r WHERE r.state = 'due' AND r.next_at <= clock_timestamp() ORDER BY r.due_at, r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED")
_NEXT_COPY: Final = text(f"""
SELECT c.id AS copy_id, c.scope, c.viewer_id, c.attempts AS copy_attempts, {_RUN} FROM app.delivery_copy c JOIN app.delivery_run r ON r.id = c.run_id
WHERE c.state = 'waiting' AND c.next_at <= clock_timestamp() AND (r.definition->>'format' IS NOT DISTINCT FROM 'pdf') = :printed ORDER BY c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED""")
_TO_PRINT: Final = text("""
SELECT EXISTS (SELECT FROM app.delivery_copy c JOIN app.delivery_run r ON r.id = c.run_id WHERE c.state = 'waiting' AND c.next_at <= clock_timestamp() AND r.definition->>'format' = 'pdf')""")
_NEXT_MAIL: Final = text(f"""
SELECT m.id AS mail_id, m.recipient, m.copy_id, m.person_id, m.address, m.name AS reader, m.subject, m.plain, m.html, m.created_at, m.attempts AS mail_attempts,
       c.state AS copy_state, c.scope, c.title, c.about, c.as_of, c.plain AS copy_plain, c.html AS copy_html, c.sha256, {_RUN}, d.owner_id, d.removed_at
FROM app.delivery_mail m JOIN app.delivery_run r ON r.id = m.run_id JOIN app.delivery d ON d.id = m.delivery_id LEFT JOIN app.delivery_copy c ON c.id = m.copy_id
WHERE m.state = 'waiting' AND m.next_at <= clock_timestamp() AND (m.plain IS NOT NULL OR c.state = 'ready') ORDER BY m.id LIMIT 1 FOR UPDATE OF m SKIP LOCKED""")
_ADD_COPY: Final = text("INSERT INTO app.delivery_copy (run_id, scope, viewer_id) VALUES (:run, :scope, :viewer) ON CONFLICT (run_id, scope) DO UPDATE SET scope = excluded.scope RETURNING id, state, words")
_ADD_MAIL: Final = text("""
INSERT INTO app.delivery_mail (delivery_id, due_at, recipient, run_id, copy_id, person_id, address, name, subject, plain, html, state, error, ended_at)
VALUES (:delivery, :due_at, :recipient, :run, :copy, :person, :address, :name, :subject, :plain, :html, :state, :error, CASE WHEN :state <> 'waiting' THEN clock_timestamp() END)
ON CONFLICT (delivery_id, due_at, recipient) DO NOTHING""")
_MADE: Final = text("""
UPDATE app.delivery_copy SET state = 'ready', title = :title, about = :about, as_of = :as_of, plain = :plain, html = :html, sha256 = :sha256, made_at = clock_timestamp(), words = '',
  expires_at = clock_timestamp() + make_interval(days => :days) WHERE id = :id""")
_ADD_FILE: Final = text("INSERT INTO app.delivery_file (copy_id, number, name, media_type, bytes, sha256, content) VALUES (:copy, :number, :name, :media_type, :bytes, :sha256, :content)")
_COPY_ENDED: Final = text("UPDATE app.delivery_copy SET state = :state, words = :words, attempts = attempts + 1 WHERE id = :id")
_MAILS_ENDED: Final = text("UPDATE app.delivery_mail SET state = :state, error = :words, ended_at = clock_timestamp() WHERE copy_id = :copy AND state = 'waiting'")
_WAIT: Final = "attempts = attempts + 1, next_at = clock_timestamp() + make_interval(mins => :wait)"
_OVER: Final = text(f"""
SELECT {_RUN}, d.owner_id, d.removed_at FROM app.delivery_run r JOIN app.delivery d ON d.id = r.delivery_id
WHERE r.state = 'open' AND NOT EXISTS (SELECT FROM app.delivery_mail m WHERE m.run_id = r.id AND m.state = 'waiting') ORDER BY r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED""")
_RESULT: Final = text("SELECT state, count(*) AS mails, min(error) AS error FROM app.delivery_mail WHERE run_id = :run AND recipient NOT LIKE 'owner:%' GROUP BY state")


@dataclass(frozen=True)
class NewMail:
    """A line of the outbox: waiting for its copy, left out with the reason, failed, or a notice whose text is fixed."""

    recipient: str
    person: int | None
    address: str
    name: str
    copy: int | None = None
    state: str = "waiting"
    error: str = ""
    subject: str | None = None
    plain: str | None = None
    html: str | None = None


def add_run(connection: Connection, delivery: int, due_at: datetime, kind: str, name: str, definition: Mapping[str, Any], actor: int | None = None, *, state: str = "due", words: str = "") -> int | None:
    """Put a run into the queue; None: there is one for this due time already."""
    values = {"delivery": delivery, "due_at": due_at, "kind": kind, "name": name, "definition": json.dumps(definition), "actor": actor, "state": state, "words": words}
    found: int | None = connection.execute(_ADD_RUN, values).scalar_one_or_none()
    return found


@contextmanager
def next_run(engines: Engines) -> Iterator[tuple[Connection, dict[str, Any] | None]]:
    """Hold the next run that is due."""
    yield from _held(engines, _NEXT_RUN)


@contextmanager
def next_copy(engines: Engines, *, printed: bool) -> Iterator[tuple[Connection, dict[str, Any] | None]]:
    """Hold the next document that is to be made, of those that are ``printed`` (PDF) or of the others."""
    yield from _held(engines, _NEXT_COPY, printed=printed)


def waits_for_printing(engines: Engines) -> bool:
    """Say whether there is a document to be printed now."""
    with engines.primary_reader() as connection:
        return bool(connection.scalar(_TO_PRINT))


@contextmanager
def next_mail(engines: Engines) -> Iterator[tuple[Connection, dict[str, Any] | None]]:
    """Hold the next mail that can go: a notice, or one whose copy is ready."""
    yield from _held(engines, _NEXT_MAIL)


@contextmanager
def next_ended(engines: Engines) -> Iterator[tuple[Connection, dict[str, Any] | None]]:
    """Hold the next open run of which nothing waits any more."""
    yield from _held(engines, _OVER)


def _held(engines: Engines, statement: Any, **values: object) -> Iterator[tuple[Connection, dict[str, Any] | None]]:
    with engines.primary.begin() as connection:
        row = connection.execute(statement, values).mappings().one_or_none()
        yield connection, dict(row) if row is not None else None


def add_copy(connection: Connection, run: int, scope: str, viewer: int) -> tuple[int, str, str]:
    """Order a document for ``scope``, in the eyes of ``viewer``; return its id, state and words, those of the old one where it was ordered already."""
    row = connection.execute(_ADD_COPY, {"run": run, "scope": scope, "viewer": viewer}).one()
    return row.id, row.state, row.words


def add_mails(connection: Connection, run: Mapping[str, Any], mails: Sequence[NewMail]) -> None:
    """Put mails into the outbox, each recipient once for a due time, whoever tries again."""
    if mails:
        connection.execute(_ADD_MAIL, [{**mail.__dict__, "run": run["id"], "delivery": run["delivery_id"], "due_at": run["due_at"]} for mail in mails])


def run_opened(connection: Connection, run: int) -> None:
    """Note that a run's recipients are known."""
    connection.execute(text("UPDATE app.delivery_run SET state = 'open' WHERE id = :id"), {"id": run})


def put_run_off(connection: Connection, run: int, attempts: int) -> bool:
    """Try to open a run again in 1, 2, 4 .. minutes; False: it had its last attempt."""
    if attempts + 1 >= MOST_ATTEMPTS_TO_MAKE:
        return False
    connection.execute(text(f"UPDATE app.delivery_run SET {_WAIT} WHERE id = :id"), {"id": run, "wait": 2**attempts})
    return True


def run_ended(connection: Connection, run: int, state: str, words: str) -> None:
    """Note how a run ended."""
    connection.execute(text("UPDATE app.delivery_run SET state = :state, words = :words, ended_at = clock_timestamp() WHERE id = :id"), {"id": run, "state": state, "words": words[:500]})


def copy_made(connection: Connection, copy: int, made: Mapping[str, Any], files: Sequence[Mapping[str, Any]], days: int) -> None:
    """Keep what was made, whole, until it expires."""
    connection.execute(_MADE, {**made, "id": copy, "days": days})
    if files:
        connection.execute(_ADD_FILE, [{**each, "copy": copy, "number": number} for number, each in enumerate(files)])


def copy_ended(connection: Connection, copy: int, words: str, *, failed: bool) -> None:
    """End a document that is not sent, and the mails that wait for it: left out by a condition, or ``failed``."""
    connection.execute(_COPY_ENDED, {"id": copy, "state": "failed" if failed else "skipped", "words": words[:500]})
    connection.execute(_MAILS_ENDED, {"copy": copy, "state": "failed" if failed else "left out", "words": words[:500]})


def put_copy_off(connection: Connection, copy: int, attempts: int, words: str) -> bool:
    """Try to make a document again in 1, 2, 4 .. minutes; False: it had its last attempt."""
    if attempts + 1 >= MOST_ATTEMPTS_TO_MAKE:
        return False
    connection.execute(text(f"UPDATE app.delivery_copy SET words = :words, {_WAIT} WHERE id = :id"), {"id": copy, "words": words[:500], "wait": 2**attempts})
    return True


def files_in(connection: Connection, copy: int) -> list[dict[str, Any]]:
    """The files of a copy, in order: name, media_type, content."""
    return [dict(row) for row in connection.execute(text("SELECT name, media_type, content FROM app.delivery_file WHERE copy_id = :copy ORDER BY number"), {"copy": copy}).mappings()]


def mail_sent(connection: Connection, mail: int, sha256: str | None, subject: str) -> None:
    """Note that the mail server took a mail."""
    connection.execute(text("UPDATE app.delivery_mail SET state = 'sent', ended_at = clock_timestamp(), attempts = attempts + 1, error = '', sha256 = :sha256, subject = :subject WHERE id = :id"),
                       {"id": mail, "sha256": sha256, "subject": subject})


def mail_ended(connection: Connection, mail: int, state: str, why: str) -> None:
    """Note that a mail is not sent: left out or failed, with the reason."""
    connection.execute(text("UPDATE app.delivery_mail SET state = :state, error = :why, ended_at = clock_timestamp() WHERE id = :id"), {"id": mail, "state": state, "why": why[:500]})


def move_mail(connection: Connection, mail: int, copy: int) -> None:
    """Let a mail wait for another copy: its reader sees other branches than when the run was opened."""
    connection.execute(text("UPDATE app.delivery_mail SET copy_id = :copy WHERE id = :id"), {"id": mail, "copy": copy})


def put_mail_off(connection: Connection, mail: int, attempts: int, why: str, *, for_good: bool) -> bool:
    """Try a mail again in 1, 2, 4 .. 60 minutes; False: given up, after MOST_ATTEMPTS or ``for_good``."""
    if for_good or attempts + 1 >= MOST_ATTEMPTS:
        connection.execute(text("UPDATE app.delivery_mail SET attempts = attempts + 1 WHERE id = :id"), {"id": mail})
        mail_ended(connection, mail, "failed", why)
        return False
    connection.execute(text(f"UPDATE app.delivery_mail SET error = :why, {_WAIT} WHERE id = :id"), {"id": mail, "why": why[:500], "wait": min(60, 2**attempts)})
    return True


def result_of(connection: Connection, run: int) -> dict[str, tuple[int, str]]:
    """State -> how many mails of a run ended so, and one of the reasons."""
    return {row.state: (row.mails, row.error) for row in connection.execute(_RESULT, {"run": run})}


def round_finished(engines: Engines, moment: datetime) -> None:
    """Note that somebody has looked for what is due."""
    with engines.writer() as connection:
        connection.execute(text("INSERT INTO app.delivery_round (id, finished_at) VALUES (1, :moment) ON CONFLICT (id) DO UPDATE SET finished_at = excluded.finished_at"), {"moment": moment})


def forget_expired_copies(engines: Engines) -> int:
    """Remove what has expired from the archive; who got it, and its hash, stays in the log.  Return how many."""
    with engines.writer() as connection:
        return connection.execute(text("DELETE FROM app.delivery_copy WHERE expires_at <= clock_timestamp() AND NOT EXISTS (SELECT FROM app.delivery_mail m WHERE m.copy_id = delivery_copy.id AND m.state = 'waiting')")).rowcount
