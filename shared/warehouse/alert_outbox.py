"""The outbox of early warning: who is told of an event, the mails that gather lines of it, and what was delivered."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

MOST_ATTEMPTS: Final = 8
_ADD: Final = text("INSERT INTO app.notification (event_id, recipient, channel, person_id, sent_at) VALUES (:event_id, :recipient, :channel, :person_id, CASE WHEN :channel = 'inbox' THEN clock_timestamp() END)"
                   " ON CONFLICT (event_id, recipient, channel) DO NOTHING")
_DUE: Final = text("""
SELECT n.person_id FROM app.notification n JOIN app.alert_event e ON e.id = n.event_id
WHERE n.channel = 'email' AND n.digest_id IS NULL AND n.dead_at IS NULL GROUP BY n.person_id
HAVING bool_or(e.severity = 'critical') OR NOT EXISTS (SELECT FROM app.alert_digest d WHERE d.person_id = n.person_id AND d.created_at > :after)
ORDER BY n.person_id""")
_LINES: Final = text("""
SELECT n.id, e.at, e.kind, e.title, e.words, e.severity, e.branch_id, b.name AS branch FROM app.notification n JOIN app.alert_event e ON e.id = n.event_id LEFT JOIN crm.branch b ON b.id = e.branch_id
WHERE n.person_id = :person AND n.channel = 'email' AND n.digest_id IS NULL AND n.dead_at IS NULL ORDER BY e.at, e.id LIMIT 200 FOR UPDATE OF n SKIP LOCKED""")
_NEXT_MAIL: Final = text("SELECT id, person_id, address, subject, plain, html, created_at, attempts FROM app.alert_digest WHERE sent_at IS NULL AND dead_at IS NULL AND next_at <= clock_timestamp() ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED")
_NEXT_HOOK: Final = text("""
SELECT n.id, n.recipient, n.attempts, e.id AS event_id, e.rule_id, e.instance, e.sequence, e.at, e.kind, e.before, e.after, e.title, e.words, e.severity, e.branch_id
FROM app.notification n JOIN app.alert_event e ON e.id = n.event_id
WHERE n.channel = 'webhook' AND n.sent_at IS NULL AND n.dead_at IS NULL AND n.next_at <= clock_timestamp() ORDER BY n.id LIMIT 1 FOR UPDATE OF n SKIP LOCKED""")


@dataclass(frozen=True)
class Told:
    """Somebody who is told of an event on one channel; ``person`` None: a webhook."""

    recipient: str
    channel: str
    person: int | None = None


def add_notifications(connection: Connection, event: int, told: Sequence[Told]) -> None:
    """Put an event into the outbox, in the transaction that wrote it; once for each recipient and channel, whoever tries again."""
    if told:
        connection.execute(_ADD, [{"event_id": event, "recipient": one.recipient, "channel": one.channel, "person_id": one.person} for one in told])


def people_due(connection: Connection, moment: datetime, minutes: int) -> list[int]:
    """Whose mail is due: something critical waits, or something waits and the last mail is ``minutes`` old."""
    return [row.person_id for row in connection.execute(_DUE, {"after": moment - timedelta(minutes=minutes)})]


def lines_for(connection: Connection, person: int) -> list[dict[str, Any]]:
    """What waits to be mailed to a person, oldest first, held until the end of the transaction."""
    return [dict(row) for row in connection.execute(_LINES, {"person": person}).mappings()]


def add_digest(connection: Connection, person: int, mail: Mapping[str, str], lines: Sequence[int]) -> int:
    """Fix the text of a mail and the lines that it tells."""
    found = int(connection.execute(text("INSERT INTO app.alert_digest (person_id, address, subject, plain, html) VALUES (:person, :address, :subject, :plain, :html) RETURNING id"), {"person": person, **mail}).scalar_one())
    connection.execute(text("UPDATE app.notification SET digest_id = :digest WHERE id = ANY(:ids)"), {"digest": found, "ids": list(lines)})
    return found


def drop_lines(connection: Connection, lines: Sequence[int], why: str) -> None:
    """Give up telling these lines, with the reason."""
    connection.execute(text("UPDATE app.notification SET dead_at = clock_timestamp(), error = :why WHERE id = ANY(:ids)"), {"ids": list(lines), "why": why})


@contextmanager
def next_mail(engines: Engines) -> Iterator[tuple[Connection, dict[str, Any] | None]]:
    """Hold the next mail that is due while it is sent; nobody else takes it, and it is free again the moment its holder dies."""
    with engines.primary.begin() as connection:
        row = connection.execute(_NEXT_MAIL).mappings().one_or_none()
        yield connection, dict(row) if row else None


@contextmanager
def next_hook(engines: Engines) -> Iterator[tuple[Connection, dict[str, Any] | None]]:
    """The same for the next call of a webhook."""
    with engines.primary.begin() as connection:
        row = connection.execute(_NEXT_HOOK).mappings().one_or_none()
        yield connection, dict(row) if row else None


def mail_sent(connection: Connection, digest: int) -> None:
    """Note that a mail and its lines were delivered."""
    connection.execute(text("UPDATE app.alert_digest SET sent_at = clock_timestamp(), attempts = attempts + 1, error = '' WHERE id = :id"), {"id": digest})
    connection.execute(text("UPDATE app.notification SET sent_at = clock_timestamp() WHERE digest_id = :id"), {"id": digest})


def hook_sent(connection: Connection, line: int) -> None:
    """Note that a webhook took an event."""
    connection.execute(text("UPDATE app.notification SET sent_at = clock_timestamp(), attempts = attempts + 1, error = '' WHERE id = :id"), {"id": line})


def put_off(connection: Connection, table: str, line: int, attempts: int, why: str, *, for_good: bool = False) -> bool:
    """Note a failed delivery: tried again after 1, 2, 4 .. 60 minutes, given up after MOST_ATTEMPTS or ``for_good``; say whether it was given up."""
    dead = for_good or attempts + 1 >= MOST_ATTEMPTS
    name = {"mail": "app.alert_digest", "hook": "app.notification"}[table]
    connection.execute(text(f"UPDATE {name} SET attempts = attempts + 1, error = :why, next_at = clock_timestamp() + make_interval(mins => :wait), dead_at = CASE WHEN :dead THEN clock_timestamp() END WHERE id = :id"),
                       {"id": line, "why": why[:500], "wait": min(60, 2**attempts), "dead": dead})
    return dead


def unread(engines: Engines, person: int, branches: frozenset[int] | None) -> int:
    """How many lines of a person's inbox were not read, among what they may see now."""
    with engines.primary_reader() as connection:
        return int(connection.execute(text("SELECT count(*) FROM app.notification n JOIN app.alert_event e ON e.id = n.event_id WHERE n.person_id = :person AND n.channel = 'inbox' AND n.read_at IS NULL"
                                           " AND (CAST(:branches AS smallint[]) IS NULL OR e.branch_id = ANY(CAST(:branches AS smallint[])))"),
                                      {"person": person, "branches": None if branches is None else sorted(branches)}).scalar_one())


def read_all(engines: Engines, person: int) -> None:
    """Mark everything in a person's inbox as read."""
    with engines.writer() as connection:
        connection.execute(text("UPDATE app.notification SET read_at = clock_timestamp() WHERE person_id = :person AND channel = 'inbox' AND read_at IS NULL"), {"person": person})


def given_up(engines: Engines) -> list[dict[str, Any]]:
    """What could not be delivered in the last week, newest first: address, reason, moment."""
    with engines.primary_reader() as connection:
        return [dict(row) for row in connection.execute(text(
            "SELECT recipient AS address, error, dead_at FROM app.notification WHERE dead_at > now() - interval '7 days' AND channel = 'webhook'"
            " UNION ALL SELECT address, error, dead_at FROM app.alert_digest WHERE dead_at > now() - interval '7 days' ORDER BY dead_at DESC LIMIT 20")).mappings()]
