"""Scenarios: idle levers change nothing, links of the chain multiply, delays and crews hold money back."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.analysis.forecasting.paths import Spread
from shared.analysis.scenario import Baseline, Funnel, Levers, elasticity, play

BASE = Baseline((100.0,) * 6, (80.0, 90.0, 100.0, 100.0, 100.0, 100.0), Spread(600.0, 60.0, 20.0), Spread(570.0, 50.0, 20.0), Funnel(200.0, 0.5, 0.8, 0.75, 0.4, 25.0), (0.5, 0.5), (0.0, 0.0, 1.0), 120.0)
PROPORTIONAL = elasticity(1.0)


def test_idle_levers_return_the_baseline_to_the_digit() -> None:
    found = play(BASE, Levers(), elasticity(0.6, 0.1))
    assert found.booked == BASE.booked
    assert found.installed == BASE.installed
    assert found.booked_total == BASE.booked_total
    assert [link.change for link in found.chain] == [0.0] * 7
    assert found.waiting == 0.0


def test_the_chain_by_hand() -> None:
    found = {link.name: link for link in play(BASE, Levers(sit_rate=1.2, close_rate=1.1), PROPORTIONAL).chain}
    assert found["leads"].after == 200
    assert found["issued"].after == pytest.approx(80)
    assert found["demos"].after == pytest.approx(80 * 0.9)
    assert found["sales"].after == pytest.approx(80 * 0.9 * 0.44)
    assert found["net $"].after == pytest.approx(600 * 1.2 * 1.1)


def test_more_leads_sell_with_the_delay_that_leads_have() -> None:
    found = play(BASE, Levers(spend=1.5), elasticity(0.5))
    more = math.sqrt(1.5) - 1
    assert found.booked[0] == pytest.approx(100 * (1 + more / 2))
    assert found.booked[1] == pytest.approx(100 * (1 + more))


def test_more_sales_are_installed_after_their_delay_and_only_as_far_as_crews_can() -> None:
    free = play(replace(BASE, capacity=None), Levers(close_rate=1.5), PROPORTIONAL)
    assert free.installed == pytest.approx((80, 90, 150, 150, 150, 150))
    full = play(BASE, Levers(close_rate=1.5), PROPORTIONAL)
    assert full.installed == pytest.approx((80, 90, 120, 120, 120, 120))
    assert full.waiting == pytest.approx(120)
    assert play(BASE, Levers(close_rate=1.5, crews=1.25), PROPORTIONAL).waiting == pytest.approx(0)


def test_fewer_crews_hold_back_what_is_due_and_no_crews_everything() -> None:
    assert sum(play(BASE, Levers(crews=0.5), PROPORTIONAL).installed) == pytest.approx(360)
    assert sum(play(BASE, Levers(crews=0.0), PROPORTIONAL).installed) == 0


def test_no_share_of_people_exceeds_all_of_them() -> None:
    found = {link.name: link for link in play(BASE, Levers(sit_rate=2.0), PROPORTIONAL).chain}
    assert found["demos"].after == pytest.approx(80)
    assert found["net $"].after == pytest.approx(600 / 0.75)


def test_an_uncertain_response_widens_what_more_spend_brings_and_nothing_else() -> None:
    sure, unsure = (play(BASE, Levers(spend=1.5), elasticity(0.5, off)) for off in (0.0, 0.2))
    assert unsure.booked_total.mean == pytest.approx(sure.booked_total.mean)
    assert unsure.booked_total.off > sure.booked_total.off
    closing = [play(BASE, Levers(close_rate=1.5), elasticity(0.5, off)).booked_total.off for off in (0.0, 0.2)]
    assert closing[0] == pytest.approx(closing[1])


@pytest.mark.parametrize("value", [-0.1, 3.1, math.nan])
def test_a_lever_that_cannot_be_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="sit_rate must lie between 0 and 3"):
        Levers(sit_rate=value)


def test_unknown_rates_leave_counts_unknown_and_money_known() -> None:
    found = play(replace(BASE, funnel=Funnel(200.0, math.nan, 0.8, 0.75, 0.4, 25.0)), Levers(close_rate=1.1), PROPORTIONAL)
    assert math.isnan(found.chain[1].after)
    assert found.chain[5].after == pytest.approx(660)


@given(st.floats(0.0, 3.0), st.floats(0.0, 3.0), st.floats(0.0, 3.0))
def test_more_of_anything_never_brings_less(sit: float, spend: float, crews: float) -> None:
    some = play(BASE, Levers(sit_rate=sit, spend=spend, crews=crews), elasticity(0.5))
    more = play(BASE, Levers(sit_rate=min(3.0, sit * 1.1), spend=min(3.0, spend * 1.1), crews=min(3.0, crews * 1.1)), elasticity(0.5))
    assert sum(more.booked) >= sum(some.booked) - 1e-6
    assert sum(more.installed) >= sum(some.installed) - 1e-6
    assert sum(some.installed) >= 0
