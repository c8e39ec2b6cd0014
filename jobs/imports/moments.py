"""Reads dates and times: ISO, month first or day first, month names; with an offset, or local."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

FIRST_YEAR, LAST_YEAR = 1900, 2199
_MONTHS = {name: number for number, names in enumerate(
    ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august", "sep sept september", "oct october", "nov november", "dec december"), 1)
    for name in names.split()}
_ISO = re.compile(r"(?P<y>\d{4})(?:(?P<mark>[-/.])(?P<m>\d{1,2})(?:(?P=mark)(?P<d>\d{1,2}))?|(?P<m2>\d{2})(?P<d2>\d{2}))(?!\d)", re.ASCII)
_NUMERIC = re.compile(r"(?P<a>\d{1,2})(?P<mark>[-/.])(?P<b>\d{1,2})(?P=mark)(?P<y>\d{4}|\d{2})(?!\d)", re.ASCII)
_NAMED = re.compile(r"(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?[\s.-]+)?(?P<name>[A-Za-z]{3,9})\.?(?:[\s-]+(?P<d2>\d{1,2})(?:st|nd|rd|th)?)?,?[\s-]+(?P<y>\d{4})(?!\d)", re.ASCII)
_WEEKDAY = re.compile(r"(?:mon|tue|tues|wed|wednes|thu|thurs|fri|sat|satur|sun)(?:day)?,?\s+", re.IGNORECASE)
_TIME = re.compile(r"(?P<h>\d{1,2})(?::(?P<min>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[-+]\d{2}(?::?\d{2})?)?", re.IGNORECASE | re.ASCII)


def read_day(value: str, dates: str | None) -> date:
    """Return one date (its time, if it has one, is dropped; a month alone is its first day); raise ValueError that says what it is instead."""
    read_moment(value, dates)
    return _date(_plain(value), dates)[1]


def read_moment(value: str, dates: str | None) -> tuple[datetime, bool]:
    """Return one moment and whether it is UTC (else local); raise ValueError that says what it is instead."""
    plain = _plain(value)
    length, day = _date(plain, dates)
    rest = plain[length:].lstrip(" T,")
    if not rest:
        return datetime(day.year, day.month, day.day), False  # noqa: DTZ001
    time = _TIME.fullmatch(rest)
    if not time or (time["min"] is None and not time["half"]):
        raise ValueError("is not a date and time")
    try:
        moment = datetime(day.year, day.month, day.day, _hour(time), int(time["min"] or 0), int(time["s"] or 0), int(((time["f"] or "") + "000000")[:6]))  # noqa: DTZ001
    except ValueError:
        raise ValueError("has a time that no clock shows") from None
    zone = time["zone"]
    return (_utc(moment, zone), True) if zone else (moment, False)


def _plain(value: str) -> str:
    """Return the value without its weekday and surplus blanks; nothing longer than a date is looked at (patterns are tried on it)."""
    if len(value) > 60:
        raise ValueError("is not a date")
    return _WEEKDAY.sub("", " ".join(value.split()), count=1) if value[:1].isalpha() else " ".join(value.split())


def _date(value: str, dates: str | None) -> tuple[int, date]:
    """Return the date that ``value`` begins with and how many characters it takes."""
    if found := _NUMERIC.match(value):
        if dates is None and found["a"] != found["b"]:
            raise ValueError("may be month first or day first; say --dates us or --dates eu")
        month, day = (found["a"], found["b"]) if dates != "eu" else (found["b"], found["a"])
        how = {"us": " with the month first", "eu": " with the day first"}.get(dates or "", "")
        return found.end(), _day(_year(found["y"]), int(month), int(day), how)
    if found := _ISO.match(value):
        return found.end(), _day(int(found["y"]), int(found["m"] or found["m2"]), int(found["d"] or found["d2"] or 1), "")
    if (found := _NAMED.match(value)) and found["name"].lower() in _MONTHS and not (found["d1"] and found["d2"]):
        return found.end(), _day(int(found["y"]), _MONTHS[found["name"].lower()], int(found["d1"] or found["d2"] or 1), "")
    raise ValueError("is not a date")


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 1900 + int(digits) if int(digits) >= 70 else 2000 + int(digits)


def _day(year: int, month: int, day: int, how: str) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"is in the year {year}, which is not believable")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"is no day of the calendar{how}") from None


def _hour(time: re.Match[str]) -> int:
    hour = int(time["h"])
    if not time["half"]:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("has a time that no clock shows")
    return hour % 12 + (12 if time["half"][0] in "pP" else 0)


def _utc(moment: datetime, zone: str) -> datetime:
    if zone[0] not in "+-":
        return moment
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    if offset >= timedelta(hours=24):
        raise ValueError("has an offset that no place on earth has")
    return moment.replace(tzinfo=timezone(offset if zone[0] == "+" else -offset)).astimezone(UTC).replace(tzinfo=None)
