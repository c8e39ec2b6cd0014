"""Chain ladder, maturity and payback: a published triangle, figures worked out by hand, and what must always hold."""

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.analysis.chain_ladder import chain_ladder
from shared.analysis.maturity import Cohort, ripen
from shared.analysis.payback import payback

TODAY = date(2026, 11, 20)
TAYLOR_ASHE = """
357848 1124788 1735330 2218270 2745596 3319994 3466336 3606286 3833515 3901463
352118 1236139 2170033 3353322 3799067 4120063 4647867 4914039 5339085
290507 1292306 2218525 3235179 3985995 4132918 4628910 4909315
310608 1418858 2195047 3757447 4029929 4381982 4588268
443160 1136350 2128333 2897821 3402672 3873311
396132 1333217 2180715 2985752 3691712
440832 1288463 2419861 3483130
359480 1421128 2864498
376686 1363294
344014"""
"""Taylor and Ashe (1983), as in Mack (1993), table 1."""
MACK = ((0, 0), (94634, 75535), (469511, 121699), (709638, 133549), (984889, 261406), (1419459, 411010), (2177641, 558317), (3920301, 875328), (4278972, 971258), (4625811, 1363155))
"""Reserve and standard error of each year, and 18,680,856 and 2,447,095 in all: Mack (1993), table 3."""


def triangle(text: str) -> list[list[float]]:
    rows = [[float(value) for value in line.split()] for line in text.strip().splitlines()]
    return [row + [math.nan] * (len(rows) - len(row)) for row in rows]


def test_the_published_triangle_gives_macks_reserves_and_errors() -> None:
    ladder = chain_ladder(triangle(TAYLOR_ASHE))
    assert [(round(found.outstanding), round(found.error)) for found in map(ladder.cohort, range(10))] == list(MACK)
    together = ladder.together(range(10))
    assert round(together.outstanding) == 18_680_856
    assert round(together.error) == 2_447_095


def test_a_triangle_worked_out_by_hand() -> None:
    ladder = chain_ladder([[100, 150, 165], [200, 290, math.nan], [120, math.nan, math.nan]])
    assert ladder.factors == pytest.approx([440 / 300, 165 / 150])
    # (150 - 100 x 22/15)^2 / 100 + (290 - 200 x 22/15)^2 / 200, one degree of freedom; the last is the smallest of its only neighbour.
    assert ladder.variances[0] == pytest.approx((10 / 3) ** 2 / 100 + (10 / 3) ** 2 / 200)
    assert ladder.variances[1] == ladder.variances[0]
    assert ladder.cohort(2).ultimate == pytest.approx(120 * 440 / 300 * 1.1)
    assert ladder.shares == pytest.approx([1 / (440 / 300 * 1.1), 1 / 1.1, 1])


def test_what_cannot_be_carried_forward_says_so() -> None:
    ladder = chain_ladder([[10, 20], [10, 30], [0, math.nan], [math.nan, math.nan]])
    assert math.isnan(ladder.cohort(2).ultimate)
    assert math.isnan(ladder.cohort(3).ultimate)
    assert ladder.cohort(0).error == 0
    with pytest.raises(ValueError, match="gap"):
        chain_ladder([[1, math.nan, 3]])
    with pytest.raises(ValueError, match="two columns"):
        chain_ladder([[1.0]])


@given(st.lists(st.lists(st.floats(1, 1e6), min_size=4, max_size=4), min_size=4, max_size=8), st.floats(0.001, 1000))
@settings(max_examples=60, deadline=None)
def test_the_unit_of_amounts_and_the_order_of_equally_old_cohorts_do_not_matter(gains: list[list[float]], unit: float) -> None:
    known = np.cumsum(np.array(gains), axis=1)
    for row in range(len(known)):
        known[row, max(1, 4 - row):] = np.nan if row else known[row, max(1, 4 - row):]
    ladder, scaled, turned = chain_ladder(known), chain_ladder(known * unit), chain_ladder(np.vstack([known[:3], known[3:][::-1]]))
    every = range(len(known))
    assert scaled.together(every).error == pytest.approx(ladder.together(every).error * unit, rel=1e-6, abs=1e-6 * unit)
    assert turned.together(every).error == pytest.approx(ladder.together(every).error, rel=1e-6, abs=1e-6)
    parts = [ladder.cohort(row) for row in every]
    assert ladder.together(every).ultimate == pytest.approx(math.fsum(part.ultimate for part in parts))
    assert ladder.together(every).error >= math.sqrt(math.fsum(part.error**2 for part in parts)) * (1 - 1e-6) - 1e-6


