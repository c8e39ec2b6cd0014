"""Many values at once: each computed once, whatever the batches, and none paying for another."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from jobs.stack.ports import free_port
from shared.cache import Cache, Passing
from tests.integration.cache.counting import Count, Counts, families
from tests.integration.own_servers import at_most


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
