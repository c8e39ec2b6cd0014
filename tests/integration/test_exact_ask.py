"""The door without a cache: what was just committed counts, one snapshot for all that is asked together, and headlines on top of it."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.cache import Cache
from shared.metrics import exact as module
from shared.metrics.ask import CachedAsk
from shared.metrics.errors import OutOfScopeError
from shared.metrics.exact import ExactAsk
from shared.metrics.headline import Headlines, Wanted
from shared.metrics.period import Period, period
from shared.metrics.question import Question
from shared.metrics.reference import Reference
from shared.metrics.scope import COMPANY, Scope
from shared.settings import load_settings
from shared.warehouse.engines import Engines
from tests.databases import Databases
from tests.integration.refresh_data import Warehouse, copy_of_company
from tests.oracles import company

MONTH = period("mtd", company.TODAY)
SALES, BY_BRANCH = Question(("gross_sales",), MONTH), Question(("gross_sales",), MONTH, split=("branch",))


@pytest.fixture(scope="module")
def warehouse(databases: Databases, redis_url: str) -> Iterator[Warehouse]:
    made = copy_of_company(databases, redis_url)
    yield made
    made.engines.dispose()


@pytest.fixture
def exact(warehouse: Warehouse) -> ExactAsk:
    return ExactAsk(warehouse.engines, warehouse.settings, company.clock)


def sell(warehouse: Warehouse) -> None:
    with warehouse.engines.writer() as connection:
        connection.execute(text("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) VALUES (1, 1, '2026-03-12 15:00Z', 100, 'firm')"))


def test_what_was_just_committed_counts(warehouse: Warehouse, exact: ExactAsk) -> None:
    before = exact(SALES, COMPANY).value("gross_sales")
    for number in range(1, 4):
        sell(warehouse)
        assert exact(SALES, COMPANY).value("gross_sales") == before + number


def test_answers_asked_together_are_as_of_one_moment(warehouse: Warehouse, exact: ExactAsk, monkeypatch: pytest.MonkeyPatch) -> None:
    before, read = exact(SALES, COMPANY).value("gross_sales"), module.read

    def late(questions: Any, connection: Any, *more: Any) -> Any:
        connection.execute(text("SELECT 1"))  # the snapshot is taken
        sell(warehouse)
        return read(questions, connection, *more)

    monkeypatch.setattr(module, "read", late)
    total, by_branch = exact.many([SALES, BY_BRANCH], COMPANY)
    assert total.value("gross_sales") == by_branch.frame["gross_sales"].sum() == before


def test_answers_say_what_the_cached_door_says(warehouse: Warehouse, exact: ExactAsk) -> None:
    cache = Cache(warehouse.settings)
    cached = CachedAsk(warehouse.engines, cache, warehouse.settings, company.clock)
    questions = [SALES, BY_BRANCH, Question(("net_close_rate", "leads"), MONTH, "week"), SALES]
    for mine, theirs in zip(exact.many(questions, COMPANY), cached.many(questions, COMPANY), strict=True):
        assert mine.question == theirs.question
        assert mine.frame.equals(theirs.frame)
        assert (mine.versions, mine.refreshed_at, mine.as_of, mine.degraded) == (theirs.versions, theirs.refreshed_at, theirs.as_of, "")
    cache.close()


def test_headlines_stand_on_it(warehouse: Warehouse, exact: ExactAsk) -> None:
    cache = Cache(warehouse.settings)
    reference = Reference(warehouse.engines)
    wanted = [Wanted("gross_sales", MONTH), Wanted("net_close_rate", MONTH, branches=frozenset({2})), Wanted("backlog_jobs", MONTH, "year")]
    doors = exact, CachedAsk(warehouse.engines, cache, warehouse.settings, company.clock)
    mine, theirs = (Headlines(door, reference, warehouse.settings, company.clock)(wanted, COMPANY) for door in doors)
    assert [each.words for each in mine] == [each.words for each in theirs]
    assert [str(each.series) for each in mine] == [str(each.series) for each in theirs]  # NaN is not itself
    assert not math.isnan(mine[0].value)
    cache.close()


def test_nobody_is_answered_about_branches_of_others(exact: ExactAsk) -> None:
    with pytest.raises(OutOfScopeError):
        exact(Question(("gross_sales",), MONTH, branches=frozenset({1, 2})), Scope(frozenset({1})))
    assert exact(BY_BRANCH, Scope(frozenset({1}))).frame["branch"].tolist() == ["1"]
    assert exact.many([], COMPANY) == []


def test_without_the_primary_there_is_an_error_and_nothing_older(warehouse: Warehouse) -> None:
    away = load_settings(**{**warehouse.settings.model_dump(), "database_url": "postgresql+psycopg2://nobody@127.0.0.1:1/none"})
    engines = Engines(away)
    with pytest.raises(DBAPIError):
        ExactAsk(engines, away, company.clock)(Question(("gross_sales",), Period(company.FIRST, company.TODAY)), COMPANY)
    engines.dispose()
