"""Schedules as people say them: ``every weekday at 7:30``, ``first business day of the month at 8 am``."""

import re
from datetime import time
from typing import Final

from shared.delivery.days import WEEKDAYS, BusinessDays, CalendarDays, Days, NthDay, What
from shared.delivery.problems import ScheduleError

EXAMPLES: Final = ("every weekday at 7:30", "every business day at 8:00", "every Monday and Thursday at 6:45", "day 15 of the month at 9:00", "first business day of the month at 7:00",
                   "last Friday of the month at 16:00", "last business day of the quarter at 18:00", "every day at 7:00 and 15:00", "30 7 * * 1-5")
_NTH: Final = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5, "last": -1}
_DAY_NAMES: Final = {name: number for number, full in enumerate(WEEKDAYS) for name in (full.lower(), full.lower()[:3], f"{full.lower()}s")}
_KINDS: Final[dict[str, What]] = {"day": "day", "business day": "business day", "working day": "business day", **_DAY_NAMES}
_WEEKDAYS: Final = CalendarDays(weekdays=frozenset(range(5)))
_PLAIN: Final[dict[str, Days]] = {
    "every day": CalendarDays(), "daily": CalendarDays(), "every weekday": _WEEKDAYS, "weekdays": _WEEKDAYS, "on weekdays": _WEEKDAYS,
    "every business day": BusinessDays(), "every working day": BusinessDays(), "business days": BusinessDays(),
}
_TIME: Final = re.compile(r"(?P<hour>[0-9]{1,2})([:.](?P<minute>[0-9]{2}))? ?(?P<half>am|pm)?")
_OF: Final = re.compile(r"(?:on )?(?:the )?(?P<nth>\w+) (?P<what>.+?) of (?:the|each|every) (?P<unit>month|quarter)")
_NUMBER: Final = re.compile(r"(?:on )?(?:the )?(?:day (?P<day>[0-9]{1,2})|(?P<ordinal>[0-9]{1,2})(?:st|nd|rd|th)(?: day)?) of (?:the|each|every) month")


def read_words(text: str) -> tuple[Days, tuple[time, ...]]:
    """Return the days and the times of day that ``text`` names.  Raises ScheduleError with examples."""
    plain = " ".join(text.lower().replace(",", " , ").split())
    days, at, times = plain.rpartition(" at ")
    if not at:
        raise ScheduleError("timing", f"Say at which time, such as {EXAMPLES[0]!r}.")
    return _days(days), tuple(sorted({_time(each) for each in re.split(r" , and | , | and ", times)}))


def _days(text: str) -> Days:
    if text in _PLAIN:
        return _PLAIN[text]
    if (match := _NUMBER.fullmatch(text)) is not None:
        number = int(match["day"] or match["ordinal"])
        if not 1 <= number <= 31:
            raise ScheduleError("timing", f"No month has a day {number}.")
        return CalendarDays(month_days=frozenset({number}))
    if (match := _OF.fullmatch(text)) is not None and match["nth"] in _NTH and match["what"] in _KINDS:
        return NthDay(_NTH[match["nth"]], _KINDS[match["what"]], "quarter" if match["unit"] == "quarter" else "month")
    names = re.split(r" , and | , | and ", re.sub(r"^(every|on) ", "", text))
    if all(name in _DAY_NAMES for name in names):
        return CalendarDays(weekdays=frozenset(_DAY_NAMES[name] for name in names))
    raise ScheduleError("timing", f"{text[:80]!r} is not understood. Say it like one of these: {'; '.join(EXAMPLES)}.")


def _time(text: str) -> time:
    if text in {"noon", "midnight"}:
        return time(12 if text == "noon" else 0)
    match = _TIME.fullmatch(text)
    if match is not None and (match["minute"] or match["half"]):
        hour, minute, half = int(match["hour"]), int(match["minute"] or 0), match["half"]
        if minute < 60 and (0 <= hour < 24 if not half else 1 <= hour <= 12):
            return time(hour % 12 + (12 if half == "pm" else 0) if half else hour, minute)
    raise ScheduleError("timing", f"{text[:40]!r} is not a time of day; write 7:30, 15:00 or 7 am.")
