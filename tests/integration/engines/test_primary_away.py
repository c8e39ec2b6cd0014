"""The primary away, frozen or full."""

import logging
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from jobs.stack.ports import free_port
from shared.settings import load_settings
from shared.warehouse.engines import Engines, PrimaryIsDownError
from tests.integration.engines.asking import NOBODY, asks_replica, note, read_note
from tests.integration.own_servers import DATABASE, Pair, at_most, frozen, silent, until

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
