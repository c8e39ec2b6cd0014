"""When a schedule is due: days and times of day in a time zone, with every gap and overlap of its clock decided and said.

A wall-clock time that the clock skips, or has twice, is read as RFC 5545, 3.3.5, reads it: a skipped one by the offset before the gap (2:30 becomes 3:30), a doubled one as the first of the
two.  Either way it is due once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.tz import datetime_ambiguous, datetime_exists, resolve_imaginary

from shared.delivery.cron import is_cron, read_cron
from shared.delivery.days import Days, IsBusinessDay, days_between, listed
from shared.delivery.problems import ScheduleError
from shared.delivery.words import read_words

Closed = Literal["send", "skip", "next"]
"""What to do on a day that is no business day: send all the same, leave it out, or wait for the next business day."""
CLOSED_WORDS: Final[dict[Closed, str]] = {"send": "Send all the same", "skip": "Leave it out", "next": "Send on the next business day"}
LONGEST_TEXT: Final = 120
LEAST_MINUTES: Final = 15
"""Two mails of one schedule are at least so far apart."""
_LONGEST_WAIT: Final = timedelta(days=14)
"""So many days without a business day in a row are a mistake in the calendar."""
_WINDOWS: Final = (2, 9, 40, 400, 3000)
"""Days that are looked at for the next times, step by step: most schedules are due soon, 29 February is not."""


@dataclass(frozen=True)
class Due:
    """One moment at which a schedule is due."""

    at: datetime
    """In UTC."""
    note: str = ""
    """What the clock does on that day, in words; empty: nothing."""


@dataclass(frozen=True)
class Timing:
    """Days and times of day in a time zone."""

    days: Days
    times: tuple[time, ...]
    zone: ZoneInfo
    closed: Closed = "send"

    @property
    def words(self) -> str:
        """The rule in words."""
        after = {"send": "", "skip": ", business days only", "next": ", or the next business day"}[self.closed]
        shown = [f"{each:%H:%M}" for each in self.times]
        at = listed(shown) if len(shown) <= 4 else f"{listed(shown[:3])} and {len(shown) - 3} more times"
        return f"{self.days.words[0].upper()}{self.days.words[1:]} at {at}{after} ({self.zone.key})"


def timing_from(text: object, zone: object, closed: object = "send") -> Timing:
    """Read a cron expression or words.  Raises ScheduleError naming the part."""
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
        raise ScheduleError("timing", "Say when, in words such as 'every weekday at 7:30' or as a cron expression such as '30 7 * * 1-5'.")
    known = zone_from(zone)
    if closed not in get_args(Closed):
        raise ScheduleError("closed", f"On days that are no business days, choose one of: {'; '.join(CLOSED_WORDS.values())}.")
    days, times = read_cron(text) if is_cron(text) else read_words(text)
    _check_pace(times)
    return Timing(days, times, known, closed)  # type: ignore[arg-type]


def zone_from(name: object) -> ZoneInfo:
    """Return the time zone called ``name``.  Raises ScheduleError."""
    try:
        return ZoneInfo(name if isinstance(name, str) else "")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ScheduleError("zone", f"{str(name)[:60]!r} is no time zone; write one such as America/New_York or Europe/Berlin.") from error


def _check_pace(times: tuple[time, ...]) -> None:
    minutes = [each.hour * 60 + each.minute for each in times]
    gaps = [later - sooner for sooner, later in zip(minutes, [*minutes[1:], minutes[0] + 1440], strict=True)]
    if min(gaps) < LEAST_MINUTES:
        raise ScheduleError("timing", f"That would send every {min(gaps)} minutes; {LEAST_MINUTES} minutes apart is the least.")


def due_between(timing: Timing, after: datetime, until: datetime, is_business_day: IsBusinessDay) -> list[Due]:
    """Return the moments from ``after`` (excluded) to ``until`` (included) at which ``timing`` is due, in order, each once."""
    found: dict[datetime, Due] = {}
    first = after.astimezone(timing.zone).date() - timedelta(days=1)  # a gap may push a time over midnight
    last = until.astimezone(timing.zone).date() + timedelta(days=1)
    for day in _days(timing, first, last, is_business_day):
        for clock in timing.times:
            due = _due(datetime.combine(day, clock), timing.zone)
            if after < due.at <= until:
                found.setdefault(due.at, due)
    return [found[at] for at in sorted(found)]


def next_due(timing: Timing, after: datetime, is_business_day: IsBusinessDay, count: int = 1) -> list[Due]:
    """Return the next ``count`` moments after ``after``; fewer where there are none within eight years."""
    found: list[Due] = []
    for days in _WINDOWS:
        found = due_between(timing, after, after + timedelta(days=days), is_business_day)
        if len(found) >= count:
            break
    return found[:count]


def _days(timing: Timing, first: date, last: date, is_business_day: IsBusinessDay) -> Iterator[date]:
    if timing.closed == "send":
        return days_between(timing.days, first, last, is_business_day)
    if timing.closed == "skip":
        return filter(is_business_day, days_between(timing.days, first, last, is_business_day))
    moved = {_next_business_day(day, is_business_day) for day in days_between(timing.days, first - _LONGEST_WAIT, last, is_business_day)}
    return iter(sorted(day for day in moved if day is not None and first <= day <= last))


def _next_business_day(day: date, is_business_day: IsBusinessDay) -> date | None:
    return next((later for number in range(_LONGEST_WAIT.days + 1) if is_business_day(later := day + timedelta(days=number))), None)


def _due(wall: datetime, zone: ZoneInfo) -> Due:
    """Return the moment at which a clock in ``zone`` shows ``wall``, with what is odd about it."""
    local = wall.replace(tzinfo=zone)
    shown = f"{local:%H:%M}"
    if not datetime_exists(local):
        moved = resolve_imaginary(local)
        return Due(moved.astimezone(UTC), f"Clocks go forward and skip {shown}; it goes out at {moved:%H:%M}.")
    if datetime_ambiguous(local):
        return Due(local.replace(fold=0).astimezone(UTC), f"Clocks go back and {shown} comes twice; it goes out the first time.")
    return Due(local.astimezone(UTC))
