"""Readers and writers while servers lag, stop, go silent and come back."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError

from jobs.stack.ports import free_port
from shared.settings import Settings, load_settings
from shared.warehouse import engines as module
from shared.warehouse.engines import Engines, PrimaryIsDownError, position
from shared.warehouse.migrate import migrate
from tests.integration.own_servers import DATABASE, Pair, at_most, frozen, silent, until

IS_REPLICA = text("SELECT pg_is_in_recovery()")
NOBODY = "postgresql+psycopg2://u:p@127.0.0.1:{}/x"


@pytest.fixture(scope="module")
def pair(scratch: Path) -> Iterator[Pair]:
    made = Pair(scratch / "engines")
    try:
        made.start()
        engines = Engines(settings_of(made))
        migrate(engines.primary)
        with engines.writer() as connection:
            connection.execute(text("CREATE TABLE note (words text)"))
        assert engines.wait_for_replicas()
        engines.dispose()
        yield made
    finally:
        made.stop()


def settings_of(pair: Pair, **more: object) -> Settings:
    return load_settings(**{"database_url": pair.primary.url(DATABASE), "replica_urls": pair.standby.url(DATABASE), "redis_url": "redis://127.0.0.1:1", "secret_key": "s" * 48, **more})


@pytest.fixture
def make(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make engines over the running pair; probed often, closed at the end."""
    pair.start()
    monkeypatch.setattr(module, "_PROBE_EVERY", 0.05)
    made: list[Engines] = []

    def engines(**more: object) -> Engines:
        made.append(Engines(settings_of(pair, **more)))
        return made[-1]

    yield engines
    for each in made:
        each.dispose()


def asks_replica(engines: Engines, at_least: str = "") -> bool:
    with engines.reader(at_least) as connection:
        return bool(connection.execute(IS_REPLICA).scalar_one())


def note(engines: Engines, words: str) -> str:
    with engines.writer() as connection:
        connection.execute(text("INSERT INTO note VALUES (:words)"), {"words": words})
    with engines.primary_reader() as connection:
        return position(connection)


def read_note(words: str) -> Any:
    return lambda connection: connection.execute(text("SELECT count(*) FROM note WHERE words = :words"), {"words": words}).scalar_one()


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


# --- a replica that lags, stops or goes silent


def test_a_replica_that_falls_behind_is_passed_over_after_the_limit_and_taken_again_when_it_caught_up(make: Any, pair: Pair) -> None:
    engines = make(replica_max_lag_seconds=0.6)
    until(lambda: asks_replica(engines))
    pair.pause()
    try:
        note(engines, "not replayed")
        until(lambda: not asks_replica(engines))
        assert engines.replicas[0].lag_seconds > 0.6
        assert engines.read(read_note("not replayed")) == 1
        assert not engines.wait_for_replicas(0.3)
    finally:
        pair.resume()
    until(lambda: asks_replica(engines))
    assert engines.read(read_note("not replayed")) == 1


def test_a_replica_behind_a_wanted_position_is_passed_over_though_its_lag_is_allowed(make: Any, pair: Pair) -> None:
    engines = make(replica_max_lag_seconds=3600)
    until(lambda: asks_replica(engines))
    pair.pause()
    try:
        where = note(engines, "wanted")
        assert asks_replica(engines)
        assert not asks_replica(engines, where)
        assert engines.read(read_note("wanted"), where) == 1
    finally:
        pair.resume()
    until(lambda: asks_replica(engines, where))


def test_an_idle_primary_makes_no_replica_look_late(make: Any) -> None:
    engines = make(replica_max_lag_seconds=0.5)
    with engines.writer() as connection:
        connection.execute(text("UPDATE app.heartbeat SET beat_at = now() - interval '1 day'"))  # as when no worker runs
    until(lambda: asks_replica(engines))
    assert engines.replicas[0].lag_seconds == 0


