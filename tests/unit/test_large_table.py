"""Tables of any size: what other programs read in them, limits, and what is left when the work is given up."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from shared.metrics.metric import Unit
from shared.reports import large_table
from shared.reports.document import Cell
from shared.reports.large_table import LargeColumn, write_large_csv, write_large_workbook
from shared.reports.problems import TooLargeError

ZONE = ZoneInfo("America/New_York")
COLUMNS = (LargeColumn("Name & <id>", "text"), LargeColumn("Day", "day"), LargeColumn("At", "moment"), LargeColumn("Amount", "number", Unit.MONEY), LargeColumn("Share", "number", Unit.PERCENT))
ROWS: list[tuple[Cell, ...]] = [
    ("=1+1", date(2026, 11, 27), datetime(2026, 11, 27, 15, 32, tzinfo=UTC), 1234.5, 0.25), (" <b>&amp; ", date(1999, 12, 31), None, -3, 1 / 3), (None, None, None, float("nan"), None), ("x\x00\ud800y", date(2000, 1, 1), datetime(2000, 1, 1, 0, 0, tzinfo=UTC), 10**12, 0.0),
]


def in_batches(size: int = 2) -> Iterator[list[tuple[Cell, ...]]]:
    for begin in range(0, len(ROWS), size):
        yield ROWS[begin : begin + size]


def test_a_workbook_written_row_by_row_is_read_back_as_it_is() -> None:
    told: list[int] = []
    file = io.BytesIO()
    assert write_large_workbook(file, "Rows", COLUMNS, in_batches(), ZONE, rows=4, about=[("Metric", "=1+1 & <b>"), ("Rows", "4")], advance=told.append) == 4
    assert told == [2, 4]
    file.seek(0)
    book = CalamineWorkbook.from_filelike(file)
    assert book.sheet_names == ["Rows", "About"]
    assert book.get_sheet_by_name("About").to_python() == [["What", "Value"], ["Metric", "=1+1 & <b>"], ["Rows", "4"]]
    head, *rows = book.get_sheet_by_name("Rows").to_python(skip_empty_area=False)
    assert head == [column.label for column in COLUMNS]
    assert rows[0] == ["=1+1", date(2026, 11, 27), datetime(2026, 11, 27, 10, 32), 1234.5, 0.25]
    assert rows[1] == [" <b>&amp; ", date(1999, 12, 31), "", -3.0, pytest.approx(1 / 3, rel=1e-14)]
    assert rows[2] == ["", "", "", "", ""]
    assert rows[3] == ["x\ufffdy", date(2000, 1, 1), datetime(1999, 12, 31, 19, 0), 1e12, 0.0]


def test_a_csv_holds_the_same_and_nothing_that_computes() -> None:
    file = io.BytesIO()
    assert write_large_csv(file, COLUMNS, in_batches(3), ZONE) == 4
    head, *rows = list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))
    assert head == [column.label for column in COLUMNS]
    assert rows[0] == ["'=1+1", "2026-11-27", "2026-11-27 10:32:00", "1234.5", "0.25"]
    assert rows[2] == ["", "", "", "", ""]
    assert rows[3][3] == "1000000000000"


def test_more_than_a_sheet_holds_is_refused_first_and_also_when_it_comes_unexpected(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    asked: list[int] = []

    def never() -> Iterator[list[tuple[Cell, ...]]]:
        asked.append(1)
        yield ROWS

    with pytest.raises(TooLargeError, match="1,048,576 rows"):
        write_large_workbook(file, "Rows", COLUMNS, never(), ZONE, rows=1_048_576)
    assert asked == []
    monkeypatch.setattr(large_table, "MOST_ROWS", 4)
    with pytest.raises(TooLargeError, match="more than 3 rows"):
        write_large_workbook(file, "Rows", COLUMNS, in_batches(), ZONE, rows=2)
    with pytest.raises(TooLargeError, match="32,768 characters"):
        write_large_workbook(file, "Rows", COLUMNS[:1], iter([[("x" * 32_768,)]]), ZONE, rows=1)


@pytest.mark.parametrize("writer", ["xlsx", "csv"])
def test_the_work_ends_where_its_teller_raises(writer: str) -> None:
    file = io.BytesIO()
    told: list[int] = []

    def give_up(done: int) -> None:
        told.append(done)
        raise InterruptedError(done)

    work: Callable[[], int] = (lambda: write_large_csv(file, COLUMNS, in_batches(), ZONE, advance=give_up)) if writer == "csv" else (
        lambda: write_large_workbook(file, "Rows", COLUMNS, in_batches(), ZONE, rows=4, advance=give_up))
    with pytest.raises(InterruptedError):
        work()
    assert told == [2], "and not a row later"
