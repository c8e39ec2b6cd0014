"""The demo company's generator, without a database."""

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from jobs.demo.arrays import DAY, NONE, Zone, day_number, pick, running_count, to_date
from jobs.demo.branch import Branch
from jobs.demo.budgets import budgets_of, carried
from jobs.demo.calendar import Calendar, fiscal, holidays
from jobs.demo.company import Company, places
from jobs.demo.demand import Demand
from jobs.demo.load import as_csv
from jobs.demo.market import SOLD, SOURCES, WORK_WEEK
from jobs.demo.sales import allocate
from jobs.demo.sizes import SIZES, next_year, span_of

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)


def company(seed: int = 7, now: datetime = NOW) -> Company:
    return Company(SIZES["small"], seed, span_of(SIZES["small"], now.date(), now))


def checksum(made: Company) -> str:
    found = hashlib.sha256()
    for name, table in made.tables():
        found.update(name.encode() + as_csv(table))
    found.update(repr(made.truth).encode() + repr(made.gone).encode())
    return found.hexdigest()


def tables(made: Company) -> dict[str, pa.Table]:
    parts: dict[str, list[pa.Table]] = {}
    for name, table in made.tables():
        parts.setdefault(name, []).append(table)
    return {name: pa.concat_tables(found) for name, found in parts.items()}


@pytest.fixture(scope="module")
def small() -> dict[str, pa.Table]:
    return tables(company())


def test_the_same_size_seed_and_day_make_the_same_company() -> None:
    first = checksum(company())
    assert checksum(company()) == first
    assert checksum(company(seed=8)) != first


def test_some_hours_later_on_the_same_day_nothing_earlier_has_changed(small: dict[str, pa.Table]) -> None:
    later = tables(company(now=NOW + timedelta(hours=3)))
    before = {tuple(row.values()) for row in small["lead"].select(["branch_id", "source_id", "created_at", "canvasser_id"]).to_pylist()}
    after = {tuple(row.values()) for row in later["lead"].select(["branch_id", "source_id", "created_at", "canvasser_id"]).to_pylist()}
    assert before <= after
    assert later["call"].num_rows > small["call"].num_rows


def test_a_small_company_is_small_and_has_lived_for_more_than_four_hundred_days(small: dict[str, pa.Table]) -> None:
    assert 20_000 < sum(table.num_rows for table in small.values()) < 60_000
    days = small["calendar_day"]["day"].to_pylist()
    assert (NOW.date() - min(days)).days >= 400
    assert (max(days) - NOW.date()).days >= 365


def test_external_ids_are_unique_in_each_table(small: dict[str, pa.Table]) -> None:
    for name, table in small.items():
        if "external_id" in table.column_names:
            assert len(set(table["external_id"].to_pylist())) == table.num_rows, name


def test_no_two_households_share_an_address_a_telephone_or_an_email(small: dict[str, pa.Table]) -> None:
    for columns in (["address", "city", "state_code"], ["phone"], ["email"]):
        seen = Counter(tuple(row.values()) for row in small["prospect"].select(columns).to_pylist())
        assert seen.most_common(1)[0][1] == 1, columns


def test_every_target_has_a_row_for_the_company_and_each_branch(small: dict[str, pa.Table]) -> None:
    rows = [row for row in small["target"].to_pylist() if row["month"] == date(2026, 11, 1)]
    assert Counter(row["kpi"] for row in rows) == Counter({row["kpi"]: 6 for row in rows})
    assert len({row["kpi"] for row in rows}) == 25
    assert all(0 < row["value"] < 1 for row in rows if row["kpi"].endswith("_rate"))


def test_branches_live_in_two_time_zones_and_own_a_territory(small: dict[str, pa.Table]) -> None:
    assert set(small["branch"]["time_zone"].to_pylist()) == {"America/New_York", "America/Chicago"}
    assert all('"coordinates":[[' in territory for territory in small["branch"]["territory"].to_pylist())
    assert len(places()) >= SIZES["large"].branches


