"""Every view equals what its base tables say, whatever was written and whichever part was refreshed: a missing dirty mark is a wrong number."""

import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from shared.settings import Settings
from shared.warehouse import parts
from shared.warehouse.build import build_views
from shared.warehouse.catalogue import VIEWS, View
from shared.warehouse.engines import Engines
from shared.warehouse.refresh import refresh_all, views_to_refresh
from tests.oracles import company
from tests.oracles.mutations import KINDS, TABLES, Mutator

LEVELS = tuple(view for view in VIEWS if view.has_levels)


@pytest.fixture(scope="module")
def built(database: Callable[..., Settings]) -> Iterator[tuple[Settings, Engines]]:
    """The company with its views built and no day dirty; tests roll back what they do."""
    settings = database()
    engines = Engines(settings)
    company.write(engines.primary, company.make())
    build_views(engines.primary, settings, clock=company.clock)
    yield settings, engines
    engines.primary.dispose()


@pytest.fixture
def connection(built: tuple[Settings, Engines]) -> Iterator[Connection]:
    """A connection whose transaction is rolled back."""
    raw = built[1].primary.raw_connection()
    try:
        yield raw.driver_connection
    finally:
        raw.rollback()
        raw.close()


def differences(cursor: Cursor, views: tuple[View, ...] | list[View] = VIEWS) -> list[str]:
    """Say which views differ from their base tables, and by which rows; empty: none."""
    found = []
    for view in views:
        columns = ", ".join(view.columns)
        there, wanted = f"SELECT {columns} FROM mart.{view.name}", f"SELECT {columns} FROM ({parts.every_day(view)}) e"
        found += _differs(cursor, view.name, there, wanted)
        if view.has_levels:
            found += _differs(cursor, f"{view.name}_balance", _running(view, f"mart.{view.name}_balance"), _running(view, f"({parts.every_day(view)})"))
    return found


def _differs(cursor: Cursor, name: str, there: str, wanted: str) -> list[str]:
    cursor.execute(
        f"SELECT sum(sign) AS missing, x.what FROM (SELECT 1 AS sign, to_jsonb(w) AS what FROM ({wanted}) w UNION ALL SELECT -1, to_jsonb(t) FROM ({there}) t) x"
        " GROUP BY x.what HAVING sum(sign) <> 0 LIMIT 4")
    return [f"{name}: {'missing' if sign > 0 else 'too much'} {row}" for sign, row in cursor.fetchall()]


def _running(view: View, relation: str) -> str:
    """What enters less what leaves, per key and day, history folded into the day before the recent window: equal here, equal at the end of every day since."""
    day = f"greatest(v.day, (SELECT recent_from - 1 FROM mart.view_state WHERE view = '{view.name}'))"
    keys = ", ".join(f"v.{key}" for key in ("branch_id", *view.keys))
    flows = [f"sum(v.{inflow}) - sum(v.{outflow})" for inflow, outflow in parts.level_pairs(view)]
    return f"SELECT {day} AS day, {keys}, {', '.join(f'({flow})::numeric(16, 2) AS flow{number}' for number, flow in enumerate(flows))} FROM {relation} v GROUP BY 1, {keys} HAVING {' OR '.join(f'{flow} <> 0' for flow in flows)}"


def touching(table: str) -> list[View]:
    """The views that mention the table in their rows, whatever they declare to be dirtied by."""
    return [view for view in VIEWS if f"crm.{table} " in view.rows]


def test_every_view_equals_its_base_tables_after_a_build(connection: Connection) -> None:
    cursor = connection.cursor()
    assert differences(cursor) == []
    cursor.execute("SELECT count(*) FROM mart.dirty_day")
    assert cursor.fetchone() == (0,)


