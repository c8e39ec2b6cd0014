"""Periods at the edges of months, weeks, leap years and fiscal years."""

from datetime import date, timedelta

import pytest

from shared.metrics.errors import QuestionError
from shared.metrics.period import LONGEST, PRESETS, Period, add_months, custom, month_end, period, quarter_start, week_start, year_start

D = date


@pytest.mark.parametrize(("preset", "today", "start", "end", "whole_end"), [
    ("today", D(2024, 2, 29), D(2024, 2, 29), D(2024, 2, 29), D(2024, 2, 29)),
    ("yesterday", D(2024, 3, 1), D(2024, 2, 29), D(2024, 2, 29), None),
    ("yesterday", D(2026, 1, 1), D(2025, 12, 31), D(2025, 12, 31), None),
    ("wtd", D(2026, 1, 1), D(2025, 12, 29), D(2026, 1, 1), D(2026, 1, 4)),
    ("wtd", D(2026, 11, 22), D(2026, 11, 16), D(2026, 11, 22), D(2026, 11, 22)),
    ("wtd", D(2026, 11, 23), D(2026, 11, 23), D(2026, 11, 23), D(2026, 11, 29)),
    ("mtd", D(2024, 2, 29), D(2024, 2, 1), D(2024, 2, 29), D(2024, 2, 29)),
    ("mtd", D(2026, 12, 1), D(2026, 12, 1), D(2026, 12, 1), D(2026, 12, 31)),
    ("qtd", D(2026, 12, 31), D(2026, 10, 1), D(2026, 12, 31), D(2026, 12, 31)),
    ("qtd", D(2026, 1, 1), D(2026, 1, 1), D(2026, 1, 1), D(2026, 3, 31)),
    ("ytd", D(2024, 2, 29), D(2024, 1, 1), D(2024, 2, 29), D(2024, 12, 31)),
    ("last_week", D(2026, 1, 1), D(2025, 12, 22), D(2025, 12, 28), None),
    ("last_month", D(2024, 3, 31), D(2024, 2, 1), D(2024, 2, 29), None),
    ("last_month", D(2026, 1, 31), D(2025, 12, 1), D(2025, 12, 31), None),
    ("last_quarter", D(2026, 2, 1), D(2025, 10, 1), D(2025, 12, 31), None),
    ("last_year", D(2025, 1, 1), D(2024, 1, 1), D(2024, 12, 31), None),
    ("last_7_days", D(2026, 1, 3), D(2025, 12, 28), D(2026, 1, 3), None),
    ("last_28_days", D(2024, 3, 1), D(2024, 2, 3), D(2024, 3, 1), None),
    ("last_90_days", D(2026, 11, 22), D(2026, 8, 25), D(2026, 11, 22), None),
    ("last_365_days", D(2025, 2, 27), D(2024, 2, 29), D(2025, 2, 27), None),
])
def test_a_preset_means_these_days(preset: str, today: date, start: date, end: date, whole_end: date | None) -> None:
    assert period(preset, today) == Period(start, end, preset, whole_end)


@pytest.mark.parametrize(("preset", "today", "start", "end", "whole_end"), [
    ("fiscal_ytd", D(2026, 3, 31), D(2025, 4, 1), D(2026, 3, 31), D(2026, 3, 31)),
    ("fiscal_ytd", D(2026, 4, 1), D(2026, 4, 1), D(2026, 4, 1), D(2027, 3, 31)),
    ("fiscal_ytd", D(2024, 2, 29), D(2023, 4, 1), D(2024, 2, 29), D(2024, 3, 31)),
    ("fiscal_qtd", D(2026, 1, 1), D(2026, 1, 1), D(2026, 1, 1), D(2026, 3, 31)),
    ("fiscal_qtd", D(2026, 12, 31), D(2026, 10, 1), D(2026, 12, 31), D(2026, 12, 31)),
    ("last_fiscal_quarter", D(2026, 4, 15), D(2026, 1, 1), D(2026, 3, 31), None),
    ("last_fiscal_year", D(2026, 4, 1), D(2025, 4, 1), D(2026, 3, 31), None),
    ("last_fiscal_year", D(2026, 3, 31), D(2024, 4, 1), D(2025, 3, 31), None),
])
def test_a_fiscal_year_that_begins_in_april_decides_fiscal_presets_only(preset: str, today: date, start: date, end: date, whole_end: date | None) -> None:
    assert period(preset, today, 4) == Period(start, end, preset, whole_end)
    assert period("ytd", today, 4).start == D(today.year, 1, 1)