def test_marketing_that_costs_nothing_has_no_spend(small: dict[str, pa.Table]) -> None:
    names = dict(zip(small["lead_source"]["id"].to_pylist(), small["lead_source"]["name"].to_pylist(), strict=True))
    paid = {names[source] for source in small["marketing_spend"]["source_id"].to_pylist()}
    assert not paid & {"Referral", "Previous Customer", "Self-Generated"}
    assert {"Google Search", "Door Canvass", "Outbound Calling"} <= paid


def test_no_media_no_leads_and_leads_follow_money_with_diminishing_returns() -> None:
    weeks = 4_000
    made = budgets_of(np.random.default_rng(3), Calendar(date(2026, 1, 5), date(2026, 1, 31)), weeks * 7)
    for place, source in enumerate(SOURCES):
        money, leads = made.money[::7, place], made.leads.reshape(weeks, 7, len(SOURCES)).mean(axis=1)[:, place]
        if source.cost == 0:
            assert (money == 1).all()
            assert (leads == 1).all()
            continue
        assert money.mean() == pytest.approx(1, abs=0.06)
        assert leads.mean() == pytest.approx(1, abs=0.06)
        assert 0.01 < (money == 0).mean() < 0.08
        if source.response.carry:
            continue
        assert (leads[money == 0] == 0).all()
        double, once = leads[(money > 1.8) & (money < 2.2)].mean(), leads[(money > 0.9) & (money < 1.1)].mean()
        assert 1.05 * once < double < 1.95 * once


def test_what_was_paid_for_before_works_on_and_dies_away() -> None:
    money = np.concatenate([np.ones(70), np.zeros(14)])
    works = carried(money, 0.5)
    assert works[69] == pytest.approx(1)
    assert works[76] == pytest.approx(0.5)
    assert works[83] == pytest.approx(0.25)


def test_one_branch_is_in_a_slump_and_the_truth_says_which() -> None:
    made = company()
    for _ in made.tables():
        pass
    assert [(row["branch_id"], row["entity"]) for row in made.truth if row["rule"] == "slump"] == [(4, "day")]
    # So small a company has neither the leads nor the visits of which it would be odd that they fail to come.
    assert {row["rule"] for row in made.truth if row["kind"] == "anomaly"} == {"leads_high"}


@pytest.fixture(scope="module")
def grown() -> tuple[Branch, dict[str, np.ndarray], Demand]:
    """Two years of the first branch with as many leads as a real one has."""
    whole = Company(replace(SIZES["small"], months=24, volume=1.0, planted=20), 3, span_of(replace(SIZES["small"], months=24), NOW.date(), NOW))
    branch = whole._branches(Calendar(whole.span.first, next_year(whole.span)))[0]
    world, demand = branch.live()
    return branch, world["appointments"], demand


def test_appointments_follow_the_working_week(grown: tuple[Branch, dict[str, np.ndarray], Demand]) -> None:
    branch, visits, _ = grown
    place = visits["scheduled"] // DAY - branch.calendar.offset
    by_day = np.bincount(place, minlength=len(branch.calendar.dates))
    usual = [by_day[60:650][(branch.calendar.weekday[60:650] == day) & (branch.calendar.quiet[60:650] == 1.0)].mean() for day in range(7)]
    assert (usual / np.mean(usual)).tolist() == pytest.approx((np.array(WORK_WEEK) / np.mean(WORK_WEEK)).tolist(), abs=0.12)


