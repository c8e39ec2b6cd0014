"""Growth against figures worked out by hand, and against what must hold for any numbers."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.analysis.growth import cagr, cmgr, growth, rolling, same_period_last_year, series_growth

NAN = math.nan
POSITIVE = st.floats(0.1, 1e5)


@pytest.mark.parametrize(("current", "base", "value", "warns"), [
    (110.0, 100.0, 0.1, ""), (90.0, 100.0, -0.1, ""), (0.0, 100.0, -1.0, ""), (12.0, 10.0, 0.2, "small base"), (-50.0, -100.0, 0.5, "below zero"),
    (50.0, -100.0, 1.5, "below zero"), (5.0, 0.0, None, "nothing to compare"), (0.0, 0.0, None, ""), (5.0, NAN, None, "earlier number is missing"),
    (NAN, 5.0, None, "present number is missing"), (30.0, 30.0, 0.0, ""),
])
def test_growth_equals_what_a_hand_works_out(current: float, base: float, value: float | None, warns: str) -> None:
    found = growth(current, base)
    assert found.value == (None if value is None else pytest.approx(value))
    assert warns in found.warning
    assert bool(found.warning) == bool(warns)


@pytest.mark.parametrize(("start", "end", "aligned", "expected"), [
    (date(2024, 2, 29), date(2024, 2, 29), "calendar", (date(2023, 2, 28), date(2023, 2, 28))),
    (date(2025, 2, 1), date(2025, 2, 28), "calendar", (date(2024, 2, 1), date(2024, 2, 29))),  # all of February with all of February
    (date(2024, 2, 1), date(2024, 2, 29), "calendar", (date(2023, 2, 1), date(2023, 2, 28))),
    (date(2025, 2, 20), date(2025, 2, 28), "calendar", (date(2024, 2, 20), date(2024, 2, 28))),
    (date(2026, 11, 1), date(2026, 11, 22), "calendar", (date(2025, 11, 1), date(2025, 11, 22))),
    (date(2026, 11, 22), date(2026, 11, 22), "weekday", (date(2025, 11, 23), date(2025, 11, 23))),
    (date(2020, 12, 28), date(2021, 1, 3), "weekday", (date(2019, 12, 30), date(2020, 1, 5))),  # ISO week 53 meets the week 364 days before
    (date(2021, 1, 4), date(2021, 1, 10), "weekday", (date(2020, 1, 6), date(2020, 1, 12))),  # 2021-W01 meets 2020-W02
    (date(2027, 1, 4), date(2027, 1, 10), "weekday", (date(2026, 1, 5), date(2026, 1, 11))),
])
def test_last_year_is_where_the_rule_says(start: date, end: date, aligned: str, expected: tuple[date, date]) -> None:
    assert same_period_last_year(start, end, aligned=aligned) == expected  # type: ignore[arg-type]


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 400))
def test_weekday_alignment_keeps_weekdays_and_length_and_stays_within_two_days(start: date, days: int) -> None:
    end = start + timedelta(days=days)
    first, last = same_period_last_year(start, end, aligned="weekday")
    assert (first.weekday(), last - first) == (start.weekday(), end - start)
    calendar, _ = same_period_last_year(start, end, aligned="calendar")
    assert abs((first - calendar).days) <= 2


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        same_period_last_year(date(2026, 2, 2), date(2026, 2, 1), aligned="weekday")


def test_growth_of_a_series_is_missing_where_there_is_nothing_before() -> None:
    found = series_growth([100, 0, 110, 5, NAN], 2)
    assert math.isnan(found[0])
    assert math.isnan(found[1])
    assert found[2] == pytest.approx(0.1)
    assert math.isnan(found[3])
    assert math.isnan(found[4])
    assert len(series_growth([1.0], 3)) == 1


def test_compound_rates_equal_what_a_hand_works_out() -> None:
    assert cagr(100, 121, 2) == pytest.approx(0.1)
    assert cmgr(100, 133.1, 3) == pytest.approx(0.1)
    assert cagr(100, 0, 1) == -1
    assert [cagr(0, 5, 1), cagr(-1, 5, 1), cagr(5, -1, 1), cagr(5, 5, 0), cagr(NAN, 5, 1)] == [None] * 5


@given(POSITIVE, st.floats(-0.5, 1.0), st.integers(1, 12))
def test_compounding_the_rate_leads_back_to_the_last_value(first: float, rate: float, years: int) -> None:
    found = cagr(first, first * (1 + rate) ** years, years)
    assert found == pytest.approx(rate, abs=1e-6)


@given(POSITIVE, POSITIVE)
def test_growth_there_and_back_cancels(base: float, current: float) -> None:
    there, back = growth(current, base).value, growth(base, current).value
    assert there is not None
    assert back is not None
    assert (1 + there) * (1 + back) == pytest.approx(1)


def test_rolling_waits_until_the_window_is_full_and_for_a_hole_to_pass() -> None:
    found = rolling([1, 2, 3, NAN, 5, 6], 2, "sum")
    assert [None if math.isnan(value) else value for value in found] == [None, 3, 5, None, None, 11]
    assert rolling([1, 2, 3], 3, "mean")[-1] == 2
