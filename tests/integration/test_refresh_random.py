"""Two writers, a refresher and a comparing reader at once, by chance: no wrong number."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import psycopg2
import pytest

from shared.warehouse.catalogue import VIEWS
from tests.databases import Databases
from tests.integration.refresh_data import Warehouse, copy_of_company, wrong
from tests.oracles import company
from tests.oracles.mutations import KINDS, TABLES, Mutator

SECONDS = 6.0


@pytest.fixture
def warehouse(databases: Databases, redis_url: str) -> Iterator[Warehouse]:
    made = copy_of_company(databases, redis_url)
    yield made
    made.engines.dispose()


class Crowd:
    """Threads that act until the time is up; an error in one fails the test."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse, self.counts = warehouse, Counter[str]()
        self.wrong: list[str] = []
        self.errors: list[BaseException] = []
        self.until = time.monotonic() + SECONDS

    def run(self, *acts: Callable[[], None]) -> None:
        threads = [threading.Thread(target=self._guard, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not self.errors, self.errors

    def _guard(self, act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 -- run() says it
            self.errors.append(error)

    def write(self, seed: int) -> None:
        maker = company.make()
        maker.next_id, maker.rng = seed * 1_000_000, Random(seed)
        with self.warehouse.session() as connection, connection.cursor() as cursor:
            mutate = Mutator(maker, cursor)
            while time.monotonic() < self.until:
                try:
                    for _ in range(maker.rng.randrange(1, 4)):
                        mutate(maker.rng.choice(TABLES), maker.rng.choice(KINDS))
                    time.sleep(maker.rng.random() * 0.02)
                    connection.commit()
                    self.counts["commits"] += 1
                except psycopg2.errors.DeadlockDetected:  # of the two writers
                    connection.rollback()

    def refresh(self) -> None:
        rng = Random(3)
        while time.monotonic() < self.until:
            done = self.warehouse.refresh(rng.choice(VIEWS).name, rng.choice(("recent", "recent", "archive")))
            self.counts[done.outcome] += 1

    def compare(self) -> None:
        rng = Random(4)
        with self.warehouse.session() as connection, connection.cursor() as cursor:
            connection.set_session("REPEATABLE READ", readonly=True)
            while time.monotonic() < self.until:
                found = wrong(cursor, rng.sample(VIEWS, 2))
                connection.rollback()
                self.counts["comparisons"] += 2
                self.wrong += found


def test_two_writers_a_refresher_and_a_comparing_reader_see_no_wrong_number(warehouse: Warehouse) -> None:
    crowd = Crowd(warehouse)
    crowd.run(lambda: crowd.write(1), lambda: crowd.write(2), crowd.refresh, crowd.compare)
    assert crowd.wrong == []
    assert warehouse.wrong() == []
    assert min(crowd.counts[what] for what in ("commits", "done", "comparisons")) >= 10, crowd.counts
    assert not crowd.counts["failed"], crowd.counts
