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
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.breaker import Breaker
from shared.settings import Settings
from shared.warehouse.pool import DEADLINES, SILENCE_SECONDS, open_pool, raw_connection

log = logging.getLogger(__name__)
T = TypeVar("T")
_PROBE_EVERY = 1.0
_CATCH_UP_SECONDS = 0.05
_GRACE_SECONDS = 2.0
"""A server that is alive ends a statement by itself at ``statement_timeout``."""
_LAG = text(  # what was replayed holds every commit up to the newest heartbeat and up to the last replayed commit: the younger of them bounds the lag
    "SELECT CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND r.receiving THEN 0.0 ELSE"
    " greatest(0, extract(epoch FROM clock_timestamp() - greatest((SELECT beat_at FROM app.heartbeat), pg_last_xact_replay_timestamp()))) END"
    " FROM (SELECT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') AS receiving) r"
)
_BEAT = text("UPDATE app.heartbeat SET beat_at = clock_timestamp() WHERE id = 1")
_POSITION = text("SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END)::text")
_NEWEST = text("SELECT greatest((SELECT beat_at FROM app.heartbeat), pg_last_xact_replay_timestamp())")
_HAS_REPLAYED = "SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= CAST(%s AS pg_lsn)"
# Cancelled or thrown out by recovery (serialization failure, deadlock), server going down or coming up.
_WORTH_REPEATING = {"40001", "40P01", "57P01", "57P02", "57P03", "57P04"}


class PrimaryIsDownError(OperationalError):
    """The primary does not answer: nothing can be written, and no replica can stand in."""

    def __init__(self, why: str) -> None:
        """``why``: for people."""
        super().__init__(None, None, psycopg2.OperationalError(why))


class Server:
    """One server and whether it answers."""

    def __init__(self, url: str, settings: Settings) -> None:
        """Open nothing yet."""
        self.engine = open_pool(url, settings.statement_timeout_seconds)
        self._watched = self.engine.execution_options(answer_within=settings.statement_timeout_seconds + _GRACE_SECONDS)
        where = self.engine.url
        self.name = f"{where.host}:{where.port}/{where.database}"
        self.breaker = Breaker(f"the database at {self.name}", self._probe, (SQLAlchemyError,))

    def _probe(self) -> None:
        with self.engine.connect():
            pass

    def connect(self, *, to_write: bool = False) -> Connection:
        """Return a connection that was just heard of; raises OperationalError at once while the server is known to be away."""
        if not self.breaker.is_closed:
            raise OperationalError(None, None, psycopg2.OperationalError(f"the database at {self.name} does not answer"))
        try:
            connection = self._watched.connect()
        except PoolTimeoutError as error:
            raise OperationalError(None, None, psycopg2.OperationalError("every database connection of this process is busy; try again in a moment")) from error
        except OperationalError as error:
            if "too many" not in str(error.orig):  # it is there, only full
                self.breaker.trip(error.orig)
            raise
        if not to_write:  # psycopg2 says so in BEGIN; SQLAlchemy's own options would leave BEGIN READ WRITE behind, which a standby refuses
            raw_connection(connection).set_session("REPEATABLE READ", readonly=True)
        return connection

    def dispose(self) -> None:
        """Close idle connections."""
        self.breaker.close()
        self.engine.dispose()


class Replica(Server):
    """One read replica and what was last measured of it."""

    def __init__(self, url: str, settings: Settings) -> None:
        """Nothing is known yet."""
        super().__init__(url, settings)
        self.lag_seconds: float | None = None
        """Seconds behind the primary at most; None: it does not answer."""
        self.measured_at = -1e9

    def measure(self) -> None:
        """Ask how far behind it is."""
        try:
            with self.connect() as connection:
                self.lag_seconds = float(connection.execution_options(answer_within=SILENCE_SECONDS).execute(_LAG).scalar_one())
        except DBAPIError as error:
            if self.lag_seconds is not None and self.breaker.is_closed:  # else that was said
                log.warning("replica %s is out: %s", self.name, str(error.orig).strip())
            self.lag_seconds = None
        self.measured_at = time.monotonic()

    def connect_at(self, position: str, patience: float = _CATCH_UP_SECONDS) -> Connection | None:
        """Return a connection once ``position`` of the write-ahead log is replayed here; None: it takes longer than ``patience`` seconds."""
        connection = self.connect()
        deadline, pause = time.monotonic() + patience, 0.001
        while not _asked_outside_transaction(connection, _HAS_REPLAYED, position):
            if time.monotonic() + pause > deadline:
                connection.close()
                return None
            time.sleep(pause)
            pause *= 2
        return connection


class Engines:
    """The connections of one process."""

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet: connections are made when first used."""
        self._max_lag = settings.replica_max_lag_seconds
        self._answer_within = settings.statement_timeout_seconds + _GRACE_SECONDS
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


def _asked_outside_transaction(connection: Connection, statement: str, *values: str) -> bool:
    """Ask without beginning the transaction: a snapshot taken before the answer is yes would be too old."""
    raw = raw_connection(connection)
    raw.autocommit = True
    try:
        with DEADLINES.within(SILENCE_SECONDS, raw), raw.cursor() as cursor:
            cursor.execute(statement, values)
            row = cursor.fetchone()
    except psycopg2.Error as error:
        connection.invalidate(error)
        connection.close()
        raise OperationalError(statement, values, error, connection_invalidated=True) from error
    raw.autocommit = False
    return bool(row and row[0])
