"""A replica that lags, stops or goes silent."""

import logging
from typing import Any

import pytest
from sqlalchemy import text

from tests.integration.engines.asking import NOBODY, asks_replica, note, read_note
from tests.integration.own_servers import Pair, at_most, frozen, silent, until

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
