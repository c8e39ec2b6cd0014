"""Spans of business days: presets, and what a span is compared with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from shared.metrics.errors import QuestionError, nearest

_DAY = timedelta(days=1)
LONGEST = 3700
"""Days of the longest span that may be asked for."""


@dataclass(frozen=True)
class Period:
    """The days from ``start`` to ``end``, both included."""

    start: date
    end: date
    preset: str = "custom"
    whole_end: date | None = None
    """Last day of the whole span that a running one belongs to (month to date: the month's last day); None: the span is whole."""

    def __post_init__(self) -> None:
        """Refuse a span that ends before it starts or is absurdly long."""
        if self.end < self.start:
            raise QuestionError("period", f"the period ends on {self.end} before it starts on {self.start}")
        if (self.end - self.start).days > LONGEST:
            raise QuestionError("period", f"the period is longer than {LONGEST} days")

    @property
    def days(self) -> int:
        """How many days."""
        return (self.end - self.start).days + 1

    @property
    def is_running(self) -> bool:
        """True while the span that it belongs to is not over."""
        return self.whole_end is not None and self.whole_end > self.end

    @property
    def whole(self) -> "Period":
        """The whole span that a running one belongs to."""
        return Period(self.start, self.whole_end or self.end, self.preset)

    @property
    def words(self) -> str:
        """The span in words, such as '1–22 Nov 2026'."""
        first, last = self.start, self.end
        if first == last:
            return f"{first:%a} {first.day} {first:%b %Y}"
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{last.day} {last:%b %Y}"
        if first.year == last.year:
            return f"{first.day} {first:%b} – {last.day} {last:%b %Y}"
        return f"{first.day} {first:%b %Y} – {last.day} {last:%b %Y}"


def month_start(day: date) -> date:
    """First day of the month of ``day``."""
    return day.replace(day=1)


def add_months(day: date, months: int) -> date:
    """The first of the month that is ``months`` after the month of ``day``."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def month_end(day: date) -> date:
    """Last day of the month of ``day``."""
    return add_months(day, 1) - _DAY


def week_start(day: date) -> date:
    """Monday of the week of ``day``."""
    return day - timedelta(days=day.weekday())


def quarter_start(day: date, first_month: int = 1) -> date:
    """First day of the quarter of ``day`` in a year that begins with ``first_month``."""
    return add_months(day, -((day.month - first_month) % 3))


def year_start(day: date, first_month: int = 1) -> date:
    """First day of the year of ``day`` that begins with ``first_month``."""
    return add_months(day, -((day.month - first_month) % 12))


def _rolling(days: int) -> Callable[[date, int], Period]:
    return lambda today, _: Period(today - timedelta(days=days - 1), today)


def _to_date(start: Callable[[date, int], date], months: int) -> Callable[[date, int], Period]:
    return lambda today, fiscal: Period(start(today, fiscal), today, whole_end=add_months(start(today, fiscal), months) - _DAY)


def _last(start: Callable[[date, int], date], months: int) -> Callable[[date, int], Period]:
    return lambda today, fiscal: Period(add_months(start(today, fiscal), -months), start(today, fiscal) - _DAY)


PRESETS: dict[str, tuple[str, Callable[[date, int], Period]]] = {
    "today": ("Today", lambda today, _: Period(today, today, whole_end=today)),
    "yesterday": ("Yesterday", lambda today, _: Period(today - _DAY, today - _DAY)),
    "wtd": ("Week to date", lambda today, _: Period(week_start(today), today, whole_end=week_start(today) + 6 * _DAY)),
    "mtd": ("Month to date", _to_date(lambda day, _: month_start(day), 1)),
    "qtd": ("Quarter to date", _to_date(lambda day, _: quarter_start(day), 3)),
    "ytd": ("Year to date", _to_date(lambda day, _: year_start(day), 12)),
    "last_week": ("Last week", lambda today, _: Period(week_start(today) - 7 * _DAY, week_start(today) - _DAY)),
    "last_month": ("Last month", _last(lambda day, _: month_start(day), 1)),
    "last_quarter": ("Last quarter", _last(lambda day, _: quarter_start(day), 3)),
    "last_year": ("Last year", _last(lambda day, _: year_start(day), 12)),
    "last_7_days": ("Last 7 days", _rolling(7)),
    "last_28_days": ("Last 28 days", _rolling(28)),
    "last_90_days": ("Last 90 days", _rolling(90)),
    "last_365_days": ("Last 365 days", _rolling(365)),
    "fiscal_qtd": ("Fiscal quarter to date", _to_date(quarter_start, 3)),
    "fiscal_ytd": ("Fiscal year to date", _to_date(year_start, 12)),
    "last_fiscal_quarter": ("Last fiscal quarter", _last(quarter_start, 3)),
    "last_fiscal_year": ("Last fiscal year", _last(year_start, 12)),
}
"""Preset -> (label, function of today and the fiscal year's first month)."""


def period(preset: str, today: date, fiscal_start_month: int = 1) -> Period:
    """Return the span that ``preset`` means on ``today``; raises QuestionError naming the nearest preset."""
    if preset not in PRESETS:
        raise QuestionError("period", f"no period is called {preset!r}{nearest(preset, PRESETS)}")
    found = PRESETS[preset][1](today, fiscal_start_month)
    return Period(found.start, found.end, preset, found.whole_end)


def custom(start: str | date, end: str | date) -> Period:
    """Return the span between two days, both included; raises QuestionError for anything that is not a date."""
    return Period(_day("start", start), _day("end", end))


def _day(name: str, value: str | date) -> date:
    try:
        found = value if isinstance(value, date) else date.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise QuestionError(name, f"{name} must be a day such as 2026-11-22, not {value!r}") from error
    if not 1990 <= found.year <= 2100:
        raise QuestionError(name, f"{name} must lie between 1990 and 2100, not {str(value)!r}")
    return found
