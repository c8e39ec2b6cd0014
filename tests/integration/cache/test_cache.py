"""The cache itself: one computation per key, errors to all who wait, and no Redis trouble that reaches a caller."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from shared import locks
from shared.cache import Cache, Passing
from tests.integration.cache.counting import Count, value_key
from tests.integration.own_servers import at_most, until

# --- while Redis is well


def test_a_value_is_computed_once_and_then_found(make: Callable[..., Cache]) -> None:
    first, second, compute = make(), make(), Count()
    assert [cache.fetch("k", "f", compute).origin for cache in (first, first, second)] == ["computed", "hit", "hit"]
    assert compute.times == 1
    assert second.get_many(["k", "other"]) == [b"value", None]
    assert second.latest("f") == b"value"


def test_many_who_ask_at_once_in_two_processes_cause_one_computation(make: Callable[..., Cache]) -> None:
    caches, compute = (make(), make()), Count(seconds=0.3)
    with ThreadPoolExecutor(40) as pool:
        found = list(pool.map(lambda number: caches[number % 2].fetch("k", "f", compute).value, range(100)))
    assert (set(found), compute.times) == ({b"value"}, 1)


def test_an_error_reaches_everybody_who_waited_and_the_next_one_computes_anew(make: Callable[..., Cache]) -> None:
    cache, times = make(), []

    def fail() -> bytes:
        times.append(1)
        time.sleep(0.3)
        raise ValueError("no such thing")

    def attempt(_: int) -> str:
        try:
            return cache.fetch("k", "f", fail).value.decode()
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(attempt, range(20))) == {"no such thing"}
    assert len(times) == 1
    with at_most(2):  # the lock was given back
        assert cache.fetch("k", "f", Count()).origin == "computed"


def test_another_process_computes_at_once_when_the_first_one_failed(make: Callable[..., Cache]) -> None:
    first, second, begun = make(), make(), threading.Event()

    def fail() -> bytes:
        begun.set()
        time.sleep(0.3)
        raise ValueError

    with ThreadPoolExecutor(1) as pool:
        failing = pool.submit(first.fetch, "k", "f", fail)
        assert begun.wait(5)
        with at_most(3):
            assert second.fetch("k", "f", Count(b"mine")).value == b"mine"
        assert isinstance(failing.exception(5), ValueError)


def test_a_passing_value_is_handed_out_and_not_kept(make: Callable[..., Cache], raw: redis.Redis) -> None:
    cache = make()
    assert cache.fetch("k", "f", lambda: Passing(b"now")).value == b"now"
    assert (cache.get("k"), cache.latest("f"), raw.keys("*")) == (None, None, [])


def test_a_holder_that_died_is_waited_for_a_few_seconds_only(make: Callable[..., Cache], raw: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_SECONDS", 1)
    dying, waiting = make(), make()
    assert dying._locks.take(f"{dying._backend.key_prefix}lock:k", "of the dead")
    dying._locks._held.clear()  # nobody renews it any more
    assert raw.keys("*lock*")
    begun = time.monotonic()
    with at_most(5):
        assert waiting.fetch("k", "f", Count()).origin == "computed"
    assert time.monotonic() - begun > 0.5


def test_a_holder_that_lives_is_waited_for_however_long_it_computes(make: Callable[..., Cache], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_SECONDS", 1)
    monkeypatch.setattr(locks, "_RENEW_EVERY", 0.2)
    slow, other = Count(b"slow", 2.2), Count(b"other")
    first, second = make(), make()
    with ThreadPoolExecutor(1) as pool:
        first_one = pool.submit(first.fetch, "k", "f", slow)
        assert slow.begun.wait(5)
        assert second.fetch("k", "f", other).value == b"slow"
        assert first_one.result(5).value == b"slow"
    assert other.times == 0


def test_a_lock_that_somebody_else_took_over_is_not_given_back(make: Callable[..., Cache], raw: redis.Redis) -> None:
    cache = make()
    assert cache._locks.take("a lock", "mine")
    raw.set("a lock", "theirs")
    cache._locks.release("a lock", "mine")
    assert raw.get("a lock") == b"theirs"


def test_a_heavy_answer_is_served_old_while_one_computation_makes_it_new(make: Callable[..., Cache]) -> None:
    cache, new = make(), Count(b"new", 0.3)
    cache.fetch("k.1", "f", Count(b"old"), serve_stale=True)
    with ThreadPoolExecutor(10) as pool:
        found = set(pool.map(lambda _: (cache.fetch("k.2", "f", new, serve_stale=True).value, "old"), range(30)))
    assert found == {(b"old", "old")}
    until(lambda: cache.get("k.2") == b"new")
    assert new.times == 1
    assert cache.fetch("k.2", "f", new, serve_stale=True).origin == "hit"
    assert cache.fetch("k.9", "g", Count(b"first"), serve_stale=True).origin == "computed"  # nothing older


def test_an_error_in_the_background_reaches_nobody_and_is_logged(make: Callable[..., Cache], caplog: pytest.LogCaptureFixture) -> None:
    cache = make()
    cache.put("k.1", "f", b"old")

    def fail() -> bytes:
        raise ValueError("in vain")

    assert cache.fetch("k.2", "f", fail, serve_stale=True).value == b"old"
    until(lambda: "in vain" in caplog.text)


def test_every_key_ends_by_itself(make: Callable[..., Cache], raw: redis.Redis) -> None:
    cache, compute = make(cache_seconds=7, cache_stale_seconds=5), Count(seconds=0.4)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(cache.fetch, "k", "f", compute)
        assert compute.begun.wait(5)
        (lock,) = raw.keys("*")
        assert 0 < raw.ttl(lock) <= 5
    ends = {key.decode().rpartition("answer:")[2].partition(":")[2]: raw.ttl(key) for key in raw.keys("*")}
    assert set(ends) == {"k", "latest:f"}
    assert 0 < ends["k"] <= 7 < ends["latest:f"] <= 12


@pytest.mark.parametrize("damage", [b"", b"x", b"nonsense that is longer than any digest is", "flip", "cut"], ids=str)
def test_a_damaged_value_counts_as_absent_and_is_replaced(make: Callable[..., Cache], raw: redis.Redis, damage: bytes | str) -> None:
    cache, compute = make(), Count(b"a value of some length")
    cache.fetch("k", "f", compute)
    key = value_key(raw, "k")
    stored = raw.get(key)
    assert isinstance(stored, bytes)
    raw.set(key, {"flip": bytes([stored[0] ^ 1]) + stored[1:], "cut": stored[:-3]}.get(str(damage), damage))
    assert cache.get("k") is None
    assert cache.get_many(["k"]) == [None]
    again = cache.fetch("k", "f", compute)
    assert (again.value, again.origin, compute.times) == (b"a value of some length", "computed", 2)
    assert cache.fetch("k", "f", compute).origin == "hit"
    assert cache.is_up


def test_something_else_under_a_key_counts_as_absent(make: Callable[..., Cache], raw: redis.Redis) -> None:
    cache = make()
    cache.put("k", "f", b"value")
    key = value_key(raw, "k")
    raw.delete(key)
    raw.rpush(key, "a list")
    assert cache.fetch("k", "f", Count()).value == b"value"
    assert cache.is_up
