"""Ledgers as others write them: read, or refused with line numbers and nothing changed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import text

from jobs.ledgers.loading import Looked, RefusedError, load_ledger
from jobs.ledgers.reading import Told
from shared.reconciliation.source import Source, save_source
from shared.settings import Settings
from shared.warehouse.engines import Engines


class Desk:
    """A source, and a folder for files."""

    def __init__(self, engines: Engines, folder: Path) -> None:
        self.engines, self.folder = engines, folder
        with engines.writer() as connection:
            connection.execute(text("DELETE FROM crm.external_record; DELETE FROM crm.recon_batch; DELETE FROM crm.recon_source"))
            save_source(connection, Source("bank", "Bank", "payments"))

    def take(self, content: str | bytes, name: str = "bank.csv", told: Told | None = None, **more: object) -> Looked:
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_ledger(self.engines, "bank", self.folder / name, told or Told(), **more)  # type: ignore[arg-type]

    def records(self) -> list[tuple[object, ...]]:
        with self.engines.primary.connect() as connection:
            return [tuple(row) for row in connection.execute(text(
                "SELECT payload ->> 'reference', payload ->> 'date', payload ->> 'amount', coalesce(payload ->> 'name', '') FROM crm.external_record ORDER BY (payload ->> 'line')::int"))]


@pytest.fixture(scope="module")
def home(database: Callable[..., Settings]) -> Iterator[Engines]:
    engines = Engines(database())
    yield engines
    engines.dispose()


@pytest.fixture
def desk(home: Engines, tmp_path: Path) -> Desk:
    return Desk(home, tmp_path)


PLAIN = [("PY-1", "2026-10-01", "1234.50", "Ada Abernathy"), ("PY-2", "2026-10-31", "-12.00", "Bruno Müller")]
FILES = {
    "plain": "Reference,Date,Amount,Customer Name\nPY-1,2026-10-01,1234.50,Ada Abernathy\nPY-2,2026-10-31,-12.00,Bruno Müller\n",
    "with a preamble, semicolons, decimal commas, and totals": (
        "Account statement;;;\nFrom 1.10.2026;to 31.10.2026;;\n\nBelegnummer;Buchungstag;Betrag;Kunde\nPY-1;01.10.2026;1.234,50 €;Ada Abernathy\nPY-2;31.10.2026;-12,00 €;Bruno Müller\nSumme;;1.222,50 €;\n"),
    "with parentheses, a currency and American dates": "Posting Date\tRef No\tAmount\tPayer\n10/01/2026\tPY-1\t$1,234.50\tAda Abernathy\n10/31/2026\tPY-2\t($12.00)\tBruno Müller\nTotal\t\t$1,222.50\t\n",
    "with a minus behind and a byte order mark": "\ufeffreference|date|amount|name\r\nPY-1|Oct 1, 2026|1,234.50|Ada Abernathy\r\nPY-2|Oct 31, 2026|12.00-|Bruno Müller\r\n",
    "with credit and debit": 'Transaction ID,Value Date,Credit,Debit,Description\nPY-1,2026-10-01,"1,234.50",,Ada Abernathy\nPY-2,2026-10-31,,12.00,Bruno Müller\n,,1234.50,12.00,Closing balance\n',
}


@pytest.mark.parametrize("how", FILES)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_file_is_read_as_its_maker_meant_it(desk: Desk, how: str, encoding: str) -> None:
    desk.take(FILES[how].encode(encoding, errors="replace") if encoding != "cp1252" else FILES[how].replace("\ufeff", "").encode(encoding))
    assert desk.records() == PLAIN


def test_a_workbook_is_read_too(desk: Desk) -> None:
    with xlsxwriter.Workbook(desk.folder / "made.xlsx") as book:
        sheet = book.add_worksheet("October")
        for row, cells in enumerate([["Lender report"], [], ["Loan Number", "Funding Date", "Funded Amount", "Borrower"], ["PY-1", "2026-10-01", 1234.5, "Ada Abernathy"], ["PY-2", "2026-10-31", -12, "Bruno Müller"], ["Total", "", 1222.5, ""]]):
            sheet.write_row(row, 0, cells)
    desk.take((desk.folder / "made.xlsx").read_bytes(), "october.xlsx")
    assert desk.records() == [(*row[:2], str(float(row[2])).removesuffix(".0"), row[3]) if row[2] == "1234.50" else (*row[:2], "-12", row[3]) for row in PLAIN] or desk.records() == PLAIN


def test_a_bad_line_refuses_the_file_with_its_number_and_changes_nothing(desk: Desk) -> None:
    desk.take(FILES["plain"], "first.csv")
    with pytest.raises(RefusedError, match="3 lines cannot be read; nothing was changed") as refused:
        desk.take("Reference,Date,Amount\nPY-1,2026-10-01,10\nPY-2,2026-02-30,10\nPY-3,2026-10-02,ten\nPY-4,2026-10-03,\n", "second.csv")
    assert [(each.line, each.words.split(":")[0]) for each in refused.value.problems] == [(3, "date"), (4, "amount"), (5, "amount")]
    assert desk.records() == PLAIN


@pytest.mark.parametrize(("content", "words"), [
    ("Reference,Name\nPY-1,Ada\n", "No column says the day and the amount"),
    ("Reference,Date,Amount\nPY-1,01/02/2026,10\n", "not clear whether dates begin with the month or the day"),
    ("Reference,Date,Amount\n", "holds no record"),
    ("<html><table></table></html>", "web page"),
    (b"\x1f\x8b\x08\x00rest", "gzip"),
])
def test_what_is_no_ledger_is_refused_in_words(desk: Desk, content: str | bytes, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        desk.take(content)
    assert desk.records() == []


def test_two_currencies_in_one_file_are_refused(desk: Desk) -> None:
    with pytest.raises(RefusedError) as refused:
        desk.take("Reference,Date,Amount\nPY-1,2026-10-01,$10.00\nPY-2,2026-10-02,€12.00\n")
    assert [(each.line, each.words) for each in refused.value.problems] == [(3, "the amount is in EUR, the others are in another currency")]


def test_the_same_file_is_not_taken_twice_and_a_corrected_one_takes_its_place(desk: Desk) -> None:
    desk.take(FILES["plain"])
    desk.take(FILES["plain"])  # the same name: the same batch again
    assert desk.records() == PLAIN
    with pytest.raises(RefusedError, match="very file was taken"):
        desk.take(FILES["plain"], "other.csv")
    desk.take(FILES["plain"].replace("1234.50", "1234.60"))
    assert [row[2] for row in desk.records()] == ["1234.60", "-12.00"]


def test_a_mapping_is_told_once_and_remembered_for_the_source(desk: Desk) -> None:
    content = "Wer,Wann,Wieviel,Was\nAda,2026-10-01,10,PY-9\n"
    with pytest.raises(RefusedError):
        desk.take(content)
    desk.take(content, told=Told({"Wer": "name", "Wann": "date", "Wieviel": "amount", "Was": "reference"}))
    looked = desk.take(content.replace("PY-9", "PY-10"), "next.csv")
    assert {one.column: one.field for one in looked.understood.mapped} == {"Wer": "name", "Wann": "date", "Wieviel": "amount", "Was": "reference"}


def test_a_look_changes_nothing(desk: Desk) -> None:
    looked = desk.take(FILES["plain"], dry_run=True)
    assert (looked.staged.rows, looked.staged.cents, desk.records()) == (2, 122250, [])
