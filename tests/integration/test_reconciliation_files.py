"""Ledgers as others write them: read, or refused with line numbers and nothing changed."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import xlsxwriter
from pydantic import SecretStr
from sqlalchemy import text

from jobs.ledgers.feeds import look_into_folders, read_tables
from jobs.ledgers.loading import Looked, RefusedError, load_ledger
from jobs.ledgers.told import Told
from jobs.ledgers.uploads import work_on_uploads
from jobs.reconciliation import reconcile_what_is_due
from shared.clock import now
from shared.reconciliation import runs
from shared.reconciliation.source import Source, save_source
from shared.reconciliation.tables import TableError, table_rows
from shared.reconciliation.uploads import Upload, add_upload, answer, upload_of
from shared.settings import Settings
from shared.warehouse.engines import Engines


class Desk:
    """A source, and a folder for files."""

    def __init__(self, settings: Settings, engines: Engines, folder: Path) -> None:
        self.settings, self.engines, self.folder = settings, engines, folder
        with engines.writer() as connection:
            connection.execute(text("DELETE FROM crm.external_record; DELETE FROM crm.recon_batch; DELETE FROM crm.recon_upload; DELETE FROM crm.recon_source"))
            save_source(connection, Source("bank", "Bank", "payments"))

    def take(self, content: str | bytes, name: str = "bank.csv", told: Told | None = None, **more: object) -> Looked:
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_ledger(self.engines, "bank", self.folder / name, told or Told(), **more)  # type: ignore[arg-type]

    def records(self) -> list[tuple[object, ...]]:
        with self.engines.primary.connect() as connection:
            return [tuple(row) for row in connection.execute(text(
                "SELECT payload ->> 'reference', payload ->> 'date', payload ->> 'amount', coalesce(payload ->> 'name', payload ->> 'memo', '') FROM crm.external_record ORDER BY (payload ->> 'line')::int"))]


@pytest.fixture(scope="module")
def home(database: Callable[..., Settings]) -> Iterator[tuple[Settings, Engines]]:
    settings = database()
    engines = Engines(settings)
    yield settings, engines
    engines.dispose()


@pytest.fixture
def desk(home: tuple[Settings, Engines], tmp_path: Path) -> Desk:
    return Desk(*home, tmp_path)


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


def test_a_file_that_a_person_sends_is_shown_first_and_taken_when_confirmed(desk: Desk) -> None:
    with desk.engines.writer() as connection:
        number = add_upload(connection, "bank", "wer.csv", b"Wer,Wann,Wieviel,Was\nAda,2026-10-01,10,PY-9\n", None)
    assert work_on_uploads(desk.engines) == 1
    assert (upload(desk, number).state, upload(desk, number).problems[0]["words"][:42]) == ("refused", "No column says the day and the amount; say")
    mapping = {"Wer": "name", "Wann": "date", "Wieviel": "amount", "Was": "reference"}
    for state, becomes, records in (("sent", "shown", 0), ("confirmed", "loaded", 1)):
        with desk.engines.writer() as connection:
            assert answer(connection, number, state, {"mapping": mapping, "from": "2026-10-01", "to": "2026-10-31"})
        work_on_uploads(desk.engines)
        assert (upload(desk, number).state, len(desk.records())) == (becomes, records)
    assert upload(desk, number).understood["mapping"] == mapping
    with desk.engines.primary.connect() as connection:
        assert [one.source for one in runs.waiting(connection)] == ["bank"]
        assert not answer(connection, number, "confirmed", {})


def test_files_in_a_watched_folder_are_taken_or_put_aside_with_the_reasons(desk: Desk) -> None:
    settings = desk.settings.model_copy(update={"ledger_folder": str(desk.folder)})
    folder = desk.folder / "bank"
    folder.mkdir()
    (folder / "good.csv").write_text(FILES["plain"])
    (folder / "bad.csv").write_text("Reference,Date,Amount\nPY-1,2026-02-30,10\n")
    assert look_into_folders(desk.engines, settings) == 0  # perhaps still being written
    assert look_into_folders(desk.engines, settings, lambda: now() + timedelta(minutes=1)) == 2
    assert desk.records() == PLAIN
    assert sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()) == ["refused/bad.csv", "refused/bad.csv.why.txt", "taken/good.csv"]
    assert "line 2: date" in (folder / "refused" / "bad.csv.why.txt").read_text()


def test_a_table_of_another_database_is_read_as_a_ledger(desk: Desk) -> None:
    address = desk.settings.database_url.get_secret_value()
    settings = desk.settings.model_copy(update={"ledger_databases": (SecretStr(f"erp={address}"),)})
    with desk.engines.writer() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS erp; DROP VIEW IF EXISTS erp.receipts"))
        connection.execute(text("CREATE VIEW erp.receipts AS SELECT * FROM (VALUES ('PY-1', DATE '2026-10-01', 1234.50, 'Ada Abernathy'), ('PY-2', DATE '2026-10-31', -12.00, 'Bruno Müller')) v (reference, posted_on, amount, customer)"))
        save_source(connection, Source("bank", "Bank", "payments", feed={"kind": "table", "database": "erp", "table": "erp.receipts"}))
    assert read_tables(desk.engines, settings) == 1
    assert desk.records() == PLAIN
    with pytest.raises(TableError, match="no table or view called erp.nothing"), table_rows(settings, "erp", "erp.nothing"):
        pass


def upload(desk: Desk, number: int) -> Upload:
    with desk.engines.primary.connect() as connection:
        found = upload_of(connection, number)
    assert found is not None
    return found


def test_a_file_that_breaks_its_reader_is_refused_once_and_holds_nothing_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("a reader of strangers' files")

    with desk.engines.writer() as connection:
        broken = add_upload(connection, "bank", "odd.csv", b"odd", None)
    monkeypatch.setattr("jobs.ledgers.uploads.load_ledger", break_down)
    assert work_on_uploads(desk.engines) == 1
    assert upload(desk, broken).state == "refused"
    assert work_on_uploads(desk.engines) == 0


def test_a_run_of_a_source_that_is_gone_fails_with_a_record_and_holds_nothing_up(desk: Desk) -> None:
    with desk.engines.writer() as connection:
        connection.execute(text("DELETE FROM crm.recon_run"))
        run = runs.ask(connection, "ledger", "full", "nowhere")
        runs.ask(connection, "ledger", "full", "bank")
    reconcile_what_is_due(desk.engines, desk.settings)
    with desk.engines.primary.connect() as connection:
        assert connection.execute(text("SELECT outcome, error FROM crm.recon_run WHERE id = :run"), {"run": run}).one().error.startswith("SourceError: There is no source called nowhere")
        assert runs.waiting(connection) == []
        assert connection.execute(text("SELECT outcome FROM crm.recon_run WHERE source = 'bank' AND reach = 'full'")).scalar_one() == "done"
