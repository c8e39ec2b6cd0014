"""What a period compares with: like for like, and the words say so."""

from datetime import date

import pytest

from shared.metrics.comparison import compare
from shared.metrics.period import PRESETS, Period, custom, period
from shared.warehouse.calendar import Calendar

D = date
PLAIN = Calendar()
THANKSGIVING = Calendar(holidays={D(2026, 11, 26): "Thanksgiving Day", D(2026, 10, 12): "Columbus Day"})


def compared(span: Period, against: str = "previous", calendar: Calendar = PLAIN) -> tuple[date, date]:
    found = compare(span, against, calendar).period  # type: ignore[arg-type]
    return found.start, found.end


@pytest.mark.parametrize(("today", "start", "end"), [
    (D(2026, 11, 20), D(2026, 10, 1), D(2026, 10, 20)),  # 17 working days: Friday 20 November, Tuesday 20 October
    (D(2026, 11, 2), D(2026, 10, 1), D(2026, 10, 1)),    # the first working day
    (D(2026, 11, 22), D(2026, 10, 1), D(2026, 10, 21)),  # a Sunday after 18 working days, which October reaches on a Wednesday
    (D(2026, 2, 28), D(2026, 1, 1), D(2026, 1, 28)),     # 24 working days
])
def test_month_to_date_compares_with_the_same_number_of_working_days(today: date, start: date, end: date) -> None:
    span = period("mtd", today)
    assert compared(span) == (start, end)
    assert PLAIN.working_days(start, end) == PLAIN.working_days(span.start, span.end)
    assert "the same" in compare(span, "previous", PLAIN).words


def test_a_sunday_takes_the_sunday_that_follows_the_same_working_day_along() -> None:
    span = period("mtd", D(2026, 8, 9))  # Sunday after 7 working days; July's seventh is Wednesday 8
    assert compared(span) == (D(2026, 7, 1), D(2026, 7, 8))
    span = period("mtd", D(2026, 3, 8))  # Sunday after 6 working days; February's sixth is Saturday 7
    assert compared(span) == (D(2026, 2, 1), D(2026, 2, 8))


def test_holidays_are_no_working_days_on_either_side() -> None:
    span = period("mtd", D(2026, 11, 27))
    start, end = compared(span, calendar=THANKSGIVING)
    assert THANKSGIVING.working_days(span.start, span.end) == 22
    assert (start, end) == (D(2026, 10, 1), D(2026, 10, 27))
    assert compared(span) == (D(2026, 10, 1), D(2026, 10, 27))  # one day more in both months without holidays
    assert compare(span, "previous", THANKSGIVING).words.endswith("the same 22 working days")


def test_a_month_with_fewer_working_days_is_taken_whole_and_the_words_say_so() -> None:
    span = period("mtd", D(2026, 3, 31))
    found = compare(span, "previous", PLAIN)
    assert (found.period.start, found.period.end) == (D(2026, 2, 1), D(2026, 2, 28))
    assert found.words.endswith("all of its 24 working days against 26")


def test_a_month_that_begins_on_a_sunday_compares_no_working_day_with_no_working_day() -> None:
    found = compare(period("mtd", D(2026, 11, 1)), "previous", PLAIN)
    assert (found.period.start, found.period.end) == (D(2026, 10, 4), D(2026, 10, 4))
    assert "no working day yet" in found.words


@pytest.mark.parametrize(("preset", "today", "start"), [("qtd", D(2026, 11, 20), D(2026, 7, 1)), ("ytd", D(2026, 11, 20), D(2025, 1, 1)), ("fiscal_ytd", D(2026, 5, 20), D(2025, 4, 1))])
def test_running_quarters_and_years_compare_by_working_days_too(preset: str, today: date, start: date) -> None:
    span = period(preset, today, 4)
    found, end = compared(span)
    assert found == start
    assert PLAIN.working_days(found, end) == PLAIN.working_days(span.start, span.end)
    assert end < span.start


@pytest.mark.parametrize(("span", "start", "end"), [
    (period("today", D(2024, 3, 7)), D(2024, 2, 29), D(2024, 2, 29)), (period("yesterday", D(2026, 1, 2)), D(2025, 12, 25), D(2025, 12, 25)),
    (period("wtd", D(2026, 1, 1)), D(2025, 12, 22), D(2025, 12, 25)), (period("last_week", D(2026, 1, 1)), D(2025, 12, 15), D(2025, 12, 21)),
    (period("last_month", D(2024, 4, 1)), D(2024, 2, 1), D(2024, 2, 29)), (period("last_quarter", D(2026, 1, 1)), D(2025, 7, 1), D(2025, 9, 30)),
    (period("last_year", D(2025, 6, 1)), D(2023, 1, 1), D(2023, 12, 31)), (period("last_28_days", D(2026, 11, 22)), D(2026, 9, 28), D(2026, 10, 25)),
    (custom("2026-02-01", "2026-03-31"), D(2025, 12, 1), D(2026, 1, 31)), (custom("2026-03-10", "2026-03-19"), D(2026, 2, 28), D(2026, 3, 9)),
])
def test_what_came_just_before_is_as_long_and_of_the_same_kind(span: Period, start: date, end: date) -> None:
    assert compared(span) == (start, end)


def test_last_year_is_the_same_dates_and_29_february_becomes_the_28th() -> None:
    assert compared(custom("2024-02-29", "2024-02-29"), "year") == (D(2023, 2, 28), D(2023, 2, 28))
    assert compared(custom("2024-02-01", "2024-03-15"), "year") == (D(2023, 2, 1), D(2023, 3, 15))
    assert compare(custom("2024-02-01", "2024-03-15"), "year", PLAIN).words == "1 Feb – 15 Mar 2023, the same dates last year"


def test_last_year_by_weekdays_is_364_days_and_says_so() -> None:
    span = custom("2026-11-16", "2026-11-22")
    found = compare(span, "year_weekdays", PLAIN)
    assert (found.period.start, found.period.end) == (D(2025, 11, 17), D(2025, 11, 23))
    assert found.period.start.weekday() == span.start.weekday()
    assert "364 days" in found.words


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("against", ["previous", "year", "year_weekdays"])
def test_a_comparison_never_overlaps_what_it_is_compared_with(preset: str, against: str) -> None:
    day = D(2024, 2, 20)
    while day < D(2024, 3, 10):
        span = period(preset, day, 4)
        if span.days <= 364:
            assert compared(span, against)[1] < span.start, (preset, day)
        day = D.fromordinal(day.toordinal() + 1)
