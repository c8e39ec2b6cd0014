"""Whatever order a writer, the refresher and a reader come in, a view equals its base tables at every moment."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import combinations_with_replacement

import pytest
from psycopg2.extensions import connection as Connection
from sqlalchemy import Engine, text

from shared.warehouse import refresh
from shared.warehouse.catalogue import BY_NAME, VIEWS
from shared.warehouse.refresh import views_to_refresh
from tests.databases import Databases
from tests.integration.refresh_data import POINTS, RECENT_FROM, Steps, Warehouse, copy_of_company, stop_at_points, wrong
from tests.oracles import company

LONG_AGO = datetime(2023, 2, 14, 15, tzinfo=UTC)
LATELY = datetime(2026, 3, 10, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def warehouse(databases: Databases, redis_url: str) -> Iterator[Warehouse]:
    made = copy_of_company(databases, redis_url)
    yield made
    made.engines.dispose()


def sell(connection: Connection, at: datetime = LATELY, amount: int = 1000) -> int:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) VALUES (1, 1, %s, %s, 'firm') RETURNING id", (at, amount))
        found = cursor.fetchone()
    assert found
    return int(found[0])


# --- one writer, every order


@pytest.mark.parametrize(("written", "committed"), list(combinations_with_replacement(POINTS, 2)))
def test_no_order_of_write_commit_and_refresh_shows_a_wrong_number(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, written: str, committed: str) -> None:
    steps = Steps(warehouse, "sales")
    with warehouse.session() as writer:
        steps.at(written, lambda: sell(writer))
        steps.at(written, lambda: sell(writer, LONG_AGO))
        steps.at(committed, writer.commit)
        stop_at_points(monkeypatch, steps)
        monkeypatch.setattr(refresh, "_PATIENCE", 0.05)
        steps.reach("before")
        done = warehouse.refresh("sales")
        for point in POINTS:  # of a refresh that gave way too
            steps.reach(point)
    assert steps.wrong == []
    in_the_way = POINTS.index(written) <= 1 < POINTS.index(committed)  # writing when the marks were looked at, and not done since
    assert done.outcome == ("busy" if in_the_way else "done")


def test_a_sale_is_counted_by_the_refresh_or_keeps_its_mark_and_never_both_nor_neither(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(warehouse, "sales")
    warehouse.refresh_all("archive")
    with warehouse.session() as writer:
        sell(writer)
        writer.commit()
        steps.at("unmarked", lambda: sell(writer))
        steps.at("unmarked", writer.commit)
        stop_at_points(monkeypatch, steps)
        assert warehouse.refresh("sales").marks == 1
    assert (steps.wrong, warehouse.marks("sales")) == ([], 1)


# --- the same harness over wrong orders: it would notice


def refresh_before_marks(engine: Engine, steps: Steps) -> None:
    with engine.begin() as connection:
        connection.execute(text("REFRESH MATERIALIZED VIEW CONCURRENTLY mart.sales_recent"))
        steps.reach("unmarked")
        connection.execute(text("DELETE FROM mart.dirty_day WHERE view = 'sales'"))
    steps.reach("committed")


def marks_and_refresh_in_two_transactions(engine: Engine, steps: Steps) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM mart.dirty_day WHERE view = 'sales'"))
    steps.reach("unmarked")
    with engine.begin() as connection:
        connection.execute(text("REFRESH MATERIALIZED VIEW CONCURRENTLY mart.sales_recent"))
    steps.reach("committed")


@pytest.mark.parametrize("wrongly", [refresh_before_marks, marks_and_refresh_in_two_transactions])
def test_a_refresh_in_the_wrong_order_would_be_noticed(warehouse: Warehouse, wrongly: Callable[[Engine, Steps], None]) -> None:
    steps = Steps(warehouse, "sales")
    warehouse.refresh_all("archive")
    with warehouse.session() as writer:
        sell(writer)
        writer.commit()
        steps.at("unmarked", lambda: sell(writer))
        steps.at("unmarked", writer.commit)
        wrongly(warehouse.engines.primary, steps)
        assert steps.wrong
        sell(writer)  # marks the day again
        writer.commit()
    assert warehouse.wrong([BY_NAME["sales"]]) == []


# --- two writers who do not see each other


def add_completed_job(connection: Connection, sale: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO crm.job (branch_id, sale_id, product_id, status, started_on, completed_on) VALUES (1, %s, 1, 'complete', '2026-02-02', '2026-02-03')", (sale,))


def change_amount(connection: Connection, sale: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm.sale SET gross = gross + 500 WHERE id = %s", (sale,))


def test_marks_wait_for_a_writer_who_could_not_see_what_they_stand_for(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "_PATIENCE", 0.05)
    with warehouse.session() as seller, warehouse.session() as builder:
        sale = sell(seller)
        seller.commit()
        change_amount(seller, sale)  # sees no job, so it marks no completion day
        add_completed_job(builder, sale)  # sees the old amount
        builder.commit()
        blocked = warehouse.refresh("production")
        assert blocked.outcome == "busy"
        assert "still open" in blocked.error
        seller.commit()
    assert warehouse.wrong([BY_NAME["production"]]) == []
    assert warehouse.refresh("production").outcome == "done"
    assert warehouse.wrong([BY_NAME["production"]]) == []


def test_deleting_marks_without_waiting_for_that_writer_would_be_noticed(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with warehouse.session() as seller, warehouse.session() as builder:
        sale = sell(seller)
        seller.commit()
        change_amount(seller, sale)
        add_completed_job(builder, sale)
        builder.commit()
        monkeypatch.setattr("shared.warehouse.marks._await_writers", lambda *_: True)
        assert warehouse.refresh("production").outcome == "done"
        seller.commit()
    assert warehouse.wrong([BY_NAME["production"]])
    with warehouse.session() as mender, mender.cursor() as cursor:
        cursor.execute("UPDATE crm.job SET crew = crew WHERE sale_id = %s", (sale,))
        mender.commit()
    assert warehouse.wrong([BY_NAME["production"]]) == []


def test_a_refresh_waits_for_a_writer_who_is_about_to_commit(warehouse: Warehouse) -> None:
    with warehouse.session() as writer:
        sell(writer)
        timer = threading.Timer(0.4, writer.commit)
        timer.start()
        begun = time.monotonic()
        assert warehouse.refresh("sales").outcome == "done"
        assert time.monotonic() - begun > 0.3
        timer.join()
    assert warehouse.wrong([BY_NAME["sales"]]) == []


def test_a_writer_to_other_tables_holds_no_refresh_up(warehouse: Warehouse) -> None:
    with warehouse.session() as writer, writer.cursor() as cursor:
        cursor.execute("INSERT INTO crm.probe (service, probed_at, is_good, milliseconds) VALUES ('bi', %s, true, 3)", (LATELY,))
        assert warehouse.refresh("sales").outcome == "done"


def test_the_database_of_the_company_may_default_to_another_isolation_level(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    name = warehouse.value("SELECT quote_ident(current_database())")
    steps = Steps(warehouse, "sales")
    with warehouse.session() as admin, admin.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
        admin.commit()
        try:
            warehouse.engines.primary.dispose()
            with warehouse.session() as writer:
                writer.set_session("READ COMMITTED")
                steps.at("locked", lambda: sell(writer))
                steps.at("locked", writer.commit)
                stop_at_points(monkeypatch, steps)
                assert warehouse.refresh("sales").outcome == "done"
        finally:
            cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_isolation")
            admin.commit()
            warehouse.engines.primary.dispose()
    assert steps.wrong == []
    assert warehouse.wrong([BY_NAME["sales"]]) == []


# --- everything else that changes a view


@pytest.mark.parametrize("table", ["sale", "lead", "request_log"])
def test_emptying_a_table_is_exact_before_and_after_each_refresh(databases: Databases, redis_url: str, table: str) -> None:
    warehouse = copy_of_company(databases, redis_url)
    with warehouse.session() as writer, writer.cursor() as cursor:
        cursor.execute(f"TRUNCATE crm.{table} CASCADE")
        writer.commit()
        assert warehouse.wrong() == []
        assert warehouse.value(f"SELECT count(*) FROM crm.{table}") == 0
    for part in ("recent", "archive"):
        assert {done.outcome for done in warehouse.refresh_all(part)} == {"done"}  # type: ignore[arg-type]
        assert warehouse.wrong() == []
    assert warehouse.value("SELECT count(*) FROM mart.dirty_day") == 0
    warehouse.engines.dispose()


def test_emptying_a_table_while_its_refresh_runs_is_exact(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(warehouse, "collections")
    with warehouse.session() as writer, writer.cursor() as cursor:
        steps.at("unmarked", lambda: cursor.execute("TRUNCATE crm.payment"))
        steps.actions["unmarked"].append(writer.commit)
        steps.compare = lambda _point: None  # type: ignore[method-assign]  # a reader would wait for the emptying
        stop_at_points(monkeypatch, steps)
        assert warehouse.refresh("collections").outcome == "done"
    assert warehouse.wrong([BY_NAME["collections"]]) == []
    assert warehouse.value("SELECT count(*) FROM mart.collections") == 0


def test_a_change_to_a_day_of_three_years_ago_shows_at_once_and_is_archived_by_the_nightly_refresh(warehouse: Warehouse) -> None:
    warehouse.refresh_all("archive")
    with warehouse.session() as writer:
        sell(writer, LONG_AGO.replace(day=20), 7777)
        writer.commit()
    in_archive = "SELECT count(*) FROM mart.sales_archive WHERE gross_amount = 7777"
    assert warehouse.value("SELECT sum(gross_amount) FROM mart.sales WHERE day = '2023-02-20'") == 7777
    assert warehouse.wrong([BY_NAME["sales"]]) == []
    assert warehouse.refresh("sales").marks == 0  # not the recent part's business
    assert (warehouse.marks("sales"), warehouse.value(in_archive)) == (1, 0)
    assert "sales" in views_to_refresh(warehouse.engines.primary, warehouse.settings, "archive", company.clock)
    assert warehouse.refresh("sales", "archive").marks == 1
    assert (warehouse.marks("sales"), warehouse.value(in_archive)) == (0, 1)
    assert warehouse.wrong([BY_NAME["sales"]]) == []


def next_month() -> datetime:
    return datetime(2026, 4, 1, 12, tzinfo=UTC)


def test_the_window_moves_with_the_month_and_readers_before_during_and_after_are_exact(warehouse: Warehouse) -> None:
    warehouse.refresh_all("archive")
    first = "SELECT min(recent_from) = max(recent_from) AND min(recent_from) = CAST(:day AS date) FROM mart.view_state"
    assert warehouse.value(first, day=RECENT_FROM)
    assert views_to_refresh(warehouse.engines.primary, warehouse.settings, "archive", company.clock) == []
    assert views_to_refresh(warehouse.engines.primary, warehouse.settings, "archive", next_month) == [view.name for view in VIEWS]
    with warehouse.session() as before, before.cursor() as cursor:
        before.set_session("REPEATABLE READ", readonly=True)
        cursor.execute("SELECT 1")
        assert {done.outcome for done in warehouse.refresh_all("archive", next_month)} == {"done"}
        assert wrong(cursor) == []  # still sees the old window
    assert warehouse.value(first, day="2026-02-01")
    assert warehouse.value("SELECT min(day) FROM mart.collections_recent") is None or warehouse.value("SELECT min(day) >= '2026-02-01' FROM mart.sales_recent")
    assert warehouse.wrong() == []
    assert {done.outcome for done in warehouse.refresh_all("archive")} == {"done"}  # and back, as when a clock was wrong
    assert warehouse.value(first, day=RECENT_FROM)
    assert warehouse.wrong() == []
