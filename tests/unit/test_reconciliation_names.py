"""Records that name a household in their own way, or nobody: who is meant, and when nothing is proven."""

import pytest

from jobs.ledgers.cleaning import signed
from jobs.ledgers.columns import columns_of
from jobs.ledgers.totals import TotalsRow, is_totals
from shared.reconciliation.likeness import plain
from shared.reconciliation.naming import agreement
from shared.reconciliation.remaining import Entry, Remaining
from shared.reconciliation.source import Source
from shared.reconciliation.sums import is_by_chance

BANK = Source("bank", "Bank", "payments")
ADA = plain("Robert Oyelaran")


@pytest.mark.parametrize("written", ["OYELARAN, ROBERT", "Bob Oyelaran", "R Oyelaran", "Robert & Ann Oyelaran", "Mr. Robert C. Oyelaran", "ROBERT OYEL", "Roebrt Oyelaran", "RobertO yelaran", "ORIG CO NAME:ROBERT OYELARAN IND ID:77 SEC:PPD WEB"])
def test_a_household_is_known_however_it_is_written(written: str) -> None:
    assert (agreement(plain(written), ADA) or 0) >= 0.85


@pytest.mark.parametrize("written", ["Robert Okafor", "Ann Oyelaran", "ORIG CO NAME:ROBERT MILLER IND ID:77 SEC:PPD WEB", "DEPOSIT", "R O"])
def test_another_household_is_not(written: str) -> None:
    assert (agreement(plain(written), ADA) or 0) < 0.85


def held(records: list[Entry], rows: list[Entry], source: Source = BANK) -> list[tuple[int, int, int]]:
    return sorted(edge[:3] for edge in Remaining(source, records, rows).match())


def test_a_line_of_text_names_who_paid() -> None:
    rows = [Entry(1, 100, 5000, name=ADA), Entry(2, 100, 5000, name=plain("Mary Hill"))]
    lines = [Entry(8, 100, 5000, said=plain("PMT HILL MARY WEB")), Entry(9, 101, 5000, said=plain("PMT OYELARAN ROBERT WEB"))]
    assert held(lines, rows) == [(8, 2, 3), (9, 1, 3)]


def test_the_same_household_and_amount_far_apart_belong_together_unless_there_is_a_choice() -> None:
    rows = [Entry(1, 100, 5000, name=ADA)]
    assert held([Entry(9, 120, 5000, name=ADA)], rows) == [(9, 1, 2)]
    assert held([Entry(9, 160, 5000, name=ADA)], rows) == []
    assert held([Entry(9, 120, 5000, name=ADA)], [*rows, Entry(2, 140, 5000, name=ADA)]) == []


def test_a_name_alone_tells_whose_amount_differs_where_it_is_near() -> None:
    assert held([Entry(9, 101, 5100, name=ADA)], [Entry(1, 100, 5000, name=ADA)]) == [(9, 1, 2)]
    assert held([Entry(9, 101, 9100, name=ADA)], [Entry(1, 100, 5000, name=ADA)]) == []


def test_as_many_records_as_rows_of_one_amount_are_matched_and_one_more_is_not() -> None:
    rows = [Entry(1, 100, 5000), Entry(2, 101, 5000)]
    assert held([Entry(8, 101, 5000), Entry(9, 100, 5000)], rows) == [(8, 2, 3), (9, 1, 3)]
    assert held([Entry(7, 100, 5000), Entry(8, 101, 5000), Entry(9, 100, 5000)], rows) == []


def test_round_amounts_add_up_to_anything_and_prove_nothing() -> None:
    round_ones = [5000 * number for number in range(2, 12)]
    assert is_by_chance(round_ones, 4)
    assert not is_by_chance(round_ones, 10)  # all of them
    assert not is_by_chance([123_457, 98_763, 5_511], 2)
    day = [Entry(number, 100, cents, branch=1, name=plain(f"House {chr(96 + number)}hold")) for number, cents in enumerate(round_ones, 1)]
    assert held([Entry(9, 100, sum(round_ones))], day) == [(9, number, 4) for number in range(1, 11)]
    assert held([Entry(9, 100, 5000 * 14)], day) == []
    assert held([Entry(9, 100, sum(round_ones), name=ADA)], [*day, Entry(11, 100, 77, branch=2, name=ADA)]) == []  # it names somebody: no deposit of many


@pytest.mark.parametrize(("cell", "means"), [("1,234.50 CR", "1,234.50"), ("1,234.50DR", "-1,234.50"), ("12,00 S", "-12,00"), ("(12.00) DR", "(12.00)"), ("12 USD", "12 USD"), ("", "")])
def test_credit_and_debit_behind_an_amount(cell: str, means: str) -> None:
    assert signed(cell) == means


def test_a_balance_is_no_record_even_with_a_day() -> None:
    assert is_totals(["09/01/2026", "Beginning balance as of 09/01/2026"], "09/01/2026")
    assert not is_totals(["09/01/2026", "Balance Bikes Inc"], "09/01/2026")
    assert (TotalsRow(1, "Grand Total 5").is_sum, TotalsRow(1, "Closing balance 5").is_sum) == (True, False)


@pytest.mark.parametrize(("header", "fields"), [
    (["Date", "Debit Amount", "Credit Amount", "Balance Amount"], {"date": "Date", "debit": "Debit Amount", "credit": "Credit Amount"}),
    (["Date", "Amount", "Tax Amount", "Deposit"], {"date": "Date", "amount": "Amount"}),
    (["Belegdatum", "Belegfeld 1", "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "Währung"], {"date": "Belegdatum", "reference": "Belegfeld 1", "amount": "Umsatz (ohne Soll/Haben-Kz)", "side": "Soll/Haben-Kennzeichen", "currency": "Währung"}),
])
def test_money_that_is_no_amount_of_a_row_is_left_alone(header: list[str], fields: dict[str, str]) -> None:
    assert {one.field: one.column for one in columns_of(header, {}, {}) if one.field} == fields


@pytest.mark.parametrize(("word", "means"), [("Funded in full", "good"), ("Charged back by lender", "cancelled"), ("CANCELLED", "cancelled"), ("Not approved", "declined"), ("in rescission", "good"), ("Storno", "gone"), ("Seen", None)])
def test_a_word_of_status_is_known_by_the_source_by_everybody_or_by_what_stands_in_it(word: str, means: str | None) -> None:
    source = Source("bank", "Bank", "payments", statuses={"storno": "declined"})
    assert source.meaning(word) == ("declined" if means == "gone" else means)
