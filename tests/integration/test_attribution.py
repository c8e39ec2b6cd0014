"""Attribution over the database, against the slow way; edge cases by hand; the cached door."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from shared.cache import Cache
from shared.metrics import attribution as module
from shared.metrics.attribution import AskAttribution
from shared.metrics.attribution_answer import Found
from shared.metrics.attribution_question import AttributionQuestion
from shared.metrics.errors import OutOfScopeError, QuestionError
from shared.metrics.period import Period
from shared.metrics.scope import COMPANY, Scope
from shared.settings import Settings
from shared.warehouse.build import build_views
from shared.warehouse.engines import Engines
from shared.warehouse.journeys import Journey, Part, read_conversions
from tests.databases import Databases
from tests.integration import attribution_oracle as oracle
from tests.integration.refresh_data import Warehouse, copy_of_company
from tests.oracles import company

WHOLE, YEAR = Period(company.FIRST, company.TODAY), Period(date(2025, 3, 19), company.TODAY)
MODELS = (*oracle.RULES, "shapley")


@pytest.fixture(scope="module")
def warehouse(databases: Databases, redis_url: str) -> Iterator[Warehouse]:
    made = copy_of_company(databases, redis_url)
    yield made
    made.engines.dispose()


@pytest.fixture(scope="module")
def slow(warehouse: Warehouse) -> oracle.Company:
    with warehouse.engines.primary.connect() as connection:
        return oracle.Company(connection)


def door(warehouse: Warehouse) -> AskAttribution:
    return AskAttribution(warehouse.engines, Cache(warehouse.settings), warehouse.settings, company.clock)


def by_key(found: Found, model: str) -> dict[str | None, tuple[float, float]]:
    """Key -> conversions and dollars."""
    one = found.model(model)
    return {key.key: (one.hundredths[place] / 100, one.cents[place] / 100) for place, key in enumerate(found.keys)}


@pytest.mark.parametrize("asked", [
    AttributionQuestion(WHOLE), AttributionQuestion(YEAR, lookback=7, level="source"), AttributionQuestion(WHOLE, "gross_sale", None, level="campaign"),
    AttributionQuestion(YEAR, "issued", 30, branches=frozenset({2})), AttributionQuestion(WHOLE, "demo", 180, branches=frozenset({1, 3})),
], ids=["default", "sources, a week", "campaigns, no limit", "issued, one branch", "demos, two branches"])
def test_every_model_equals_the_slow_way(warehouse: Warehouse, slow: oracle.Company, asked: AttributionQuestion) -> None:
    found = door(warehouse)(asked, COMPANY).found
    branches = set(asked.branches or company.ZONES)
    every = [sold for sold in slow.conversions(asked.conversion, asked.period.start, asked.period.end) if sold.branch in branches]
    paths = [(slow.path(sold, asked.lookback), sold) for sold in every]
    assert len(every) > 20
    assert (found.conversions, found.cents) == (len(every), sum(sold.cents for sold in every))
    assert found.unattributed == sum(not path for path, _ in paths) > 0
    assert round(found.catalogue * 100) == (found.cents or found.conversions * 100)
    key_of = {number: str(number) if asked.level == "source" else str(row[asked.level]) for number, row in slow.sources.items()}
    paid = {number for number, row in slow.sources.items() if row["is_paid"]}
    for model in MODELS:
        counts = oracle.credit([(path, 1.0) for path, _ in paths], model, key_of, paid)  # type: ignore[arg-type]
        worth = oracle.credit([(path, sold.cents / 100) for path, sold in paths], model, key_of, paid)  # type: ignore[arg-type]
        mine = by_key(found, model)
        for key, (count, dollars) in mine.items():
            assert count == pytest.approx(counts.get(key, 0.0), abs=0.011), (model, key)
            assert dollars == pytest.approx(worth.get(key, 0.0), abs=0.011), (model, key)
        assert set(mine) >= {key for key, count in counts.items() if count}
    lost = slow.lost(asked.conversion, asked.period.start, asked.period.end, asked.lookback, branches)
    assert found.nulls == len(lost) > 0
    effects = oracle.removal_effects([[key_of[source] for source, _ in path] for path, _ in paths], [[key_of[source] for source in path] for path in lost])  # type: ignore[arg-type]
    touched = found.conversions - found.unattributed
    markov = by_key(found, "markov")
    for key, effect in effects.items():
        assert markov[key][0] == pytest.approx(touched * effect / sum(effects.values()), abs=0.02), key


@pytest.mark.parametrize("level", ["channel", "source", "campaign"])
def test_costs_are_the_catalogues_whatever_the_level(warehouse: Warehouse, level: Any) -> None:
    found = door(warehouse)(AttributionQuestion(YEAR, level=level), COMPANY).found
    with warehouse.engines.primary.connect() as connection:
        spend = connection.execute(text("SELECT sum(spend_amount) FROM mart.marketing WHERE day BETWEEN :first AND :last"), {"first": YEAR.start, "last": YEAR.end}).scalar_one()
    assert found.spend == round(spend * 100)


def test_another_persons_branch_is_refused(warehouse: Warehouse) -> None:
    asked = AttributionQuestion(YEAR, branches=frozenset({2}))
    with pytest.raises(OutOfScopeError):
        door(warehouse)(asked, Scope(frozenset({1})))
    mine, all_of_mine = (door(warehouse)(one, Scope(frozenset({2}))).found for one in (asked, AttributionQuestion(YEAR)))
    assert (mine.cents, mine.touches) == (all_of_mine.cents, all_of_mine.touches)
    assert mine.cents < door(warehouse)(AttributionQuestion(YEAR), COMPANY).found.cents


def test_a_branch_without_data_is_an_answer_too(warehouse: Warehouse) -> None:
    found = door(warehouse)(AttributionQuestion(YEAR, branches=frozenset({company.QUIET_BRANCH})), COMPANY).found
    assert (found.conversions, found.cents, found.touches, found.spend, found.nulls) == (0, 0, 0, 0, 0)
    assert [key.key for key in found.keys] == [None]


def test_it_is_worked_out_once_until_something_changes(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    times, work = [0], module.read_attribution

    def counted(*more: Any) -> Found:
        times[0] += 1
        return work(*more)

    monkeypatch.setattr(module, "read_attribution", counted)
    asked = AttributionQuestion(YEAR, half_life=3)
    first = door(warehouse)(asked, COMPANY).found
    assert door(warehouse)(asked, COMPANY).found == first
    assert times == [1]
    changes = (
        "INSERT INTO crm.touch (branch_id, prospect_id, source_id, touched_at, kind) SELECT branch_id, id, 1, '2026-03-01 12:00Z', 'call' FROM crm.prospect WHERE branch_id = 1 LIMIT 1",
        "UPDATE crm.touch SET source_id = 1 + source_id % 5 WHERE id = (SELECT min(id) FROM crm.touch)",
        "UPDATE crm.sale SET gross = gross + 1 WHERE id = (SELECT max(id) FROM crm.sale WHERE status = 'firm')",
        "UPDATE crm.lead SET disregard = 'test' WHERE id = (SELECT min(id) FROM crm.lead l WHERE disregard IS NULL AND NOT EXISTS (SELECT FROM crm.appointment a WHERE a.lead_id = l.id))",
        "UPDATE crm.lead_source SET channel = 'Search' WHERE id = 1",
        "INSERT INTO crm.marketing_spend (branch_id, source_id, spent_on, spent_to, amount, kind) VALUES (1, 1, '2026-03-01', '2026-03-01', 5, 'media')",
        "DELETE FROM crm.touch WHERE id = (SELECT max(id) FROM crm.touch)",
    )
    for number, change in enumerate(changes, 2):
        with warehouse.engines.writer() as connection:
            assert connection.execute(text(change)).rowcount == 1
        door(warehouse)(asked, COMPANY)
        assert times == [number], change


@pytest.fixture(scope="module")
def bare(database: Callable[..., Settings]) -> Iterator[tuple[Engines, Settings]]:
    """Two branches with sources and no touches, sales or costs."""
    settings = database()
    engines = Engines(settings)
    with engines.writer() as connection:
        for statement in ("INSERT INTO crm.branch (id, name, time_zone) VALUES (1, 'East', 'America/New_York'), (2, 'West', 'America/Phoenix')",
                          "INSERT INTO crm.product (id, name) VALUES (1, 'Roof')",
                          "INSERT INTO crm.lead_source (id, name, channel, is_paid) VALUES (1, 'Google', 'Digital', true), (2, 'Friends', 'Referral', false), (3, 'Doors', 'Canvass', true)"):
            connection.execute(text(statement))
    build_views(engines.primary, settings, clock=company.clock)
    yield engines, settings
    engines.dispose()


SOLD_AT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def household(engines: Engines, number: int, touches: list[tuple[int, timedelta]], sales: list[tuple[timedelta, float]], branch: int = 1) -> None:
    """A prospect with touches (source, how long before the moment) and sales (how long after it, dollars)."""
    with engines.writer() as connection:
        run = lambda statement, **values: connection.execute(text(statement), {"id": number, "branch": branch, **values})  # noqa: E731
        run("INSERT INTO crm.prospect (id, branch_id, name) VALUES (:id, :branch, 'H')")
        run("INSERT INTO crm.lead (id, branch_id, prospect_id, source_id, created_at) VALUES (:id, :branch, :id, 1, :at)", at=SOLD_AT - timedelta(days=400))
        run("INSERT INTO crm.appointment (id, branch_id, lead_id, set_at, scheduled_at) VALUES (:id, :branch, :id, :at, :at)", at=SOLD_AT)
        for source, before in touches:
            run("INSERT INTO crm.touch (branch_id, prospect_id, source_id, touched_at, kind) VALUES (:branch, :id, :source, :at, 'call')", source=source, at=SOLD_AT - before)
        for after, amount in sales:
            run("INSERT INTO crm.sale (branch_id, appointment_id, product_id, sold_at, gross, status) VALUES (:branch, :id, 1, :at, :amount, 'firm')", at=SOLD_AT + after, amount=amount)


def test_edges_by_hand(bare: tuple[Engines, Settings]) -> None:
    engines, settings = bare
    ask = AskAttribution(engines, Cache(settings), settings, company.clock)
    asked = AttributionQuestion(Period(date(2026, 3, 1), date(2026, 3, 18)), level="source")
    assert ask(asked, COMPANY).found.conversions == 0
    zero, day = timedelta(0), timedelta(days=1)
    household(engines, 1, [], [(zero, 100.01)])  # nothing touched it
    household(engines, 2, [(2, day), (1, day)], [(zero, 200)])  # of the same moment: by id, so Friends comes first
    household(engines, 3, [(1, day), (3, -day)], [(zero, 400)])  # a touch after the sale
    household(engines, 4, [(3, 90 * day), (2, 90 * day + timedelta(seconds=1)), (1, zero)], [(zero, 800)])  # the very end of the lookback, one second before it, and the very moment of the sale
    household(engines, 5, [(2, day)], [(zero, 1600), (2 * day, 3200)])  # two sales of one prospect
    household(engines, 6, [(3, day)], [(zero, 6400)], branch=2)
    household(engines, 7, [(1, day), (2, zero)], [])  # did not buy
    household(engines, 8, [(1, day)], [])  # nor did this one, whose first request was a test and whose second was not
    household(engines, 9, [(1, day)], [])  # was a test altogether
    with engines.writer() as connection:
        connection.execute(text("UPDATE crm.lead SET disregard = 'test' WHERE id IN (8, 9)"))
        connection.execute(text("INSERT INTO crm.lead (id, branch_id, prospect_id, source_id, created_at) VALUES (80, 1, 8, 1, :at)"), {"at": SOLD_AT})
    found = ask(asked, COMPANY).found
    assert (found.conversions, found.cents, found.unattributed, found.nulls) == (7, 1_270_001, 1, 2)
    dollars = {model: {key: value[1] for key, value in by_key(found, model).items()} for model in ("first_touch", "last_touch", "last_paid_touch")}
    assert dollars["first_touch"] == {"1": 400, "2": 200 + 1600 + 3200, "3": 800 + 6400, None: 100.01}
    assert dollars["last_touch"] == {"1": 200 + 400 + 800, "2": 1600 + 3200, "3": 6400, None: 100.01}
    assert dollars["last_paid_touch"] == dollars["last_touch"]
    only = ask(AttributionQuestion(asked.period, level="source", branches=frozenset({2})), COMPANY).found
    assert (by_key(only, "linear")["3"], only.cents) == ((1.0, 6400.0), 640_000)
    assert [(key.spend, found.cost_per_conversion(found.model("linear"), place)) for place, key in enumerate(found.keys) if key.key == "2"] == [(0, 0.0)], "what costs nothing costs 0 a sale"


def test_a_renamed_source_says_what_it_was_called(bare: tuple[Engines, Settings]) -> None:
    engines, settings = bare
    ask = AskAttribution(engines, Cache(settings), settings, company.clock)
    household(engines, 11, [(1, timedelta(days=1))], [(timedelta(0), 10)])
    with engines.writer() as connection:
        connection.execute(text("UPDATE crm.lead_source SET name = 'Google Ads', channel = 'Paid search' WHERE id = 1"))
        connection.execute(text("UPDATE crm.lead_source SET medium = 'cpc' WHERE id = 1"))
    today = datetime.now(UTC).astimezone().date()
    for level, label, former in (("source", "Google Ads", "Google"), ("channel", "Paid search", "Digital")):
        found = ask(AttributionQuestion(Period(date(2026, 3, 1), date(2026, 3, 18)), level=level), COMPANY).found  # type: ignore[arg-type]
        (key,) = (key for key in found.keys if key.label == label)
        (words,) = key.formerly
        assert words.startswith(f"{former} until ")
        assert words.endswith(str(today.year))
        assert not any(key.formerly for key in found.keys if key.label != label)


@pytest.mark.parametrize(("wrong", "part"), [({"lookback": 5}, "lookback"), ({"half_life": 0}, "half_life"), ({"level": "medium"}, "level"), ({"order": 4}, "order"), ({"conversion": "call"}, "conversion")])
def test_a_wrong_part_is_named(wrong: dict[str, Any], part: str) -> None:
    with pytest.raises(QuestionError) as error:
        AttributionQuestion(YEAR, **wrong)
    assert error.value.parameter == part


def test_small_parts_hold_the_same_journeys(warehouse: Warehouse) -> None:
    journey = Journey("gross_sale", WHOLE.start, WHOLE.end, None, None)

    def read(most: int) -> tuple[list[tuple[list[int], int]], int]:
        parts: list[Part] = []
        with warehouse.engines.reader() as connection:
            read_conversions(connection, journey, parts.append, most)
        return [(part.sources[part.starts[row] : part.starts[row + 1]].tolist(), int(part.cents[row])) for part in parts for row in range(len(part.cents))], len(parts)

    (whole, one), (pieces, many) = read(1_000_000), read(7)
    assert one == 1
    assert many > 10
    assert pieces == whole
