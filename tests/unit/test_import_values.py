"""How cells are read."""

from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.imports.choices import read_choice, read_flag, read_list, read_shape, read_state, read_zone
from jobs.imports.moments import read_day, read_moment
from jobs.imports.numbers import quick_numbers, read_number
from jobs.imports.quick_moments import orders, quick_days, quick_moments
from shared.warehouse.load_entities import ENTITIES
from shared.warehouse.load_fields import choice, money, number, whole

AMOUNT = money("amount")
PERCENT = number("percent", 3, 4)
SHARE = number("weight", 2, 4)


@pytest.mark.parametrize(("written", "decimal", "read"), [
    ("1234.5", "dot", "1234.50"), ("$1,234.50", "dot", "1234.50"), ("-$5", "dot", "-5.00"), ("$-5.00", "dot", "-5.00"), ("($1,200.00)", "dot", "-1200.00"),
    ("12-", "dot", "-12.00"), ("−7", "dot", "-7.00"), ("1.234,50 €", "comma", "1234.50"), ("1 234,50", "comma", "1234.50"), ("1'234.50", "dot", "1234.50"),
    ("USD 10", "dot", "10.00"), ("10 usd", "dot", "10.00"), (".5", "dot", "0.50"), ("5.", "dot", "5.00"), ("1.5E+05", "dot", "150000.00"), ("1\u00a0000", "dot", "1000.00"),
    ("+3", "dot", "3.00"), ("0.300000", "dot", "0.30"),
])
def test_an_amount_is_read_however_people_write_it(written: str, decimal: str, read: str) -> None:
    assert read_number(AMOUNT, written, decimal) == read


@pytest.mark.parametrize(("written", "decimal", "why"), [
    ("twelve", "dot", "is not a number"), ("1,23", "dot", "with a dot before its decimals"), ("1.23.4", "dot", "is not a number"), ("1.234", "dot", "more than 2 decimals"),
    ("(5", "dot", "is not a number"), ("-(5)", "dot", "is not a number"), ("--5", "dot", "two signs"), ("-5-", "dot", "two signs"), ("99999999999", "dot", "more than 10 digits"),
    ("1e99", "dot", "more than 10 digits"), ("12abc", "dot", "is not a number"), ("1,2,3", "dot", "is not a number"), ("٣", "dot", "is not a number"), ("9" * 400, "dot", "is not a number"),
    ("1" + " " * 50_000 + "x", "dot", "is not a number"),
])
def test_what_is_no_amount_is_refused_in_words(written: str, decimal: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_number(AMOUNT, written, decimal)


def test_a_percent_field_keeps_percents_and_any_other_number_takes_a_hundredth() -> None:
    assert read_number(PERCENT, "33.33335%", "dot") == "33.3334"
    assert read_number(SHARE, "60%", "dot") == "0.6000"


def test_a_whole_number_keeps_its_bounds() -> None:
    csat = whole("csat", 1, 5)
    assert read_number(csat, "5.0", "dot") == "5"
    for bad in ("0", "6", "4.5"):
        with pytest.raises(ValueError, match="must lie between|whole"):
            read_number(csat, bad, "dot")
    assert quick_numbers(csat, pa.array(["1", None, "5"])) is not None
    assert quick_numbers(csat, pa.array(["6"])) is None


@pytest.mark.parametrize(("written", "dates", "moment", "is_utc"), [
    ("2026-03-08 02:30", None, datetime(2026, 3, 8, 2, 30), False), ("2026-03-08T02:30:15.25Z", None, datetime(2026, 3, 8, 2, 30, 15, 250_000), True),
    ("2026-03-08 02:30:00+02:00", None, datetime(2026, 3, 8, 0, 30), True), ("2026-03-08T02:30:00-0500", None, datetime(2026, 3, 8, 7, 30), True),
    ("3/4/2026 1:05 PM", "us", datetime(2026, 3, 4, 13, 5), False), ("3/4/2026 13:05", "eu", datetime(2026, 4, 3, 13, 5), False), ("12/31/26", "us", datetime(2026, 12, 31), False),
    ("03.04.2026 08:00:01", "eu", datetime(2026, 4, 3, 8, 0, 1), False), ("Mar 4, 2026 12:00 am", None, datetime(2026, 3, 4), False), ("4 March 2026", None, datetime(2026, 3, 4), False),
    ("04-Mar-2026 9 PM", None, datetime(2026, 3, 4, 21), False), ("Wednesday, March 4, 2026", None, datetime(2026, 3, 4), False), ("20260304", None, datetime(2026, 3, 4), False),
    ("2026/3/4", None, datetime(2026, 3, 4), False), ("2026-03-04 10:00 UTC", None, datetime(2026, 3, 4, 10), True),
])
def test_a_moment_is_read_however_people_write_it(written: str, dates: str | None, moment: datetime, *, is_utc: bool) -> None:
    assert read_moment(written, dates) == (moment, is_utc)


@pytest.mark.parametrize(("written", "dates", "why"), [
    ("2026-02-30", None, "no day of the calendar"), ("13/01/2026", "us", "month first"), ("01/13/2026", "eu", "day first"), ("03/04/2026", None, "say --dates"), ("0201-01-01", None, "year 201"),
    ("45123", None, "is not a date"), ("2026-01-01 25:00", None, "no clock"), ("2026-01-01 13:00 PM", None, "no clock"), ("soon", None, "is not a date"), ("2026-01-01 at noon", None, "date and time"),
    ("2026-01-01 10:00+99", None, "no place on earth"), ("1/2/2026x", "us", "date and time"), ("9999-12-31", None, "not believable"), ("٢٠٢٦-01-01x", None, "date"),
])
def test_what_is_no_moment_is_refused_in_words(written: str, dates: str | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_moment(written, dates)


def test_a_month_alone_is_its_first_day_and_a_time_is_dropped_from_a_date() -> None:
    assert read_day("2026-05", None) == date(2026, 5, 1)
    assert read_day("May 2026", None) == date(2026, 5, 1)
    assert read_day("2026-05-07T23:30:00-05:00", None) == date(2026, 5, 7)


@given(st.lists(st.one_of(st.none(), st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31))), min_size=1), st.sampled_from(["us", "eu"]), st.booleans())
def test_portions_read_at_once_equal_values_read_one_by_one(moments: list[datetime | None], dates: str, halved: bool) -> None:
    order = "%m/%d/%Y" if dates == "us" else "%d/%m/%Y"
    # strftime's %Y has no leading zeros on Linux, but years begin at 1900 here.
    written = [None if one is None else one.strftime(f"{order} %I:%M:%S %p" if halved else f"{order} %H:%M:%S") for one in moments]
    array = pa.array(written, pa.string())
    quick = quick_moments(array, dates)
    expected = [None if value is None else read_moment(value, dates)[0] for value in written]
    assert quick is not None
    assert quick[0].to_pylist() == expected
    assert quick_days(array, dates).to_pylist() == [None if one is None else one.date() for one in expected]