def test_every_odd_day_is_far_from_what_the_day_was_expected_to_bring(grown: tuple[Branch, dict[str, np.ndarray], Demand]) -> None:
    branch, visits, demand = grown
    day_of = visits["scheduled"] // DAY - branch.calendar.offset
    for row in (row for row in demand.truth if row["kind"] == "anomaly"):
        mine = day_of == row["day"]
        issued, shown = int((visits["rep"][mine] >= 0).sum()), int(visits["sat"][mine].sum())
        sold = int((visits["result"][mine] == SOLD).sum())
        calm = {"visits_low": shown <= 0.4 * issued and issued >= 13, "sales_high": sold >= 0.7 * shown and shown >= 17, "sales_low": sold == 0 and shown >= 23}
        assert calm.get(row["rule"], True), (row, issued, shown, sold)
    rules = Counter(row["rule"] for row in demand.truth if row["kind"] == "anomaly")
    assert sum(rules.values()) == 10
    assert {"leads_high", "leads_low", "cancels_high", "visits_low", "sales_high"} <= set(rules)


def test_holidays_fall_on_their_days() -> None:
    found = {name: day for day, name in holidays(2026).items()}
    assert found["Thanksgiving Day"] == date(2026, 11, 26)
    assert found["Memorial Day"] == date(2026, 5, 25)
    assert found["Labor Day"] == date(2026, 9, 7)
    assert len(found) == 11


@pytest.mark.parametrize(("sold", "ends"), [
    (date(2026, 11, 20), date(2026, 11, 24)),  # Friday: Saturday, Monday, Tuesday
    (date(2026, 11, 24), date(2026, 11, 28)),  # Thanksgiving does not count
    (date(2026, 11, 22), date(2026, 11, 25)),  # sold on a Sunday
])
def test_the_third_business_day_skips_sundays_and_holidays(sold: date, ends: date) -> None:
    calendar = Calendar(date(2026, 1, 1), date(2026, 12, 31))
    assert to_date(calendar.rescission_end[day_number(sold) - calendar.offset]) == ends


@pytest.mark.parametrize(("day", "start", "expected"), [
    (date(2026, 1, 31), 1, (2026, 1, 1)), (date(2026, 12, 1), 1, (2026, 4, 12)), (date(2026, 6, 30), 7, (2026, 4, 12)), (date(2026, 7, 1), 7, (2027, 1, 1)),
])
def test_a_fiscal_year_is_named_after_the_year_it_ends_in(day: date, start: int, expected: tuple[int, int, int]) -> None:
    assert fiscal(day, start) == expected


def test_wall_clocks_become_utc_on_both_sides_of_a_clock_change() -> None:
    zone = Zone("America/New_York", day_number(date(2026, 1, 1)), day_number(date(2026, 12, 31)))
    noon = [day_number(day) * DAY + DAY // 2 for day in (date(2026, 3, 7), date(2026, 3, 8), date(2026, 11, 1))]
    hours = [(utc - local) // 3600 for utc, local in zip(zone.to_utc(np.array(noon)), noon, strict=True)]
    assert hours == [5, 4, 5]
    assert zone.to_utc(np.array([NONE]))[0] == NONE


@pytest.mark.parametrize("total", [0, 1, 99, 1_234_567, 10_000_001])
def test_shares_of_a_sale_add_up_to_the_cent(total: int) -> None:
    percent = np.array([33.34, 33.33, 33.33, 82.5, 12.5, 5.0])
    group = np.array([1, 1, 1, 2, 2, 2])
    cents = allocate(np.full(6, total), percent, group)
    assert cents[:3].sum() == total
    assert cents[3:].sum() == total
    assert np.abs(cents - total * percent / 100).max() <= 1


def test_running_counts_count_equal_ones_before() -> None:
    assert running_count(np.array([5, 3, 5, 5, 3])).tolist() == [0, 0, 1, 2, 1]


def test_draws_follow_their_weights() -> None:
    drawn = np.bincount(pick(np.random.default_rng(1), (1.0, 0.0, 3.0), 40_000), minlength=3) / 40_000
    assert drawn[1] == 0
    assert drawn[2] == pytest.approx(0.75, abs=0.01)


def test_missing_and_empty_text_differ_in_the_csv() -> None:
    assert as_csv(pa.table({"a": pa.array(["", None, 'say "so", twice']), "b": pa.array([None, 1, 2])})) == b'"",\n,1\n"say ""so"", twice",2\n'
