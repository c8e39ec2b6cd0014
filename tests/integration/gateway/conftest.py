"""One Redis with one gateway for the tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.gateway.world import World


@pytest.fixture(scope="module")
def world(scratch: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """One Redis with one gateway for the tests of this file."""
    folder = scratch / request.module.__name__.rpartition(".")[2]
    folder.mkdir()
    made = World(folder, gateway_topics=60, gateway_connections_per_person=4, gateway_slow_seconds=2)
    yield made
    made.close()


@pytest.fixture(scope="module")
def port(world: World) -> int:
    return world.start()
