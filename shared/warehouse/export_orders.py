"""Orders of files: made by a site, done by a worker, fetched by the person who ordered, forgotten after some days.

The table is the truth, the queue only says that there is something to do.  Whoever makes a file holds a lock of their session, which ends with the
process, and an attempt number: a file, a failure or progress is written for the newest attempt only, so that a file is never half there and never
replaced.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

CHANNEL: Final = "export_ordered"
"""NOTIFY on this channel: there is something to make."""
MOST_WAITING: Final = 10
"""Orders of one person that may wait at once."""
MOST_KEPT: Final = 200
"""Files of one person that are kept at once."""
MOST_BYTES: Final = 2 << 30
"""Bytes of one person's files that are kept at once."""
MOST_ATTEMPTS: Final = 2
_PART: Final = 1 << 20
_FACTS = "id, kind, block, state, progress, error, file_name, media_type, bytes, sha256, created_at, expires_at, branches, row_count"
_COUNT = text("SELECT count(*) FILTER (WHERE state IN ('queued', 'working')) AS waiting, count(*) AS kept, coalesce(sum(bytes), 0) AS bytes FROM app.export WHERE person_id = :person AND expires_at > clock_timestamp()")
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('app.export of a person'), :person)")
_ADD = text(f"""
INSERT INTO app.export (person_id, site, branches, kind, block, paper, document, file_name, media_type, row_count, expires_at)
VALUES (:person, :site, :branches, :kind, :block, :paper, :document, :file_name, :media_type, :row_count, clock_timestamp() + make_interval(days => :days)) RETURNING {_FACTS}""")
_OWN = text(f"SELECT {_FACTS} FROM app.export WHERE id = :id AND person_id = :person AND site = :site AND expires_at > clock_timestamp()")
_LIST = text(f"SELECT {_FACTS} FROM app.export WHERE person_id = :person AND site = :site AND expires_at > clock_timestamp() ORDER BY id DESC LIMIT :most")
_CANCEL = text("UPDATE app.export SET state = 'cancelled', ended_at = clock_timestamp(), document = NULL WHERE id = :id AND person_id = :person AND site = :site AND state IN ('queued', 'working')")
_REMOVE = text("DELETE FROM app.export WHERE id = :id AND person_id = :person AND site = :site AND state NOT IN ('queued', 'working')")
_PARTS = text("SELECT content FROM app.export_part WHERE export_id = :id AND part = :part")
_ADD_PART = text("INSERT INTO app.export_part (export_id, part, content) VALUES (:id, :part, :content)")
# Who got a file longest ago comes first.
_TO_MAKE = text("""
SELECT e.id, e.row_count IS NOT NULL AS is_of_rows FROM app.export e WHERE e.state IN ('queued', 'working')
ORDER BY (SELECT max(o.ended_at) FROM app.export o WHERE o.person_id = e.person_id) NULLS FIRST, e.id""")
# One file of many rows at a time: it takes a minute of a database and of a process, and with two processes the other one is free for everything else.
_ROWS_LOCK = text("SELECT pg_try_advisory_lock(hashtext('app.export of rows'), 0)")
_ROWS_UNLOCK = text("SELECT pg_advisory_unlock(hashtext('app.export of rows'), 0)")
_LOCK = text("SELECT pg_try_advisory_lock(hashtext('app.export'), :id)")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtext('app.export'), :id)")
_BEGIN = text("""
UPDATE app.export SET state = 'working', attempt = attempt + 1, progress = 0 WHERE id = :id AND state IN ('queued', 'working') AND attempt < :most
RETURNING id, attempt, kind, block, paper, branches, document""")
_GIVE_UP = text("UPDATE app.export SET state = 'failed', ended_at = clock_timestamp(), document = NULL, error = :error WHERE id = :id AND state IN ('queued', 'working') AND attempt >= :most")
_PROGRESS = text("UPDATE app.export SET progress = greatest(progress, :progress) WHERE id = :id AND attempt = :attempt AND state = 'working'")
_WANTED = text("SELECT id FROM app.export WHERE id = :id AND attempt = :attempt AND state IN ('queued', 'working') FOR UPDATE")
_DONE = text("UPDATE app.export SET state = 'done', progress = 1, ended_at = clock_timestamp(), document = NULL, bytes = :bytes, sha256 = :sha256 WHERE id = :id")
_AGAIN = text("UPDATE app.export SET state = 'queued', progress = 0 WHERE id = :id AND attempt = :attempt AND state = 'working' AND attempt < :most")
_FAILED = text("UPDATE app.export SET state = 'failed', ended_at = clock_timestamp(), document = NULL, error = :error WHERE id = :id AND attempt = :attempt AND state IN ('queued', 'working')")
_FORGET = text("DELETE FROM app.export WHERE expires_at <= clock_timestamp()")
_INTERRUPTED = "The work on it was interrupted twice. Try again; if it happens again, choose a shorter period or another kind of file."