def test_fiscal_quarters_that_begin_in_february_cross_the_year() -> None:
    assert quarter_start(D(2026, 1, 31), 2) == D(2025, 11, 1)
    assert year_start(D(2026, 1, 31), 2) == D(2025, 2, 1)
    assert quarter_start(D(2026, 2, 1), 2) == D(2026, 2, 1)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("fiscal", [1, 4, 12])
def test_no_preset_reaches_past_today_and_whole_spans_hold_what_runs(preset: str, fiscal: int) -> None:
    day = D(2023, 12, 20)
    while day < D(2024, 3, 10):
        found = period(preset, day, fiscal)
        assert found.start <= found.end <= day
        assert found.whole.start == found.start
        assert found.whole.end >= found.end
        assert found.is_running == (found.whole.end > found.end)
        assert found.days == (found.end - found.start).days + 1
        day += timedelta(days=1)


def test_months_add_over_years_and_end_on_leap_days() -> None:
    assert add_months(D(2024, 1, 31), 1) == D(2024, 2, 1)
    assert add_months(D(2024, 1, 31), -1) == D(2023, 12, 1)
    assert add_months(D(2024, 12, 31), 14) == D(2026, 2, 1)
    assert month_end(D(2024, 2, 1)) == D(2024, 2, 29)
    assert month_end(D(2100, 2, 1)) == D(2100, 2, 28)
    assert week_start(D(2027, 1, 3)) == D(2026, 12, 28)


def test_an_unknown_preset_is_refused_naming_the_nearest() -> None:
    with pytest.raises(QuestionError, match="no period is called 'last_mnth'; did you mean 'last_month'") as refused:
        period("last_mnth", D(2026, 1, 1))
    assert refused.value.parameter == "period"


@pytest.mark.parametrize("nonsense", ["2026-02-30", "yesterday", "", None, 20260101, "1989-12-31", "2101-01-01", date(1, 1, 1)])
def test_a_day_that_is_none_is_refused_by_name(nonsense: object) -> None:
    with pytest.raises(QuestionError) as refused:
        custom("2026-01-01", nonsense)  # type: ignore[arg-type]
    assert refused.value.parameter == "end"
    assert str(refused.value).startswith("end must")


def test_a_period_ends_when_it_starts_or_later_and_is_not_absurdly_long() -> None:
    assert custom("2026-01-01", "2026-01-01").days == 1
    with pytest.raises(QuestionError, match="before it starts"):
        custom("2026-01-02", "2026-01-01")
    with pytest.raises(QuestionError, match=f"longer than {LONGEST} days"):
        Period(D(2000, 1, 1), D(2026, 1, 1))


@pytest.mark.parametrize(("span", "words"), [
    (Period(D(2026, 11, 22), D(2026, 11, 22)), "Sun 22 Nov 2026"), (Period(D(2026, 11, 1), D(2026, 11, 22)), "1–22 Nov 2026"),
    (Period(D(2026, 1, 1), D(2026, 11, 22)), "1 Jan – 22 Nov 2026"), (Period(D(2025, 12, 29), D(2026, 1, 4)), "29 Dec 2025 – 4 Jan 2026"),
])
def test_a_period_is_said_in_words(span: Period, words: str) -> None:
    assert span.words == words
