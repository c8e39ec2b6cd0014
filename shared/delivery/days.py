"""Which calendar days a schedule means; pure, on days without a clock.

dateutil's rrule (2.9) would count them too, but looks for a day that never comes, such as 30 February, until the year 9999, and knows no business days.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from shared.metrics.period import add_months, month_start, quarter_start

IsBusinessDay: TypeAlias = Callable[[date], bool]
Unit = Literal["month", "quarter"]
What: TypeAlias = "Literal['day', 'business day'] | int"
"""Any day, a business day, or a weekday counted from Monday, 0."""
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_ORDINALS: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}


@dataclass(frozen=True)
class CalendarDays:
    """Days by their number in the month, their month and their weekday (Monday 0), as cron combines them; None: any."""

    month_days: frozenset[int] | None = None
    months: frozenset[int] | None = None
    weekdays: frozenset[int] | None = None

    @property
    def words(self) -> str:
        """The days in words."""
        days = []
        if self.month_days is not None:
            days.append(f"on day {listed(map(str, sorted(self.month_days)))} of the month")
        if self.weekdays is not None:
            chosen = sorted(self.weekdays)
            days.append("on weekdays" if chosen == [0, 1, 2, 3, 4] else f"every {listed(WEEKDAYS[day] for day in chosen)}")
        months = "" if self.months is None else f" in {listed(MONTHS[month - 1] for month in sorted(self.months))}"
        return (" or ".join(days) or "every day") + months


@dataclass(frozen=True)
class BusinessDays:
    """Every business day."""

    words = "every business day"


@dataclass(frozen=True)
class NthDay:
    """The nth (1 to 5, or -1: the last) day of a kind in each month or quarter."""

    nth: int
    what: What
    unit: Unit = "month"

    @property
    def words(self) -> str:
        """The day in words."""
        return f"on the {_ORDINALS[self.nth]} {WEEKDAYS[self.what] if isinstance(self.what, int) else self.what} of the {self.unit}"


Days: TypeAlias = "CalendarDays | BusinessDays | NthDay"


def days_between(days: Days, first: date, last: date, is_business_day: IsBusinessDay) -> Iterator[date]:
    """Yield the days that ``days`` means from ``first`` to ``last``, both included, in order."""
    if isinstance(days, NthDay):
        yield from (day for day in _nth(days, first, last, is_business_day) if first <= day <= last)
    elif isinstance(days, BusinessDays):
        yield from filter(is_business_day, _span(first, last))
    else:
        yield from (day for day in _span(first, last) if _names(days, day))


def _names(days: CalendarDays, day: date) -> bool:
    """Say whether ``days`` names ``day``: as in cron, where both a number and a weekday are asked for, either is enough."""
    if days.months is not None and day.month not in days.months:
        return False
    asked = [wanted for wanted in (days.month_days and day.day in days.month_days, days.weekdays and day.weekday() in days.weekdays) if wanted is not None]
    return any(asked) or not asked


def _nth(days: NthDay, first: date, last: date, is_business_day: IsBusinessDay) -> Iterator[date]:
    begin = quarter_start(first) if days.unit == "quarter" else month_start(first)
    while begin <= last:
        end = add_months(begin, 3 if days.unit == "quarter" else 1) - timedelta(days=1)
        fitting = [day for day in _span(begin, end) if days.what == "day" or (is_business_day(day) if days.what == "business day" else day.weekday() == days.what)]
        place = days.nth - 1 if days.nth > 0 else days.nth
        if -len(fitting) <= place < len(fitting):
            yield fitting[place]
        begin = end + timedelta(days=1)


def listed(words: Iterable[str]) -> str:
    """Return 'a, b and c'."""
    found = list(words)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"


def _span(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
