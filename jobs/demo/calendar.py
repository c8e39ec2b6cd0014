"""Holidays, working days, the weight of each day, fiscal months."""

from datetime import date, timedelta

import numpy as np

from jobs.demo.arrays import Array, day_number
from jobs.demo.market import MONTHS, WORK_WEEK


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    """Return the n-th (from 1; -1: the last) ``weekday`` (Monday 0) of a month."""
    if n > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))
    last = (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def holidays(year: int) -> dict[date, str]:
    """Return the federal holidays of a year, on the days they are named after."""
    return {
        date(year, 1, 1): "New Year's Day",
        _nth(year, 1, 0, 3): "Martin Luther King Jr. Day",
        _nth(year, 2, 0, 3): "Presidents' Day",
        _nth(year, 5, 0, -1): "Memorial Day",
        date(year, 6, 19): "Juneteenth",
        date(year, 7, 4): "Independence Day",
        _nth(year, 9, 0, 1): "Labor Day",
        _nth(year, 10, 0, 2): "Columbus Day",
        date(year, 11, 11): "Veterans Day",
        _nth(year, 11, 3, 4): "Thanksgiving Day",
        date(year, 12, 25): "Christmas Day",
    }


_QUIET = {"New Year's Day": 0.12, "Memorial Day": 0.3, "Independence Day": 0.18, "Labor Day": 0.3, "Thanksgiving Day": 0.06, "Christmas Day": 0.04}
"""Demand on the days when most people stay at home; the other holidays are nearly ordinary days."""


class Calendar:
    """Every day from ``first`` to ``last``, both included; arrays are indexed by day number less ``offset``."""

    def __init__(self, first: date, last: date) -> None:
        """Work out the columns of crm.calendar_day."""
        self.first, self.last, self.offset = first, last, day_number(first)
        self.dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        named = {day: name for year in range(first.year, last.year + 1) for day, name in holidays(year).items()}
        self.holiday = [named.get(day) for day in self.dates]
        self.weekday: Array = np.array([day.weekday() for day in self.dates])
        self.quiet: Array = np.array([_quiet(day, named) for day in self.dates])
        self.season = season(self.dates)
        self.is_business: Array = (self.weekday != 6) & np.array([name is None for name in self.holiday])
        raw = np.array(WORK_WEEK)[self.weekday] * self.season * self.quiet
        self.weight: Array = np.round(raw, 4)
        self.month: Array = np.array([(day.year - first.year) * 12 + day.month - first.month for day in self.dates])
        """Months since the first one."""
        self.rescission_end = self._third_business_day()

    def _third_business_day(self) -> Array:
        """Day number of the third business day after each day."""
        business = np.flatnonzero(self.is_business)
        place = np.searchsorted(business, np.arange(len(self.dates)), side="right") + 2
        return business[np.minimum(place, len(business) - 1)] + self.offset


def _quiet(day: date, named: dict[date, str]) -> float:
    if day in named:
        return _QUIET.get(named[day], 0.72)
    if day.month == 12 and day.day in {24, 31}:
        return 0.35
    return 0.55 if named.get(day - timedelta(days=1)) == "Thanksgiving Day" else 1.0


def season(dates: list[date]) -> Array:
    """Return the smooth season of demand on each day: the monthly factors hold in mid-month."""
    years = sorted({day.year for day in dates})
    middles = [day_number(date(year, month, 15)) for year in range(years[0] - 1, years[-1] + 2) for month in range(1, 13)]
    return np.interp([day_number(day) for day in dates], middles, list(MONTHS) * (len(years) + 2))


def fiscal(day: date, start_month: int) -> tuple[int, int, int]:
    """Return (fiscal year, quarter, month) of ``day``; a fiscal year is named after the calendar year in which it ends."""
    month = (day.month - start_month) % 12 + 1
    year = day.year + (1 if start_month > 1 and day.month >= start_month else 0)
    return year, (month - 1) // 3 + 1, month
