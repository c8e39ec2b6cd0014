"""The living demo company: what it writes keeps the rules, and a database that goes away is waited for."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from jobs.demo.live import EVENTS, next_event, run_live
from jobs.demo.load import load_company
from shared.settings import Settings
from shared.warehouse import demo_work
from shared.warehouse.demo_events import Moment
from shared.warehouse.demo_work import happen
from shared.warehouse.engines import Engines
from tests.integration.demo_rules import PAIRS, RULES

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def alive(database: Callable[..., Settings]) -> Engines:
    settings = database()
    engines = Engines(settings)
    load_company(engines, settings, size="small", seed=3, clock=lambda: NOW)
    chance = random.Random(4)
    for second in range(0, 3 * 86_400, 700):  # three days, in a few hundred steps
        next_event(engines, Moment(NOW + timedelta(seconds=second), chance))
    return engines


def breaks(engines: Engines, statement: str, day: date) -> set[object]:
    with engines.primary.connect() as connection:
        rows = connection.execute(text(statement), {"today": day} if ":today" in statement else {}).all()
    return {frozenset(row) if len(row) > 1 else row[0] for row in rows}


def test_everything_that_can_happen_happens(alive: Engines) -> None:
    chance = random.Random(1)
    for number in range(40):
        for event in EVENTS:
            happen(alive.primary, event, Moment(NOW + timedelta(days=3, seconds=7_000 * number), chance))
    with alive.primary.connect() as connection:
        for table, moment in (("lead", "created_at"), ("call", "started_at"), ("appointment", "set_at"), ("appointment", "issued_at"), ("appointment", "resulted_at"), ("sale", "sold_at"),
                              ("split", "edited_at"), ("payment", "paid_at"), ("ticket", "opened_at"), ("ticket", "resolved_at"), ("knock", "knocked_at"), ("canvass_shift", "started_at"),
                              ("phone_shift", "started_at"), ("request_log", "requested_at"), ("probe", "probed_at"), ("sale", "cancelled_at")):
            assert connection.execute(text(f"SELECT count(*) FROM crm.{table} WHERE {moment} >= :since"), {"since": NOW}).scalar_one() > 0, (table, moment)
        for column in ("started_on", "completed_on"):
            assert connection.execute(text(f"SELECT count(*) FROM crm.job WHERE {column} >= :since"), {"since": NOW.date()}).scalar_one() > 0, column


def test_every_day_costs_what_its_weekday_did_so_that_leads_are_never_free(alive: Engines) -> None:
    later = NOW + timedelta(days=8)  # later than any other test lets things happen
    while happen(alive.primary, demo_work.spend, Moment(later, random.Random(5))):
        pass
    by_day = text("""
        SELECT d::date AS day, m.kind, sum(m.amount / (m.spent_to - m.spent_on + 1)) AS cost
        FROM generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 day') d JOIN crm.marketing_spend m ON d BETWEEN m.spent_on AND m.spent_to GROUP BY 1, 2""")
    with alive.primary.connect() as connection:
        cost = {(row.day, row.kind): float(row.cost) for row in connection.execute(by_day, {"first": NOW.date() - timedelta(days=7), "last": later.date() + timedelta(days=3)})}
        twice = connection.execute(text("SELECT count(*) FROM crm.marketing_spend a JOIN crm.marketing_spend b USING (branch_id, source_id, kind) WHERE a.id < b.id AND daterange(a.spent_on, a.spent_to, '[]') && daterange(b.spent_on, b.spent_to, '[]')"))
        assert twice.scalar_one() == 0
    kinds = {kind for _, kind in cost}
    assert "media" in kinds
    assert max(day for day, _ in cost) == later.date()  # paid up to the present day, not beyond
    for kind in kinds:
        for ahead in range(9):
            day = NOW.date() + timedelta(days=ahead)
            assert cost[day, kind] == pytest.approx(cost[day - timedelta(days=7), kind], rel=0.25), (day, kind)


@pytest.mark.parametrize("rule", sorted({*RULES} - {"G1", "G1 without a sale", "G2", "G7"}))
def test_what_happens_breaks_no_rule_that_was_kept_before(alive: Engines, rule: str) -> None:
    with alive.primary.connect() as connection:
        planted = set(connection.execute(text("SELECT entity_id FROM app.demo_truth WHERE rule = :rule AND kind IN ('ghost', 'split')"), {"rule": rule}).scalars())
    assert breaks(alive, RULES[rule], (NOW + timedelta(days=3)).date()) == planted


@pytest.mark.parametrize("why", sorted(PAIRS))
def test_nobody_is_booked_twice_by_what_happens(alive: Engines, why: str) -> None:
    with alive.primary.connect() as connection:
        planted = {frozenset(row) for row in connection.execute(text("SELECT entity_id, (detail ->> 'other_id')::bigint FROM app.demo_truth WHERE detail ->> 'why' = :why"), {"why": why})}
    assert breaks(alive, PAIRS[why], NOW.date()) == planted


def test_what_happens_marks_its_days_dirty(alive: Engines) -> None:
    with alive.writer() as connection:
        connection.execute(text("DELETE FROM mart.dirty_day"))
    happened = [happen(alive.primary, event, Moment(NOW + timedelta(days=7), random.Random(2))) for event in EVENTS]
    assert any(happened)
    with alive.primary.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM mart.dirty_day")).scalar_one() > 0


def test_a_database_that_goes_away_is_waited_for_and_said(alive: Engines, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stop, tries = threading.Event(), iter(["away", "away", "back", "stop"])

    def sometimes(engines: Engines, moment: Moment) -> str | None:
        state = next(tries)
        if state == "away":
            with alive.primary.connect() as connection:
                connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"))
            raise ConnectionError("server closed the connection unexpectedly")
        if state == "stop":
            stop.set()
        return next_event(engines, moment)

    monkeypatch.setattr("jobs.demo.live.next_event", sometimes)
    monkeypatch.setattr("jobs.demo.live.LONGEST_WAIT", 0.01)
    monkeypatch.setattr("jobs.demo.live.wait_between", lambda *_: 0.0)
    happened = run_live(alive, settings, clock=lambda: NOW + timedelta(days=8), stop=stop, chance=random.Random(3))
    heard = capsys.readouterr()
    assert happened == 2
    assert heard.err.count("The database is away") == 1
    assert heard.out.count("The database is back") == 1


def test_a_database_that_does_not_answer_is_a_connection_error() -> None:
    nowhere = create_engine("postgresql+psycopg2://bi:nothing@127.0.0.1:9/nowhere", connect_args={"connect_timeout": 2})
    with pytest.raises(ConnectionError):
        happen(nowhere, next(iter(EVENTS)), Moment(NOW, random.Random(1)))
