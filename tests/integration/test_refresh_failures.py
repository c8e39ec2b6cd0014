"""A refresh that fails, hangs, dies or meets another leaves marks, numbers and log as they must be."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from jobs.tasks import RefreshFailedError, refresh_part
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.reading import read
from shared.warehouse import refresh
from shared.warehouse.build import build_views, lock_name
from shared.warehouse.catalogue import BY_NAME
from shared.warehouse.refresh import hold
from tests.databases import Databases
from tests.integration.refresh_data import Warehouse, copy_of_company
from tests.oracles import company

SALES = [BY_NAME["sales"]]


@pytest.fixture(scope="module")
def warehouse(databases: Databases, redis_url: str) -> Iterator[Warehouse]:
    made = copy_of_company(databases, redis_url, refresh_timeout_seconds=1)
    yield made
    made.engines.dispose()


@pytest.fixture
def dirty(warehouse: Warehouse) -> int:
    """One more sale of this month; how many marks wait."""
    with warehouse.engines.writer() as connection:
        connection.execute(text("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) VALUES (1, 1, '2026-03-09 15:00Z', 500, 'firm')"))
    return warehouse.marks("sales")


def last_entry(warehouse: Warehouse, view: str = "sales") -> tuple[object, ...]:
    with warehouse.engines.primary.connect() as connection:
        return tuple(connection.execute(text("SELECT part, outcome, marks, finished_at IS NOT NULL, coalesce(error, '') FROM app.refresh_log WHERE view = :view ORDER BY id DESC LIMIT 1"),
                                        {"view": view}).one())


def test_a_refresh_writes_what_it_did_into_the_log(warehouse: Warehouse, dirty: int) -> None:
    assert warehouse.refresh("sales").marks == dirty
    assert last_entry(warehouse) == ("recent", "done", dirty, True, "")


def test_a_refresh_that_hangs_is_cut_off_and_leaves_marks_numbers_and_a_word_and_the_next_succeeds(warehouse: Warehouse, dirty: int) -> None:
    with warehouse.session() as in_the_way, in_the_way.cursor() as cursor:
        cursor.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY mart.sales_recent")  # by hand, without the lock, and left open
        failed = warehouse.refresh("sales")
        assert failed.outcome == "failed"
        assert "statement timeout" in failed.error
        assert warehouse.marks("sales") == dirty
        assert last_entry(warehouse) == ("recent", "failed", 0, True, failed.error)
        assert warehouse.wrong(SALES) == []
    assert warehouse.refresh("sales").outcome == "done"
    assert (warehouse.marks("sales"), warehouse.wrong(SALES)) == (0, [])


def test_the_worker_tells_which_views_failed_so_that_the_task_is_tried_again(warehouse: Warehouse, dirty: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        with warehouse.engines.primary.connect() as connection:
            connection.execute(text("SELECT 1 / 0"))

    materialize = refresh._materialize
    monkeypatch.setattr(refresh, "_materialize", broken)
    with pytest.raises(RefreshFailedError, match="sales: division by zero"):
        refresh_part(warehouse.engines, warehouse.settings, "recent")
    assert warehouse.marks("sales") == dirty
    monkeypatch.setattr(refresh, "_materialize", materialize)
    refresh_part(warehouse.engines, warehouse.settings, "recent")
    assert warehouse.marks("sales") == 0


def test_a_refresher_whose_connection_is_killed_leaves_nothing_half(warehouse: Warehouse, dirty: int, monkeypatch: pytest.MonkeyPatch) -> None:
    materialize = refresh._materialize

    def killed(connection: object, relation: str) -> None:
        materialize(connection, relation)  # type: ignore[arg-type]
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()  # type: ignore[attr-defined]
        assert warehouse.value("SELECT pg_terminate_backend(:pid)", pid=pid)

    with monkeypatch.context() as patch:
        patch.setattr(refresh, "_materialize", killed)
        assert warehouse.refresh("sales").outcome == "failed"
    assert warehouse.marks("sales") == dirty
    assert last_entry(warehouse)[1] == "failed"
    assert warehouse.wrong(SALES) == []
    assert warehouse.refresh("sales").marks == dirty
    assert warehouse.wrong(SALES) == []


def test_a_second_refresh_of_the_same_view_gives_way_and_one_of_another_does_not(warehouse: Warehouse, dirty: int, monkeypatch: pytest.MonkeyPatch) -> None:
    materialize, inside, go_on = refresh._materialize, threading.Event(), threading.Event()

    def slow(connection: object, relation: str) -> None:
        if relation == "sales_recent" and not inside.is_set():
            inside.set()
            assert go_on.wait(20)
        materialize(connection, relation)  # type: ignore[arg-type]

    monkeypatch.setattr(refresh, "_materialize", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(warehouse.refresh, "sales")
        assert inside.wait(20)
        second = warehouse.refresh("sales")
        assert (second.outcome, last_entry(warehouse)[1]) == ("busy", "busy")
        assert warehouse.refresh("sales", "archive").outcome == "busy"
        assert warehouse.refresh("collections").outcome == "done"
        assert warehouse.wrong(SALES) == []
        go_on.set()
        assert first.result(20).marks == dirty


def test_the_lock_of_a_refresher_that_died_is_free_at_once(warehouse: Warehouse, dirty: int) -> None:
    with warehouse.session() as dying, dying.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (lock_name(SALES[0]),))
        assert warehouse.refresh("sales").outcome == "busy"
    assert warehouse.refresh("sales").marks == dirty


def test_the_entry_of_a_refresher_that_died_is_closed_by_the_next_one(warehouse: Warehouse) -> None:
    with warehouse.engines.writer() as connection:
        connection.execute(text("INSERT INTO app.refresh_log (view, part, started_at) VALUES ('sales', 'recent', now() - interval '1 hour')"))
    open_entries = "SELECT count(*) FROM app.refresh_log WHERE finished_at IS NULL"
    assert warehouse.value(open_entries) == 1
    warehouse.refresh("sales")
    assert warehouse.value(open_entries) == 0
    assert warehouse.value("SELECT count(*) FROM app.refresh_log WHERE outcome = 'abandoned'") == 1


def test_a_view_that_was_emptied_of_its_contents_is_filled_again(warehouse: Warehouse) -> None:
    with warehouse.engines.writer() as connection:
        connection.execute(text("REFRESH MATERIALIZED VIEW mart.sales_recent WITH NO DATA"))
    assert warehouse.refresh("sales").outcome == "done"
    assert warehouse.wrong(SALES) == []


def test_views_are_built_anew_only_when_they_changed_or_their_triggers_are_gone(warehouse: Warehouse) -> None:
    settings = warehouse.settings.model_copy(update={"refresh_timeout_seconds": 30})
    assert build_views(warehouse.engines.primary, settings, clock=company.clock) == []
    with warehouse.engines.writer() as connection:
        connection.execute(text("DROP TRIGGER mark_update ON crm.payment"))
        connection.execute(text("COMMENT ON VIEW mart.collections IS 'of an older release'"))
    with warehouse.session() as writer, writer.cursor() as cursor:
        cursor.execute("INSERT INTO crm.probe (service, probed_at, is_good, milliseconds) VALUES ('bi', '2026-03-09', true, 3)")  # whose triggers are left alone
        assert build_views(warehouse.engines.primary, settings, clock=company.clock) == ["collections"]
    with warehouse.engines.writer() as connection:
        connection.execute(text("UPDATE crm.payment SET amount = 2 * amount"))
    assert warehouse.marks("collections") > 0
    assert warehouse.wrong([BY_NAME["collections"]]) == []


def test_readers_stay_exact_while_a_view_is_swapped_for_a_newly_built_one(warehouse: Warehouse, dirty: int) -> None:
    question = Question(("gross_sales",), Period(company.TODAY.replace(day=1), company.TODAY))
    expected = warehouse.value("SELECT count(*) FROM crm.sale WHERE sold_on BETWEEN '2026-03-01' AND '2026-03-18'")
    settings = warehouse.settings.model_copy(update={"refresh_timeout_seconds": 60})
    assert dirty
    with ThreadPoolExecutor(1) as pool, warehouse.engines.primary_reader() as reader:
        hold(reader, question.views)  # as every answer does first, before it has a snapshot
        build = pool.submit(lambda: build_views(warehouse.engines.primary, settings, force=True, clock=company.clock))
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND relation = 'mart.sales'::regclass"
        deadline = time.monotonic() + 20
        while not warehouse.value(waits):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert read([question], reader, company.TODAY)[0].frame["gross_sales"].tolist() == [expected]
        reader.rollback()
        build.result(60)
    with warehouse.engines.primary_reader() as reader:
        assert read([question], reader, company.TODAY)[0].frame["gross_sales"].tolist() == [expected]