def test_a_difference_would_be_seen(connection: Connection) -> None:
    cursor = connection.cursor()
    cursor.execute("ALTER TABLE crm.sale DISABLE TRIGGER mark_update")
    cursor.execute("UPDATE crm.sale SET gross = gross + 1")
    assert {message.partition(":")[0] for message in differences(cursor)} >= {"sales", "pipeline", "pipeline_balance"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("table", TABLES)
def test_every_statement_marks_every_day_it_changes(table: str, kind: str, connection: Connection) -> None:
    cursor = connection.cursor()
    maker = company.make()
    maker.next_id += 100_000
    maker.rng = random.Random(f"{table} {kind}")
    mutator = Mutator(maker, cursor)
    views = touching(table)
    wanted = 5 if len(views) > 2 else 3
    for attempt in range(8 * wanted):
        cursor.execute("SAVEPOINT clean")
        if mutator(table, kind):
            assert differences(cursor, views) == [], f"{kind} {table}, attempt {attempt}"
        cursor.execute("ROLLBACK TO SAVEPOINT clean")
        if mutator.done == wanted:
            return
    pytest.fail(f"only {mutator.done} of {mutator.refused + mutator.done} statements were accepted")


def test_a_household_that_moves_to_another_branch_in_one_statement_leaves_no_day_wrong(connection: Connection) -> None:
    cursor = connection.cursor()
    for zone in ("Pacific/Auckland", "Pacific/Honolulu"):
        cursor.execute("SELECT DISTINCT l.prospect_id FROM crm.lead l JOIN crm.appointment a ON a.lead_id = l.id JOIN crm.sale s ON s.appointment_id = a.id"
                       " JOIN crm.job j ON j.sale_id = s.id JOIN crm.ticket t ON t.job_id = j.id JOIN crm.branch b ON b.id = l.branch_id WHERE b.time_zone = %s", [zone])
        cursor.execute(_MOVE, {"prospects": [row[0] for row in cursor.fetchall()]})
        assert differences(cursor) == []


_MOVE = """
WITH leads AS (SELECT id FROM crm.lead WHERE prospect_id = ANY(%(prospects)s)), appointments AS (SELECT id FROM crm.appointment WHERE lead_id IN (TABLE leads)),
     sales AS (SELECT id FROM crm.sale WHERE appointment_id IN (TABLE appointments)), jobs AS (SELECT id FROM crm.job WHERE sale_id IN (TABLE sales)),
     a AS (UPDATE crm.lead SET branch_id = 1 WHERE id IN (TABLE leads)), b AS (UPDATE crm.appointment SET branch_id = 1 WHERE id IN (TABLE appointments)),
     c AS (UPDATE crm.sale SET branch_id = 1 WHERE id IN (TABLE sales)), d AS (UPDATE crm.job SET branch_id = 1 WHERE id IN (TABLE jobs)),
     e AS (UPDATE crm.payment SET branch_id = 1 WHERE sale_id IN (TABLE sales)), f AS (UPDATE crm.ticket SET branch_id = 1 WHERE job_id IN (TABLE jobs)),
     g AS (UPDATE crm.call SET branch_id = 1 WHERE lead_id IN (TABLE leads)), h AS (UPDATE crm.touch SET branch_id = 1 WHERE prospect_id = ANY(%(prospects)s))
UPDATE crm.prospect SET branch_id = 1 WHERE id = ANY(%(prospects)s)"""


def test_a_household_deleted_in_one_statement_leaves_no_day_wrong(connection: Connection) -> None:
    cursor = connection.cursor()
    cursor.execute("""
        WITH leads AS (SELECT id FROM crm.lead WHERE id % 3 = 0), appointments AS (SELECT id FROM crm.appointment WHERE lead_id IN (TABLE leads)),
             sales AS (SELECT id FROM crm.sale WHERE appointment_id IN (TABLE appointments)), jobs AS (SELECT id FROM crm.job WHERE sale_id IN (TABLE sales)),
             a AS (DELETE FROM crm.ticket WHERE job_id IN (TABLE jobs)), b AS (DELETE FROM crm.payment WHERE sale_id IN (TABLE sales)),
             c AS (DELETE FROM crm.job WHERE id IN (TABLE jobs)), d AS (DELETE FROM crm.sale WHERE id IN (TABLE sales)),
             e AS (DELETE FROM crm.appointment WHERE id IN (TABLE appointments)), f AS (DELETE FROM crm.call WHERE lead_id IN (TABLE leads))
        DELETE FROM crm.lead WHERE id IN (TABLE leads)""")
    assert cursor.rowcount > 50
    assert differences(cursor) == []


@pytest.mark.parametrize("table", [*TABLES, "prospect", "branch"])
def test_truncate_marks_every_day_it_changes(table: str, connection: Connection) -> None:
    cursor = connection.cursor()
    cursor.execute(f"TRUNCATE crm.{table} CASCADE")
    assert differences(cursor) == []


def test_views_stay_exact_through_writes_refreshes_and_a_moving_window(database: Callable[..., Settings]) -> None:
    settings = database()
    engines = Engines(settings)
    maker = company.make(seed=11)
    company.write(engines.primary, maker)
    build_views(engines.primary, settings, clock=company.clock)
    maker.next_id += 100_000
    raw = engines.primary.raw_connection()
    cursor = raw.cursor()
    mutator = Mutator(maker, cursor)

    def write(count: int) -> None:
        for _ in range(count):
            mutator(maker.rng.choice(TABLES), maker.rng.choice(KINDS))
        raw.commit()

    def later(months: int) -> Callable[[], datetime]:
        return lambda: datetime(2026, 3 + months, 2, 12, tzinfo=UTC)

    for part, months in (("recent", 0), ("archive", 0), ("recent", 1), ("archive", 1), ("recent", 1), ("archive", -2), ("recent", -2)):
        write(30)
        assert differences(cursor) == [], f"before refreshing {part} in month {months}"
        raw.commit()
        assert {done.outcome for done in refresh_all(engines.primary, settings, part, later(months))} == {"done"}  # type: ignore[arg-type]
        assert differences(cursor) == [], f"after refreshing {part} in month {months}"
        raw.commit()
        assert views_to_refresh(engines.primary, settings, part, later(months)) == []  # type: ignore[arg-type]
    cursor.execute("SELECT DISTINCT recent_from::text FROM mart.view_state")
    assert cursor.fetchall() == [("2025-11-01",)]
    raw.close()
    engines.primary.dispose()


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_the_rows_behind_a_view_add_up_to_it_over_any_span(view: View, connection: Connection) -> None:
    cursor = connection.cursor()
    chance = random.Random(view.name)
    sums = ", ".join(f"coalesce(sum({name}), 0)::numeric(20, 6)" for name in view.measures)
    for _ in range(12):
        start = company.FIRST + timedelta(days=chance.randrange(-10, 500))
        bound = {"start": start, "end": start + timedelta(days=chance.choice((0, 1, 30, 200))),
                 "branches": chance.sample([0, 1, 2, 3, 4], chance.randrange(1, 5)) if view.has_branch else [0]}
        rows = _bound(parts.rows_between(view))
        cursor.execute(f"SELECT {sums} FROM ({rows}) r", bound)
        behind = cursor.fetchone()
        cursor.execute(f"SELECT {sums} FROM mart.{view.name} WHERE day BETWEEN %(start)s AND %(end)s AND branch_id = ANY(%(branches)s)", bound)
        assert behind == cursor.fetchone(), bound


def _bound(sql: str) -> str:
    """The statement with psycopg2's parameter marks."""
    return re.sub(r"(?<!:):(start|end|branches)\b", r"%(\1)s", sql.replace("%", "%%"))
