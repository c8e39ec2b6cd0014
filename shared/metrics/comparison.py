"""What a period is compared with: like for like, and said in words."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from shared.metrics.period import Period, add_months, month_end, month_start
from shared.warehouse.calendar import Calendar

Against = Literal["previous", "year", "year_weekdays"]
_MONTHS = {"mtd": 1, "qtd": 3, "fiscal_qtd": 3, "ytd": 12, "fiscal_ytd": 12}
_WHOLE = {"last_month": 1, "last_quarter": 3, "last_fiscal_quarter": 3, "last_year": 12, "last_fiscal_year": 12}
_WHOLE_WORDS = {1: "the month before", 3: "the quarter before", 12: "the year before"}


@dataclass(frozen=True)
class Comparison:
    """A period to compare with, and in words why it is like for like."""

    period: Period
    words: str


def compare(period: Period, against: Against, calendar: Calendar) -> Comparison:
    """Return what ``period`` compares with.

    ``previous``: a running month, quarter or year against the same number of elapsed working days of the one before; a day against the
    same weekday a week earlier; a whole month against the whole month before; anything else against as many days before it.
    ``year``: the same dates a year earlier (29 February becomes 28 February).  ``year_weekdays``: 364 days earlier.
    """
    if against == "year_weekdays":
        return Comparison(_shift(period, 364), f"{_shift(period, 364).words}, the same weekdays last year (364 days)")
    if against == "year":
        before = Period(_year_before(period.start), _year_before(period.end))
        return Comparison(before, f"{before.words}, the same dates last year")
    return _previous(period, calendar)


def _previous(period: Period, calendar: Calendar) -> Comparison:
    if period.preset in _MONTHS:
        return _same_working_days(period, _MONTHS[period.preset], calendar)
    if period.preset in _WHOLE:
        months = _WHOLE[period.preset]
        before = Period(add_months(period.start, -months), period.start - timedelta(days=1))
        return Comparison(before, f"{before.words}, {_WHOLE_WORDS[months]}")
    if period.days == 1:
        return Comparison(_shift(period, 7), f"{_shift(period, 7).words}, the same weekday a week earlier")
    if period.preset in {"wtd", "last_week"}:
        return Comparison(_shift(period, 7), f"{_shift(period, 7).words}, the same weekdays a week earlier")
    if period.start == month_start(period.start) and period.end == month_end(period.end):
        months = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month + 1
        before = Period(add_months(period.start, -months), period.start - timedelta(days=1))
        return Comparison(before, f"{before.words}, as many months before")
    before = _shift(period, period.days)
    return Comparison(before, f"{before.words}, the {period.days} days before")


def _same_working_days(period: Period, months: int, calendar: Calendar) -> Comparison:
    start = add_months(period.start, -months)
    last = period.start - timedelta(days=1)
    elapsed = calendar.working_days(period.start, period.end)
    if elapsed == 0:
        before = _shift(period, 28)
        return Comparison(before, f"{before.words}, the same weekdays four weeks earlier: there was no working day yet")
    end, passed = start, int(calendar.is_working(start))
    while end < last and passed < elapsed:
        end += timedelta(days=1)
        passed += calendar.is_working(end)
    # A period that ends on a weekend takes the weekend that follows the same working day along.
    while end < last and not calendar.is_working(end + timedelta(days=1)) and _idle_tail(period, calendar) > (end - _last_working(start, end, calendar)).days:
        end += timedelta(days=1)
    before = Period(start, end)
    if passed < elapsed:
        return Comparison(before, f"{before.words}, all of its {passed} working days against {elapsed}")
    return Comparison(before, f"{before.words}, the same {elapsed} working day{'' if elapsed == 1 else 's'}")


def _idle_tail(period: Period, calendar: Calendar) -> int:
    return (period.end - _last_working(period.start, period.end, calendar)).days


def _last_working(start: date, end: date, calendar: Calendar) -> date:
    day = end
    while day > start and not calendar.is_working(day):
        day -= timedelta(days=1)
    return day


def _shift(period: Period, days: int) -> Period:
    return Period(period.start - timedelta(days=days), period.end - timedelta(days=days))


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