class FullError(ValueError):
    """This person has too much waiting or kept; the message says what to do."""


class CancelledError(Exception):
    """Nobody waits for this file any more: it was cancelled, or another attempt has begun."""


@dataclass(frozen=True)
class Order:
    """How an order stands."""

    id: int
    kind: str
    block: str
    state: str
    progress: float
    error: str
    file_name: str
    media_type: str
    bytes: int | None
    sha256: str | None
    created_at: datetime
    expires_at: datetime
    branches: frozenset[int] | None
    """What its numbers are limited to; None: every branch."""
    row_count: int | None = None
    """How many rows it is made of, where it is read row by row."""

    @property
    def is_open(self) -> bool:
        """Whether it waits or is being made."""
        return self.state in {"queued", "working"}


@dataclass(frozen=True)
class Job:
    """One attempt to make a file."""

    id: int
    attempt: int
    kind: str
    block: str
    paper: str
    document: bytes
    branches: frozenset[int] | None = None
    """What its numbers are limited to; None: every branch."""


@dataclass(frozen=True)
class Wish:
    """What somebody orders."""

    person: int
    site: str
    branches: Collection[int] | None
    kind: str
    block: str
    paper: str
    document: bytes
    file_name: str
    media_type: str
    days: int
    row_count: int | None = None


def order(engines: Engines, wish: Wish, ready: bytes | None = None) -> Order:
    """Keep an order and return it; ``ready``: the file, which was made at once.  Raises FullError where this person has enough."""
    with engines.writer() as connection:
        connection.execute(_TURN, {"person": wish.person})
        count = connection.execute(_COUNT, {"person": wish.person}).one()
        if ready is None and count.waiting >= MOST_WAITING:
            raise FullError(f"{MOST_WAITING} files of yours are waiting or being made. Wait until one is done, or cancel one.")
        if count.kept >= MOST_KEPT:
            raise FullError(f"{MOST_KEPT} files of yours are kept, which is the most. Remove some under your files, or wait until they expire.")
        if count.bytes >= MOST_BYTES:
            raise FullError(f"Files of yours with {count.bytes / 1e9:,.1f} GB are kept, and {MOST_BYTES >> 30} GB is the most. Remove some under your files, or wait until they expire.")
        values = {**wish.__dict__, "branches": None if wish.branches is None else sorted(wish.branches), "document": wish.document if ready is None else None}
        made = _order(connection.execute(_ADD, values).mappings().one())
        if ready is None:
            connection.execute(text(f"NOTIFY {CHANNEL}"))
            return made
        _store(connection, made.id, 0, [ready])
        own = {"id": made.id, "person": wish.person, "site": wish.site}
        return _order(connection.execute(_OWN, own).mappings().one())


def find_order(engines: Engines, number: int, person: int, site: str) -> Order | None:
    """Return an order of ``person`` on ``site``; None where there is none, or not any more."""
    with engines.primary_reader() as connection:
        row = connection.execute(_OWN, {"id": number, "person": person, "site": site}).mappings().one_or_none()
    return _order(row) if row else None


def orders_of(engines: Engines, person: int, site: str, most: int = 50) -> list[Order]:
    """Return the newest orders of ``person`` on ``site``."""
    with engines.primary_reader() as connection:
        return [_order(row) for row in connection.execute(_LIST, {"person": person, "site": site, "most": most}).mappings()]


def end_order(engines: Engines, number: int, person: int, site: str) -> bool:
    """Cancel an order that is open, forget one that has ended; False: there is none."""
    own = {"id": number, "person": person, "site": site}
    with engines.writer() as connection:
        return bool(connection.execute(_CANCEL, own).rowcount or connection.execute(_REMOVE, own).rowcount)


