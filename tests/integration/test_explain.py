"""What the database really does for headline questions and refreshes: indexes on the base tables, and nothing that grows with history."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

import jobs.demo
import shared.warehouse
from jobs.demo import load
from jobs.demo.sizes import SIZES, Size
from shared.metrics.metric import Level
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.reads import Reads
from shared.metrics.registry import metrics
from shared.metrics.statements import statements
from shared.settings import Settings, load_settings
from shared.warehouse import parts
from shared.warehouse.catalogue import VIEWS, View
from shared.warehouse.engines import Engines
from shared.warehouse.refresh import refresh_all
from tests.databases import Databases, migrate_only

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
TODAY = date(2026, 11, 20)
RECENT_FROM = date(2026, 9, 1)
MEDIUM = Size("small", 5, 36, 0.12, 3, daily_media=False, requests_per_day=30, rows=180_000)
BIG = 8_000
"""A table with more rows is never read as a whole."""
PERIODS = {"month to date": Period(TODAY.replace(day=1), TODAY), "year to date": Period(TODAY.replace(month=1, day=1), TODAY)}


def clock() -> datetime:
    return NOW


def settings_of(url: str) -> Settings:
    return load_settings(database_url=url, redis_url="redis://127.0.0.1:1", secret_key="s" * 48, demo_mode=True)


def fill(url: str) -> None:
    migrate_only(url)
    engines = Engines(settings_of(url))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SIZES, "small", MEDIUM)
        load.load_company(engines, settings_of(url), size="small", seed=5, clock=clock)
    engines.dispose()


@pytest.fixture(scope="module")
def settings(databases: Databases) -> Settings:
    code = sorted(path for package in (shared.warehouse, jobs.demo) for path in Path(package.__path__[0]).rglob("*") if path.suffix in {".py", ".sql", ".json"})
    checksum = hashlib.sha256(b"".join(path.read_bytes() for path in code) + repr(MEDIUM).encode()).hexdigest()
    return settings_of(databases.fresh(template=databases.template("medium", checksum, fill))[0])


@pytest.fixture(scope="module")
def engines(settings: Settings) -> Iterator[Engines]:
    """A company whose last three days, and one day of two years ago, are dirty."""
    made = Engines(settings)
    with made.primary.begin() as connection:
        for change in ("sale SET gross = gross + 1 WHERE sold_on", "lead SET contacted_at = contacted_at WHERE created_on", "appointment SET quoted_amount = 1 WHERE resulted_on",
                       "call SET seconds = seconds + 1 WHERE started_on", "knock SET outcome = outcome WHERE knocked_on", "job SET crew = crew WHERE started_on",
                       "payment SET amount = amount + 1 WHERE paid_on", "touch SET kind = kind WHERE touched_on", "ticket SET visits = visits + 1 WHERE opened_on"):
            connection.execute(text(f"UPDATE crm.{change} >= :day"), {"day": date(2026, 11, 18)})
            connection.execute(text(f"UPDATE crm.{change} = :day"), {"day": date(2024, 11, 12)})
    with made.primary.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    yield made
    made.dispose()


@pytest.fixture
def connection(engines: Engines) -> Iterator[Connection]:
    with engines.primary.connect() as open_:
        yield open_


def whole_reads(plan: dict[str, object], big: dict[str, int]) -> list[str]:
    """Big tables that ``plan`` read from end to end."""
    found = []
    if plan["Node Type"] in {"Seq Scan", "Parallel Seq Scan"} and plan.get("Actual Loops") and str(plan["Relation Name"]) in big and plan["Schema"] == "crm":
        found.append(f"{plan['Relation Name']} ({big[str(plan['Relation Name'])]} rows) for {plan.get('Filter', 'everything')}")
    for below in plan.get("Plans", ()):  # type: ignore[attr-defined]
        found += whole_reads(below, big)
    return found


def explained(connection: Connection, sql: str, parameters: dict[str, object]) -> dict[str, object]:
    (found,) = connection.execute(text(f"EXPLAIN (ANALYZE, VERBOSE, TIMING OFF, FORMAT JSON) {sql}"), parameters).scalar_one()
    plan: dict[str, object] = found["Plan"]
    return plan


def big_tables(connection: Connection) -> dict[str, int]:
    rows = connection.execute(text("SELECT relname, reltuples::int AS rows FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'r' AND reltuples > :big"), {"big": BIG})
    return {row.relname: row.rows for row in rows}


def test_the_company_is_large_enough_to_tell(connection: Connection) -> None:
    assert {"lead", "appointment", "prospect"} <= set(big_tables(connection))
    dirty = connection.execute(text("SELECT count(DISTINCT view) FROM mart.dirty_day")).scalar_one()
    assert dirty >= len(VIEWS) - 5  # costs, requests, latency, cases and ledgers are not touched above


@pytest.mark.parametrize("period", PERIODS)
def test_no_question_about_any_metric_reads_a_big_table_as_a_whole(connection: Connection, period: str) -> None:
    found, big = [], big_tables(connection)
    for declared in metrics().values():
        for grain in ("all",) if period == "month to date" else ("month",):
            question = Question((declared.name,), PERIODS[period], grain)  # type: ignore[arg-type]
            for asked in Reads([question], TODAY, dict.fromkeys((view.name for view in VIEWS), RECENT_FROM)):
                found += [f"{declared.name}: {read}" for read in whole_reads(explained(connection, asked.statement.sql, asked.statement.parameters), big)]
    assert found == []


def test_no_statement_for_many_questions_reads_a_big_table_as_a_whole(connection: Connection) -> None:
    branches = (None, frozenset({1}), frozenset({2}))
    questions = [Question((name,), span, grain, branches=only) for name, declared in metrics().items() for span in PERIODS.values() for grain in ("all", "month")  # type: ignore[arg-type]
                 for only in (branches if declared.has_branch else (None,))]
    reads, big = list(Reads(questions, TODAY, dict.fromkeys((view.name for view in VIEWS), RECENT_FROM))), big_tables(connection)
    assert len(reads) < len(questions) / 4
    assert [read for each in reads for read in whole_reads(explained(connection, each.statement.sql, each.statement.parameters), big)] == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_refresh_of_recent_days_reads_no_big_table_as_a_whole(connection: Connection, view: View) -> None:
    assert whole_reads(explained(connection, parts.recent(view), {}), big_tables(connection)) == []


def test_a_level_of_today_reads_no_archive(connection: Connection) -> None:
    level = next(declared for declared in metrics().values() if isinstance(declared.formula, Level))
    (statement,) = statements(Question((level.name,), PERIODS["month to date"]), TODAY)
    assert "_balance v" in statement.sql


def test_a_refresh_of_recent_days_touches_no_archive_and_few_rows_of_history(engines: Engines, settings: Settings) -> None:
    archives = "SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0)::bigint FROM pg_stat_user_tables WHERE schemaname = 'mart' AND relname LIKE '%\\_archive'"
    rows = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables WHERE schemaname = 'crm' AND relname = ANY(:big)"
    with engines.primary.connect() as connection:
        big = list(big_tables(connection))
        total = sum(big_tables(connection).values())

    def counted() -> tuple[int, int]:
        engines.dispose()  # a connection that ends hands its statistics in
        with engines.primary.connect() as connection:
            connection.execute(text("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()"))
            return int(connection.execute(text(archives)).scalar_one()), int(connection.execute(text(rows), {"big": big}).scalar_one())

    before = counted()
    refresher = Engines(settings)
    assert {done.outcome for done in refresh_all(refresher.primary, settings, "recent", clock)} == {"done"}
    refresher.dispose()
    after = counted()
    assert after[0] == before[0]
    assert after[1] - before[1] < total / 2, "a refresh of all views together reads less than half of one history"
