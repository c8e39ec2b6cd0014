"""Reads that break under way: done again where that helps, and only there."""

import threading
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from shared.warehouse.engines import position
from tests.integration.engines.asking import IS_REPLICA, asks_replica, quick_to_cancel
from tests.integration.own_servers import Pair, at_most, frozen, until


def test_a_read_that_a_replica_never_finishes_is_cut_and_done_on_the_primary(make: Any, pair: Pair) -> None:
    engines = make(statement_timeout_seconds=1)
    until(lambda: asks_replica(engines))
    asked: list[bool] = []

    def slow(connection: Connection) -> bool:
        on_replica = bool(connection.execute(IS_REPLICA).scalar_one())
        asked.append(on_replica)
        if on_replica:
            freeze.set()
            assert icy.wait(5)
            connection.execute(IS_REPLICA)
        return on_replica

    freeze, icy, done = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        assert freeze.wait(10)
        with frozen(pair.standby):
            icy.set()
            done.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    with at_most(12):
        assert engines.read(slow) is False
    done.set()
    holder.join()
    assert asked == [True, False]


@pytest.mark.parametrize("statement", ["SELECT pg_sleep(4), count(*) FROM note", ""], ids=["running", "between two statements"])
def test_a_read_that_recovery_cancels_is_done_again(make: Any, pair: Pair, statement: str) -> None:
    engines = make(replica_max_lag_seconds=3600)
    quick_to_cancel(pair, "50ms")
    until(lambda: asks_replica(engines))
    attempts: list[bool] = []

    def work(connection: Connection) -> int:
        attempts.append(bool(connection.execute(IS_REPLICA).scalar_one()))
        connection.execute(text("SELECT count(*) FROM note"))
        if len(attempts) == 1:
            timer = threading.Timer(0.2, empty)
            timer.start()
            if statement:
                connection.execute(text(statement))
            timer.join()
            until(lambda: pair.standby.ask("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", emptied[0]))
        return int(connection.execute(text("SELECT count(*) FROM note")).scalar_one())

    emptied: list[str] = []

    def empty() -> None:
        with engines.writer() as connection:
            connection.execute(text("TRUNCATE note"))
        with engines.primary_reader() as connection:
            emptied.append(position(connection))

    try:
        assert engines.read(work) == 0
    finally:
        quick_to_cancel(pair, "30s")
    assert attempts[0] is True
    assert len(attempts) == 2


def test_a_read_that_cannot_succeed_is_not_repeated(make: Any) -> None:
    engines, attempts = make(), []

    def wrong(connection: Connection) -> None:
        attempts.append(1)
        connection.execute(text("SELECT 1 / 0"))

    with pytest.raises(DBAPIError, match="division by zero"):
        engines.read(wrong)
    assert attempts == [1]


def test_a_read_whose_connection_is_killed_is_done_again(make: Any, pair: Pair) -> None:
    engines, attempts = make(replica_urls=""), []

    def unlucky(connection: Connection) -> int:
        attempts.append(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        if len(attempts) == 1:
            assert pair.primary.ask("SELECT pg_terminate_backend(%s)", attempts[0])
        return int(connection.execute(text("SELECT 7")).scalar_one())

    assert engines.read(unlucky) == 7
    assert len(attempts) == 2
