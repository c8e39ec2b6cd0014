"""Cached answers: computed once for all who ask, exact at commit, never for somebody else's eyes, kept as Arrow."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import redis
from sqlalchemy import event, text

from shared.cache import Cache
from shared.metrics import ask as module
from shared.metrics.ask import CachedAsk
from shared.metrics.errors import OutOfScopeError, QuestionError
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.scope import COMPANY, Scope
from shared.warehouse.engines import Engines
from tests.databases import Databases
from tests.integration.cache_crowd import QUESTION
from tests.integration.refresh_data import Warehouse, copy_of_company, stop_at_points
from tests.oracles import company

ROOT = Path(__file__).parents[2]
MONTH, YEAR = Period(company.TODAY.replace(day=1), company.TODAY), Period(company.TODAY.replace(month=1, day=1), company.TODAY)
BY_BRANCH = Question(("gross_sales", "net_sales_amount"), MONTH, split=("branch",))
OF_THE_MONTH = Question(("gross_sales",), MONTH)


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


def in_redis(warehouse: Warehouse) -> redis.Redis:
    return redis.Redis.from_url(f"{warehouse.settings.redis_url.get_secret_value()}/1", protocol=2)


def sell(connection: Any, branch: int = 1) -> None:
    connection.execute(text("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) VALUES (:branch, 1, '2026-03-12 15:00Z', 100, 'firm')"), {"branch": branch})


def sold(warehouse: Warehouse, branches: tuple[int, ...] = (1, 2, 3, 4)) -> int:
    return int(warehouse.value("SELECT count(*) FROM crm.sale WHERE sold_on BETWEEN :start AND :end AND branch_id = ANY(:branches)",  # type: ignore[call-overload]
                               start=MONTH.start, end=MONTH.end, branches=list(branches)))


def test_a_hundred_equal_questions_in_two_processes_run_one_select(warehouse: Warehouse) -> None:
    for engine in (warehouse.engines.primary, warehouse.engines.replicas[0].engine):
        with engine.connect() as connection:
            if engine is warehouse.engines.primary:
                connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_stat_statements"))
                connection.commit()
                warehouse.engines.wait_for_replicas()
    before = selects(warehouse)
    settings = warehouse.settings
    environment = {**os.environ, "DATABASE_URL": settings.database_url.get_secret_value(), "REPLICA_URLS": settings.replica_urls[0].get_secret_value(),
                   "REDIS_URL": settings.redis_url.get_secret_value(), "SECRET_KEY": "s" * 48, "LOG_LEVEL": "ERROR"}
    crowd = [subprocess.Popen([sys.executable, "-m", "tests.integration.cache_crowd", "50"], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
             for _ in range(2)]
    try:
        for process in crowd:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in crowd:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        expected = warehouse.value("SELECT count(*) FROM crm.sale WHERE sold_on BETWEEN :start AND :end", start=QUESTION.period.start, end=QUESTION.period.end)
        assert [process.communicate(timeout=60)[0] for process in crowd] == [f"[{float(expected)}]\n"] * 2  # type: ignore[arg-type]
    finally:
        for process in crowd:
            process.kill()
            process.wait()
    assert selects(warehouse) - before == 1


def selects(warehouse: Warehouse) -> int:
    """How many answers over the view of sales were computed, on the primary and on the replica."""
    statement = text("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database() AND query ~ 'FROM mart.sales v'")
    total = 0
    for engine in (warehouse.engines.primary, warehouse.engines.replicas[0].engine):
        with engine.connect() as connection:
            total += int(connection.execute(statement).scalar_one())
    return total


def test_whatever_is_committed_shows_in_the_very_next_answer(warehouse: Warehouse, asks: Any) -> None:
    ask, other = asks(), asks()
    expected = sold(warehouse)
    for _ in range(25):
        with warehouse.engines.writer() as connection:
            sell(connection)
        expected += 1
        assert (ask(OF_THE_MONTH, COMPANY).value("gross_sales"), other(OF_THE_MONTH, COMPANY).value("gross_sales")) == (expected, expected)


def test_an_answer_is_exact_though_marks_are_committed_in_another_order_than_written(warehouse: Warehouse, asks: Any) -> None:
    ask = asks()
    before = ask(OF_THE_MONTH, COMPANY).value("gross_sales")
    with warehouse.engines.primary.connect() as first, warehouse.engines.primary.connect() as second:
        sell(first)
        sell(second)
        second.commit()
        assert ask(OF_THE_MONTH, COMPANY).value("gross_sales") == before + 1
        first.commit()  # its mark has the smaller id
        assert ask(OF_THE_MONTH, COMPANY).value("gross_sales") == before + 2


def test_answers_stay_exact_at_every_step_of_a_refresh(warehouse: Warehouse, asks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.integration.refresh_data import Steps

    ask, found = asks(), []
    steps = Steps(warehouse, "sales")
    steps.compare = lambda point: found.append((point, ask(OF_THE_MONTH, COMPANY).value("gross_sales"), sold(warehouse)))  # type: ignore[method-assign]
    for point in ("before", "unmarked", "refreshed", "committed"):
        steps.at(point, lambda: commit_sale(warehouse))
    stop_at_points(monkeypatch, steps)
    steps.reach("before")
    assert warehouse.refresh("sales").outcome == "done"
    steps.reach("committed")
    assert len(found) == 9
    assert [seen for seen in found if seen[1] != seen[2]] == []


def commit_sale(warehouse: Warehouse) -> None:
    with warehouse.engines.writer() as connection:
        sell(connection)


def test_a_row_that_commits_while_an_answer_is_computed_is_not_missing_from_the_next(warehouse: Warehouse, asks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, exact = asks(), module.read
    commit_sale(warehouse)

    def late(*given: Any) -> Any:
        commit_sale(warehouse)  # after the versions were looked up, before the answer is read
        return exact(*given)

    with monkeypatch.context() as patch:
        patch.setattr(module, "read", late)
        ask(OF_THE_MONTH, COMPANY)
    assert ask(OF_THE_MONTH, COMPANY).value("gross_sales") == sold(warehouse)


def test_an_answer_from_a_server_that_holds_less_is_never_kept_as_the_newest(warehouse: Warehouse, asks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, exact = asks(), module.read
    with warehouse.engines.primary.connect() as old, monkeypatch.context() as patch:
        old.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        old.execute(text("SELECT 1"))
        stale = sold(warehouse)
        commit_sale(warehouse)
        patch.setattr(module, "read", lambda questions, _, day: exact(questions, old, day))  # as from a replica that lost its way
        assert ask(OF_THE_MONTH, COMPANY).value("gross_sales") == stale
    assert ask(OF_THE_MONTH, COMPANY).value("gross_sales") == stale + 1


def test_cached_answers_never_cross_from_one_persons_branches_to_anothers(warehouse: Warehouse, asks: Any) -> None:
    expected = {branch: sold(warehouse, (branch,)) for branch in (1, 2)}
    assert expected[1] != expected[2]
    for order in ((1, 2, None), (None, 2, 1), (2, None, 1)):
        in_redis(warehouse).flushdb()
        for ask, branch in [(ask, branch) for ask in (asks(), asks()) for branch in order * 2]:  # the second finds everything in Redis
            scope = COMPANY if branch is None else Scope(frozenset({branch}))
            wanted = sold(warehouse) if branch is None else expected[branch]
            assert ask(OF_THE_MONTH, scope).value("gross_sales") == wanted
            rows = ask(BY_BRANCH, scope).frame
            assert branch is None or rows["branch"].tolist() == [str(branch)]
    manager, ask = Scope(frozenset({1})), asks()
    with pytest.raises(OutOfScopeError):
        ask(Question(("gross_sales",), MONTH, branches=frozenset({1, 2})), manager)
    assert ask(OF_THE_MONTH, Scope(frozenset())).value("gross_sales") == 0
    both = Question(("gross_sales",), MONTH, branches=frozenset({1, 2}))
    assert ask(both, Scope(frozenset({1, 2, 3}))).value("gross_sales") == sum(expected.values())


def test_redis_holds_arrow_streams_that_end_by_themselves_and_no_pickle(warehouse: Warehouse, asks: Any) -> None:
    client = in_redis(warehouse)
    client.flushdb()
    ask = asks()
    for question in (OF_THE_MONTH, BY_BRANCH, Question(("gross_close_rate",), MONTH, "day"), Question(("backlog_jobs",), MONTH, "day")):
        ask(question, COMPANY)
    keys = list(client.scan_iter())
    assert len(keys) == 8  # each answer, and each as the latest of its family
    for key in keys:
        stored = client.get(key)
        assert isinstance(stored, bytes)
        assert not stored.startswith(b"\x80")
        assert pa.ipc.open_stream(stored).read_all().num_rows >= 1
        assert 0 < client.ttl(key) <= warehouse.settings.cache_seconds + warehouse.settings.cache_stale_seconds


def test_a_damaged_answer_is_computed_anew(warehouse: Warehouse, asks: Any) -> None:
    client, ask = in_redis(warehouse), asks()
    client.flushdb()
    before = ask(BY_BRANCH, COMPANY).frame
    for key in client.scan_iter():
        stored = client.get(key)
        assert isinstance(stored, bytes)
        client.set(key, stored[:40] + b"\xff" + stored[41:], ex=60)
    answer = asks()(BY_BRANCH, COMPANY)
    assert answer.frame.equals(before)
    assert answer.degraded == ""


def test_two_companies_on_one_redis_get_their_own_numbers(warehouse: Warehouse, databases: Databases, redis_url: str, asks: Any) -> None:
    other = copy_of_company(databases, redis_url)
    mine = asks()(OF_THE_MONTH, COMPANY).value("gross_sales")
    theirs = CachedAsk(other.engines, Cache(other.settings), other.settings, company.clock)(OF_THE_MONTH, COMPANY).value("gross_sales")
    assert (mine, theirs) == (sold(warehouse), sold(other))
    assert mine != theirs
    other.engines.dispose()


def test_a_level_asked_for_while_the_window_moves_is_right(warehouse: Warehouse, asks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    question = Question(("backlog_jobs",), Period(company.TODAY.replace(month=1, day=1), company.TODAY), "month")
    ask, look = asks(), CachedAsk._look
    expected = ask(question, COMPANY).frame["backlog_jobs"].tolist()
    moved: list[str] = []

    def then_move(self: CachedAsk) -> Any:
        found = look(self)
        moved.append(warehouse.refresh("pipeline", "archive", lambda: datetime(2026, 4, 2, tzinfo=UTC)).outcome)
        warehouse.engines.wait_for_replicas()
        return found

    monkeypatch.setattr(CachedAsk, "_look", then_move)
    in_redis(warehouse).flushdb()
    assert ask(question, COMPANY).frame["backlog_jobs"].tolist() == expected
    assert moved == ["done"]
    assert warehouse.refresh("pipeline", "archive").outcome == "done"


def test_threads_share_a_door(warehouse: Warehouse, asks: Any) -> None:
    ask, found = asks(), []
    threads = [threading.Thread(target=lambda: found.append(ask(BY_BRANCH, COMPANY).frame)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 30
    assert all(frame.equals(found[0]) for frame in found)


@contextmanager
def statements_of(engines: Engines) -> Iterator[list[str]]:
    """Every statement over the views that is run meanwhile, and every look at their versions."""
    found: list[str] = []
    every = (engines.primary, *(replica.engine for replica in engines.replicas))

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM mart." in statement:
            found.append("look" if "mart.view_state s" in statement else statement)

    for engine in every:
        event.listen(engine, "before_cursor_execute", note)
    yield found
    for engine in every:
        event.remove(engine, "before_cursor_execute", note)


MANY = [Question((name,), span, grain, branches=branches) for name in ("gross_sales", "net_sales_amount", "cancel_rate") for span, grain in ((MONTH, "all"), (MONTH, "day"), (YEAR, "month"))
        for branches in (None, frozenset({1}), frozenset({2, 3}))]  # type: ignore[arg-type]


def test_many_questions_about_one_view_are_one_statement_and_each_is_kept_by_itself(warehouse: Warehouse, asks: Any) -> None:
    in_redis(warehouse).flushdb()
    ask, other = asks(), asks()
    with statements_of(ask._engines) as run:
        answers = ask.many(MANY, COMPANY)
    assert len([statement for statement in run if statement != "look"]) == 1
    with statements_of(other._engines) as run:
        alone = [other(question, COMPANY) for question in MANY]  # another process finds each of them
    assert set(run) == {"look"}
    assert [answer.question for answer in answers] == MANY
    assert all(together.frame.equals(each.frame) for together, each in zip(answers, alone, strict=True))
    assert answers[0].value("gross_sales") == sold(warehouse)
    assert answers[1].value("gross_sales") == sold(warehouse, (1,))


def test_what_is_kept_is_not_computed_again_beside_what_is_new(warehouse: Warehouse, asks: Any) -> None:
    in_redis(warehouse).flushdb()
    ask = asks()
    ask.many(MANY[:5], COMPANY)
    with statements_of(ask._engines) as run:
        assert ask.many([MANY[0], MANY[20], MANY[0]], COMPANY)[0].value("gross_sales") == sold(warehouse)
    (only,) = [statement for statement in run if statement != "look"]
    assert "net_amount" not in only
    assert "gross_count" in only  # of the cancel rate


def test_a_page_takes_one_look_and_the_next_one_another(warehouse: Warehouse, asks: Any) -> None:
    ask = asks()
    ask.many(MANY, COMPANY)
    before = sold(warehouse)
    with statements_of(ask._engines) as run:
        page = ask.at_once()
        assert run == []  # nothing was asked yet
        assert page(MANY[0], COMPANY).value("gross_sales") == before
        commit_sale(warehouse)
        assert page.many(MANY[:1], COMPANY)[0].value("gross_sales") == before  # of the same moment
        assert page.today == ask.today
    assert run == ["look"]
    assert ask.at_once()(MANY[0], COMPANY).value("gross_sales") == before + 1
    manager = Scope(frozenset({1}))
    with pytest.raises(OutOfScopeError):
        page(Question(("gross_sales",), MONTH, branches=frozenset({2})), manager)


def test_a_question_that_asks_for_too_much_costs_those_beside_it_nothing(warehouse: Warehouse, asks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    in_redis(warehouse).flushdb()
    monkeypatch.setattr("shared.metrics.answer.MOST_ROWS", 40)
    ask, large = asks(), Question(("gross_sales",), YEAR, "day")
    with pytest.raises(QuestionError, match="40 are allowed"):
        ask.many([OF_THE_MONTH, large], COMPANY)
    with statements_of(ask._engines) as run:
        assert ask(OF_THE_MONTH, COMPANY).value("gross_sales") == sold(warehouse)
    assert run == ["look"]


def test_rows_that_commit_while_many_answers_are_computed_are_in_all_of_them_or_in_none(warehouse: Warehouse, asks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    in_redis(warehouse).flushdb()
    ask, read = asks(), module.read
    questions = [OF_THE_MONTH, BY_BRANCH, Question(("gross_sales",), MONTH, "day")]

    def late(*given: Any) -> Any:
        commit_sale(warehouse)
        return read(*given)

    with monkeypatch.context() as patch:
        patch.setattr(module, "read", late)
        found = {answer.frame["gross_sales"].sum() for answer in ask.many(questions, COMPANY)}
    assert len(found) == 1
    with statements_of(ask._engines) as run:
        assert {answer.frame["gross_sales"].sum() for answer in ask.many(questions, COMPANY)} == {sold(warehouse)}
    assert run == ["look"]  # they are kept as of what they were read from
