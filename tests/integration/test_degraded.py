"""Pages and the API still get numbers, with a word, while the primary, the replica or Redis is away; and all is well again by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from jobs.stack.ports import free_port
from jobs.stack.valkey import Valkey
from shared.cache import Cache
from shared.metrics.ask import CachedAsk, UnavailableError
from shared.metrics.headline import Headlines, Wanted
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.reference import Reference
from shared.metrics.scope import COMPANY
from shared.settings import Settings, load_settings
from shared.warehouse.build import build_views
from shared.warehouse.engines import Engines
from shared.warehouse.migrate import migrate
from tests.integration.own_servers import DATABASE, Pair, at_most, frozen, until
from tests.oracles import company

MONTH = Period(company.TODAY.replace(day=1), company.TODAY)
SALES = Question(("gross_sales",), MONTH)
BY_DAY = Question(("gross_sales",), MONTH, "day")


class Platform:
    """Servers of its own with a company, and doors to its numbers."""

    def __init__(self, folder: Path) -> None:
        self.pair, self.valkey = Pair(folder / "postgres"), Valkey(folder / "valkey", free_port(), durable=False)

    def start(self) -> None:
        self.pair.start()
        if not self.valkey.answers():
            self.valkey.start()

    def settings(self, **more: object) -> Settings:
        return load_settings(**{"database_url": self.pair.primary.url(DATABASE), "replica_urls": self.pair.standby.url(DATABASE), "redis_url": self.valkey.url, "secret_key": "s" * 48, **more})

    def stop(self) -> None:
        self.pair.stop()
        self.valkey.stop()


@pytest.fixture(scope="module")
def platform(scratch: Path) -> Iterator[Platform]:
    made = Platform(scratch / "degraded")
    try:
        made.start()
        engines = Engines(made.settings())
        migrate(engines.primary)
        company.write(engines.primary, company.make())
        build_views(engines.primary, made.settings(), clock=company.clock)
        assert engines.wait_for_replicas(30)
        engines.dispose()
        yield made
    finally:
        made.stop()


class Door:
    """What a site has: engines, a cache, and the door to numbers."""

    def __init__(self, settings: Settings) -> None:
        self.engines, self.cache = Engines(settings), Cache(settings)
        self.ask = CachedAsk(self.engines, self.cache, settings, company.clock)
        self.headlines = Headlines(self.ask, Reference(self.engines), settings, company.clock)

    def value(self) -> float:
        return self.ask(SALES, COMPANY).value("gross_sales")

    def degraded(self) -> str:
        return self.ask(SALES, COMPANY).degraded

    def is_well(self) -> bool:
        try:
            return self.degraded() == ""
        except UnavailableError:
            return False

    def sell(self) -> None:
        with self.engines.writer() as connection:
            connection.execute(text("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) VALUES (1, 1, '2026-03-12 15:00Z', 100, 'firm')"))


@pytest.fixture
def door(platform: Platform) -> Iterator[Any]:
    """Make doors over the running platform."""
    platform.start()
    made: list[Door] = []

    def make(**more: object) -> Door:
        made.append(Door(platform.settings(**more)))
        return made[-1]

    yield make
    for each in made:
        each.engines.dispose()
        each.cache.close()
    platform.start()


def test_while_all_is_well_no_answer_is_called_degraded(door: Any) -> None:
    assert door().degraded() == ""


def test_without_the_primary_the_replica_answers_with_a_word_and_the_moment_of_its_data_until_the_primary_is_back(door: Any, platform: Platform) -> None:
    site = door()
    site.sell()
    before = site.value()
    site.engines.wait_for_replicas()
    platform.pair.primary.stop()
    try:
        with at_most(4):
            for question in (SALES, BY_DAY, SALES):
                answer = site.ask(question, COMPANY)
                assert "primary database does not answer" in answer.degraded
                assert answer.frame["gross_sales"].sum() == before
        cold = door()
        assert cold.ask(Question(("net_sales",), MONTH), COMPANY).value("net_sales") > 0  # not from the cache
        assert answer.as_of.year != company.NOW.year or answer.as_of != company.NOW  # the replica's moment, not the asker's
        headline = cold.headlines([Wanted("gross_sales", MONTH)], COMPANY)[0]
        assert (headline.value, "replica" in headline.degraded) == (before, True)
    finally:
        platform.pair.primary.start()
    until(site.is_well)
    site.sell()
    assert site.value() == before + 1


def test_a_frozen_primary_delays_one_answer_and_no_more(door: Any, platform: Platform) -> None:
    site = door()
    before = site.value()
    site.engines.wait_for_replicas()
    with frozen(platform.pair.primary):
        with at_most(8):
            assert site.value() == before
        with at_most(3):
            for _ in range(40):
                assert "primary" in site.degraded()
    until(site.is_well)


def test_without_the_replica_answers_are_exact_and_not_degraded(door: Any, platform: Platform) -> None:
    site = door()
    before = site.value()
    platform.pair.standby.stop()
    try:
        with at_most(4):
            for number in range(20):
                site.sell()
                answer = site.ask(SALES, COMPANY)
                assert (answer.value("gross_sales"), answer.degraded) == (before + number + 1, "")
    finally:
        platform.pair.standby.start()


def test_a_frozen_replica_delays_one_answer_and_no_more(door: Any, platform: Platform) -> None:
    site = door()
    site.sell()  # nothing cached: the replica is asked
    before = site.value()
    assert site.engines.replicas[0].lag_seconds is not None
    with frozen(platform.pair.standby):
        with at_most(8):
            site.sell()
            assert site.value() == before + 1
        with at_most(4):
            for number in range(20):
                site.sell()
                assert site.value() == before + number + 2


def test_a_replica_that_replays_nothing_makes_no_answer_old(door: Any, platform: Platform) -> None:
    site = door(replica_max_lag_seconds=3600)
    before = site.value()
    platform.pair.pause()
    try:
        for number in range(5):
            site.sell()
            assert site.value() == before + number + 1
    finally:
        platform.pair.resume()


def test_without_redis_answers_are_exact_and_say_what_is_missing_until_it_is_back(door: Any, platform: Platform) -> None:
    site = door()
    before = site.value()
    platform.valkey.stop()
    try:
        with at_most(5):
            for number in range(10):
                site.sell()
                answer = site.ask(SALES, COMPANY)
                assert answer.value("gross_sales") == before + number + 1
                assert "cache is away" in answer.degraded
    finally:
        platform.valkey.start()
    until(site.is_well)


def test_an_answer_that_the_process_remembers_says_as_well_that_the_cache_is_away(door: Any, platform: Platform) -> None:
    site = door()
    before = site.ask(SALES, COMPANY)
    platform.valkey.stop()
    try:
        after = site.ask(SALES, COMPANY)
        assert before.degraded == ""
        assert "cache is away" in after.degraded
        assert after.value("gross_sales") == before.value("gross_sales")
    finally:
        platform.valkey.start()
    until(site.is_well)


def test_a_frozen_redis_delays_one_answer_and_no_more(door: Any, platform: Platform) -> None:
    site = door()
    before = site.value()
    platform.valkey.freeze()
    until(lambda: not platform.valkey.answers())
    try:
        site.sell()
        with at_most(4):
            assert site.value() == before + 1
        with at_most(5):
            for number in range(20):
                site.sell()  # what the process remembers needs no Redis
                answer = site.ask(SALES, COMPANY)
                assert (answer.value("gross_sales"), "cache is away" in answer.degraded) == (before + number + 2, True)
    finally:
        platform.valkey.thaw()
    until(site.is_well)


def test_without_any_database_the_last_known_numbers_come_with_a_word_and_what_was_never_asked_is_refused_in_a_sentence(door: Any, platform: Platform) -> None:
    site = door()
    before = site.ask(SALES, COMPANY)
    platform.pair.stop()
    try:
        with at_most(4):
            for _ in range(20):
                answer = site.ask(SALES, COMPANY)
                assert answer.value("gross_sales") == before.value("gross_sales")
                assert "last known numbers" in answer.degraded
        with pytest.raises(UnavailableError, match="does not answer at the moment"):
            site.ask(Question(("no_show_rate",), MONTH, "day"), COMPANY)
    finally:
        platform.start()
    until(site.is_well)


def test_headlines_outlive_both_databases_with_what_was_last_known(door: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.metrics.reference._KEEP_SECONDS", 0.0)
    site = door()
    before = site.headlines([Wanted("gross_sales", MONTH)], COMPANY)[0]
    platform.pair.stop()
    try:
        with at_most(4):
            after = site.headlines([Wanted("gross_sales", MONTH)], COMPANY)[0]
        assert (after.value, after.goal) == (before.value, before.goal)
        assert "last known numbers" in after.degraded
    finally:
        platform.start()


def test_without_anything_at_all_the_asker_is_told_in_a_sentence_at_once(door: Any, platform: Platform) -> None:
    site = door()
    site.value()
    platform.stop()
    try:
        with at_most(6):
            for _ in range(20):
                with pytest.raises(UnavailableError, match="Nothing is lost"):
                    site.ask(SALES, COMPANY)
    finally:
        platform.start()
    until(site.is_well)


def test_a_question_that_takes_too_long_is_refused_in_a_sentence(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.metrics import ask as module

    site = door(statement_timeout_seconds=1)
    monkeypatch.setattr(module, "read", lambda _questions, connection, _day: connection.execute(text("SELECT pg_sleep(5)")))
    with at_most(4), pytest.raises(UnavailableError, match="fewer days or a coarser grain"):
        site.ask(Question(("gross_sales",), Period(company.FIRST, company.TODAY), "day"), COMPANY)
