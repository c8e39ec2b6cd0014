"""The cache while Redis is away, frozen, full or somebody else's: answers come all the same."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from jobs.stack.ports import free_port
from jobs.stack.valkey import Valkey
from shared.cache import Cache
from tests.integration.cache.counting import Count
from tests.integration.own_servers import at_most, silent, until

# --- while it is not


def test_without_redis_answers_come_at_once_and_say_so(make: Callable[..., Cache]) -> None:
    cache, compute = make(f"redis://127.0.0.1:{free_port()}"), Count()
    assert cache.is_up  # nothing was asked yet
    with at_most(2):
        for _ in range(50):
            assert cache.fetch("k", "f", compute).value == b"value"
    assert (compute.times, cache.is_up, cache.get("k"), cache.get_many(["k"]), cache.ping()) == (50, False, None, [None], False)


def test_without_redis_threads_of_one_process_still_compute_once(make: Callable[..., Cache]) -> None:
    cache, compute = make(f"redis://127.0.0.1:{free_port()}"), Count(seconds=0.4)
    with ThreadPoolExecutor(30) as pool:
        assert set(pool.map(lambda _: cache.fetch("k", "f", compute).value, range(30))) == {b"value"}
    assert compute.times == 1


def test_a_redis_that_never_answers_is_waited_for_once(make: Callable[..., Cache]) -> None:
    with silent() as nobody:
        cache, compute = make(f"redis://127.0.0.1:{nobody.port}"), Count()
        with at_most(3):
            cache.fetch("k", "f", compute)
        assert not cache.is_up
        with at_most(1), ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda number: cache.fetch(f"k{number}", "f", compute), range(200)))
        cache.close()


def test_a_redis_that_freezes_under_open_connections_is_left_out_and_taken_back(make: Callable[..., Cache], valkey: Valkey) -> None:
    cache = make()
    cache.put("k", "f", b"kept")
    valkey.freeze()
    until(lambda: not valkey.answers())
    try:
        with at_most(4), ThreadPoolExecutor(10) as pool:
            list(pool.map(lambda number: cache.fetch(f"k{number}", "f", Count()), range(50)))
        assert not cache.is_up
    finally:
        valkey.thaw()
    until(lambda: cache.is_up)
    assert cache.get("k") == b"kept"


def test_a_redis_that_freezes_while_a_value_is_computed_holds_no_waiter_up(make: Callable[..., Cache], valkey: Valkey) -> None:
    first, second, compute = make(), make(), Count(seconds=0.5)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(first.fetch, "k", "f", compute)
        assert compute.begun.wait(5)
        other = pool.submit(second.fetch, "k", "f", Count(b"its own"))
        time.sleep(0.1)
        valkey.freeze()
        try:
            with at_most(6):
                assert (one.result().value, other.result().value) == (b"value", b"its own")
        finally:
            valkey.thaw()


def test_a_redis_that_restarts_is_used_again_at_once_over_the_old_connections(make: Callable[..., Cache], valkey: Valkey) -> None:
    cache = make()
    cache.put("k", "f", b"value")
    valkey.stop()
    valkey.start()
    assert cache.fetch("k", "f", Count(b"anew")).value == b"anew"
    assert cache.is_up
    assert cache.get("k") == b"anew"


def test_a_redis_that_stops_and_starts_is_taken_back_without_anybody_asking(make: Callable[..., Cache], valkey: Valkey) -> None:
    cache = make()
    cache.put("k", "f", b"value")
    valkey.stop()
    try:
        assert cache.fetch("k", "f", Count(b"meanwhile")).value == b"meanwhile"
        assert not cache.is_up
    finally:
        valkey.start()
    until(lambda: cache.is_up)
    assert cache.fetch("k", "f", Count(b"anew")).value == b"anew"
    assert cache.get("k") == b"anew"


def test_a_full_redis_still_serves_what_it_holds_and_new_answers_come_without_it(make: Callable[..., Cache], raw: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.cache._FULL_SECONDS", 0.5)
    cache = make()
    cache.put("k", "f", b"held")
    raw.config_set("maxmemory", 1)
    with at_most(2):
        for number in range(50):
            assert cache.fetch(f"new{number}", "f", Count()).value == b"value"
    assert not cache.is_up
    assert cache.fetch("k", "f", Count()).origin == "hit"
    raw.config_set("maxmemory", 0)
    until(lambda: cache.is_up)
    cache.fetch("new", "f", Count())
    assert cache.get("new") == b"value"


def test_a_wrong_password_is_as_good_as_no_redis(make: Callable[..., Cache], valkey: Valkey) -> None:
    cache = make(f"redis://:wrong@127.0.0.1:{valkey.port}")
    assert cache.fetch("k", "f", Count()).value == b"value"
    assert not cache.is_up


def test_two_installations_on_one_redis_do_not_see_each_others_answers(make: Callable[..., Cache]) -> None:
    one, same, other = make(), make(database_url="postgresql://other:word@h/d"), make(database_url="postgresql://u:p@h/other")
    one.put("k", "f", b"mine")
    assert (same.get("k"), other.get("k"), other.latest("f")) == (b"mine", None, None)
