"""A primary and its replica, and engines over them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from shared.warehouse import engines as module
from shared.warehouse.engines import Engines
from shared.warehouse.migrate import migrate
from tests.integration.engines.asking import settings_of
from tests.integration.own_servers import Pair


@pytest.fixture(scope="module")
def pair(scratch: Path, request: pytest.FixtureRequest) -> Iterator[Pair]:
    made = Pair(scratch / request.module.__name__.rpartition(".")[2])
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
