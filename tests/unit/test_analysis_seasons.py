"""Seasons and shifts that were put in are found again."""

import math
from datetime import date, timedelta

import numpy as np
import pytest

from shared.analysis.changepoints import shifts
from shared.analysis.seasonality import decompose, indices, normal_month

DAYS = [date(2023, 1, 1) + timedelta(days=n) for n in range(4 * 365 + 1)]
MONTH = np.array([0.78, 0.82, 0.98, 1.10, 1.15, 1.12, 1.05, 1.06, 1.10, 1.07, 0.95, 0.82])
WEEK = np.array([1.3, 1.2, 1.1, 1.1, 1.1, 1.2, 0.0])


def series(growth: float = 0.0, seed: int | None = None) -> list[float]:
    values = [100 * (1 + growth) ** (n / 365) * MONTH[day.month - 1] * WEEK[day.weekday()] for n, day in enumerate(DAYS)]
    return values if seed is None else np.random.default_rng(seed).poisson(values).astype(float).tolist()


@pytest.mark.parametrize(("growth", "seed", "near"), [(0.0, None, 0.006), (0.15, None, 0.015), (0.1, 5, 0.025)])
def test_the_indices_that_were_put_in_come_out(growth: float, seed: int | None, near: float) -> None:
    found = indices(DAYS, series(growth, seed))
    assert [found.month[n] for n in range(1, 13)] == pytest.approx((MONTH / MONTH.mean()).tolist(), abs=near)
    assert [found.weekday[n] for n in range(7)] == pytest.approx((WEEK / WEEK.mean()).tolist(), abs=0.03)
    assert "The strongest month is May" in found.words


def test_days_left_out_do_not_count() -> None:
    values = series()
    storm = {day for day in DAYS if day.month == 7 and day.day <= 6}
    loud = [value * (5 if day in storm else 1) for day, value in zip(DAYS, values, strict=True)]
    assert indices(DAYS, loud, storm).month[7] == pytest.approx(indices(DAYS, values).month[7], rel=0.02)
    assert indices(DAYS, loud).month[7] > 1.2


def test_too_little_is_said_and_not_guessed() -> None:
    assert all(map(math.isnan, indices([], []).month.values()))
    assert "too few" in indices(DAYS[:5], [1.0] * 5).words
    assert decompose([1.0, 2.0] * 6, 7) is None
    assert normal_month(DAYS[:200], series()[:200], 5) is None


def test_a_decomposition_adds_up_and_knows_what_is_strong() -> None:
    values = series(0.2)[: 7 * 60]
    found = decompose(values, 7)
    assert found is not None
    assert (np.array(found.trend) + found.seasonal + found.remainder).tolist() == pytest.approx(values)
    assert found.strength_seasonal > 0.9
    flat = decompose(np.random.default_rng(1).normal(10, 1, 200).tolist(), 7)
    assert flat is not None
    assert flat.strength_seasonal < 0.4


def test_a_normal_november_holds_the_novembers_that_were() -> None:
    found = normal_month(DAYS, series(0.0, 3), 11)
    assert found is not None
    low, middle, high = found
    assert low <= middle <= high
    total = sum(value for day, value in zip(DAYS, series(), strict=True) if (day.year, day.month) == (2025, 11))
    assert middle == pytest.approx(total, rel=0.06)


def test_a_shift_is_found_where_it_was_put_and_noise_has_none() -> None:
    chance = np.random.default_rng(2)
    steps = [*chance.normal(100, 5, 40), *chance.normal(140, 5, 30)]
    found = shifts(steps)
    assert [each.index for each in found] == [40]
    assert found[0].after > found[0].before
    assert shifts(chance.normal(100, 5, 70).tolist()) == []
    assert shifts([5.0] * 50) == shifts([]) == []
    assert [each.index for each in shifts([math.nan, *steps])] == [41]


@pytest.mark.parametrize("years", [2, 3, 6])
def test_noise_is_left_over_as_noise_though_a_place_in_the_season_was_seen_but_twice(years: int) -> None:
    weeks = np.arange(52 * years + 6)
    noise = np.random.default_rng(years).normal(0, 8, len(weeks))
    found = decompose((100 + 0.1 * weeks + 20 * np.sin(2 * np.pi * weeks / 52) + noise).tolist(), 52)
    assert found is not None
    for part in (slice(0, 20), slice(20, -20), slice(-20, None)):
        assert np.std(found.remainder[part]) > 0.35 * np.std(noise[part])
    assert np.corrcoef(found.remainder, noise)[0, 1] > 0.5
