"""The parts of reconciliation that read nothing: sums, likeness, linkage, references, files and their oddities."""

from datetime import UTC, date, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from bi_app.reconciliation.filing import lines_of, signed_blocks, workpaper
from jobs.imports.refusal import ImportRefusedError
from jobs.ledgers.columns import columns_of
from jobs.ledgers.currency import currency_of, strangers
from jobs.ledgers.totals import is_totals
from shared.metrics.metric import Unit
from shared.reconciliation.likeness import digits, likeness, plain
from shared.reconciliation.linkage import link
from shared.reconciliation.references import _Copy, settle
from shared.reconciliation.remaining import Entry, Remaining
from shared.reconciliation.rule import Terms
from shared.reconciliation.rules import BY_NAME, RULES, declared
from shared.reconciliation.signing import difference, hash_of
from shared.reconciliation.source import Source, SourceError
from shared.reconciliation.sums import parts_of
from shared.reports.document import Block, Column, Document, Table
from shared.reports.paper import paper
from shared.reports.workbook import workbook

BANK = Source("bank", "Bank", "payments")


@given(st.lists(st.integers(-500, 2000), min_size=2, max_size=9), st.data())
def test_parts_that_are_found_add_up(amounts: list[int], data: st.DataObject) -> None:
    target = data.draw(st.integers(-500, 4000))
    places = parts_of(target, amounts)
    assert places is None or (len(set(places)) == len(places) >= 2 and sum(amounts[place] for place in places) == target)


def test_a_sum_that_could_be_two_different_things_is_not_guessed() -> None:
    assert parts_of(100, [40, 60, 70, 30]) is None
    assert parts_of(100, [40, 60, 75]) == (0, 1)
    assert parts_of(100, [99], least=1) is None


@pytest.mark.parametrize(("left", "right", "low", "high"), [("Bruno Müller", "MULLER, Bruno", 1, 1), ("12 North Main Street", "12 N. Main St", 1, 1), ("Catherine Abernathy", "Katherine Abernathy", 0.85, 0.99), ("Ada Abernathy", "Unknown Payer 6", 0, 0.55)])
def test_likeness_puts_spelling_aside_and_nothing_else(left: str, right: str, low: float, high: float) -> None:
    found = likeness(plain(left), plain(right))
    assert found is not None
    assert low <= found <= high
    assert likeness("", plain(right)) is None


def test_telephone_numbers_are_the_same_however_they_are_written() -> None:
    assert digits("+1 (412) 555-0101") == digits("412.555.0101") == "4125550101"
    assert digits("0101") == ""


def test_each_record_is_linked_once_and_to_its_best() -> None:
    left = [{"name": "ada abernathy", "place": "akron"}, {"name": "ada abernathi", "place": "akron"}]
    pairs = link(left, [{"name": "abernathy ada"[::1], "place": "akron"}, {"name": "ada abernathy", "place": "akron"}], {"name": 2, "place": 1}, lambda fields: [fields["place"]], 0.5)
    assert {(pair.left, pair.right) for pair in pairs} == {(0, 1), (1, 0)}


DAY = date(2026, 10, 5)


@pytest.mark.parametrize(("cents", "edges", "copies"), [
    ([1000], [(1, 1)], {}), ([1000, 1000], [(1, 1)], {2: 1}), ([400, 600], [(1, 4), (2, 4)], {}), ([999, 1000], [(2, 1)], {}), ([400, 600, 400], [(1, 4), (2, 4)], {3: 1}), ([1010], [(1, 1)], {}), ([None, 1000], [(2, 1)], {1: 2}),
])
def test_several_records_with_one_reference(cents: list[int | None], edges: list[tuple[int, int]], copies: dict[int, int]) -> None:
    found, twice = settle((77, DAY, 1000), [_Copy(number, DAY, amount) for number, amount in enumerate(cents, 1)], BANK)
    assert (sorted((edge[0], edge[2]) for edge in found), twice) == (edges, copies)


