"""The general forecaster: measures worked out by hand, what must always hold, and series that are not like the others."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.analysis.forecasting.accuracy import covered, mase, naive2, owa, seasonal_naive, smape
from shared.analysis.forecasting.autoregression import autoregress, lags_of
from shared.analysis.forecasting.bands import effective, widening
from shared.analysis.forecasting.ensemble import forecast, origins_of
from shared.analysis.forecasting.preparing import NothingObservedError, fill, prepare
from shared.analysis.forecasting.smoothing import PLAIN, smooth
from shared.analysis.forecasting.theta import season_of

NAN = float("nan")


def near(value: object) -> object:
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def test_smape_by_hand() -> None:
    # |100-110|/210 and |200-150|/350, times 200, averaged: (9.5238 + 28.5714) / 2
    assert smape(np.array([100.0, 200.0, NAN]), np.array([110.0, 150.0, 7.0])) == pytest.approx(19.0476, abs=1e-4)
    assert smape(np.array([0.0, 0.0]), np.array([0.0, 1.0])) == 100.0  # exact, and as wrong as can be
    assert math.isnan(smape(np.array([NAN]), np.array([1.0])))


def test_mase_by_hand() -> None:
    history = np.array([1.0, 3.0, 2.0, 5.0, 3.0, 6.0])
    # Season of 2: changes 1, 2, 1, 1, mean 1.25; errors 1 and 2, mean 1.5
    assert mase(np.array([4.0, 8.0]), np.array([5.0, 6.0]), history, 2) == near(1.2)
    assert math.isnan(mase(np.array([1.0]), np.array([1.0]), np.array([2.0, 2.0, 2.0]), 1))


def test_owa_by_hand() -> None:
    assert owa((9.0, 1.2), (10.0, 2.0)) == near((0.9 + 0.6) / 2)


def test_coverage_counts_both_bounds_and_leaves_out_what_was_not_observed() -> None:
    assert covered(np.array([1.0, 2.0, 3.5, NAN]), np.full(4, 1.0), np.full(4, 3.0)) == near(2 / 3)


def test_simple_forecasts_by_hand() -> None:
    assert seasonal_naive(np.array([9.0, 1.0, 2.0, 3.0]), 3, 4).tolist() == [1.0, 2.0, 3.0, 1.0]
    assert seasonal_naive(np.array([1.0, 4.0]), 3, 2).tolist() == [4.0, 4.0]
    # A season that doubles every second value: indices 2/3 and 4/3, so from 200 on 100, 200, 100.
    assert naive2(np.array([100.0, 200.0] * 12), 2, 3) == near(np.array([100.0, 200.0, 100.0]))
    assert naive2(np.array([-5.0, 5.0] * 12), 2, 2) == near(np.array([-5.0, 5.0]))  # not positive: additive
    assert naive2(np.array([1.0, 2.0, 4.0]), 2, 2).tolist() == [4.0, 4.0]  # too short for a test of seasons


def test_an_additive_season_is_found_under_a_trend() -> None:
    values = np.arange(40.0) + np.tile([3.0, -1.0, 0.0, -2.0], 10)
    assert season_of(values, 4) == near(np.array([3.0, -1.0, 0.0, -2.0]))


def test_smoothing_with_one_combination_by_hand() -> None:
    one = type(PLAIN)(np.array([0.5]), np.array([0.0]), np.array([0.0]), np.array([1.0]))
    # Level before: mean of the first two values, 3; then 2.5, 3.25, after a gap still 3.25, 5.625
    made = smooth(np.array([2.0, 4.0, NAN, 8.0]), 1, 2, (2, 3, 4), one)
    assert made[:, 0].tolist() == [3.25, 3.25, 5.625]
    assert made[0].tolist() == [3.25, 3.25]


def test_an_autoregression_finds_the_rule_of_a_noiseless_season() -> None:
    values = np.tile([5.0, 1.0, 2.0, 9.0, 3.0, 4.0, 8.0], 12)
    made = autoregress(values, (7,), 14, (70, 84), ridge=0.0)
    assert made == pytest.approx(np.tile([5.0, 1.0, 2.0, 9.0, 3.0, 4.0, 8.0], 2)[None, :].repeat(2, 0), abs=1e-6)
    assert lags_of((7,), 70) == (1, 2, 3, 4, 6, 7, 8, 14)
    assert lags_of((7,), 20) == (1, 2)


def test_a_month_of_days_is_forecast_with_its_weekdays() -> None:
    chance = np.random.default_rng(8)
    shape = np.array([100.0, 120.0, 130.0, 125.0, 140.0, 180.0, 40.0])
    values = np.tile(shape, 8) * chance.normal(1, 0.08, 56)
    made = forecast(values[:28].tolist(), 28, (7,), 364)
    assert np.abs(made.mean - values[28:]).mean() < 0.5 * np.abs(values[:28].mean() - values[28:]).mean()


def test_an_explosive_path_is_held_near_what_was_seen() -> None:
    values = 1.3 ** np.arange(40.0)
    made = autoregress(values, (1,), 50, (40,), ridge=0.0)
    assert made.max() <= values.max() + (values.max() - values.min()) / 2 + 1e-6


def test_origins_are_spaced_evenly_end_with_the_series_and_leave_room_to_learn() -> None:
    places = origins_of(735, 56, (7,))
    assert places[-1] == 735
    assert len(places) == 17
    assert len(set(np.diff(places[:-1]))) == 1
    assert places[0] >= 735 // 2
    assert origins_of(9, 13, (52,)) == (4, 5, 6, 7, 9)


def test_overlapping_origins_count_in_part_and_few_cases_widen_a_band() -> None:
    assert effective(17, 14, 56) == 5.0
    assert effective(17, 99, 56) == 17.0
    assert widening(95, 3.0) > widening(95, 12.0) > widening(95, 1000.0) > 1.0


def test_gaps_are_filled_from_the_same_place_of_nearby_periods() -> None:
    assert fill(np.array([1.0, 10.0, NAN, 12.0, 3.0, NAN]), 2).tolist() == [1.0, 10.0, 2.0, 12.0, 3.0, 11.0]
    assert "1 of 5 values were missing" in prepare([NAN, 1.0, 2.0, NAN, 4.0, 5.0]).notes[0]  # what lies before the first value is no gap


def test_nothing_observed_and_no_horizon_are_refused() -> None:
    with pytest.raises(NothingObservedError):
        forecast([NAN, NAN], 3)
    with pytest.raises(ValueError, match="horizon of 0"):
        forecast([1.0, 2.0], 0)


def test_a_season_with_noise_is_forecast_better_than_by_the_seasonal_naive_and_its_band_covers() -> None:
    chance = np.random.default_rng(3)
    shape = np.array([100.0, 120.0, 130.0, 125.0, 140.0, 180.0, 40.0])
    values = np.tile(shape, 80) * chance.normal(1, 0.1, 560)
    made = forecast(values[:-28].tolist(), 28, (7,))
    came = values[-28:]
    assert np.abs(made.mean - came).mean() < np.abs(seasonal_naive(values[:-28], 7, 28) - came).mean()
    assert made.record
    assert made.record.ratio < 0.85
    assert 0.7 < made.record.coverage[80] < 0.95
    assert 0.6 < covered(came, *made.bands[80]) <= 1.0


@pytest.mark.parametrize(("values", "words"), [
    ([5.0], "Only one value"), ([5.0, 7.0, 6.0], "Only 3 values"), ([4.0] * 30, "always had the same value"), ([0.0] * 30, "always had the same value"),
    ([0.0, 0.0, 0.0, 9.0] * 20, "More than half of the values are zero"), ([1.0, -1.0, 2.0, -3.0] * 10, "below zero"), ([1.0, NAN, 2.0, 3.0] * 10, "were missing"),
    (np.linspace(1, 30, 14).tolist(), "not seen twice"),
])
def test_a_series_that_is_not_like_others_says_what_was_done(values: list[float], words: str) -> None:
    made = forecast(values, 6, (7,), 364)
    assert any(words in note for note in made.notes)
    assert np.isfinite(made.mean).all()


def test_a_constant_series_goes_on_without_a_band_and_a_leap_year_is_only_a_day_more() -> None:
    made = forecast([3.0] * 40, 5, (7,))
    assert made.mean.tolist() == [3.0] * 5
    assert made.bands[95][0].tolist() == made.bands[95][1].tolist() == [3.0] * 5
    days = (date(2024, 3, 20) - date(2022, 1, 3)).days  # a 29 February among them
    week = [float(1 + (n % 7)) for n in range(days)]
    assert forecast(week, 7, (7,), 364).mean == pytest.approx([float(1 + (n % 7)) for n in range(days, days + 7)], rel=0.02)


series = st.lists(st.one_of(st.floats(-1e6, 1e6, allow_nan=False), st.just(NAN)), min_size=1, max_size=70).filter(lambda values: any(not math.isnan(value) for value in values))
positive = st.lists(st.floats(1.0, 1000.0), min_size=1, max_size=60)


@settings(max_examples=40, deadline=None)
@given(series, st.integers(1, 20))
def test_no_nan_comes_out_and_bands_hold_the_mean_and_one_another(values: list[float], horizon: int) -> None:
    made = forecast(values, horizon, (7,))
    (low, high), (lower, higher) = made.bands[80], made.bands[95]
    assert len(made.mean) == horizon
    assert np.isfinite(np.concatenate([made.mean, low, high, lower, higher])).all()
    slack = 1e-6 * (1 + np.abs(made.mean))
    assert (lower <= low + slack).all()
    assert (low <= made.mean + slack).all()
    assert (made.mean <= high + slack).all()
    assert (high <= higher + slack).all()
    if all(math.isnan(value) or value >= 0 for value in values):
        assert (lower >= 0).all()


@settings(max_examples=25, deadline=None)
@given(positive, st.sampled_from([0.001, 7.0, 1e5]))
def test_a_forecast_in_other_units_is_the_same_forecast(values: list[float], factor: float) -> None:
    made, scaled = forecast(values, 9, (7,)), forecast([value * factor for value in values], 9, (7,))
    assert scaled.mean == pytest.approx(made.mean * factor, rel=1e-4, abs=factor * 1e-4)
    assert scaled.bands[80][1] == pytest.approx(made.bands[80][1] * factor, rel=1e-3, abs=factor * 1e-3)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1000.0, -1.0), min_size=1, max_size=60))
def test_a_forecast_of_values_moved_down_is_moved_down(values: list[float]) -> None:
    made, moved = forecast(values, 9, (7,)), forecast([value - 500.0 for value in values], 9, (7,))
    assert moved.mean == pytest.approx(made.mean - 500.0, rel=1e-4, abs=0.05)
