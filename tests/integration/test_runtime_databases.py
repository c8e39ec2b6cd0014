"""The fixtures that every integration test stands on."""

from collections.abc import Callable

from sqlalchemy import text

from shared.settings import Settings
from shared.warehouse.engines import Engines


def test_a_row_committed_on_the_primary_shows_on_the_replica(fresh: Engines) -> None:
    with fresh.writer() as connection:
        connection.execute(text("INSERT INTO crm.product (name) VALUES ('Windows')"))
    assert fresh.wait_for_replicas()
    with fresh.replicas[0].engine.connect() as replica:
        assert replica.scalar(text("SELECT pg_is_in_recovery()")) is True
        assert replica.scalar(text("SELECT count(*) FROM crm.product WHERE name = 'Windows'")) == 1


def test_each_fresh_database_is_empty_and_its_own(database: Callable[..., Settings]) -> None:
    first, second = Engines(database()), Engines(database())
    with first.writer() as connection:
        connection.execute(text("INSERT INTO crm.product (name) VALUES ('Doors')"))
    with second.writer() as connection:
        assert connection.scalar(text("SELECT count(*) FROM crm.product")) == 0
    for engines in (first, second):
        engines.primary.dispose()