def test_a_stopped_replica_costs_nothing_is_told_once_and_is_used_again_when_it_is_back(make: Any, pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    engines = make()
    until(lambda: asks_replica(engines))
    pair.standby.stop()
    with caplog.at_level(logging.WARNING), at_most(3):
        for _ in range(100):
            assert not asks_replica(engines)
    assert len([record for record in caplog.records if "does not answer" in record.getMessage()]) == 1
    assert engines.wait_for_replicas(1)  # holds nobody up
    pair.standby.start()
    until(lambda: asks_replica(engines))


def test_a_silent_replica_is_found_out_once_and_costs_nothing_afterwards(make: Any) -> None:
    with silent() as nobody:
        engines = make(replica_urls=NOBODY.format(nobody.port))
        with at_most(6):
            assert not asks_replica(engines)
        with at_most(2):
            for _ in range(50):
                assert not asks_replica(engines)
        engines.dispose()


def test_a_replica_frozen_under_its_open_connections_is_cut_and_left_out(make: Any, pair: Pair) -> None:
    engines = make()
    until(lambda: asks_replica(engines))
    with frozen(pair.standby):
        with at_most(7):
            assert not asks_replica(engines)
        with at_most(2):
            for _ in range(50):
                assert not asks_replica(engines)
    until(lambda: asks_replica(engines))


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


def quick_to_cancel(pair: Pair, delay: str) -> None:
    config = pair.standby.data / "postgresql.auto.conf"
    lines = [line for line in config.read_text().splitlines() if "max_standby_streaming_delay" not in line]
    config.write_text("\n".join([*lines, f"max_standby_streaming_delay = '{delay}'"]) + "\n")
    pair.standby.ask("SELECT pg_reload_conf()")
    until(lambda: pair.standby.ask("SHOW max_standby_streaming_delay") == delay)


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


# --- the primary away


def test_without_the_primary_readers_get_a_replica_however_late_and_writers_a_clear_word_until_it_is_back(make: Any, pair: Pair) -> None:
    engines = make(replica_max_lag_seconds=0)
    note(engines, "kept")
    assert engines.wait_for_replicas()
    pair.primary.stop()
    try:
        with at_most(3):
            for _ in range(50):
                assert asks_replica(engines)
                assert asks_replica(engines, "FFFFFFFF/0")  # even where more is wanted than anybody holds
        assert engines.read(read_note("kept")) == 1
        for door in (engines.writer, engines.primary_reader):
            with pytest.raises(PrimaryIsDownError, match="the primary database does not answer: .*try again in a minute"), door():
                pass
        assert issubclass(PrimaryIsDownError, OperationalError)
        assert engines.primary_is_down
    finally:
        pair.primary.start()
    until(lambda: not engines.primary_is_down)
    note(engines, "and on it goes")
    until(lambda: engines.read(read_note("and on it goes")) == 1)


def test_a_primary_frozen_under_its_open_connections_holds_nobody_up_twice(make: Any, pair: Pair) -> None:
    engines = make(replica_max_lag_seconds=0)
    note(engines, "before the frost")
    assert engines.wait_for_replicas()
    with frozen(pair.primary):
        with at_most(7), pytest.raises(PrimaryIsDownError), engines.writer():
            pass
        with at_most(2):
            for _ in range(50):
                with pytest.raises(PrimaryIsDownError), engines.writer():
                    pass
                assert engines.read(read_note("before the frost")) == 1
    until(lambda: not engines.primary_is_down)
    note(engines, "after the frost")


def test_without_any_server_a_reader_is_told_so_at_once_again_and_again() -> None:
    with silent() as nobody:
        engines = Engines(load_settings(database_url=NOBODY.format(nobody.port), replica_urls=NOBODY.format(free_port()), redis_url="redis://127.0.0.1:1", secret_key="s" * 48))
        with at_most(6), pytest.raises(PrimaryIsDownError, match="no replica answers either"), engines.reader():
            pass
        with at_most(2):
            for _ in range(50):
                with pytest.raises(PrimaryIsDownError), engines.reader():
                    pass
        engines.dispose()


def test_a_full_server_is_not_taken_for_a_dead_one(make: Any, pair: Pair) -> None:
    engines = make(replica_urls="")
    name = pair.primary.ask("SELECT current_user::text")
    with engines.writer() as connection:
        connection.execute(text("CREATE ROLE narrow LOGIN PASSWORD 'narrow' CONNECTION LIMIT 0"))
    url = pair.primary.url(DATABASE).replace(f"{name}:{pair.primary.password}", "narrow:narrow")
    crowded = make(database_url=url, replica_urls="")
    with pytest.raises(OperationalError, match="too many"), crowded.writer():
        pass
    assert not crowded.primary_is_down


def test_a_server_that_was_only_away_for_a_moment_is_found_without_anybody_asking(make: Any, pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    engines = make(replica_urls="")
    pair.primary.stop()
    try:
        with pytest.raises(PrimaryIsDownError), engines.writer():
            pass
    finally:
        pair.primary.start()
    with caplog.at_level(logging.WARNING):
        until(lambda: any("answers again" in record.getMessage() for record in caplog.records))
    note(engines, "at the first try")
