"""How large a demo company is, and when it begins and ends."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

SizeName = Literal["small", "standard", "large"]


@dataclass(frozen=True)
class Size:
    """One size of demo company."""

    name: SizeName
    branches: int
    months: int
    """Full months of history before the present one."""
    volume: float
    """Share of a real company's traffic: leads, doors, calls."""
    planted: int
    """How many of each kind of fault are planted."""
    daily_media: bool
    """Media spend by day; otherwise by week."""
    requests_per_day: int
    rows: int
    """About how many rows come out, for the progress bar."""


SIZES: dict[str, Size] = {
    size.name: size
    for size in (
        Size("small", 5, 14, 0.045, 5, daily_media=False, requests_per_day=6, rows=45_000),
        Size("standard", 5, 39, 1.0, 20, daily_media=True, requests_per_day=50, rows=1_440_000),
        Size("large", 24, 120, 1.25, 60, daily_media=True, requests_per_day=400, rows=21_500_000),
    )
}


@dataclass(frozen=True)
class Span:
    """The days of the demo company, both included, as the head office counts them."""

    first: date
    today: date
    now: datetime

    @property
    def days(self) -> int:
        """How many days of history there are, today included."""
        return (self.today - self.first).days + 1


def span_of(size: Size, today: date, now: datetime) -> Span:
    """Return the days that a company of this size has lived: from the first of a month to today."""
    months = today.year * 12 + today.month - 1 - size.months
    return Span(date(months // 12, months % 12 + 1, 1), today, now)


def next_year(span: Span) -> date:
    """Return the last day that the calendar must know."""
    return span.today + timedelta(days=366)
