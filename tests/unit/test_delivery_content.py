"""What a delivery says: templates with closed fields, documents that are fit to go out, summaries, links that cannot be forged, and mails that are the same each time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.delivery import fitness
from shared.delivery.audience import covers, key_of, readers, scope_from
from shared.delivery.definition import Condition, definition_from
from shared.delivery.files import files_of
from shared.delivery.problems import NotFitError, ScheduleError
from shared.delivery.stopping import PATH, read_stop, stop_link
from shared.delivery.summary import MOST_ROWS, summary
from shared.delivery.template import FIELDS, checked, filled
from shared.mail import Attachment, Letter, is_final, message
from shared.metrics.metric import Unit
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.reports.document import Block, Cell, Column, Document, Table
from shared.settings import Settings, load_settings

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")


def settings(**overrides: object) -> Settings:
    return load_settings(database_url="postgresql://x@127.0.0.1/x", redis_url="redis://127.0.0.1", secret_key="s" * 48, **overrides)


def document(*rows: tuple[Cell, ...], says: str = "") -> Document:
    return Document("Numbers", "Yesterday", NOW, [Block("a", "Sales <b>", says, None, Table((Column("Branch"), Column("Net sales", Unit.MONEY)), rows))])


@pytest.mark.parametrize("text", ["{name.__class__}", "{nam}", "{0}", "{}", "{title!r}", "{ name }"])
def test_a_field_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="no field"):
        checked(text, "title", 100)


@given(st.text(max_size=60), st.sampled_from(sorted(FIELDS)), st.text(max_size=60))
def test_a_field_is_replaced_once_and_its_value_is_never_read_again(before: str, field: str, value: str) -> None:
    plain = before.replace("{", "(").replace("}", ")")
    assert filled(f"{plain}{{{field}}}", {field: value}) == plain + value


@pytest.mark.parametrize(("wrong", "says"), [(document(), "blank"), (document(("Pittsburgh", None)), "blank"), (document(("Pittsburgh", float("nan"))), "blank"), (document(("Pittsburgh", "")), "blank")])
def test_a_blank_document_is_not_fit(wrong: Document, says: str) -> None:
    with pytest.raises(NotFitError, match=says):
        fitness.check(wrong, NOW)


def test_a_stale_document_and_one_with_a_part_that_is_missing_are_not_fit_and_a_zero_is_a_number() -> None:
    good = document(("Pittsburgh", 0.0))
    fitness.check(good, NOW + timedelta(minutes=14))
    with pytest.raises(NotFitError, match="stale: its numbers are 16 minutes old"):
        fitness.check(good, NOW + timedelta(minutes=16))
    with pytest.raises(NotFitError, match="'Trend' could not be read"):
        fitness.check(Document("N", "", NOW, [*good.blocks, Block("b", "Trend")]), NOW)
    assert fitness.is_empty(good)
    assert not fitness.is_empty(document(("Pittsburgh", 0.0), ("Columbus", 1.0)))


def test_a_summary_writes_numbers_as_people_read_them_escapes_and_says_what_it_leaves_out() -> None:
    plain, html = summary(document(*((f"Branch & {number}", 1234.5 + number) for number in range(MOST_ROWS + 3))), ZONE, tables=True)
    assert "Branch & 0" in plain
    assert "$1,234.50" in plain
    assert "3 more rows are on the site." in plain
    assert "Sales &lt;b&gt;" in html
    assert "Branch &amp; 0" in html
    assert "<b>" not in html
    assert "07:30 EST" in plain
    assert "$1,234.50" not in summary(document(("A", 1234.5), says="Up."), ZONE, tables=False)[0]


def test_one_csv_for_each_table_and_nothing_too_large_for_a_mail() -> None:
    twice = Document("N", "", NOW, [Block(key, key, "", None, Table((Column("A"), Column("B")), (("x", 1.0),))) for key in ("one", "two")])
    assert [each.name.split(" - ")[1] for each in files_of(twice, "csv", ZONE, "letter", None)] == ["one", "two"]
    assert files_of(twice, "pdf", ZONE, "letter", lambda *_: b"%PDF")[0].media_type == "application/pdf"
    with pytest.raises(NotFitError, match="no browser"):
        files_of(twice, "pdf", ZONE, "letter", None)
    with pytest.raises(NotFitError, match="too much for a mail"):
        files_of(twice, "pdf", ZONE, "letter", lambda *_: b"x" * 9_000_000)
    with pytest.raises(NotFitError, match="no table"):
        files_of(twice, "pdf", ZONE, "letter", lambda *_: b"")


@given(st.integers(1, 2**31 - 1), st.sampled_from(["person:7", "address:a@b.example"]), st.integers(0, 60), st.characters(codec="ascii"))
def test_a_link_says_whose_it_is_and_no_changed_one_is_believed(number: int, reader: str, place: int, mark: str) -> None:
    ours = settings()
    token = stop_link(ours, number, reader).split(PATH)[1]
    assert read_stop(ours, token) == (number, reader)
    assert read_stop(ours.model_copy(update={"secret_key": type(ours.secret_key)("t" * 48)}), token) is None
    changed = token[:place] + mark + token[place + 1 :]
    assert changed == token or read_stop(ours, changed) in {None, (number, reader)}


@given(st.frozensets(st.integers(1, 50), max_size=5), st.frozensets(st.integers(1, 50), max_size=5))
def test_scopes_survive_being_written_down_and_cover_what_lies_in_them(one: frozenset[int], two: frozenset[int]) -> None:
    assert scope_from(key_of(Scope(one))) == Scope(one)
    assert covers(Scope(None), Scope(one))
    assert not covers(Scope(one), Scope(None))
    assert covers(Scope(one), Scope(two)) == (two <= one)


def test_a_reader_who_is_named_twice_stands_once_and_a_person_wins_over_their_address() -> None:
    people = [Person(1, "a@x.example", "A", "branch_manager", all_branches=False), Person(2, "b@x.example", "B", "branch_manager", all_branches=False, is_active=False)]
    found = readers(["person:1", "role:branch_manager", "address:a@x.example", "address:c@x.example", "person:99", "person:2"], people)
    assert [reader.key for reader in found] == ["address:c@x.example", "person:1", "person:2"]


def test_a_condition_compares_as_it_says_and_a_missing_number_meets_none() -> None:
    made = definition_from({"subject": "brief:morning", "timing": "every day at 7:00", "zone": "UTC", "only_if": [{"metric": "net_close_rate", "period": "last_week", "op": "<", "value": 0.25}]})
    assert made.only_if[0].words == "Net close rate, last week, is below 25.0%"
    for op, holds in ((">", [False, False, True]), (">=", [False, True, True]), ("<", [True, False, False]), ("<=", [True, True, False])):
        assert [Condition("leads", "mtd", op, 5.0).holds(value) for value in (4.0, 5.0, 6.0)] == holds
        assert not Condition("leads", "mtd", op, 5.0).holds(float("nan"))


def test_a_mail_is_the_same_bytes_each_time_and_no_header_can_be_smuggled_in() -> None:
    letter = Letter("a@x.example", "Numbers\r\nBcc: everybody@x.example", "plain", "<p>html</p>", NOW, "delivery-1-2", {"List-Unsubscribe": "<https://x.example/stop>"}, [Attachment("a.csv", "text/csv", b"1,2")])
    mail = message(letter, settings())
    assert mail.as_bytes() == message(letter, settings()).as_bytes()
    assert mail["Bcc"] is None
    assert mail["Message-ID"] == "<delivery-1-2@northline.example>"
    with pytest.raises(ValueError, match="Header"):
        message(Letter("a@x.example\r\nBcc: b@x.example", "S", "p", "h", NOW, "i"), settings())
    assert is_final(ValueError())
    assert not is_final(ConnectionRefusedError())


@pytest.mark.parametrize("value", ["bank", "@", "a b@x.example", "a@b@c.example"])
def test_an_allow_list_of_nonsense_stops_the_process_with_its_name(value: str) -> None:
    with pytest.raises(ValueError, match="DELIVERY_ADDRESSES must name addresses"):
        settings(delivery_addresses=value)