def test_an_amount_alone_is_no_reason_where_two_rows_fit_or_the_name_contradicts() -> None:
    rows = [Entry(1, 100, 5000, name="ada"), Entry(2, 101, 5000, name="bruno")]
    assert Remaining(BANK, [Entry(9, 100, 5000)], rows).match() == []
    assert Remaining(BANK, [Entry(9, 100, 5000, name="unknown payer")], rows[:1]).match() == []
    assert [edge[:3] for edge in Remaining(BANK, [Entry(9, 100, 5000)], rows[:1]).match()] == [(9, 1, 3)]
    assert Remaining(BANK, [Entry(9, 100, 5000, has_reference=True)], rows[:1]).match() == []
    assert Remaining(BANK, [Entry(9, 120, 5000)], rows[:1]).match() == []
    run_together = Entry(9, 100, 5000, name="weihill", phone="4125550101")
    assert [edge[:3] for edge in Remaining(BANK, [run_together], [Entry(1, 100, 5000, name="hill wei", phone="4125550101"), rows[1]]).match()] == [(9, 1, 2)]


def test_tolerances_are_the_greater_of_dollars_and_percent() -> None:
    source = Source("bank", "Bank", "payments", amount_tolerance=1, percent_tolerance=2)  # type: ignore[arg-type]
    assert (source.tolerance(1000), source.tolerance(-100_000)) == (100, 2000)
    with pytest.raises(SourceError, match="no book called attic"):
        Source("bank", "Bank", "attic")
    with pytest.raises(SourceError, match="good, cancelled or declined"):
        Source("bank", "Bank", "payments", statuses={"storno": "gone"})


@pytest.mark.parametrize(("header", "fields"), [
    (["Transaction Date", "Posting Date", "Amount", "Balance", "Ref No"], {"date": "Posting Date", "amount": "Amount", "reference": "Ref No"}),
    (["Buchungstag", "Soll", "Haben", "Rechnungsnummer"], {"date": "Buchungstag", "debit": "Soll", "credit": "Haben", "reference": "Rechnungsnummer"}),
    (["id", "date", "amount", "amount (2)"], {"reference": "id", "date": "date", "amount": "amount"}),
])
def test_columns_are_guessed_and_the_better_name_wins(header: list[str], fields: dict[str, str]) -> None:
    assert {one.field: one.column for one in columns_of(header, {}, {}) if one.field} == fields


def test_columns_that_cannot_be_are_refused_in_words() -> None:
    with pytest.raises(ImportRefusedError, match="no column says the amount"):
        columns_of(["Date", "Name"], {}, {})
    with pytest.raises(ImportRefusedError, match="two columns are said to be date"):
        columns_of(["A", "B", "Amount"], {"A": "date", "B": "date"}, {})


@pytest.mark.parametrize(("cells", "date_cell", "expected"), [
    (["Total", "", "12"], "", True), (["", "Grand total:", "12"], None, True), (["Closing balance 31.10.", "5"], "", True), (["Summe", "5"], "", True), (["Totalenergy Inc", "5"], "", False),
    (["Total Roofing", "5"], "2026-10-01", False), (["PY-1", "2026-10-01"], "2026-10-01", False), (["", ""], "", False),
])
def test_totals_are_told_from_records(cells: list[str], date_cell: str | None, *, expected: bool) -> None:
    assert is_totals(cells, date_cell) is expected


def test_one_currency_may_be_written_in_two_ways_but_two_may_not_stand_in_one_file() -> None:
    assert [currency_of(cell) for cell in ("$1,200.00", "1.200,00 €", "USD 12", "12")] == ["$", "EUR", "USD", ""]
    assert strangers([(2, "$"), (3, "USD"), (4, "")], "") == []
    assert strangers([(2, "USD"), (3, "EUR")], "") == [(3, "EUR")]
    assert strangers([(2, "$")], "EUR") == [(2, "$")]


