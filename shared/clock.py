"""The only place that knows what time it is; tests hand in a clock of their own."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""Returns the present moment, with a time zone."""


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def today(time_zone: str, clock: Clock = now) -> date:
    """Return the calendar day that it is in ``time_zone``."""
    return clock().astimezone(ZoneInfo(time_zone)).date()
