"""Hears NOTIFY on one channel, on a connection of its own."""

import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg2
from sqlalchemy.exc import DBAPIError

from shared.warehouse.engines import Engines
from shared.warehouse.pool import raw_connection


class HearingLostError(ConnectionError):
    """The database does not let us listen, or no longer."""


@contextmanager
def hearing(engines: Engines, channel: str) -> Iterator[Callable[[float], bool]]:
    """Listen on ``channel`` of the primary and yield ``wait(seconds)``, which says whether something was heard by then.  Raises HearingLostError, also from ``wait``."""
    try:
        with engines.primary.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            raw = raw_connection(connection)
            with raw.cursor() as cursor:
                cursor.execute(f'LISTEN "{channel}"')

            def wait(seconds: float) -> bool:
                if select.select([raw], [], [], seconds)[0]:
                    raw.poll()
                heard = bool(raw.notifies)
                raw.notifies.clear()
                return heard

            try:
                yield wait
            finally:
                connection.invalidate()  # it must not come back to the pool listening
    except (DBAPIError, psycopg2.Error, OSError, ValueError) as error:  # ValueError: the socket was closed
        raise HearingLostError(str(error).strip().partition("\n")[0] or "the connection was lost") from error
