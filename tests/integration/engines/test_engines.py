"""Readers and writers while servers lag, stop, go silent and come back."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.integration.engines.asking import IS_REPLICA, asks_replica, note, read_note
from tests.integration.own_servers import DATABASE, Pair, until

# --- while all is well


def test_a_reader_gets_a_replica_and_a_writer_the_primary(make: Any) -> None:
    engines = make()
    until(lambda: asks_replica(engines))
    with engines.writer() as connection:
        assert not connection.execute(IS_REPLICA).scalar_one()
    with engines.primary_reader() as connection:
        assert not connection.execute(IS_REPLICA).scalar_one()
    assert not engines.primary_is_down


def test_readers_cannot_write_and_see_one_moment_only(make: Any) -> None:
    engines = make(replica_urls="")
    for door in (engines.reader, engines.primary_reader):
        with door() as connection:
            before = connection.execute(text("SELECT count(*) FROM note")).scalar_one()
            note(engines, "meanwhile")
            assert connection.execute(text("SELECT count(*) FROM note")).scalar_one() == before
            with pytest.raises(DBAPIError, match="read-only"):
                connection.execute(text("DELETE FROM note"))


def test_a_connection_that_read_can_write_afterwards_and_see_what_others_commit(make: Any) -> None:
    engines = make(replica_urls="")
    with engines.reader() as connection:
        connection.execute(IS_REPLICA)
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with engines.writer() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() == pid
        before = connection.execute(text("SELECT count(*) FROM note")).scalar_one()
        note(engines, "by somebody else")
        assert connection.execute(text("SELECT count(*) FROM note")).scalar_one() == before + 1


def test_an_error_inside_a_writer_undoes_all_of_it(make: Any) -> None:
    engines = make()
    with pytest.raises(DBAPIError, match="division by zero"), engines.writer() as connection:
        connection.execute(text("WITH added AS (INSERT INTO note VALUES ('undone') RETURNING 0 AS zero) SELECT 1 / zero FROM added"))
    with pytest.raises(DBAPIError, match="no_such_table"), engines.writer() as connection:
        connection.execute(text("INSERT INTO note VALUES ('undone'); SELECT 1 FROM no_such_table"))
    with engines.primary_reader() as connection:
        assert read_note("undone")(connection) == 0


def test_reading_at_least_a_position_sees_what_was_just_committed_every_time(make: Any) -> None:
    engines = make()
    for number in range(60):
        words = f"number {number}"
        assert engines.read(read_note(words), note(engines, words)) == 1


def test_waiting_for_replicas_makes_a_commit_visible_on_them(make: Any) -> None:
    engines = make()
    note(engines, "waited for")
    assert engines.wait_for_replicas()
    with engines.replicas[0].engine.connect() as connection:
        assert read_note("waited for")(connection) == 1


def test_closing_leaves_no_connection_behind_and_the_next_use_opens_new_ones(make: Any, pair: Pair) -> None:
    engines = make()
    until(lambda: asks_replica(engines))
    note(engines, "before closing")
    mine = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name = 'northline-bi'"
    assert pair.primary.ask(mine, DATABASE)
    engines.dispose()
    until(lambda: pair.primary.ask(mine, DATABASE) == 0 and pair.standby.ask(mine, DATABASE) == 0)
    note(engines, "after closing")
