"""One database server as a process knows it: whether it answers, and of a replica how far behind it is."""

import logging
import time

import psycopg2
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.breaker import Breaker
from shared.settings import Settings
from shared.warehouse.pool import DEADLINES, SILENCE_SECONDS, open_pool, raw_connection

log = logging.getLogger(__name__)
_CATCH_UP_SECONDS = 0.05
GRACE_SECONDS = 2.0
"""A server that is alive ends a statement by itself at ``statement_timeout``."""
_LAG = text(  # what was replayed holds every commit up to the newest heartbeat and up to the last replayed commit: the younger of them bounds the lag
    "SELECT CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND r.receiving THEN 0.0 ELSE"
    " greatest(0, extract(epoch FROM clock_timestamp() - greatest((SELECT beat_at FROM app.heartbeat), pg_last_xact_replay_timestamp()))) END"
    " FROM (SELECT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') AS receiving) r"
)
_HAS_REPLAYED = "SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= CAST(%s AS pg_lsn)"


class Server:
    """One server and whether it answers."""

    def __init__(self, url: str, settings: Settings) -> None:
        """Open nothing yet."""
        self.engine = open_pool(url, settings.statement_timeout_seconds)
        self._watched = self.engine.execution_options(answer_within=settings.statement_timeout_seconds + GRACE_SECONDS)
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