def file_of(engines: Engines, order: Order) -> Iterator[bytes]:
    """Yield the file of a finished order piece by piece; memory holds one piece."""
    for part in range(-(-(order.bytes or 0) // _PART)):
        with engines.primary_reader() as connection:
            yield bytes(connection.execute(_PARTS, {"id": order.id, "part": part}).scalar_one())


# --- for who makes them


def waiting(engines: Engines) -> int:
    """How many orders wait or are being made."""
    with engines.primary_reader() as connection:
        return len(connection.execute(_TO_MAKE).all())


@contextmanager
def begun(engines: Engines) -> Iterator[Job | None]:
    """Take the next order that nobody else makes, and hold it until the end of the block; None: there is none.

    Of files of many rows only one is made at a time.  An order whose maker died is taken again; one that was begun ``MOST_ATTEMPTS`` times already has failed.
    """
    with engines.primary.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for number, is_of_rows in connection.execute(_TO_MAKE).all():
            if is_of_rows and not connection.execute(_ROWS_LOCK).scalar_one():
                continue
            if not connection.execute(_LOCK, {"id": number}).scalar_one():
                _let_go_of_rows(connection, is_of_rows)
                continue
            try:
                connection.execute(_GIVE_UP, {"id": number, "most": MOST_ATTEMPTS, "error": _INTERRUPTED})
                row = connection.execute(_BEGIN, {"id": number, "most": MOST_ATTEMPTS}).mappings().one_or_none()
                if row is not None:
                    yield Job(row["id"], row["attempt"], row["kind"], row["block"], row["paper"], bytes(row["document"]), _set_of(row["branches"]))
                    return
            finally:
                connection.execute(_UNLOCK, {"id": number})
                _let_go_of_rows(connection, is_of_rows)
        yield None


def _let_go_of_rows(connection: Connection, is_of_rows: bool) -> None:  # noqa: FBT001 (what the order is)
    if is_of_rows:
        connection.execute(_ROWS_UNLOCK)


def tell_progress(engines: Engines, job: Job, progress: float) -> None:
    """Say how much is done (0..1).  Raises CancelledError where nobody waits for this attempt any more."""
    with engines.writer() as connection:
        if not connection.execute(_PROGRESS, {"id": job.id, "attempt": job.attempt, "progress": min(max(progress, 0.0), 1.0)}).rowcount:
            raise CancelledError(f"export {job.id} is not wanted any more")


def deliver(engines: Engines, job: Job, file: bytes | IO[bytes]) -> None:
    """Store the file (bytes, or one that can be read from its beginning), whole or not at all.  Raises CancelledError where nobody waits for this attempt any more."""
    with engines.writer() as connection:
        _store(connection, job.id, job.attempt, [file] if isinstance(file, bytes) else _pieces(file))


def try_again(engines: Engines, job: Job) -> bool:
    """Put the order back for one more attempt; False: it had its last."""
    with engines.writer() as connection:
        if not connection.execute(_AGAIN, {"id": job.id, "attempt": job.attempt, "most": MOST_ATTEMPTS}).rowcount:
            return False
        connection.execute(text(f"NOTIFY {CHANNEL}"))
        return True


def fail(engines: Engines, job: Job, error: str) -> None:
    """End the order with ``error``, in words for the person."""
    with engines.writer() as connection:
        connection.execute(_FAILED, {"id": job.id, "attempt": job.attempt, "error": error})


def forget_expired_exports(engines: Engines) -> int:
    """Remove what has expired; return how many."""
    with engines.writer() as connection:
        return connection.execute(_FORGET).rowcount


def _store(connection: Connection, number: int, attempt: int, pieces: Iterable[bytes]) -> None:
    if connection.execute(_WANTED, {"id": number, "attempt": attempt}).one_or_none() is None:
        raise CancelledError(f"export {number} is not wanted any more")
    digest, size, part = hashlib.sha256(), 0, 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
        for begin in range(0, len(piece), _PART):
            connection.execute(_ADD_PART, {"id": number, "part": part, "content": piece[begin : begin + _PART]})
            part += 1
    connection.execute(_DONE, {"id": number, "bytes": size, "sha256": digest.hexdigest()})


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PART):
        yield piece


def _order(row: Any) -> Order:
    return Order(**{**row, "branches": _set_of(row["branches"])})


def _set_of(branches: Collection[int] | None) -> frozenset[int] | None:
    return None if branches is None else frozenset(branches)
