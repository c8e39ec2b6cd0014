"""The stored forecast of the small demo company: whole, coherent to the cent, trained once, seen in the reader's scope only."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from jobs.demo.load import load_company
from shared.forecast import training
from shared.forecast.outlook import Outlook
from shared.forecast.reading import Forecasts, Missing
from shared.forecast.run import Run
from shared.forecast.training import Trained, train
from shared.metrics.errors import OutOfScopeError
from shared.metrics.exact import ExactAsk
from shared.metrics.period import Period, period
from shared.metrics.question import Question
from shared.metrics.scope import COMPANY, Scope
from shared.settings import Settings
from shared.warehouse import forecast_store
from shared.warehouse.build import build_views
from shared.warehouse.engines import Engines

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
TODAY, ORIGIN = date(2026, 11, 20), date(2026, 11, 19)


@dataclass
class World:
    """A company, and a clock that tests move."""

    settings: Settings
    engines: Engines
    moment: datetime = NOW
    ask: ExactAsk = field(init=False)

    def __post_init__(self) -> None:
        self.ask = ExactAsk(self.engines, self.settings, self.clock)

    def clock(self) -> datetime:
        return self.moment

    def train(self) -> Trained | None:
        return train(self.engines, self.settings, self.ask, self.clock)

    def count(self, table: str) -> int:
        with self.engines.primary.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM app.{table}")).scalar_one())


@pytest.fixture(scope="module")
def demo(database: Callable[..., Settings]) -> Iterator[World]:
    """The small demo company with its first forecast."""
    chosen = database()
    engines = Engines(chosen)
    load_company(engines, chosen, size="small", seed=5, clock=lambda: NOW)
    world = World(chosen, engines)
    assert world.train() is not None
    engines.wait_for_replicas()
    yield world
    engines.dispose()


@pytest.fixture(scope="module")
def run(demo: World) -> Run:
    found = Forecasts(demo.engines).newest()
    assert isinstance(found, Run)
    return found


def outlook(demo: World, scope: Scope = COMPANY) -> Outlook:
    found = Forecasts(demo.engines).outlook(demo.ask, scope)
    assert isinstance(found, Outlook)
    return found


def test_an_empty_company_has_no_forecast_and_says_why(fresh: Engines, settings: Settings) -> None:
    assert Forecasts(fresh).newest() == Missing("No forecast yet: the first one is made within a minute or two of the first numbers.")
    build_views(fresh.primary, settings, clock=lambda: NOW)
    assert train(fresh, settings, ExactAsk(fresh, settings, lambda: NOW), lambda: NOW) is None
    fresh.wait_for_replicas()
    found = Forecasts(fresh).newest()
    assert isinstance(found, Missing)
    assert "0 whole weeks of sales are known, 3 are needed" in found.words


def test_a_run_says_what_it_was_made_from(demo: World, run: Run) -> None:
    assert run.origin == ORIGIN
    assert set(run.versions) == {"sales", "production", "lead_funnel", "pipeline"}
    assert set(run.paths) == {"booked", "installed"}
    assert len(run.branches) == len(run.paths["booked"].points.T)
    assert run.weeks > 50
    assert any(line.branch is None and line.horizon == "13 weeks" for line in run.record["booked"])


@pytest.mark.parametrize("basis", ["booked", "installed"])
def test_days_weeks_and_months_of_branches_and_company_add_up_to_the_cent(demo: World, basis: str) -> None:
    here = outlook(demo)

    def cents(value: float) -> Decimal:
        return Decimal(str(round(value, 2)))

    for grain in ("day", "week", "month"):
        company = here.buckets(basis, grain)
        branches = [here.buckets(basis, grain, frozenset({branch})) for branch in here.visible]
        for place, bucket in enumerate(company):
            assert sum(cents(each[place].mean) for each in branches) == cents(bucket.mean)
    days = {bucket.first: cents(bucket.mean) for bucket in here.buckets(basis, "day")}
    for bucket in here.buckets(basis, "week")[1:]:
        inside = [bucket.first + timedelta(days=n) for n in range(7)]
        if all(day in days for day in inside):
            assert sum(days[day] for day in inside) == cents(bucket.mean)
    months = here.buckets(basis, "month")
    whole = here.spread(basis, months[0].first, months[-1].last, here.branches(None))
    assert sum(cents(bucket.mean) for bucket in months) == cents(whole.mean)


def test_the_running_week_is_what_came_and_what_is_forecast_of_the_rest(demo: World) -> None:
    here = outlook(demo)
    first = here.buckets("booked", "week")[0]
    assert (first.first, first.last) == (date(2026, 11, 16), date(2026, 11, 22))
    came = demo.ask(Question(("net_sales_amount",), Period(first.first, ORIGIN)), COMPANY).value("net_sales_amount")
    rest = sum(bucket.mean for bucket in here.buckets("booked", "day", count=3))
    assert first.so_far == pytest.approx(came)
    assert first.mean == pytest.approx(came + rest)


def test_a_target_is_reached_more_likely_the_lower_it_is(demo: World) -> None:
    here = outlook(demo)
    month = period("mtd", TODAY)
    landing = here.landing("booked", month, None)
    low, high = landing.spread.band(80)
    assert low < landing.spread.mean < high
    assert landing.so_far < landing.spread.mean
    chances = [here.landing("booked", month, goal).probability for goal in (low, landing.spread.mean, high)]
    assert chances == pytest.approx([0.9, 0.5, 0.1], abs=0.01)
    over = here.landing("booked", period("last_month", TODAY), 1.0)
    assert over.spread.mean == over.so_far
    assert over.probability == 1.0


def test_readers_see_their_branches_only(demo: World) -> None:
    every = outlook(demo).visible
    mine = outlook(demo, Scope(frozenset({every[0]})))
    assert mine.visible == (every[0],)
    assert mine.buckets("booked", "week")[3].mean == outlook(demo).buckets("booked", "week", frozenset({every[0]}))[3].mean
    with pytest.raises(OutOfScopeError):
        mine.buckets("booked", "week", frozenset({every[1]}))
    assert outlook(demo, Scope(frozenset())).ahead("booked", "week") is None


def test_what_the_method_says_from_four_weeks_ago_is_held_against_what_came(demo: World) -> None:
    told = outlook(demo).said("booked", None)
    assert told is not None
    origin, is_stored, weeks = told
    assert origin == ORIGIN - timedelta(weeks=4)
    assert not is_stored
    assert [week.first for week in weeks] == [origin + timedelta(days=1 + 7 * n) for n in range(4)]
    assert all(week.low < week.said < week.high for week in weeks)
    came = demo.ask(Question(("net_sales_amount",), Period(weeks[0].first, weeks[0].first + timedelta(days=6))), COMPANY).value("net_sales_amount")
    assert weeks[0].came == pytest.approx(came)


def test_a_second_training_finds_nothing_left_to_do(demo: World) -> None:
    before = demo.count("forecast_run")
    assert demo.train() is None
    assert demo.count("forecast_run") == before


def test_two_workers_train_once(demo: World) -> None:
    demo.moment = NOW + timedelta(days=2)  # a Sunday, and the last run is two days old: due at once
    done: list[Trained | None] = []
    workers = [threading.Thread(target=lambda: done.append(demo.train())) for _ in range(2)]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert demo.train() is None
        assert len([each for each in done if each]) == 1
        assert demo.count("forecast_run") == 2
        with demo.engines.primary.begin() as connection:
            connection.execute(text("DELETE FROM app.forecast_run WHERE origin_day > :day"), {"day": ORIGIN})
    finally:
        demo.moment = NOW


def test_the_night_waits_for_its_hour(demo: World) -> None:
    demo.moment = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)  # 2:00 at head office
    try:
        assert demo.train() is None
        with demo.engines.primary.connect() as connection:
            assert training._due(connection, demo.settings, demo.ask, demo.moment + timedelta(hours=2), demo.clock) == date(2026, 11, 20)
    finally:
        demo.moment = NOW


def test_a_trainer_that_dies_leaves_nothing_half_and_the_next_one_begins_anew(demo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {table: demo.count(table) for table in ("forecast_run", "forecast_points", "forecast_errors", "forecast_record")}
    demo.moment = NOW + timedelta(days=2)

    written = forecast_store.add_run

    def cut_off(connection: Connection, *rows: Any) -> int:
        """Write everything, and lose the connection before it is committed, as a process that is killed does."""
        run = written(connection, *rows)
        victim = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with demo.engines.primary.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:victim)"), {"victim": victim})
        return run

    try:
        monkeypatch.setattr(forecast_store, "add_run", cut_off)
        with pytest.raises(DBAPIError):
            demo.train()
        assert {table: demo.count(table) for table in before} == before
        assert demo.train() is None  # the trouble is left alone for ten minutes
        demo.moment += timedelta(minutes=11)
        monkeypatch.setattr(forecast_store, "add_run", written)
        assert demo.train() is not None
        assert demo.count("forecast_trouble") == 0
        with demo.engines.primary.begin() as connection:
            connection.execute(text("DELETE FROM app.forecast_run WHERE origin_day > :day"), {"day": ORIGIN})
    finally:
        demo.moment = NOW


def test_a_training_that_fails_is_told_and_left_alone_for_ten_minutes(demo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    demo.moment = NOW + timedelta(days=2)

    def fails(*_: object) -> None:
        raise RuntimeError("planted")

    try:
        with monkeypatch.context() as planted:
            planted.setattr(training, "forecast_revenue", fails)
            with pytest.raises(RuntimeError, match="planted"):
                demo.train()
            demo.moment += timedelta(minutes=9)
            assert demo.train() is None
            demo.moment += timedelta(minutes=2)
            with pytest.raises(RuntimeError, match="planted"):
                demo.train()
        assert demo.count("forecast_trouble") == 1
    finally:
        demo.moment = NOW
        with demo.engines.primary.begin() as connection:
            connection.execute(text("DELETE FROM app.forecast_trouble"))


def test_a_history_that_changed_much_is_forecast_anew_and_old_runs_keep_what_they_said(demo: World) -> None:
    with demo.engines.primary.begin() as connection:
        connection.execute(text("INSERT INTO app.forecast_run (origin_day, started_at, finished_at, method, versions, history_amount, settings, findings, seconds)"
                                " SELECT origin_day - n, started_at, finished_at, method, versions, history_amount, settings, findings, seconds FROM app.forecast_run, generate_series(1, 4) n"))
        connection.execute(text("INSERT INTO app.forecast_points SELECT r.id, p.basis, p.branch_id, p.made_for - 4, p.cents FROM app.forecast_points p JOIN app.forecast_run o ON o.id = p.run_id AND o.origin_day = :day"
                                " JOIN app.forecast_run r ON r.origin_day = :day - 4"), {"day": ORIGIN})
        connection.execute(text("UPDATE app.forecast_run SET history_amount = history_amount / 2, finished_at = finished_at - interval '2 hours' WHERE origin_day = :day"), {"day": ORIGIN})
    done = demo.train()
    assert done is not None
    assert done.origin == ORIGIN
    assert demo.train() is None
    with demo.engines.primary.connect() as connection:
        kept = connection.execute(text("SELECT r.origin_day, count(p.*) FROM app.forecast_run r LEFT JOIN app.forecast_points p ON p.run_id = r.id AND p.made_for <> r.origin_day GROUP BY 1 ORDER BY 1")).all()
        said = connection.execute(text("SELECT count(*) FROM app.forecast_points p JOIN app.forecast_run r ON r.id = p.run_id AND p.made_for = r.origin_day WHERE r.origin_day = :day - 4"), {"day": ORIGIN}).scalar_one()
    assert [row.origin_day for row in kept] == [ORIGIN - timedelta(days=n) for n in (4, 3, 2, 1, 0)]
    assert kept[0].count == 0  # of an old run only what it said of its own day ahead is kept
    assert said > 0
    assert forecast_store.forget_old_forecasts(demo.engines, 2) == 2
