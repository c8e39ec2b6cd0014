"""What a breaker remembers and for how long, and what addresses and keys are made of; no server needed."""

import logging
import threading
import time
from collections.abc import Callable

import pytest

from shared import breaker as module
from shared.breaker import Breaker
from shared.cache import BytesRedisCache, _prefix, redis_address
from shared.settings import Settings, load_settings


def settings(**more: object) -> Settings:
    return load_settings(**{"database_url": "postgresql://u:p@h:5/d", "redis_url": "redis://:word@r:7", "secret_key": "s" * 48, **more})


class Server:
    """Answers probes when told to."""

    def __init__(self) -> None:
        self.is_there, self.probes = False, 0

    def probe(self) -> None:
        self.probes += 1
        if not self.is_there:
            raise ConnectionError("refused")


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_server_is_up_until_it_proved_not_to_be_and_again_once_a_probe_succeeds(caplog: pytest.LogCaptureFixture) -> None:
    server = Server()
    breaker = Breaker("the server", server.probe, (ConnectionError,), every=0.01)
    assert breaker.is_closed
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            breaker.trip("refused")
        assert not breaker.is_closed
        until(lambda: server.probes > 3)
        assert not breaker.is_closed
        server.is_there = True
        until(lambda: breaker.is_closed)
    assert [record.getMessage() for record in caplog.records] == ["the server does not answer, going on without it: refused", "the server answers again"]


def test_one_thread_probes_however_many_ask() -> None:
    server = Server()
    breaker = Breaker("crowded", server.probe, (ConnectionError,), every=0.05)
    before = threading.active_count()
    for _ in range(100):
        breaker.trip("refused")
        assert not breaker.is_closed
    assert threading.active_count() == before + 1
    breaker.close()
    until(lambda: threading.active_count() == before)


def test_nobody_probes_for_a_server_that_nobody_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FORGET_AFTER", 0.05)
    server = Server()
    breaker = Breaker("forgotten", server.probe, (ConnectionError,), every=0.01)
    breaker.trip("refused")
    time.sleep(0.3)
    probes = server.probes
    time.sleep(0.1)
    assert server.probes == probes
    assert breaker.is_closed  # the next caller finds out


def test_a_prober_that_did_not_survive_a_fork_is_started_again() -> None:
    server = Server()
    breaker = Breaker("forked", server.probe, (ConnectionError,), every=0.01)
    breaker.trip("refused")
    breaker._closing.set()  # ends the thread, as a fork does
    assert breaker._prober
    breaker._prober.join(5)
    server.is_there = True
    until(lambda: breaker.is_closed)


def test_the_cache_lives_in_a_database_of_its_own() -> None:
    assert redis_address(settings(), 1) == "redis://:word@r:7/1"
    assert redis_address(settings(redis_url="rediss://u:w@r/0?x=1"), 1) == "rediss://u:w@r/1?x=1"


def test_keys_name_the_database_and_not_its_password() -> None:
    mine = _prefix(settings())
    assert mine == _prefix(settings(database_url="postgresql://other:word@h:5/d"))
    assert len({mine, *(_prefix(settings(database_url=f"postgresql://u:p@{where}")) for where in ("h:5/e", "h:6/d", "g:5/d"))}) == 4
    assert "p" not in mine.removeprefix("answer:").strip("abcdef0123456789:")


@pytest.mark.parametrize("value", [b"", b"\x80\x04K\x01.", b"x" * 1000])
def test_bytes_come_back_as_they_went_in_or_not_at_all(value: bytes) -> None:
    stored = BytesRedisCache.serializer.dumps(value)
    assert BytesRedisCache.serializer.loads(stored) == value
    assert stored.startswith(value)
    assert BytesRedisCache.serializer.loads(None) is None
    for position in range(0, len(stored), 97):
        damaged = stored[:position] + bytes([stored[position] ^ 0x10]) + stored[position + 1:]
        assert BytesRedisCache.serializer.loads(damaged) is None
