"""What the triggers that mark days and tell what happened cost a writer: single-row commits with them and without, in turn: ``python -m benchmarks.trigger_overhead``."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from benchmarks.platform import Platform, platform
from benchmarks.timing import median, step
from shared.warehouse.engines import Engines

ROUNDS, COMMITS = 12, 300
_TAG = "trigger-overhead-"
_INSERTS = {
    "sale": "INSERT INTO crm.sale (external_id, branch_id, appointment_id, product_id, sold_at, gross, status)"
            " SELECT :tag || gen_random_uuid(), a.branch_id, a.id, p.id, now(), 10000, 'pending' FROM (SELECT min(id) AS id FROM crm.product) p,"
            " (SELECT id, branch_id FROM crm.appointment WHERE id = :visit) a",
    "lead": "INSERT INTO crm.lead (external_id, branch_id, prospect_id, source_id, created_at)"
            " SELECT :tag || gen_random_uuid(), branch_id, prospect_id, source_id, now() FROM crm.lead WHERE id = (SELECT lead_id FROM crm.appointment WHERE id = :visit)",
}


def measure(made: Platform) -> dict[str, float]:
    """Commits per second of single-row inserts with and without the triggers, and ``<table>_ratio`` (1: they cost nothing)."""
    engines = made.engines()
    found: dict[str, float] = {}
    for table, statement in _INSERTS.items():
        visits = _visits(engines)
        _commits_per_second(engines, statement, visits)  # plans and pages come to memory
        on, off, ratios = [], [], []
        for number in range(ROUNDS):
            for is_on in ((True, False) if number % 2 else (False, True)):
                with _triggers(engines, table, is_on=is_on):
                    (on if is_on else off).append(_commits_per_second(engines, statement, visits))
            ratios.append(on[-1] / off[-1])
        found |= {f"{table}_on_per_s": median(on), f"{table}_off_per_s": median(off), f"{table}_ratio": median(ratios)}
        with engines.writer() as connection:  # marks the days of the rows that were written without triggers, too
            connection.execute(text(f"DELETE FROM crm.{table} WHERE external_id LIKE :tag"), {"tag": f"{_TAG}%"})
    engines.dispose()
    return found


def ratio(made: Platform) -> float:
    """The smaller of the ratios: what a writer keeps of the speed it had without the triggers."""
    found = measure(made)
    return min(found[f"{table}_ratio"] for table in _INSERTS)


def _visits(engines: Engines) -> list[int]:
    with engines.primary_reader() as connection:
        return [int(row[0]) for row in connection.execute(text(
            "SELECT a.id FROM crm.appointment a WHERE NOT EXISTS (SELECT FROM crm.sale s WHERE s.appointment_id = a.id) ORDER BY a.set_at DESC LIMIT :most"), {"most": COMMITS})]


def _commits_per_second(engines: Engines, statement: str, visits: list[int]) -> float:
    with engines.primary.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        begun = time.perf_counter()
        for visit in visits:
            connection.execute(text(statement), {"tag": _TAG, "visit": visit})
        return len(visits) / (time.perf_counter() - begun)


@contextmanager
def _triggers(engines: Engines, table: str, *, is_on: bool) -> Iterator[None]:
    """Switch the triggers that mark days off, or leave them on; business days and foreign keys stay."""
    def switch(word: str) -> None:
        with engines.writer() as connection:
            _alter(connection, table, word)

    if is_on:
        yield
        return
    switch("DISABLE")
    try:
        yield
    finally:
        switch("ENABLE")


def _alter(connection: Connection, table: str, word: str) -> None:
    connection.execute(text(f"ALTER TABLE crm.{table} {word} TRIGGER mark_insert"))


def main() -> None:
    """Make a company and measure."""
    with platform() as made:
        with step("making the demo company"):
            made.run("prepare")
        print(json.dumps({name: round(value, 3) for name, value in measure(made).items()}, indent=2))


if __name__ == "__main__":
    main()