def test_every_rule_says_all_that_a_person_needs() -> None:
    assert list(BY_NAME) == [f"G{number}" for number in range(1, 9)] + [f"S{number}" for number in range(1, 11)]
    for rule in RULES:
        assert all((rule.title, rule.meaning.endswith("."), rule.risk.endswith("."), rule.fix.endswith("."), rule.headline in {"ghosts", "split_errors"}))
    assert declared(Terms()) != declared(Terms(job_days=4))


def test_what_differs_from_what_was_signed_is_named() -> None:
    signed = {"sides": {"bank outside": {"total_count": 5, "total_cents": 500}}, "cases": {}}
    present = {"sides": {"bank outside": {"total_count": 6, "total_cents": 500}}, "cases": {"S1": {"open_count": 1}}}
    assert hash_of(signed) != hash_of(present)
    assert difference(signed, present) == [{"what": "bank outside: total count", "signed": 5, "now": 6}, {"what": "S1: open count", "signed": None, "now": 1}]


def test_the_workpaper_and_the_signed_period_are_workbooks_with_numbers() -> None:
    case = {"rule": "S2", "source": "", "label": "=SA-1", "detail": {"why": "off by 1"}, "branch": "Akron", "rep": None, "day": DAY, "since": DAY, "age": 3, "amount": "12.50", "status": "accepted", "proposed_by": None, "reason": "timing", "owner": "Ada",
            "note": "", "closed_on": DAY, "fingerprint": "S2:SA-1"}
    sides = {"bank outside": {"matched_count": 4, "broken_count": 1, "total_count": 5, "matched_cents": 400, "broken_cents": 100, "total_cents": 500}}
    numbers = {"sides": sides, "cases": {"S2": {"open_count": 1, "open_amount": "12.50", "accepted_count": 0, "accepted_amount": "0", "written_off_count": 0, "written_off_amount": "0"}}}
    blocks = [workpaper([case]), *signed_blocks(numbers, "a" * 64, None, (date(2026, 10, 1), date(2026, 10, 31)), {"S2": "S2 Dollars do not add up"})]
    assert "a" * 64 in blocks[1].says
    assert all(column.to_the_cent for block in blocks if block.table for column in block.table.columns if column.unit is Unit.MONEY)
    assert paper_has("$250,000.00", [Column("Total $", Unit.MONEY, to_the_cent=True)])
    assert paper_has("$250,000", [Column("Total $", Unit.MONEY)])
    made = workbook(Document("Reconciliation", "October", datetime(2026, 11, 1, tzinfo=UTC), blocks, company="Northline Home"), ZoneInfo("America/New_York"))
    book = CalamineWorkbook.from_filelike(BytesIO(made))
    cells = [cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    assert {12.5, "=SA-1", "Accepted", "Timing", "S2 Dollars do not add up", 5.0} <= {cell for cell in cells if isinstance(cell, str | float)}


def paper_has(words: str, columns: list[Column]) -> bool:
    """Say whether a large amount stands so in a document on paper."""
    document = Document("Sums", "October", datetime(2026, 11, 1, tzinfo=UTC), [Block("sums", "Sums", table=Table(tuple(columns), ((250_000.0,),)))], company="Northline Home")
    return f">{words}<" in paper(document, ZoneInfo("America/New_York"), "letter").body


@pytest.mark.parametrize(("parts", "lines"), [
    ([("outside", "matched", 1), ("outside", "matched", 4), ("crm", "matched", 1), ("crm", "missing_outside", -1), ("outside", "amount_differs", 1), ("outside", "amount_differs", 2)],
     [("Matched by reference", {"outside": (1, 100), "crm": (1, 100)}), ("Matched in sums", {"outside": (1, 100)}), ("Missing outside", {"crm": (1, 100)}), ("Amount differs", {"outside": (2, 200)})]),
    ([], []),
])
def test_the_lines_of_a_proof_are_matches_first_and_breaks_by_type(parts: list[tuple[str, str, int]], lines: list[tuple[str, dict[str, tuple[int, int]]]]) -> None:
    found = lines_of([{"side": side, "state": state, "level": level, "count": 1, "cents": 100} for side, state, level in parts])
    assert [(label, sides) for label, _, _, sides in found] == lines
