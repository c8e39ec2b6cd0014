"""Connections: a writer on the primary, readers on a replica that is close enough behind, the primary where none is.

Staleness is measured, not assumed: a replica is asked at most once a second how far it has replayed and how old the newest heartbeat on it
is.  A server that is away or silent costs the one caller who finds out under five seconds and everybody else nothing: it is left out until
it answers again.  With the primary away, replicas still answer readers.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import TypeVar

import psycopg2
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from shared.settings import Settings
from shared.warehouse.pool import DEADLINES, SILENCE_SECONDS, raw_connection
from shared.warehouse.servers import GRACE_SECONDS, Replica, Server

log = logging.getLogger(__name__)
T = TypeVar("T")
_PROBE_EVERY = 1.0
_BEAT = text("UPDATE app.heartbeat SET beat_at = clock_timestamp() WHERE id = 1")
_POSITION = text("SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END)::text")
_NEWEST = text("SELECT greatest((SELECT beat_at FROM app.heartbeat), pg_last_xact_replay_timestamp())")
# Cancelled or thrown out by recovery (serialization failure, deadlock), server going down or coming up.
_WORTH_REPEATING = {"40001", "40P01", "57P01", "57P02", "57P03", "57P04"}


class PrimaryIsDownError(OperationalError):
    """The primary does not answer: nothing can be written, and no replica can stand in."""

    def __init__(self, why: str) -> None:
        """``why``: for people."""
        super().__init__(None, None, psycopg2.OperationalError(why))


class Engines:
    """The connections of one process."""

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet: connections are made when first used."""
        self._max_lag = settings.replica_max_lag_seconds
        self._answer_within = settings.statement_timeout_seconds + GRACE_SECONDS
        self._measuring = threading.Lock()
        self._server = Server(settings.database_url.get_secret_value(), settings)
        self.primary: Engine = self._server.engine
        """For jobs: no deadline but the server's, no detour round a server that is away."""
        self.replicas = [Replica(url.get_secret_value(), settings) for url in settings.replica_urls]

    @property
    def primary_is_down(self) -> bool:
        """True while the primary does not answer."""
        return not self._server.breaker.is_closed

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """Yield a transaction on the primary: committed at the end, rolled back on an error.

        Raises PrimaryIsDownError (an OperationalError) where the primary does not answer.
        """
        connection = self._on_primary("nothing was written; try again in a minute", to_write=True)
        try:
            transaction = connection.begin()
            try:
                yield connection
            except BaseException:
                with self._cut_if_silent(connection):
                    _roll_back(connection)
                raise
            with self._cut_if_silent(connection, self._answer_within):
                transaction.commit()
        finally:
            self._release(connection)

    @contextmanager
    def reader(self, at_least: str = "") -> Iterator[Connection]:
        """Yield a read-only snapshot on the freshest good replica, or on the primary where none is good.

        ``at_least``: a ``position``; only a server that holds everything up to it will do.  With the primary away, the freshest replica
        that answers must do, whatever its lag.  Raises PrimaryIsDownError where no server answers.
        """
        connection = self._open_reader(at_least)
        try:
            yield connection
        finally:
            self._release(connection)

    @contextmanager
    def primary_reader(self) -> Iterator[Connection]:
        """Yield a read-only snapshot on the primary, for reads that must see what was just committed.  Raises PrimaryIsDownError."""
        connection = self._on_primary("try again in a minute")
        try:
            yield connection
        finally:
            self._release(connection)

    def read(self, work: Callable[[Connection], T], at_least: str = "") -> T:
        """Return what ``work`` reads; done once more where a replica cancels or loses it, and in the end on the primary."""
        for attempt in (1, 2, 3):
            try:
                with self.primary_reader() if attempt == 3 and not self.primary_is_down else self.reader(at_least) as connection:
                    return work(connection)
            except DBAPIError as error:
                worth = error.connection_invalidated or getattr(error.orig, "pgcode", None) in _WORTH_REPEATING
                if attempt == 3 or not worth:
                    raise
                log.warning("a read was cut off, doing it again: %s", str(error.orig).strip())
                time.sleep(0.02)
        raise AssertionError("unreachable")

    def _open_reader(self, at_least: str) -> Connection:
        for replica in self._good_replicas():
            try:
                connection = replica.connect_at(at_least) if at_least else replica.connect()
            except DBAPIError as error:
                log.debug("passing replica %s over: %s", replica.name, error.orig)
                continue
            if connection is not None:
                return connection
        try:
            return self._on_primary("no replica answers either; try again in a minute")
        except PrimaryIsDownError:
            for replica in sorted(self.replicas, key=lambda each: 1e9 if each.lag_seconds is None else each.lag_seconds):
                try:
                    return replica.connect()
                except DBAPIError as error:
                    log.debug("replica %s cannot stand in: %s", replica.name, error.orig)
            raise

    def _on_primary(self, so: str, *, to_write: bool = False) -> Connection:
        try:
            return self._server.connect(to_write=to_write)
        except OperationalError as error:
            if not self.primary_is_down:
                raise
            raise PrimaryIsDownError(f"the primary database does not answer: {so} ({str(error.orig).strip()})") from error

    def _good_replicas(self) -> list[Replica]:
        self.measure()
        good = [replica for replica in self.replicas if replica.lag_seconds is not None and replica.lag_seconds <= self._max_lag]
        return sorted(good, key=lambda replica: replica.lag_seconds or 0.0)

    def measure(self) -> None:
        """Measure every replica's lag again unless that was done within the last second."""
        now = time.monotonic()
        stale = [replica for replica in self.replicas if now - replica.measured_at > _PROBE_EVERY]
        if not stale or not self._measuring.acquire(blocking=False):
            return
        try:
            for replica in stale:
                replica.measure()
        finally:
            self._measuring.release()

    def beat(self) -> None:
        """Write the heartbeat that replicas are measured by; jobs call it every few seconds."""
        with self.writer() as connection:
            connection.execute(_BEAT)

    def wait_for_replicas(self, timeout: float = 10.0) -> bool:
        """Wait until every answering replica has replayed what the primary has committed by now; False: time ran out."""
        self.beat()  # flushes what was committed without waiting for the disk
        with self.primary_reader() as connection:
            until = position(connection)
        deadline = time.monotonic() + timeout
        for replica in self.replicas:
            try:
                connection_there = replica.connect_at(until, max(0.0, deadline - time.monotonic()))
            except DBAPIError as error:
                log.warning("replica %s does not answer and is not waited for: %s", replica.name, str(error.orig).strip())
                continue
            if connection_there is None:
                return False
            self._release(connection_there)
        return True

    def dispose(self) -> None:
        """Close every idle connection; the next use opens new ones."""
        for server in (self._server, *self.replicas):
            server.dispose()

    def _release(self, connection: Connection) -> None:
        with self._cut_if_silent(connection):
            connection.close()

    @staticmethod
    def _cut_if_silent(connection: Connection, seconds: float = SILENCE_SECONDS) -> AbstractContextManager[None]:
        if connection.closed or connection.invalidated:
            return nullcontext()
        return DEADLINES.within(seconds, raw_connection(connection))


def position(connection: Connection) -> str:
    """How far the write-ahead log of this server reaches, for ``reader(at_least=...)``: whatever the transaction sees lies before it."""
    return str(connection.execute(_POSITION).scalar_one())


def newest_commit(connection: Connection) -> datetime | None:
    """The moment up to which a replica holds every commit."""
    found: datetime | None = connection.execute(_NEWEST).scalar_one()
    return found


def _roll_back(connection: Connection) -> None:
    try:
        connection.rollback()
    except DBAPIError as error:  # the error that led here is the one to tell
        log.warning("a transaction could not be rolled back, its connection is lost: %s", str(error.orig).strip())
