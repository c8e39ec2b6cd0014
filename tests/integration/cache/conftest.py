"""A Redis for caches to live and fail on, and a company whose answers are cached."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from jobs.stack.ports import free_port
from jobs.stack.valkey import Valkey
from shared.cache import Cache
from shared.metrics.ask import CachedAsk
from shared.settings import load_settings
from shared.warehouse.engines import Engines
from tests.databases import Databases
from tests.integration.refresh_data import Warehouse, copy_of_company
from tests.oracles import company


@pytest.fixture(scope="module")
def valkey(scratch: Path, request: pytest.FixtureRequest) -> Iterator[Valkey]:
    server = Valkey(scratch / request.module.__name__.rpartition(".")[2], free_port(), durable=False)
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


@pytest.fixture(scope="module")
def warehouse(databases: Databases, redis_url: str) -> Iterator[Warehouse]:
    made = copy_of_company(databases, redis_url)
    made.engines.wait_for_replicas()
    yield made
    made.engines.dispose()


@pytest.fixture
def asks(warehouse: Warehouse) -> Iterator[Any]:
    """Make doors to the numbers, each as if in a process of its own."""
    made: list[tuple[Engines, Cache]] = []

    def door() -> CachedAsk:
        engines, cache = Engines(warehouse.settings), Cache(warehouse.settings)
        made.append((engines, cache))
        return CachedAsk(engines, cache, warehouse.settings, company.clock)

    yield door
    for engines, cache in made:
        engines.dispose()
        cache.close()