def weekly(count: int, leads: float, gained: dict[int, float]) -> list[Cohort]:
    """Weeks of leads up to yesterday, each lead bringing ``gained`` (age -> dollars) as far as it has lived."""
    found = []
    for week in range(count, 0, -1):
        last = TODAY - timedelta(days=7 * (week - 1) + 1)
        old = (TODAY - last).days - 1
        found.append(Cohort(last - timedelta(days=6), last, leads, {age: leads * amount for age, amount in gained.items() if age <= old}))
    return found


def test_cohorts_that_all_ripen_alike_are_told_exactly() -> None:
    ripe = ripen(weekly(30, 50, {3: 60.0, 17: 60.0, 24: -20.0}), TODAY)
    assert ripe is not None
    assert ripe.value == pytest.approx(100)
    assert ripe.share_at(13) == pytest.approx(0.6)
    assert ripe.share_at(5) == 0
    assert ripe.share_at(20) == 1.0, "more has come than will stay"
    assert ripe.reaches(0.5) == 6
    young = ripe.estimate(range(26, 30))
    assert young.ultimate == pytest.approx(4 * 50 * 100)
    assert young.so_far < young.ultimate
    assert young.error == pytest.approx(0, abs=1e-6)


def test_a_contract_that_will_be_called_off_does_not_flatter_a_young_cohort() -> None:
    ripe = ripen(weekly(30, 50, {3: 100.0, 24: -30.0}), TODAY)
    assert ripe is not None
    week_old = ripe.estimate([28])
    assert week_old.so_far == 5_000
    assert week_old.ultimate == pytest.approx(3_500)


def test_leads_of_the_running_week_are_expected_to_bring_what_a_lead_brings() -> None:
    cohorts = [*weekly(30, 50, {3: 60.0, 17: 40.0}), Cohort(TODAY, TODAY, 7, {})]
    ripe = ripen(cohorts, TODAY)
    assert ripe is not None
    newest = ripe.estimate([30])
    assert newest.ultimate == pytest.approx(700)
    assert newest.share == 0


def test_two_weeks_of_data_are_no_pattern() -> None:
    assert ripen(weekly(2, 50, {3: 60.0}), TODAY) is None
    assert ripen([], TODAY) is None
    assert ripen(weekly(30, 50, {}), TODAY) is None


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_chance_does_not_bias_what_young_cohorts_are_said_to_come_to(seed: int) -> None:
    chance = np.random.default_rng(seed)
    cohorts = []
    for week in range(60, 0, -1):
        last = TODAY - timedelta(days=7 * (week - 1) + 1)
        ages = np.minimum(chance.exponential(12.0, chance.poisson(40)).astype(int), 80) // 7 * 7 + 6
        gained = {int(age): float((ages == age).sum()) * 10 for age in np.unique(ages) if age <= (TODAY - last).days - 1}
        cohorts.append(Cohort(last - timedelta(days=6), last, 200, gained))
    ripe = ripen(cohorts, TODAY)
    assert ripe is not None
    assert ripe.value == pytest.approx(2.0, rel=0.12)
    found = ripe.estimate(range(52, 60))
    assert abs(found.ultimate - 8 * 400) < 6 * found.error


GAINED = {0: 100.0, 5: 200.0, 10: -150.0, 20: 300.0}
"""At a margin of one half the running contribution is 50, 150, 75, 225."""


@pytest.mark.parametrize(("spend", "state", "days", "covered"), [
    (40, "paid back", 0, 225 / 40), (100, "paid back", 20, 2.25), (70, "paid back", 5, 225 / 70), (225, "paid back", 20, 1.0), (226, "not yet", None, 225 / 226), (0, "no spend", None, math.nan),
])
def test_payback_is_the_day_from_which_contribution_stays_above_spend(spend: float, state: str, days: int | None, covered: float) -> None:
    found = payback(GAINED, spend, 0.5)
    assert (found.state, found.days) == (state, days)
    assert found.covered == pytest.approx(covered, nan_ok=True)


def test_a_cohort_without_any_sale_has_not_paid_back() -> None:
    assert payback({}, 10, 0.45).state == "not yet"
    assert payback({5: -100.0}, 10, 0.45).covered < 0
