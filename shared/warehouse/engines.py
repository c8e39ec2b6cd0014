"""Connections: a writer on the primary, readers on a replica that is close enough behind, the primary where none is.

Staleness is measured, not assumed: a replica is asked how much of the write-ahead log it has replayed and how old the newest
heartbeat on it is, at most once a second.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from shared.settings import Settings

log = logging.getLogger(__name__)
_PROBE_EVERY = 1.0
_LAG = text(
    "SELECT CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND r.receiving THEN 0.0"
    " ELSE extract(epoch FROM clock_timestamp() - (SELECT beat_at FROM app.heartbeat)) END"
    " FROM (SELECT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') AS receiving) r"
)
_BEAT = text("UPDATE app.heartbeat SET beat_at = clock_timestamp() WHERE id = 1")


@dataclass
class Replica:
    """One read replica and what was last measured of it."""

    engine: Engine
    lag_seconds: float | None = None
    """Seconds behind the primary; None: it does not answer."""
    measured_at: float = field(default=-1e9)


class Engines:
    """The connections of one process."""

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet: connections are made when first used."""
        self._max_lag = settings.replica_max_lag_seconds
        self._timeout = settings.statement_timeout_seconds
        self._lock = threading.Lock()
        self.primary = self._engine(settings.database_url.get_secret_value())
        self.replicas = [Replica(self._engine(url.get_secret_value())) for url in settings.replica_urls]

    def _engine(self, url: str) -> Engine:
        options = f"-c statement_timeout={self._timeout * 1000} -c idle_in_transaction_session_timeout=60000"
        return create_engine(
            url,
            pool_size=8,
            max_overflow=8,
            pool_timeout=10,
            pool_recycle=1800,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 3, "options": options, "application_name": "branch-bi",
                          "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000},
        )

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """Yield a transaction on the primary: committed at the end, rolled back on an error."""
        with self.primary.begin() as connection:
            yield connection

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """Yield a read-only transaction on the freshest good replica, or on the primary where none is good.

        Raises sqlalchemy.exc.OperationalError if the primary does not answer either.
        """
        connection = self._open_reader()
        try:
            yield connection
        finally:
            try:
                connection.rollback()
            finally:
                connection.close()

    @contextmanager
    def primary_reader(self) -> Iterator[Connection]:
        """Yield a read-only transaction on the primary, for reads that must see the caller's own writes."""
        with self.primary.connect() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            yield connection

    def _open_reader(self) -> Connection:
        for replica in self._good_replicas():
            try:
                connection = replica.engine.connect()
                connection.execute(text("SET TRANSACTION READ ONLY"))
            except (OperationalError, DBAPIError) as error:
                log.warning("replica %s does not answer, passing it over: %s", replica.engine.url.render_as_string(), str(error.orig).strip())
                replica.lag_seconds, replica.measured_at = None, time.monotonic()
                continue
            return connection
        connection = self.primary.connect()
        try:
            connection.execute(text("SET TRANSACTION READ ONLY"))
        except BaseException:
            connection.close()
            raise
        return connection

    def _good_replicas(self) -> list[Replica]:
        self.measure()
        good = [replica for replica in self.replicas if replica.lag_seconds is not None and replica.lag_seconds <= self._max_lag]
        return sorted(good, key=lambda replica: replica.lag_seconds or 0.0)

    def measure(self) -> None:
        """Measure every replica's lag again unless that was done within the last second."""
        now = time.monotonic()
        stale = [replica for replica in self.replicas if now - replica.measured_at > (_PROBE_EVERY if replica.lag_seconds is not None else 5 * _PROBE_EVERY)]
        if not stale or not self._lock.acquire(blocking=False):
            return
        try:
            for replica in stale:
                self._measure(replica)
        finally:
            self._lock.release()

    def _measure(self, replica: Replica) -> None:
        try:
            with replica.engine.connect() as connection:
                replica.lag_seconds = float(connection.execute(_LAG).scalar_one())
        except DBAPIError as error:
            if replica.lag_seconds is not None or replica.measured_at < 0:
                log.warning("replica %s is out: %s", replica.engine.url.render_as_string(), str(error.orig).strip())
            replica.lag_seconds = None
        replica.measured_at = time.monotonic()

    def beat(self) -> None:
        """Write the heartbeat that replicas are measured by; jobs call it every few seconds."""
        with self.writer() as connection:
            connection.execute(_BEAT)

    def wait_for_replicas(self, timeout: float = 10.0) -> bool:
        """Wait until every answering replica has replayed what the primary has written by now; False: time ran out."""
        with self.primary.connect() as connection:
            position = connection.execute(text("SELECT pg_current_wal_lsn()::text")).scalar_one()
        deadline = time.monotonic() + timeout
        for replica in self.replicas:
            while not _has_replayed(replica.engine, position):
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.01)
        return True

    def dispose(self) -> None:
        """Close every idle connection (after a fork, or at the end)."""
        for engine in (self.primary, *(replica.engine for replica in self.replicas)):
            engine.dispose(close=False)


def _has_replayed(engine: Engine, position: str) -> bool:
    """Say whether ``engine``'s server has replayed ``position``; a server that does not answer holds nobody up."""
    try:
        with engine.connect() as connection:
            return bool(connection.execute(text("SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= CAST(:p AS pg_lsn)"), {"p": position}).scalar_one())
    except DBAPIError:
        return True
