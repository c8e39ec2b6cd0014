"""Revenue by branch: everything adds up, delays are found again, a young branch borrows, bands are those of sums."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest

from shared.analysis.forecasting.chain import follow
from shared.analysis.forecasting.histories import HORIZON, Histories
from shared.analysis.forecasting.mixing import mix
from shared.analysis.forecasting.paths import Paths, Spread, paths_of
from shared.analysis.forecasting.record import naive_days, record_of
from shared.analysis.forecasting.revenue import Made, TooShortError, forecast_revenue, origins_of
from shared.analysis.forecasting.shape import Days, learnt, spread_over_days

LAST = date(2026, 11, 22)
LEAD_LAGS, INSTALL_LAGS = (0.4, 0.4, 0.2), (0.0, 0.0, 0.1, 0.3, 0.4, 0.2)


def company(weeks: int = 80, *, young: int = 2, seed: int = 2) -> Histories:
    """Three branches with closed Sundays; the third has existed for ``young`` weeks.  A lead brings 1,000 dollars within three weeks; sales are installed within six."""
    chance, count = np.random.default_rng(seed), weeks * 7
    first = LAST - timedelta(days=count - 1)
    dates = [first + timedelta(days=n) for n in range(count + HORIZON * 7)]
    weights = np.array([[0.0 if day.weekday() == 6 else 1.0] * 3 for day in dates])
    holidays = np.array([[(day.month, day.day) == (12, 25)] * 3 for day in dates])
    weights[holidays] = 0.05
    leads = chance.poisson(np.array([40.0, 20.0, 10.0]) * weights[:count]).astype(float)
    leads[: count - young * 7, 2] = 0

    def later(values: np.ndarray, lags: tuple[float, ...]) -> np.ndarray:
        return sum(share * np.vstack([np.zeros((7 * lag, 3)), values])[:count] for lag, share in enumerate(lags))

    booked = later(leads, LEAD_LAGS) * 1000.0 * chance.gamma(20, 1 / 20, (count, 3))
    installed = later(booked, INSTALL_LAGS)
    return Histories(LAST, (4, 7, 9), booked, installed, leads, leads * 2, booked * 0.5, Days(weights, holidays, np.array([day.weekday() for day in dates])))


@cache
def made() -> Made:
    return forecast_revenue(company())


@cache
def paths() -> Paths:
    basis = made().bases[0]
    return paths_of(basis.days, basis.actual, made().apart * 7)


def test_a_lead_that_sells_over_three_weeks_and_work_that_waits_six_are_found_again() -> None:
    booked, installed = made().bases
    assert booked.lags is not None
    assert installed.lags is not None
    assert booked.lags[:3] == pytest.approx(LEAD_LAGS, abs=0.2)  # smoothed from week to week
    assert booked.lags[:3].sum() > 0.7
    assert installed.lags[:6] == pytest.approx(INSTALL_LAGS, abs=0.06)
    assert booked.lags.sum() == pytest.approx(1.0)


def test_what_is_sold_and_not_installed_makes_the_coming_weeks_nearly_certain_and_says_so() -> None:
    first = made().bases[1].mixed.spans[0]
    assert first.together < first.alone
    assert first.weights["sold and not installed"] > 0.5


def test_the_level_is_right_and_closed_days_are_empty() -> None:
    booked = made().bases[0].days[-1]
    quarter = booked[:91].sum(axis=0)
    assert quarter[:2] == pytest.approx([40_000 * 78, 20_000 * 78], rel=0.12)
    sundays = [n for n in range(len(booked)) if (LAST + timedelta(days=n + 1)).weekday() == 6]
    assert booked[sundays].sum() == 0
    christmas = (date(2026, 12, 25) - LAST).days - 1
    assert booked[christmas].sum() < 0.2 * booked[christmas - 1].sum()


def test_a_branch_of_two_weeks_is_forecast_by_its_leads_and_borrows_its_band() -> None:
    young = made().bases[0].days[-1][:28, 2].sum()
    assert young == pytest.approx(10_000 * 24, rel=0.35)
    assert (paths().errors[:, :28, 2] != 0).any()
    of_young, of_old = (paths().total(0, 27, [place]) for place in (2, 0))
    assert of_young.off / of_young.mean > of_old.off / of_old.mean  # smaller, so relatively less certain


def test_a_branch_that_has_closed_gets_nothing_from_its_last_day_on() -> None:
    closing = replace(company(), closed={7: LAST + timedelta(days=10)})
    days = forecast_revenue(closing).bases[0].days[-1]
    assert days[:10, 1].sum() > 0
    assert days[10:, 1].sum() == 0


def test_two_weeks_of_a_whole_company_are_too_few_and_three_are_enough() -> None:
    with pytest.raises(TooShortError, match="2 whole weeks"):
        forecast_revenue(company(2))
    short = forecast_revenue(company(3, young=1))
    assert np.isfinite(short.bases[0].days[-1]).all()
    assert short.bases[0].days[-1][:7].sum() > 0


def test_a_company_without_leads_or_pipeline_is_forecast_by_its_calendar_alone() -> None:
    given = company()
    bare = replace(given, leads=np.zeros_like(given.leads), open_appointments=np.zeros_like(given.leads), open_quotes=np.zeros_like(given.leads))
    spans = forecast_revenue(bare).bases[0].mixed.spans
    assert [span.weights.get("calendar", 0.0) for span in spans] == [1.0] * 3


def test_negative_months_are_gone_on_with() -> None:
    given = company()
    turned = replace(given, booked=given.booked - 60_000.0)
    basis = forecast_revenue(turned).bases[0]
    assert basis.days[-1][:, 0].min() < 0
    assert paths_of(basis.days, basis.actual, 7).floor == -np.inf


def test_weeks_are_shared_out_without_losing_a_cent() -> None:
    weeks = np.array([[100.0, 7.0], [50.0, 3.0]])
    shape = np.vstack([np.tile([[1.0, 0.0]], (7, 1)), np.array([[1.0, 2.0]] + [[0.0, 0.0]] * 6)])
    days = spread_over_days(weeks, shape)
    assert days.reshape(2, 7, 2).sum(axis=1) == pytest.approx(weeks)
    assert days[0, 1] == 1.0  # a week whose days weigh nothing is shared out evenly


def test_weekdays_are_learnt_from_the_branch_and_from_all_where_it_has_too_few() -> None:
    given = company()
    busy = given.booked.copy()
    busy[[n for n in range(len(busy)) if given.days.weekdays[n] == 5]] *= 3
    shape = learnt(busy, given.days, given.known, by_calendar=True)
    for place in (0, 2):
        assert shape[5, place] / shape[2, place] == pytest.approx(3.0, rel=0.2)


def test_a_source_with_a_lag_of_two_weeks_by_hand() -> None:
    source = np.tile([10.0, 20.0, 30.0, 10.0, 50.0, 20.0], 12)[:, None]
    outcome = np.vstack([np.zeros((2, 1)), source[:-2]]) * 5
    found = follow(source, outcome, np.full((4, 1), 25.0), np.ones((76, 1)), 3)
    assert found is not None
    assert found.ahead[:2, 0] == pytest.approx(source[-2:, 0] * 5, rel=0.12)
    assert found.lags.argmax() == 2


def test_a_second_forecast_that_gains_nothing_is_not_used() -> None:
    came = np.random.default_rng(1).gamma(9, 10, (60, 1))
    origins = (*range(20, 47, 2), 60)
    right = np.stack([np.vstack([came, np.full((60, 1), 90.0)])[origin : origin + 53] for origin in origins])
    mixed = mix({"right": right * 1.01, "wrong": right * 2.0}, came, origins)
    assert mixed.spans[0].weights["right"] > 0.999
    assert mixed.spans[0].together <= mixed.spans[0].alone


def test_a_band_of_a_sum_comes_from_joint_errors() -> None:
    # Two branches whose errors cancel, and two that go together: ten origins, one day.
    ups = np.array([10.0, -10.0] * 10)
    apart = Paths(np.array([[100.0, 100.0]]), np.stack([ups, -ups], axis=1)[:, None, :], np.full(20, 1.0), 7.0)
    together = replace(apart, errors=np.stack([ups, ups], axis=1)[:, None, :])
    assert apart.total(0, 0, [0, 1]).off == 0.0
    assert together.total(0, 0, [0, 1]).off == pytest.approx(20.0)
    assert together.total(0, 0, [0]).off == pytest.approx(10.0)


def test_a_probability_is_one_half_at_the_mean_and_rises_as_the_goal_falls() -> None:
    spread = Spread(100.0, 10.0, 12.0)
    assert spread.reaches(100.0) == pytest.approx(0.5)
    assert spread.reaches(80.0) > 0.95 > spread.reaches(95.0) > spread.reaches(120.0)
    assert Spread(100.0, 0.0, 1.0).reaches(100.0) == 1.0
    low, high = spread.band(80)
    assert spread.reaches(low) == pytest.approx(0.9)
    assert spread.reaches(high) == pytest.approx(0.1)


def test_what_an_origin_has_not_seen_is_gone_on_with_wider_and_only_where_too_few_have_seen_it() -> None:
    days = np.full((21, 70, 1), 10.0)
    actual = days + 1.0
    actual[1:, 28:] = np.nan
    found = paths_of(days, actual[:-1] if len(actual) > 21 else actual[:20], 7.0)
    assert found.seen.tolist() == [70.0, *[28.0] * 19]
    assert found.errors[1, 56, 0] == pytest.approx(np.sqrt(57 / 28))
    assert np.isnan(found.sums([(0, 27)], [0])).sum() == 0
    assert found.total(0, 27, [0]).off == pytest.approx(28.0)


def test_the_record_holds_the_method_against_the_same_days_a_year_before() -> None:
    here = made()
    basis = here.bases[0]
    lines = record_of(basis.days[:-1], basis.actual[:-1], naive_days(here.histories.booked, here.origins, HORIZON * 7), paths(), here.histories.branches)
    company_week = next(line for line in lines if line.branch is None and line.words == "week 1")
    assert company_week.ratio < 1
    assert 0.6 < company_week.coverage[80] <= 1.0
    by_hand = [abs(float((basis.actual[row, :7] - basis.days[row, :7])[:, ~np.isnan(basis.days[row, 0])].sum())) for row in range(len(basis.days) - 1)]
    assert company_week.error == pytest.approx(np.mean(by_hand), rel=0.05)


def test_the_naive_repeats_the_last_week_until_a_year_is_known() -> None:
    known = np.arange(60 * 7.0)[:, None]
    short, long = naive_days(known, (3, 55, 60), 10)
    assert short[:8, 0].tolist() == [14, 15, 16, 17, 18, 19, 20, 14]
    assert long[0, 0] == 55 * 7 - 364


def test_origins_of_a_long_history_are_few_weeks_apart_and_include_those_that_are_looked_back_at() -> None:
    places, apart = origins_of(173)
    assert apart == 3
    assert {173 - 4, 173 - 13, 173} <= set(places)
    assert origins_of(5) == ((2, 3, 4, 5), 1)