@given(st.text(alphabet="0123456789/:. APMapm-T", max_size=24), st.sampled_from(["us", "eu"]))
def test_a_portion_is_never_read_at_once_as_what_a_single_value_could_not_be(written: str, dates: str) -> None:
    array = pa.array([written])
    quick = quick_moments(array, dates)
    if quick is not None:
        assert quick[0].to_pylist() == [read_moment(written, dates)[0]]
    days = quick_days(array, dates)
    if days is not None:
        assert days.to_pylist() == [read_day(written, dates)]


def test_the_order_of_numeric_dates_is_told_by_the_first_value_that_has_only_one_reading() -> None:
    assert orders(pa.array(["", "03/04/2026", "13/04/2026"])) == {"eu": 2, "both": 1}
    assert orders(pa.array(["04/13/2026 10:00"])) == {"us": 0}
    assert orders(pa.array(["03.04.2026"])) == {"eu": 0}
    assert orders(pa.array(["40/40/2026", "2026-03-04", "05/05/2026", "n/a"])) == {}


@given(st.text(max_size=80), st.sampled_from(["us", "eu", None]), st.sampled_from(["dot", "comma"]))
def test_no_cell_can_do_worse_than_be_refused(written: str, dates: str | None, decimal: str) -> None:
    for read in (lambda: read_moment(written, dates), lambda: read_day(written, dates), lambda: read_number(AMOUNT, written, decimal), lambda: read_shape(written),
                 lambda: read_flag(written), lambda: read_state(written), lambda: read_list(ENTITIES["employee"].by_field["roles"], written)):
        try:
            read()
        except ValueError as error:
            assert str(error)


def test_choices_forgive_capitals_blanks_and_hyphens() -> None:
    result = ENTITIES["appointment"].by_field["result"]
    assert [read_choice(result, value) for value in ("sold", "DEMOED NOT SOLD", "No show", "no-show", "NoShow")] == ["Sold", "Demoed-Not-Sold", "No-Show", "No-Show", "No-Show"]
    with pytest.raises(ValueError, match="is none of: media"):
        read_choice(choice("kind", "media tools"), "radio")


def test_lists_flags_states_zones_and_shapes_are_read() -> None:
    assert read_list(ENTITIES["employee"].by_field["roles"], "Rep; manager, rep") == "{rep,manager}"
    assert [read_flag(value) for value in ("Yes", "0", "TRUE", "n")] == [True, False, True, False]
    assert read_state("oh") == "OH"
    assert read_zone("America/Chicago", frozenset({"America/Chicago"})) == "America/Chicago"
    assert read_shape('{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}') == '{"type":"Point","coordinates":[1,2]}'
    for bad in ("[" * 100_000, "NaN", '{"type": "Cube"}', "1"):
        with pytest.raises(ValueError, match="is not"):
            read_shape(bad)
