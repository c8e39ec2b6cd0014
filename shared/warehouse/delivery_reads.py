"""What the page of deliveries shows: the last run of each schedule, the log per recipient, the archive, and what should have gone out and did not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text

from shared.warehouse.engines import Engines

LATE: Final = timedelta(minutes=15)
"""What is due for longer and has not gone out is missing."""
_LAST_RUNS: Final = text("""
SELECT DISTINCT ON (r.delivery_id) r.delivery_id, r.id, r.due_at, r.kind, r.state, r.words FROM app.delivery_run r
WHERE r.delivery_id = ANY(:ids) ORDER BY r.delivery_id, r.due_at DESC""")
_RUNS: Final = text("""
SELECT r.id, r.due_at, r.kind, r.state, r.words, r.created_at, r.ended_at, p.name AS actor, r.definition->>'format' AS format
FROM app.delivery_run r LEFT JOIN app.person p ON p.id = r.actor_id WHERE r.delivery_id = :id ORDER BY r.due_at DESC LIMIT :most""")
_MAILS: Final = text("""
SELECT m.run_id, m.recipient, m.name, m.address, m.state, m.error, m.attempts, m.ended_at, m.sha256, m.copy_id, c.scope, c.words AS copy_words, c.expires_at, c.state AS copy_state
FROM app.delivery_mail m LEFT JOIN app.delivery_copy c ON c.id = m.copy_id WHERE m.run_id = ANY(:runs) ORDER BY m.run_id, m.recipient LIKE 'owner:%', lower(m.name), m.id""")
_FILES: Final = text("SELECT copy_id, number, name, bytes, sha256 FROM app.delivery_file WHERE copy_id = ANY(:copies) ORDER BY copy_id, number")
_SENT: Final = text("""
SELECT count(DISTINCT (m.run_id, coalesce(m.sha256, ''))) FILTER (WHERE m.state = 'sent') AS reports, count(*) FILTER (WHERE m.state = 'sent') AS mails, count(*) FILTER (WHERE m.state = 'failed') AS failed
FROM app.delivery_mail m JOIN app.delivery_run r ON r.id = m.run_id WHERE m.delivery_id = ANY(:ids) AND r.kind <> 'test' AND m.ended_at >= :since AND m.recipient NOT LIKE 'owner:%'""")
_COPY: Final = text("""
SELECT c.id, c.scope, c.title, c.html, c.as_of, c.sha256, c.expires_at, r.delivery_id, d.owner_id FROM app.delivery_copy c JOIN app.delivery_run r ON r.id = c.run_id JOIN app.delivery d ON d.id = r.delivery_id
WHERE c.id = :id AND c.state = 'ready' AND c.expires_at > clock_timestamp()""")
_MISSING: Final = text("""
SELECT d.id, d.name, d.owner_id, o.name AS owner, d.next_at AS due_at, 'Due, and nobody has looked at it: worker or beat may be away.' AS words
FROM app.delivery d JOIN app.person o ON o.id = d.owner_id WHERE d.removed_at IS NULL AND d.next_at < :late
UNION ALL
SELECT d.id, d.name, d.owner_id, o.name, NULL, d.broken FROM app.delivery d JOIN app.person o ON o.id = d.owner_id WHERE d.removed_at IS NULL AND NOT d.is_paused AND d.broken <> ''
UNION ALL
SELECT d.id, d.name, d.owner_id, o.name, r.due_at, CASE WHEN r.state = 'failed' THEN r.words ELSE 'It waits to be sent: ' || coalesce(
    (SELECT m.error FROM app.delivery_mail m WHERE m.run_id = r.id AND m.state = 'waiting' AND m.error <> '' LIMIT 1),
    (SELECT c.words FROM app.delivery_copy c WHERE c.run_id = r.id AND c.state = 'waiting' AND c.words <> '' LIMIT 1), 'the worker has not come to it.') END
