"""Pools of connections that never wait for a silent server longer than they must."""

from typing import Any, Final

import psycopg2
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import InvalidatePoolError

from shared.warehouse.deadlines import Deadlines

SILENCE_SECONDS: Final = 1.5
"""A server that does not answer the smallest question for so long is taken for dead."""
DEADLINES: Final = Deadlines()
_CONNECT_SECONDS: Final = 3


def open_pool(url: str, statement_timeout: int) -> Engine:
    """Return an engine; nothing is connected yet.

    The execution option ``answer_within`` (seconds) cuts a connection whose statement is not answered by then.
    """
    options = f"-c statement_timeout={statement_timeout * 1000} -c idle_in_transaction_session_timeout=60000"
    engine = create_engine(
        url,
        pool_size=8,
        max_overflow=8,
        pool_timeout=10,
        pool_recycle=1800,
        connect_args={"connect_timeout": _CONNECT_SECONDS, "options": options, "application_name": "northline-bi",
                      "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000},
    )
    event.listen(engine, "connect", _mark_new)
    event.listen(engine, "checkout", _ping)
    event.listen(engine, "before_cursor_execute", _begin_watch)
    event.listen(engine, "after_cursor_execute", _end_watch)
    event.listen(engine, "handle_error", _end_watch_of_failed)
    return engine


def raw_connection(connection: Connection) -> Any:
    """psycopg2's connection under SQLAlchemy's.  Raises where that was lost."""
    return connection.connection.driver_connection


def _mark_new(_connection: Any, record: Any) -> None:
    record.info["is_new"] = True


def _ping(connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a kept connection for a sign of life (SQLAlchemy's own pool_pre_ping would wait for ever); a dead one is replaced."""
    if record.info.pop("is_new", False):
        return
    try:
        connection.set_session("DEFAULT", readonly="DEFAULT")  # whoever had it before may have only read
        connection.autocommit = True
        with DEADLINES.within(SILENCE_SECONDS, connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.autocommit = False
    except psycopg2.Error as error:
        raise InvalidatePoolError from error


def _begin_watch(connection: Connection, cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:  # noqa: FBT001 -- SQLAlchemy's signature
    within = connection.get_execution_options().get("answer_within")
    context.watch = None if within is None else DEADLINES.begin(within, cursor.connection)


def _end_watch(_connection: Connection, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:  # noqa: FBT001 -- SQLAlchemy's signature
    if context.watch is not None:
        DEADLINES.end(context.watch)


def _end_watch_of_failed(failed: ExceptionContext) -> None:
    watch = getattr(failed.execution_context, "watch", None)
    if watch is not None:
        DEADLINES.end(watch)
