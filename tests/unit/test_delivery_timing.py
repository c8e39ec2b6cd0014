"""When a schedule is due: cron and words, business days, and clocks that jump."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.delivery.problems import ScheduleError
from shared.delivery.timing import due_between, next_due, timing_from

NEW_YORK = "America/New_York"


def worked(day: date) -> bool:
    """Monday to Friday, but not on Labor Day 2026 nor on New Year's Day."""
    return day.weekday() < 5 and day not in {date(2026, 9, 7), date(2026, 1, 1), date(2027, 1, 1)}


def shown(text: str, after: str, count: int = 3, zone: str = NEW_YORK, closed: str = "send") -> list[str]:
    timing = timing_from(text, zone, closed)
    begin = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone))
    return [f"{due.at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" for due in next_due(timing, begin, worked, count)]


@pytest.mark.parametrize(("text", "expected"), [
    ("every weekday at 7:30", ["2026-09-04 07:30", "2026-09-07 07:30", "2026-09-08 07:30"]),
    ("every business day at 7:30", ["2026-09-04 07:30", "2026-09-08 07:30", "2026-09-09 07:30"]),
    ("first business day of the month at 8 am", ["2026-10-01 08:00", "2026-11-02 08:00", "2026-12-01 08:00"]),
    ("last business day of the quarter at 18:00", ["2026-09-30 18:00", "2026-12-31 18:00", "2027-03-31 18:00"]),
    ("last Friday of the month at noon", ["2026-09-25 12:00", "2026-10-30 12:00", "2026-11-27 12:00"]),
    ("every Monday, Tuesday and Thursday at 6:45", ["2026-09-07 06:45", "2026-09-08 06:45", "2026-09-10 06:45"]),
    ("the 31st of the month at 9:00", ["2026-10-31 09:00", "2026-12-31 09:00", "2027-01-31 09:00"]),
    ("every day at 7:00 and 3 pm", ["2026-09-04 07:00", "2026-09-04 15:00", "2026-09-05 07:00"]),
    ("30 7 * * 1-5", ["2026-09-04 07:30", "2026-09-07 07:30", "2026-09-08 07:30"]),
    ("0 9 1,15 * mon", ["2026-09-07 09:00", "2026-09-14 09:00", "2026-09-15 09:00"]),
    ("0 9 29 2 *", ["2028-02-29 09:00", "2032-02-29 09:00"]),
    ("0 0 * * 7", ["2026-09-06 00:00", "2026-09-13 00:00", "2026-09-20 00:00"]),
    ("0/30 12 * sep *", ["2026-09-04 12:00", "2026-09-04 12:30", "2026-09-05 12:00"]),
    ("0 9 30 2 *", []),
])
def test_words_and_cron_are_due_when_they_say(text: str, expected: list[str]) -> None:
    assert shown(text, "2026-09-04T00:00") == expected


@pytest.mark.parametrize(("closed", "expected"), [("send", ["2026-09-07 09:00", "2026-09-14 09:00"]), ("skip", ["2026-09-14 09:00", "2026-09-21 09:00"]), ("next", ["2026-09-08 09:00", "2026-09-14 09:00"])])
def test_a_holiday_is_sent_on_left_out_or_waited_for(closed: str, expected: list[str]) -> None:
    assert shown("every Monday at 9:00", "2026-09-04T12:00", 2, closed=closed) == expected


def test_two_days_that_wait_for_the_same_business_day_are_due_once() -> None:
    assert shown("0 9 * * sat,sun,mon", "2026-09-11T12:00", 2, closed="next") == ["2026-09-14 09:00", "2026-09-21 09:00"]


PUBLISHED = [
    # RFC 5545, 3.3.5: "If the local time described does not occur ... interpreted using the UTC offset before the gap", with its own example of 2007-03-11 02:30; "... occurs more than
    # once ... refers to the first occurrence", with its own example of 2007-11-04 01:30.
    (NEW_YORK, "2007-03-11 02:30", "2007-03-11T07:30Z", "skip"), (NEW_YORK, "2007-11-04 01:30", "2007-11-04T05:30Z", "twice"),
    # 15 USC 260a: from the second Sunday of March, 2:00, to the first Sunday of November, 2:00.
    (NEW_YORK, "2026-03-08 01:59", "2026-03-08T06:59Z", ""), (NEW_YORK, "2026-03-08 02:00", "2026-03-08T07:00Z", "skip"), (NEW_YORK, "2026-03-08 03:00", "2026-03-08T07:00Z", ""),
    (NEW_YORK, "2026-11-01 00:59", "2026-11-01T04:59Z", ""), (NEW_YORK, "2026-11-01 01:59", "2026-11-01T05:59Z", "twice"), (NEW_YORK, "2026-11-01 02:00", "2026-11-01T07:00Z", ""),
    # Directive 2000/84/EC: the last Sundays of March and October, 1:00 UTC.
    ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:30Z", "skip"), ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30Z", "twice"),
    ("Europe/London", "2026-03-29 01:15", "2026-03-29T01:15Z", "skip"), ("Europe/London", "2026-10-25 01:15", "2026-10-25T00:15Z", "twice"),
    # Lord Howe moves by half an hour: first Sundays of April and October, 2:00.
    ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:45Z", "skip"), ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04T14:45Z", "twice"),
    # No daylight time, and an odd offset.
    ("America/Phoenix", "2026-03-08 02:30", "2026-03-08T09:30Z", ""), ("Asia/Kathmandu", "2026-03-08 02:30", "2026-03-07T20:45Z", ""),
]


