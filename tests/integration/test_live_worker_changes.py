"""What is kept between rounds is never wrong: after any change and any refresh the kept answers are those of the database."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.live.remembering import RememberingAsk
from shared.metrics.day_tables import DayTables
from shared.metrics.exact import ExactAsk
from shared.metrics.period import Period, period
from shared.metrics.question import Question
from shared.metrics.registry import metric, metrics
from shared.metrics.scope import COMPANY, Scope
from shared.warehouse.changes import Looker
from shared.warehouse.engines import Engines
from tests.databases import Databases
from tests.integration.live_data import Stage
from tests.integration.refresh_data import Warehouse, copy_of_company
from tests.oracles import company

MTD, YEAR, LAST = period("mtd", company.TODAY), period("last_365_days", company.TODAY), period("last_month", company.TODAY)
QUESTIONS = [
    *(Question((name,), span, branches=branches) for name in sorted(metrics()) for span in (MTD, LAST) for branches in (None, frozenset({1})) if branches is None or metric(name).has_branch),
    Question(("net_sales_amount",), YEAR, "week"), Question(("open_amount",), MTD, "day"), Question(("net_sales_amount",), YEAR, split=("rep", "branch")),
    Question(("leads",), YEAR, where=(("channel", ("Digital",)),)), Question(("leads",), Period(date(2025, 1, 1), date(2025, 3, 31)), "month", split=("source",)),
]
CHANGES = (
    "INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) VALUES (:branch, 1, :moment, :dice, 'pending')",
    "UPDATE crm.sale SET gross = gross + :dice WHERE id = (SELECT id FROM crm.sale ORDER BY md5(id::text || :dice) LIMIT 1)",
    "UPDATE crm.sale SET status = 'cancelled', cancelled_at = greatest(sold_at, :moment) WHERE id = (SELECT id FROM crm.sale WHERE status = 'pending' ORDER BY md5(id::text || :dice) LIMIT 1)",
    "UPDATE crm.lead SET disregard = 'test' WHERE id = (SELECT id FROM crm.lead ORDER BY md5(id::text || :dice) LIMIT 1)",
    "UPDATE crm.lead SET source_id = 1 + :dice % 3 WHERE id IN (SELECT id FROM crm.lead ORDER BY md5(id::text || :dice) LIMIT 5)",
    "UPDATE crm.appointment SET result = 'No-Show', resulted_at = :moment WHERE id = (SELECT id FROM crm.appointment WHERE result IS NULL ORDER BY md5(id::text || :dice) LIMIT 1)",
    "UPDATE crm.job SET status = 'complete', completed_on = started_on + 3 WHERE id = (SELECT id FROM crm.job WHERE status = 'in_progress' ORDER BY md5(id::text || :dice) LIMIT 1)",
    "UPDATE crm.ticket SET resolved_at = opened_at + interval '2 days' WHERE id = (SELECT id FROM crm.ticket WHERE resolved_at IS NULL ORDER BY md5(id::text || :dice) LIMIT 1)",
    "UPDATE crm.ticket SET nps = 3 WHERE id = (SELECT id FROM crm.ticket WHERE resolved_at IS NOT NULL ORDER BY md5(id::text || :dice) LIMIT 1)",
    "INSERT INTO crm.payment (branch_id, sale_id, paid_at, amount, method) SELECT branch_id, id, sold_at + interval '3 days', 100, 'card' FROM crm.sale ORDER BY md5(id::text || :dice) LIMIT 1",
    "DELETE FROM crm.payment WHERE id = (SELECT id FROM crm.payment ORDER BY md5(id::text || :dice) LIMIT 1)",
    "UPDATE crm.marketing_spend SET amount = amount + :dice WHERE id = (SELECT id FROM crm.marketing_spend ORDER BY md5(id::text || :dice) LIMIT 1)",
    "UPDATE crm.lead_source SET channel = CASE channel WHEN 'Digital' THEN 'Web' ELSE 'Digital' END WHERE id = 1 + :dice % 3",
    "UPDATE crm.employee SET name = name || '.' WHERE id = (SELECT id FROM crm.employee ORDER BY md5(id::text || :dice) LIMIT 1)",
)


@pytest.fixture
def warehouse(databases: Databases, redis_url: str) -> Iterator[Warehouse]:
    made = copy_of_company(databases, redis_url)
    yield made
    made.engines.dispose()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_kept_answers_equal_those_of_the_database_after_any_change(warehouse: Warehouse, seed: int) -> None:
    chance, stage = random.Random(seed), Stage.over(warehouse.settings, warehouse.engines)
    exact = ExactAsk(warehouse.engines, warehouse.settings, company.clock)
    tables = DayTables()
    kept, looker = RememberingAsk(ExactAsk(warehouse.engines, warehouse.settings, company.clock, tables), tables), Looker(warehouse.engines)
    stale = 0
    for _ in range(15):
        for _ in range(chance.choice((1, 1, 2))):
            change(stage, chance)
        if chance.random() < 0.2:
            warehouse.refresh_all(chance.choice(("recent", "recent", "archive")))
        stale += kept.forget_changed(looker.look())
        for question, mine, theirs in zip(QUESTIONS, kept.many(QUESTIONS, COMPANY), exact.many(QUESTIONS, COMPANY), strict=True):
            pd.testing.assert_frame_equal(mine.frame, theirs.frame, obj=str(question))
    assert 0 < stale < 15 * len(QUESTIONS) * 0.8  # it forgets, and it keeps


def change(stage: Stage, chance: random.Random) -> None:
    moment = datetime(2026, chance.choice((1, 2, 3, 3)), chance.randint(1, 17), 12, tzinfo=UTC)
    values = {"branch": chance.choice(company.BUSY), "moment": moment, "dice": chance.randint(1, 999)}
    statement = chance.choice(CHANGES)
    try:
        with stage.engines.writer() as connection:
            connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
    except IntegrityError:
        pass  # the company has rules; the next change may do


def test_a_mark_that_commits_late_with_a_smaller_id_is_found(warehouse: Warehouse) -> None:
    looker = Looker(warehouse.engines)
    with warehouse.session() as early, early.cursor() as cursor:
        cursor.execute("INSERT INTO crm.sale (id, branch_id, product_id, sold_at, gross, status) VALUES (20000001, 1, 1, '2026-03-02 17:00+00', 1, 'pending')")
        with warehouse.session() as late, late.cursor() as other:
            other.execute("INSERT INTO crm.sale (id, branch_id, product_id, sold_at, gross, status) VALUES (20000002, 1, 1, '2026-03-02 17:00+00', 1, 'pending')")
            late.commit()
        looker.look()
        early.commit()
    assert (1, date(2026, 3, 2)) in looker.look()["sales"].days
    assert looker.look() == {}


def test_marks_that_came_and_went_between_two_looks_leave_the_whole_view_changed(warehouse: Warehouse) -> None:
    looker = Looker(warehouse.engines)
    looker.look()
    with warehouse.session() as session, session.cursor() as cursor:
        cursor.execute("INSERT INTO crm.sale (id, branch_id, product_id, sold_at, gross, status) VALUES (20000001, 1, 1, '2026-03-02 17:00+00', 1, 'pending')")
        session.commit()
    warehouse.refresh("sales")
    assert looker.look()["sales"].is_whole


def test_a_view_with_very_many_dirty_days_is_told_apart_no_further(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.warehouse.changes._MOST_GROUPS", 3)
    looker = Looker(warehouse.engines)
    looker.look()
    with warehouse.session() as session, session.cursor() as cursor:
        for day in range(1, 7):
            cursor.execute("INSERT INTO mart.dirty_day (view, branch_id, day) VALUES ('sales', 1, %s)", (date(2026, 3, day),))
        session.commit()
        assert looker.look()["sales"].is_whole
        assert looker.look() == {}
        cursor.execute("INSERT INTO mart.dirty_day (view, branch_id, day) VALUES ('sales', 1, '2026-03-01')")
        session.commit()
        assert looker.look()["sales"].is_whole


def test_only_what_the_whole_company_sees_is_kept(engines: Engines, warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="whole company"):
        RememberingAsk(ExactAsk(engines, warehouse.settings), DayTables()).many(QUESTIONS[:1], Scope(frozenset({1})))
