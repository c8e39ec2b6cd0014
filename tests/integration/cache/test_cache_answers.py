"""Cached answers: computed once for all who ask, exact at commit, never for somebody else's eyes, kept as Arrow."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import text

from shared.cache import Cache
from shared.metrics import ask as module
from shared.metrics.ask import CachedAsk
from shared.metrics.errors import OutOfScopeError
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.scope import COMPANY, Scope
from tests.databases import Databases
from tests.integration.cache.answering import BY_BRANCH, MONTH, OF_THE_MONTH, commit_sale, in_redis, selects, sell, sold
from tests.integration.cache.crowd import QUESTION
from tests.integration.refresh_data import Warehouse, copy_of_company, stop_at_points
from tests.oracles import company

ROOT = Path(__file__).parents[3]


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
    crowd = [subprocess.Popen([sys.executable, "-m", "tests.integration.cache.crowd", "50"], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
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
