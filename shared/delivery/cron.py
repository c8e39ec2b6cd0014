"""Cron expressions of five fields, read into the days and times that they name.

Celery's crontab reads them too, but ``shared`` knows no Celery, and it knows neither a time zone of each entry nor what a clock that jumps does to it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final

from shared.delivery.days import CalendarDays, Days
from shared.delivery.problems import ScheduleError

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_STEP: Final = re.compile(r"(?P<span>\*|[a-z0-9]+(-[a-z0-9]+)?)(/(?P<step>[0-9]{1,2}))?")


@dataclass(frozen=True)
class Field:
    """One of the five fields."""

    name: str
    least: int
    most: int
    words: Sequence[str] = ()
    """Names of its values, from ``least`` on."""


_FIELDS: Final = (Field("minute", 0, 59), Field("hour", 0, 23), Field("day of the month", 1, 31), Field("month", 1, 12, _MONTHS), Field("day of the week", 0, 7, _DAYS))


def is_cron(text: str) -> bool:
    """Say whether ``text`` is meant as a cron expression rather than as words."""
    parts = text.split()
    return len(parts) == 5 and all(re.fullmatch(r"[0-9*][0-9a-z*,/-]*|[a-z]{3}([,-][a-z]{3})*", part.lower()) for part in parts)


def read_cron(text: str) -> tuple[Days, tuple[time, ...]]:
    """Return the days and the times of day of ``minute hour day month weekday``; lists, ranges, steps and English names are taken.  Raises ScheduleError naming the field."""
    parts = text.lower().split()
    if len(parts) != 5:
        raise ScheduleError("timing", f"A cron expression has five parts (minute, hour, day, month, weekday), not {len(parts)}.")
    minutes, hours, month_days, months, weekdays = (_values(part, field) for part, field in zip(parts, _FIELDS, strict=True))
    times = tuple(time(hour, minute) for hour in sorted(hours) for minute in sorted(minutes))
    found = frozenset((day - 1) % 7 for day in weekdays)
    return CalendarDays(None if parts[2] == "*" else frozenset(month_days), None if parts[3] == "*" else frozenset(months), None if len(found) == 7 else found), times


def _values(part: str, field: Field) -> set[int]:
    found: set[int] = set()
    for piece in part.split(","):
        match = _STEP.fullmatch(piece)
        if match is None:
            raise ScheduleError("timing", f"{piece or 'nothing'!r} is not a {field.name} of a cron expression.")
        span, step = match["span"], int(match["step"] or 1)
        first, _, last = span.partition("-")
        low, high = (field.least, field.most) if span == "*" else (_value(first, field), _value(last or first, field))
        if match["step"] and span != "*" and not last:
            high = field.most  # 5/15: from 5 on
        if step == 0 or low > high:
            raise ScheduleError("timing", f"{piece!r} names no {field.name}.")
        found |= set(range(low, high + 1, step))
    return found


def _value(text: str, field: Field) -> int:
    if text in field.words:
        return field.words.index(text) + field.least
    if not text.isdigit() or not field.least <= int(text) <= field.most:
        raise ScheduleError("timing", f"The {field.name} of a cron expression goes from {field.least} to {field.most}; {text!r} does not.")
    return int(text)
