"""The cache itself: one computation per key, errors to all who wait, and no Redis trouble that reaches a caller."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from jobs.stack.ports import free_port
from jobs.stack.valkey import Valkey
from shared import locks
from shared.cache import Cache, Passing
from shared.settings import load_settings
from tests.integration.own_servers import at_most, silent, until


@pytest.fixture(scope="module")
def valkey(scratch: Path) -> Iterator[Valkey]:
    server = Valkey(scratch / "cache", free_port(), durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def raw(valkey: Valkey) -> Iterator[redis.Redis]:
    """A client beside the cache, over an emptied server."""
    if not valkey.answers():
        valkey.start()
    client = redis.Redis.from_url(f"{valkey.url}/1", protocol=2)
    client.config_set("maxmemory", 0)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def make(valkey: Valkey, raw: redis.Redis) -> Iterator[Callable[..., Cache]]:
    """Make caches, each as if in a process of its own."""
    assert raw.ping()
    made: list[Cache] = []

    def cache(url: str = "", **more: object) -> Cache:
        made.append(Cache(load_settings(**{"database_url": "postgresql://u:p@h/d", "redis_url": url or valkey.url, "secret_key": "s" * 48, **more})))
        return made[-1]

    yield cache
    for each in made:
        each.close()


class Count:
    """A computation that counts how often it runs."""

    def __init__(self, value: bytes = b"value", seconds: float = 0.0) -> None:
        self.value, self.seconds, self.times = value, seconds, 0
        self.begun = threading.Event()

    def __call__(self) -> bytes:
        self.times += 1
        self.begun.set()
        time.sleep(self.seconds)
        return self.value


def value_key(raw: redis.Redis, name: str) -> str:
    found = [key.decode() for key in raw.keys("*") if key.decode().endswith(f":{name}") and ":latest:" not in key.decode() and ":lock:" not in key.decode()]
    assert len(found) == 1
    return str(found[0])


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


# --- many at once


class Counts:
    """A computation of many that notes what it was asked for; a key named ``bad`` goes wrong."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.asked: list[list[str]] = []
        self.begun = threading.Event()

    def __call__(self, keys: list[str]) -> dict[str, bytes | Exception]:
        self.asked.append(keys)
        self.begun.set()
        time.sleep(self.seconds)
        return {key: ValueError("no such thing") if key == "bad" else key.encode() for key in keys}


def families(*keys: str) -> dict[str, str]:
    return {key: f"of {key}" for key in keys}


def test_many_values_are_computed_together_once_and_then_found(make: Callable[..., Cache], raw: redis.Redis) -> None:
    first, second, compute = make(), make(), Counts()
    assert first.fetch_many(families("a", "b"), compute) == {"a": b"a", "b": b"b"}
    assert second.fetch_many(families("a", "c", "b"), compute) == {"a": b"a", "b": b"b", "c": b"c"}
    assert compute.asked == [["a", "b"], ["c"]]
    assert (second.hits, second.misses, second.latest("of c")) == (2, 1, b"c")
    assert raw.keys("*lock*") == []
    assert second.fetch_many({}, compute) == {}


def test_what_goes_wrong_with_one_key_costs_the_others_nothing(make: Callable[..., Cache], raw: redis.Redis) -> None:
    cache = make()
    found = cache.fetch_many(families("a", "bad", "passing"), lambda keys: Counts()(keys) | {"passing": Passing(b"now")})
    assert (found["a"], found["passing"], str(found["bad"])) == (b"a", b"now", "no such thing")
    assert cache.get_many(["a", "bad", "passing"]) == [b"a", None, None]

    def fail(_: list[str]) -> dict[str, bytes | Exception]:
        raise ValueError("nothing at all")

    found = cache.fetch_many(families("a", "x", "y"), fail)
    assert (found["a"], str(found["x"]), str(found["y"])) == (b"a", "nothing at all", "nothing at all")
    assert raw.keys("*lock*") == []


@pytest.mark.parametrize("processes", [1, 2])
def test_batches_that_overlap_compute_each_key_once_and_never_wait_for_each_other(make: Callable[..., Cache], processes: int) -> None:
    caches, keys = [make() for _ in range(processes)], [str(number) for number in range(12)]
    computed: list[str] = []

    def compute(wanted: list[str]) -> dict[str, bytes | Exception]:
        computed.extend(wanted)
        time.sleep(0.02)
        return {key: key.encode() for key in wanted}

    def ask(number: int) -> bool:
        mine = [keys[(number * 5 + step * (1 if number % 2 else -1)) % 12] for step in range(7)]  # in many orders
        return caches[number % processes].fetch_many(families(*mine), compute) == {key: key.encode() for key in mine}

    with at_most(10), ThreadPoolExecutor(24) as pool:
        assert all(pool.map(ask, range(48)))
    assert sorted(computed) == sorted(keys)


def test_a_single_question_gets_its_value_as_soon_as_a_batch_that_holds_it_is_done_though_that_waits_for_another_process(make: Callable[..., Cache]) -> None:
    here, there, slow = make(), make(), Counts(2.0)
    with ThreadPoolExecutor(2) as pool:
        elsewhere = pool.submit(there.fetch_many, families("slow"), slow)
        assert slow.begun.wait(5)
        batch = pool.submit(here.fetch_many, families("slow", "quick"), Counts(0.2))
        time.sleep(0.1)
        with at_most(1.5):
            assert here.fetch("quick", "of quick", Count(b"again")).value == b"quick"
        assert not elsewhere.done()
        assert batch.result() == {"slow": b"slow", "quick": b"quick"}


def test_without_redis_many_values_come_all_the_same(make: Callable[..., Cache]) -> None:
    cache, compute = make(f"redis://127.0.0.1:{free_port()}"), Counts()
    with at_most(2):
        for _ in range(20):
            assert cache.fetch_many(families("a", "b"), compute) == {"a": b"a", "b": b"b"}
    assert len(compute.asked) == 20


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