FROM app.delivery_run r JOIN app.delivery d ON d.id = r.delivery_id JOIN app.person o ON o.id = d.owner_id
WHERE d.removed_at IS NULL AND d.broken = '' AND r.kind <> 'test'
  AND ((r.state IN ('due', 'open') AND r.created_at < :late) OR (r.state = 'failed' AND r.due_at > :recent AND NOT EXISTS (SELECT FROM app.delivery_run n WHERE n.delivery_id = r.delivery_id AND n.due_at > r.due_at AND n.kind <> 'test')))
ORDER BY due_at DESC NULLS FIRST""")


@dataclass(frozen=True)
class Sent:
    """What went out in a span of time."""

    reports: int
    """Documents that at least one mail carried: one for each run and set of branches."""
    mails: int
    failed: int
    """Mails that were not sent, for a reason that the owner hears of."""


def last_runs(engines: Engines, schedules: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The newest run of each schedule, by schedule."""
    with engines.primary_reader() as connection:
        return {row["delivery_id"]: dict(row) for row in connection.execute(_LAST_RUNS, {"ids": list(schedules)}).mappings()}


def runs_of(engines: Engines, schedule: int, most: int = 15) -> list[dict[str, Any]]:
    """The newest runs of a schedule, newest first; each with ``mails`` (one per recipient) and each of those with ``files``."""
    with engines.primary_reader() as connection:
        runs = [{**row, "mails": []} for row in connection.execute(_RUNS, {"id": schedule, "most": most}).mappings()]
        by_id = {run["id"]: run for run in runs}
        mails = [{**row, "files": []} for row in connection.execute(_MAILS, {"runs": list(by_id)}).mappings()]
        files = [dict(row) for row in connection.execute(_FILES, {"copies": sorted({mail["copy_id"] for mail in mails if mail["copy_id"] is not None})}).mappings()]
    for mail in mails:
        mail["files"] = [each for each in files if each["copy_id"] == mail["copy_id"]]
        by_id[mail["run_id"]]["mails"].append(mail)
    return runs


def sent_since(engines: Engines, schedules: Sequence[int], since: datetime) -> Sent:
    """What went out on schedule or by "Run now" since a moment; tests are left out."""
    with engines.primary_reader() as connection:
        row = connection.execute(_SENT, {"ids": list(schedules), "since": since}).one()
    return Sent(row.reports, row.mails, row.failed)


def find_copy(engines: Engines, number: int) -> dict[str, Any] | None:
    """A document of the archive: id, scope, title, html, as_of, sha256, expires_at, delivery_id, owner_id; None: there is none, or not any more."""
    with engines.primary_reader() as connection:
        row = connection.execute(_COPY, {"id": number}).mappings().one_or_none() if 0 < number < 2**63 else None
    return dict(row) if row is not None else None


def file_of_copy(engines: Engines, copy: int, number: int) -> dict[str, Any] | None:
    """A file of the archive: name, media_type, content; None: there is none."""
    with engines.primary_reader() as connection:
        row = connection.execute(text("SELECT name, media_type, content FROM app.delivery_file WHERE copy_id = :copy AND number = :number"), {"copy": copy, "number": number}).mappings().one_or_none()
    return dict(row) if row is not None else None


def missing(engines: Engines, moment: datetime) -> list[dict[str, Any]]:
    """What was expected and has not gone out, newest first: id, name, owner_id, owner, due_at (None: broken), words."""
    with engines.primary_reader() as connection:
        return [dict(row) for row in connection.execute(_MISSING, {"late": moment - LATE, "recent": moment - timedelta(days=2)}).mappings()]


def stopped_by(engines: Engines, schedules: Sequence[int]) -> dict[int, set[str]]:
    """Who wants no more of which schedule."""
    found: dict[int, set[str]] = {}
    for number, recipient in _stops(engines, schedules):
        found.setdefault(number, set()).add(recipient)
    return found


def _stops(engines: Engines, schedules: Sequence[int]) -> Iterator[tuple[int, str]]:
    with engines.primary_reader() as connection:
        yield from ((row.delivery_id, row.recipient) for row in connection.execute(text("SELECT delivery_id, recipient FROM app.delivery_stop WHERE delivery_id = ANY(:ids)"), {"ids": list(schedules)}))
