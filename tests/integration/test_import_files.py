"""Which files can be read, and what happens to those that cannot: never a crash, never half a table."""

import gzip
import os
import stat
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from jobs.imports.binary import read_binary
from jobs.imports.delimited import read_text
from jobs.imports.limits import LIMITS
from jobs.imports.refusal import ImportRefusedError
from jobs.imports.sniff import sniff
from jobs.imports.spool import Spool

_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
Row = Sequence[str | float | bool | None]


def spool_of(path: Path, **options: object) -> Spool:
    """Read a file as an import does."""
    sniffed = sniff(path, options.get("encoding"), lambda _: None)  # type: ignore[arg-type]
    target = path.with_name(f"{path.name}.arrow")
    if sniffed.kind == "text":
        return read_text(path, sniffed.encoding, options.get("separator"), options.get("header_row"), target, lambda _: None)  # type: ignore[arg-type]
    return read_binary(path, sniffed.kind, options.get("sheet"), options.get("header_row"), target, lambda: None)  # type: ignore[arg-type]


def cells(spool: Spool) -> list[list[str | None]]:
    """The rows of a spool, without their lines."""
    found: list[list[str | None]] = []
    for batch in spool.batches():
        found.extend(list(row) for row in zip(*(batch.column(str(number)).to_pylist() for number in range(len(spool.header))), strict=True))
    return found


def torn(spool: Spool) -> list[tuple[int, str]]:
    """Line and fault of the rows that cannot be used."""
    return [(line, why) for batch in spool.batches() for line, why in zip(batch.column("line").to_pylist(), batch.column("torn").to_pylist(), strict=True) if why]


