"""Statements as banks, lenders and bookkeeping programs write them: every record taken with its sign, everything else left out and said."""

from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import text

from jobs.ledgers.loading import RefusedError
from tests.integration.test_reconciliation_files import Desk, desk, home  # noqa: F401 - fixtures

PAID = [("2026-09-02", "1234.50"), ("2026-09-30", "-2500.00")]
STATEMENTS = {
    "American, the text says who and what": "Details,Posting Date,Description,Amount,Type,Balance\nCREDIT,09/02/2026,ORIG CO NAME:ADA ABERNATHY IND ID:PY-1,1234.50,ACH_CREDIT,1.00\nDEBIT,09/30/2026,CHECK RETURNED,-2500.00,ACH_DEBIT,2.00\n",
    "American, a summary and a first balance with a day": 'Description,,Summary Amt.\nBeginning balance as of 09/01/2026,,"5,000.00"\nTotal credits,,"1,234.50"\n\nDate,Description,Amount,Running Bal.\n09/01/2026,Beginning balance as of 09/01/2026,,"5,000.00"\n09/02/2026,"ABERNATHY ADA","1,234.50","6,234.50"\n09/30/2026,RETURN,"-2,500.00","3,734.50"\n',
    "British, debit and credit amounts": "Transaction Date,Transaction Type,Sort Code,Transaction Description,Debit Amount,Credit Amount,Balance\n02/09/2026,FPI,'30-96-26,ADA ABERNATHY,,1234.50,1\n30/09/2026,FPO,'30-96-26,RETURN,2500.00,,2\n",
    "German, a preamble, and plus and minus in a column without a name": "Volksbank Musterstadt eG\n\nUmsatzanzeige\nKonto:;12345;;Uhrzeit:;10:00:00\n\nBuchungstag;Empfänger/Zahlungspflichtiger;Verwendungszweck;Währung;Umsatz; \n02.09.2026;Ada Abernathy;PY-1;USD;1.234,50;H\n30.09.2026;Bruno;PY-2;USD;2.500,00;S\n30.09.2026;;Endsaldo;USD;99.999,00;H\n",
    "DATEV, days without a year": "EXTF;700;21;Buchungsstapel;13;20261001;;RE;;;1001;12345;20260101;4;20260901;20260930;Sept\nUmsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Konto;Belegdatum;Belegfeld 1;Buchungstext\n1234,50;H;USD;1200;0209;PY-1;Ada\n2500,00;S;USD;1200;3009;PY-2;Bruno\n",
    "CR and DR behind amounts": "Date|Details|Amount\n02 Sep 2026|Ada|1,234.50 CR\n30 Sep 2026|Bruno|2,500.00DR\n",
    "debit or credit in a column": "Value Date;Narrative;DR/CR;Amount\n2026-09-02;Ada;CR;1234.50\n2026-09-30;Bruno;DR;2500.00\n",
    "a table above the table, and its names again on the next page": "Report Date,Total Amount\n09/30/2026,-1265.50\n\nDate,Ref,Payee,Amount\n09/02/2026,PY-1,Ada,1234.50\nDate,Ref,Payee,Amount\n09/30/2026,PY-2,Bo,-2500.00\n",
    "QuickBooks, headings and totals between": 'Northline Home LLC\nTransaction List by Date\n\n,Date,Transaction Type,Num,Name,Amount\nSeptember 2026,,,,,\n,09/02/2026,Payment,PY-1,Ada,"1,234.50"\n,09/30/2026,Refund,PY-2,Bruno,"(2,500.00)"\nTotal for September 2026,,,,,"$-1,265.50"\nTOTAL,,,,,"$-1,265.50"\n\n"Friday, Nov 27, 2026 03:12 PM GMT-5 - Accrual Basis"\n',
}


@pytest.mark.parametrize("how", STATEMENTS)
def test_a_statement_is_read_as_its_maker_meant_it(desk: Desk, how: str) -> None:  # noqa: F811
    desk.take(STATEMENTS[how].encode("cp1252" if how.startswith("German") else "utf-8"))
    assert [row[1:3] for row in desk.records()] == PAID


def test_what_is_left_out_is_said_and_totals_are_held_against_the_records(desk: Desk) -> None:  # noqa: F811
    totals = desk.take(STATEMENTS["QuickBooks, headings and totals between"]).document["totals"]
    assert [(each["line"], each["agrees"]) for each in totals] == [(5, None), (8, True), (9, True), (11, None)]
    wrong = desk.take("Date,Name,Amount\n2026-09-02,Ada,10.00\nTotal,,12.00\n", dry_run=True).document["totals"]
    assert (wrong[0]["agrees"], wrong[0]["says"]) == (False, "it says 12.00 and the records above it add up to 10.00")