@pytest.mark.parametrize(("zone", "wall", "utc", "said"), PUBLISHED)
def test_gaps_and_overlaps_are_read_as_published(zone: str, wall: str, utc: str, said: str) -> None:
    at, expected = datetime.fromisoformat(wall), datetime.fromisoformat(utc)
    timing = timing_from(f"{at.minute} {at.hour} {at.day} {at.month} *", zone)
    found = due_between(timing, expected - timedelta(hours=20), expected + timedelta(hours=20), worked)
    assert [due.at for due in found] == [expected]
    assert (said in found[0].note) if said else not found[0].note


def test_what_falls_into_one_moment_is_due_once() -> None:
    timing = timing_from("every day at 2:30 and 3:30", NEW_YORK)  # on 8 March 2026 both are 3:30
    assert len(due_between(timing, datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 8, 12, tzinfo=UTC), worked)) == 1


@pytest.mark.parametrize(("text", "says"), [
    ("60 2 * * *", "from 0 to 59"), ("* * * * *", "every 1 minutes"), ("0 7 32 * *", "from 1 to 31"), ("0 7 * * 5-1", "names no day of the week"), ("*/0 7 * * *", "names no minute"),
    ("every blue moon at 7:00", "not understood"), ("every day", "at which time"), ("every day at 25:00", "not a time of day"), ("every day at 7", "not a time of day"), ("day 32 of the month at 7:00", "No month has"),
    ("sixth Monday of the month at 7:00", "not understood"), ("", "Say when"), (7, "Say when"), ("x" * 200, "Say when"), ("0 7 * * * *", "at which time"),
])
def test_what_is_not_understood_is_refused_in_words(text: object, says: str) -> None:
    with pytest.raises(ScheduleError, match=says) as refused:
        timing_from(text, NEW_YORK)
    assert refused.value.field == "timing"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", None, "../etc/passwd", "America"])
def test_an_unknown_zone_is_refused(zone: object) -> None:
    with pytest.raises(ScheduleError, match="no time zone"):
        timing_from("every day at 7:00", zone)


ZONES = st.sampled_from(sorted(zone for zone in available_timezones() if zone.startswith(("America/", "Europe/", "Australia/", "Asia/", "Africa/"))))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
TEXTS = st.one_of(
    st.builds(lambda minute, hour, days: f"{minute} {hour} * * {days}", st.integers(0, 59), st.integers(0, 23), st.sampled_from(["*", "1-5", "0", "sat", "1,3,5"])),
    st.builds(lambda hour, minute, what: f"{what} at {hour}:{minute:02}", st.integers(0, 23), st.integers(0, 59), st.sampled_from(["every business day", "first business day of the month", "last day of the month"])),
    st.builds(lambda step: f"*/{step} * * * *", st.sampled_from([15, 20, 30])),
)


@settings(max_examples=60, deadline=None)
@given(TEXTS, ZONES, MOMENTS, st.integers(1, 80))
def test_moments_are_in_order_once_and_at_the_wall_clock_time_that_was_said(text: str, zone: str, after: datetime, days: int) -> None:
    timing = timing_from(text, zone)
    found = due_between(timing, after, after + timedelta(days=days), worked)
    moments = [due.at for due in found]
    assert moments == sorted(set(moments))
    assert all(after < moment <= after + timedelta(days=days) for moment in moments)
    for due in found:
        local = due.at.astimezone(timing.zone)
        assert "skip" in due.note or local.time().replace(tzinfo=None) in timing.times
        assert local.fold == 0 or "skip" in due.note


@settings(max_examples=50, deadline=None)
@given(TEXTS, ZONES, MOMENTS, st.lists(st.integers(1, 5000), min_size=1, max_size=6))
def test_looking_in_pieces_finds_what_looking_at_once_finds(text: str, zone: str, after: datetime, pieces: list[int]) -> None:
    timing, at, found = timing_from(text, zone), after, []
    for minutes in pieces:
        found += due_between(timing, at, at + timedelta(minutes=minutes), worked)
        at += timedelta(minutes=minutes)
    assert found == due_between(timing, after, at, worked)
    if found:
        assert next_due(timing, after, worked, 1) == found[:1]


@settings(max_examples=60, deadline=None)
@given(ZONES, st.dates(date(2005, 1, 1), date(2036, 1, 1)), st.integers(0, 23), st.integers(0, 59))
def test_every_day_brings_exactly_one_mail_whatever_the_clock_does(zone: str, first: date, hour: int, minute: int) -> None:
    timing = timing_from(f"every day at {hour}:{minute:02}", zone)
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    found = due_between(timing, begin, begin + timedelta(days=370), worked)
    gaps = {later.at - sooner.at for sooner, later in pairwise(found)}
    assert len(found) in range(369, 372)
    assert all(timedelta(hours=20) <= gap <= timedelta(hours=28) for gap in gaps)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=140))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        timing = timing_from(text, NEW_YORK)
    except ScheduleError:
        return
    assert timing.words