def workbook(path: Path, sheets: dict[str, list[Row]], extra: str = "") -> Path:
    """Write an Excel file of plain cells."""
    def cell(column: int, line: int, value: str | float | bool | None) -> str:
        place = f'r="{chr(65 + column)}{line}"'
        if value is None:
            return ""
        if isinstance(value, bool):
            return f'<c {place} t="b"><v>{value:d}</v></c>'
        return f'<c {place} t="inlineStr"><is><t>{value}</t></is></c>' if isinstance(value, str) else f"<c {place}><v>{value!r}</v></c>"

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>')
        packed.writestr("_rels/.rels", f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        named = "".join(f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>' for number, name in enumerate(sheets, 1))
        packed.writestr("xl/workbook.xml", f'<workbook {_NS} xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>')
        links = "".join(f'<Relationship Id="r{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>' for number in range(1, len(sheets) + 1))
        packed.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>')
        for number, rows in enumerate(sheets.values(), 1):
            body = "".join(f'<row r="{line}">{"".join(cell(column, line, value) for column, value in enumerate(row))}</row>' for line, row in enumerate(rows, 1))
            packed.writestr(f"xl/worksheets/sheet{number}.xml", f"<worksheet {_NS}><sheetData>{body}{extra}</sheetData></worksheet>")
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"])
def test_separators_and_encodings_are_found_out(tmp_path: Path, separator: str, encoding: str) -> None:
    path = tmp_path / "a.csv"
    content = f'name{separator}note\r\nZoë{separator}"a{separator}b""c\nsecond line"\r\n€{separator}plain\n'
    path.write_bytes(content.encode(encoding))
    spool = spool_of(path)
    assert spool.header == ("name", "note")
    assert cells(spool) == [["Zoë", f'a{separator}b"c\nsecond line'], ["€", "plain"]]


def test_mixed_line_ends_blank_lines_and_lines_of_rows_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\n\na,b\r1,"x\r\ny"\n\n3,4\r\n,\n5,6')
    spool = spool_of(path)
    assert cells(spool) == [["1", "x\r\ny"], ["3", "4"], ["5", "6"]]
    assert [line for batch in spool.batches() for line in batch.column("line").to_pylist()] == [4, 7, 9]


def test_excel_s_own_hint_names_the_separator_and_a_header_may_come_later(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=;\nReport of May\n\na;b\n1,5;2\n")
    assert cells(spool_of(path, header_row=4)) == [["1,5", "2"]]
    path.write_text("sep=\t\na\tb\n1\t2\n")
    assert cells(spool_of(path)) == [["1", "2"]]


def test_nameless_and_repeated_columns_get_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,,a\n1,2,3\n")
    assert spool_of(path).header == ("a", "column 2", "a (2)")


def test_ragged_rows_are_kept_aside_unless_only_empty_cells_are_too_many(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1\n1,2,3\n1,2,,\n")
    spool = spool_of(path)
    assert torn(spool) == [(2, "the row has 1 cells, the header has 2"), (3, "the row has 3 cells, the header has 2")]
    assert cells(spool) == [["1", ""], ["1", "2 | 3"], ["1", "2"]]


def _write(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


@pytest.mark.parametrize(("name", "make", "why"), [
    ("gone.csv", lambda _: None, "there is no file"),
    ("a.csv", _write(b""), "is empty"),
    ("a.csv", _write(b"\n\n\n"), "has no header"),
    ("a.csv", _write(b",,,\n \n"), "has no header"),
    ("folder", lambda path: path.mkdir(), "is a folder"),
    ("pipe", os.mkfifo, "is not a plain file"),
    ("a.csv", _write(bytes(range(256)) * 40), "binary data"),
    ("a.xlsx", _write(bytes(range(256)) * 40), "is damaged"),
    ("a.csv", _write(b"a,b\n" + b"\x81\x8d\x8f" * 10), "is not text in utf-8 or cp1252"),
    ("a.csv", _write("a,b\n".encode("utf-16") + b"\x00"), "is not text in utf-16"),
    ("a.csv.gz", _write(gzip.compress(b"a,b\n1,2\n")), "gzip"),
    ("a.csv", _write(b"%PDF-1.7"), "PDF"),
    ("a.xls", _write(b"<html><table></table></html>"), "web page"),
    ("a.csv", _write(b'a,b\n1,"open\n' + b"more\n" * 50), "a quote that is opened in the row on line 2 is never closed"),
    ("a.csv", _write(b'a,b\n1,"open\n' + b"more text,\n" * 20_000), "line 2 (has a cell of more than|runs over more than)"),
    ("a.csv", _write(b"a,b\n1," + b"x" * 5_000_000), "line 2 has more than"),
    ("a.csv", _write(b"a,b\n1," + b"x" * 200_000), "line 2 has a cell of more than"),
    ("a.csv", _write(b"a," * 1_000_000), "columns; at most 500"),
    ("a.csv", _write(b"a," * 3_000_000), "characters"),
    ("a.csv", _write(b"x" * 400 + b"\n1\n"), "is no header"),
    ("a.csv", _write(b'"a"b,c\n1,2\n'), "should be the header, but the row's quotes are wrong"),
    ("a.xlsx", _write(b"PK\x03\x04" + b"\x00" * 400), "is damaged"),
    ("a.xlsx", _write(b"PK\x05\x06" + b"\x00" * 18), "cannot be read as an Excel file"),
    ("a.xls", _write(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x01" * 4000), "cannot be read as an Excel file|is damaged"),
    ("a.parquet", _write(b"PAR1" + b"\x00" * 100 + b"PAR1"), "cannot be read as a Parquet file|is damaged"),
    ("a.parquet", _write(b"PAR1"), "cannot be read as a Parquet file"),
])
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, name: str, make: Callable[[Path], object], why: str) -> None:
    path = tmp_path / name
    make(path)
    with pytest.raises(ImportRefusedError, match=why):
        spool_of(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    path.chmod(stat.S_IWUSR)
    with pytest.raises(ImportRefusedError, match="may not be read"):
        spool_of(path)


def test_a_workbook_is_read_with_its_numbers_dates_and_gaps(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Data": [[None], ["id", "amount", "paid", None], ["A1", 0.1 + 0.2, True], [5551234567.0, None, False], [], ["A3", 7.0, None, "surplus"]]})
    spool = spool_of(path)
    assert spool.header == ("id", "amount", "paid")
    assert cells(spool) == [["A1", "0.3", "true"], ["5551234567", "", "false"], ["A3", "7", " | surplus"]]
    assert torn(spool) == [(6, "the row has 4 cells, the header has 3")]


def test_a_workbook_named_from_the_folder_one_stands_in_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workbook(tmp_path / "a.xlsx", {"S": [["a"], ["1"]]})
    monkeypatch.chdir(tmp_path)
    assert cells(spool_of(Path("a.xlsx"))) == [["1"]]


def test_a_workbook_with_several_filled_sheets_needs_to_be_told_which(tmp_path: Path) -> None:
    rows: list[Row] = [["a"], ["1"]]
    path = workbook(tmp_path / "a.xlsx", {"One": rows, "Two": rows, "Empty": []})
    with pytest.raises(ImportRefusedError, match="2 filled sheets: say which with --sheet; there are: 'One', 'Two', 'Empty'"):
        spool_of(path)
    with pytest.raises(ImportRefusedError, match="no sheet 'Three'"):
        spool_of(path, sheet="Three")
    assert cells(spool_of(path, sheet="Two")) == [["1"]]
    assert cells(spool_of(workbook(tmp_path / "b.xlsx", {"Empty": [], "One": rows}))) == [["1"]]
    with pytest.raises(ImportRefusedError, match="is empty"):
        spool_of(workbook(tmp_path / "c.xlsx", {"Empty": [], "Blank": []}))


def test_a_workbook_that_would_fill_the_memory_hurts_only_its_reader(tmp_path: Path) -> None:
    far = workbook(tmp_path / "far.xlsx", {"S": [["a"]]}, extra='<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    with pytest.raises(ImportRefusedError, match="damaged, or needs more than"):
        spool_of(far)
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
        for _ in range(LIMITS.unpacked_bytes // 2**24 + 1):
            part.write(bytes(2**24))
    with pytest.raises(ImportRefusedError, match="unpacks to"):
        spool_of(bomb)


def test_a_truncated_workbook_is_refused(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "a.xlsx", {"S": [["a"], ["1"]]}).read_bytes()
    for size in range(4, len(whole), 97):
        path = tmp_path / "cut.xlsx"
        path.write_bytes(whole[:size])
        with pytest.raises(ImportRefusedError):
            spool_of(path)


def test_parquet_types_become_text_that_is_read_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({
        "id": pa.array(["a", None]).dictionary_encode(), "amount": pa.array([Decimal("1.50"), None]), "share": pa.array([0.1 + 0.2, float("nan")]), "on": pa.array([date(2026, 5, 4), None]),
        "at": pa.array([datetime(2026, 5, 4, 9, 30, tzinfo=UTC), None], pa.timestamp("ns", tz="UTC")), "local": pa.array([datetime(2026, 5, 4, 9, 30), None]),
        "paid": [True, None], "roles": [["rep", "agent"], None], "nested": [{"x": 1}, None], "nul": ["a\x00b", None], "visits": pa.array([3, None], pa.int16()),
    }), path, row_group_size=1)
    spool = spool_of(path)
    assert cells(spool) == [["a", "1.50", "0.3", "2026-05-04", "2026-05-04 09:30:00+00:00", "2026-05-04 09:30:00", "true", "rep;agent", None, "a\\x00b", "3"], [None] * 11]
    assert spool.note == "Parquet; nested columns are left out: 'nested'"


_FUZZ = hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_CSV_BYTES = st.one_of(st.binary(max_size=400), st.lists(st.sampled_from([b"a", b",", b'"', b"\n", b"\r", b";", b"\t", b"|", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"1", b" ", b"sep=;"]),
                                                          max_size=120).map(b"".join))


@_FUZZ
@given(_CSV_BYTES)
def test_any_bytes_are_read_as_a_table_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fuzz.csv"
    path.write_bytes(content)
    try:
        spool = spool_of(path)
    except ImportRefusedError as error:
        assert str(error)
        return
    assert all(len(row) == len(spool.header) for row in cells(spool))
    assert not any("\x00" in (cell or "") for row in cells(spool) for cell in row)


@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["a.xlsx", "a.parquet"]), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_workbooks_and_parquet_files_are_read_or_refused(tmp_path: Path, name: str, damage: list[tuple[float, int]]) -> None:
    path = tmp_path / name
    if name == "a.xlsx":
        workbook(path, {"S": [["a", "b"], ["1", 2.0]]})
    else:
        pq.write_table(pa.table({"a": ["1", "2"], "b": [1.5, None]}), path)
    content = bytearray(path.read_bytes())
    for where, byte in damage:
        content[4 + int(where * (len(content) - 4))] = byte
    path.write_bytes(bytes(content))
    try:
        spool = spool_of(path)
    except ImportRefusedError as error:
        assert str(error)
        return
    assert all(len(row) == len(spool.header) for row in cells(spool))