def test_of_a_workbook_the_one_sheet_with_records_is_read(desk: Desk) -> None:  # noqa: F811
    def made(name: str, sheets: dict[str, list[list[object]]]) -> bytes:
        with xlsxwriter.Workbook(desk.folder / name) as book:
            for title, rows in sheets.items():
                sheet = book.add_worksheet(title)
                for row, cells in enumerate(rows):
                    sheet.write_row(row, 0, cells)
        return Path(desk.folder / name).read_bytes()

    records: list[list[object]] = [["REMITTANCE"], [], ["App ID", "Funding Date", "Borrower", "Funded Amount"], ["PY-1", "2026-09-02", "Ada", 1234.5], ["Subtotal Akron", "", "", 1234.5], [], ["PY-2", "2026-09-30", "Bruno", -2500], ["Grand Total", "", "", -1265.5]]
    desk.take(made("one.xlsx", {"Summary": [["Total", -1265.5]], "Detail": records}), "one.xlsx")
    assert [row[1] for row in desk.records()] == [day for day, _ in PAID]
    with pytest.raises(RefusedError, match="2 sheets of the file hold records: 'March', 'April'"):
        desk.take(made("two.xlsx", {"March": records, "April": records}), "two.xlsx")


def test_where_nearly_everything_is_a_debit_what_is_owed_to_us_is_plus(desk: Desk) -> None:  # noqa: F811
    rows = "".join(f"2026-09-{day:02},INV-{day},{day}.00,\n" for day in range(1, 25))
    looked = desk.take(f"Posting Date,Document No.,Debit,Credit\n{rows}2026-09-30,CN-1,,5.00\n")
    assert (looked.staged.turned, looked.staged.cents) == (True, (24 * 25 // 2 - 5) * 100)
    assert "debits count as plus" in looked.document["words"]


def test_a_refused_file_shows_its_columns_so_that_a_person_can_say_what_they_are(desk: Desk) -> None:  # noqa: F811
    with pytest.raises(RefusedError) as refused:
        desk.take("Report of October\n\nWer;Wann;Wieviel\nAda;2026-10-01;10\n")
    assert (refused.value.document["header"], refused.value.document["examples"]) == (["Wer", "Wann", "Wieviel"], [["Ada", "2026-10-01", "10"]])


@pytest.mark.parametrize(("content", "line", "words"), [
    ('"09/01/2026","100.00","PY-1"\n"09/15/2026","-5.00","PY-2"\n', 0, "holds a day ('09/01/2026'), so it is a record"),
    ("Date,Ref,Amount\n2026-09-01,A,10.00\n,,99.00\n", 3, "date: is missing, and the amount is no total of the records above it"),
    ("Date;Amount\n2026-09-01;1.000\n2026-09-02;2.000\n", 0, "not clear whether a dot in a number is its decimal mark: '1.000' on line 2"),
    ("Value Date;DR/CR;Amount\n2026-09-01;CR;1\n2026-09-02;??;1\n", 3, "side: '??' is neither debit nor credit"),
])
def test_what_could_be_two_things_is_refused_with_its_place(desk: Desk, content: str, line: int, words: str) -> None:  # noqa: F811
    with pytest.raises(RefusedError) as refused:
        desk.take(content)
    said = str(refused.value) if not line else next(each.words for each in refused.value.problems if each.line == line)
    assert words in said
    assert desk.records() == []


def test_days_as_excel_counts_them_and_totals_without_a_word_are_understood(desk: Desk) -> None:  # noqa: F811
    looked = desk.take("Date,Ref,Amount\n46267,PY-1,$ (10.00)\n46268,PY-2,25.00\n,,15.00\n")
    assert [row[1:3] for row in desk.records()] == [("2026-09-02", "-10.00"), ("2026-09-03", "25.00")]
    assert [(each["line"], each["agrees"]) for each in looked.document["totals"]] == [(4, True)]


def test_what_two_files_both_hold_because_their_days_overlap_is_one_record(desk: Desk) -> None:  # noqa: F811
    desk.take("Date,Ref,Amount,Payee\n2026-09-01,,10.00,Ada\n2026-09-20,PY-2,20.00,Bo\n2026-09-20,,5.00,Cy\n", "september.csv")
    later = "Date,Ref,Amount,Payee\n2026-09-20,PY-2,20.00,Bo\n2026-09-20,,5.00,Cy\n2026-09-20,,5.00,Cy\n2026-10-02,,10.00,Ada\nTotal,,40.00,\n"
    looked = desk.take(later, "october.csv")
    assert [(each["line"], each["words"], each["agrees"]) for each in looked.document["totals"]] == [(6, "Total 40.00", True), (2, "taken already with september.csv", None), (3, "taken already with september.csv", None)]
    with desk.engines.primary.connect() as connection:
        assert connection.execute(text("SELECT batch, row_count, cents, jsonb_array_length(left_out) FROM crm.recon_batch ORDER BY batch DESC")).all() == [("september.csv", 3, 3500, 0), ("october.csv", 2, 1500, 3)]
    desk.take(later.replace("40.00", "41.00").replace("10-02,,10", "10-02,,11"), "october.csv")  # in its own place: compared with others only
    assert len(desk.records()) == 5
    with pytest.raises(RefusedError, match=r"Every record of this file was taken already with september.csv"):
        desk.take("Date,Ref,Amount,Payee\n2026-09-20,PY-2,20.00,Bo\n", "again.csv")
