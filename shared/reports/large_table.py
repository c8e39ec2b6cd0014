"""One large table as XLSX or CSV from batches of rows, in memory that does not grow with it.

xlsxwriter makes the workbook around the rows (styles, header, widths, filters); the rows are written into its sheet as they come, because formatting ten
million cells one call at a time takes most of the time that such a file needs.
"""

import csv
import io
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import IO, Any, Final, Literal, TypeAlias
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from shared.metrics.metric import Unit
from shared.reports.delimited import BYTE_ORDER_MARK, field
from shared.reports.document import Cell
from shared.reports.limits import LONGEST_CELL, MOST_ROWS, check_longest, check_rows
from shared.reports.number_formats import DAY, MOMENT, number_format
from shared.reports.problems import TooLargeError
from shared.reports.text import clean, inert

Kind: TypeAlias = Literal["text", "number", "day", "moment"]
Row: TypeAlias = Sequence[Cell]
_EPOCH_DAY: Final = date(1899, 12, 30).toordinal()
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's moments have no zone
ABOUT: Final = "About"
"""Name of the second sheet."""
_FAST: Final = 1
"""Compression: a fifth larger than the best, in a third of the time."""
_WIDTHS: Final[dict[Kind, float]] = {"text": 22, "number": 14, "day": 12, "moment": 17}
_TEMPLATE: Final = re.compile(rb'<row r="2"[^>]*>(.*?)</row>', re.DOTALL)
_DIMENSION: Final = re.compile(rb'(?<=<dimension ref=")[A-Z0-9:]+(?=")')
_STYLE: Final = re.compile(rb'<c r="[A-Z]+2" s="(\d+)"')


@dataclass(frozen=True)
class LargeColumn:
    """One column: every value is of ``kind``, or None."""

    label: str
    kind: Kind
    unit: Unit | None = None
    width: float = 0
    """Characters; 0: what is usual of the kind."""


def write_large_workbook(
    out: IO[bytes], name: str, columns: Sequence[LargeColumn], batches: Iterable[Sequence[Row]], zone: ZoneInfo, *,
    rows: int, about: Sequence[tuple[str, str]] = (), advance: Callable[[int], None] = lambda _: None,
) -> int:
    """Write ``batches`` to ``out`` (which can be sought in) as XLSX with one sheet called ``name``; return how many rows there were.

    ``rows``: how many are expected; more than a sheet holds are refused before work begins (TooLargeError), and also if they come unexpected.  ``about``: what stands on a second sheet,
    as (name, value).  ``advance`` is told how many are done after each batch and ends the work by raising; what stands in ``out`` then is no workbook.
    """
    check_rows(rows, len(columns), f"{name!r}")
    shell, sheet = _shell(name, columns, rows, about)
    with zipfile.ZipFile(io.BytesIO(shell)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST) as target:
        for entry in source.namelist():
            if entry != sheet:
                target.writestr(entry, source.read(entry))
        content = _DIMENSION.sub(b"A1:%s%d" % (xl_col_to_name(len(columns) - 1).encode(), rows + 1), source.read(sheet), count=1)
        template = _TEMPLATE.search(content)
        assert template is not None, "xlsxwriter wrote no row 2"
        encode = _encoder(columns, [int(number) for number in _STYLE.findall(template.group(1))], zone)
        with target.open(sheet, "w", force_zip64=True) as inside:
            inside.write(content[: template.start()])
            done = _write_rows(inside, name, encode, batches, advance)
            inside.write(content[template.end() :])
    return done


def write_large_csv(out: IO[bytes], columns: Sequence[LargeColumn], batches: Iterable[Sequence[Row]], zone: ZoneInfo, *, advance: Callable[[int], None] = lambda _: None) -> int:
    """Write ``batches`` to ``out`` as CSV (as ``delimited`` does) and return how many rows there were; ``advance`` as above."""
    done = 0
    out.write(head_of(columns))
    for batch in batches:
        lines = io.StringIO()
        csv.writer(lines, lineterminator="\r\n").writerows(zip(*(_csv_column(column, values, zone) for column, values in zip(columns, zip(*batch, strict=True), strict=True)), strict=True))
        out.write(lines.getvalue().encode())
        done += len(batch)
        advance(done)
    return done


def head_of(columns: Sequence[LargeColumn]) -> bytes:
    """Return what a CSV begins with: the mark by which Excel knows UTF-8, and the header."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([inert(clean(column.label)) for column in columns])
    return BYTE_ORDER_MARK + line.getvalue().encode()


def _csv_column(column: LargeColumn, values: Sequence[Any], zone: ZoneInfo) -> Iterable[Any]:
    if column.kind == "text":
        return ["" if value is None else _inert(value) for value in values]
    if column.kind == "day":
        return ["" if value is None else value.isoformat() for value in values]
    if column.kind == "moment":
        return ["" if value is None else field(value, zone) for value in values]
    return ["" if value is None else _digits(value) for value in values]


def _shell(name: str, columns: Sequence[LargeColumn], rows: int, about: Sequence[tuple[str, str]]) -> tuple[bytes, str]:
    """A workbook with header and one empty, formatted row, and a sheet that says what it is; and where in it the sheet of the rows stands."""
    out = io.BytesIO()
    book = Workbook(out)
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    _set_page(sheet)
    look = {"bold": True, "bg_color": "#EEF2FB", "bottom": 1, "bottom_color": "#D0D5DD"}
    head, head_of_numbers = book.add_format(look), book.add_format({**look, "align": "right"})
    for number, column in enumerate(columns):
        formats = {"text": "General", "day": DAY, "moment": MOMENT, "number": number_format(column.unit)}
        style = book.add_format({"num_format": formats[column.kind], "align": "right" if column.kind == "number" else "left"})  # also keeps the style from being the default, which has no number
        sheet.set_column(number, number, column.width or max(_WIDTHS[column.kind], min(40, len(column.label) + 3)))
        sheet.write_string(0, number, clean(column.label), head_of_numbers if column.kind == "number" else head)
        sheet.write_blank(1, number, None, style)
    if rows:
        sheet.autofilter(0, 0, rows, len(columns) - 1)
    if about:
        _write_about(book, about, head)
    book.close()
    return out.getvalue(), "xl/worksheets/sheet1.xml"


def _write_about(book: Workbook, about: Sequence[tuple[str, str]], head: Any) -> None:
    sheet = book.add_worksheet(ABOUT)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, "What", head)
    sheet.write_string(0, 1, "Value", head)
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for number, (term, value) in enumerate(about, 1):
        sheet.write_string(number, 0, clean(term), wrapped)
        sheet.write_string(number, 1, clean(value)[:LONGEST_CELL], wrapped)
    sheet.freeze_panes(1, 0)
    _set_page(sheet)


def _set_page(sheet: Any) -> None:
    """How it prints: across, as wide as a page, numbered."""
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&8&A&R&8Page &P of &N")


def _write_rows(out: IO[bytes], name: str, encode: Callable[[int, Sequence[Row]], str], batches: Iterable[Sequence[Row]], advance: Callable[[int], None]) -> int:
    done = 0
    for batch in batches:
        if done + len(batch) + 1 > MOST_ROWS:
            raise TooLargeError(f"{name!r} has more than {MOST_ROWS - 1:,} rows, which no Excel sheet holds. Choose CSV, which has no limit.")
        out.write(encode(done + 2, batch).encode())
        done += len(batch)
        advance(done)
    return done


def _encoder(columns: Sequence[LargeColumn], styles: Sequence[int], zone: ZoneInfo) -> Callable[[int, Sequence[Row]], str]:
    """Return what makes XML of a batch whose first row has a number: column by column, so that what a column needs is decided once."""
    names = [xl_col_to_name(number) for number in range(len(columns))]
    cells = [f'<c r="{name}%d" s="{style}" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>' if column.kind == "text" else f'<c r="{name}%d" s="{style}"><v>%s</v></c>'
             for name, style, column in zip(names, styles, columns, strict=True)]
    whole = '<row r="%d">' + "".join(cells) + "</row>"

    def one(row: int, values: Sequence[str | None]) -> str:
        return f'<row r="{row}">' + "".join(cell % (row, value) for cell, value in zip(cells, values, strict=True) if value is not None) + "</row>"

    def encode(first: int, batch: Sequence[Row]) -> str:
        written = [_xml_column(column, values, zone) for column, values in zip(columns, zip(*batch, strict=True), strict=True)]
        numbers = range(first, first + len(batch))
        if any(None in values for values in written):
            return "".join(map(one, numbers, zip(*written, strict=True)))
        spread: list[Any] = [numbers]
        for values in written:
            spread += [numbers, values]
        return "".join([whole % row for row in zip(*spread, strict=True)])

    return encode


def _xml_column(column: LargeColumn, values: Sequence[Any], zone: ZoneInfo) -> list[str | None]:
    if column.kind == "text":
        return [None if value is None else _xml_text(value) for value in values]
    if column.kind == "day":
        return [None if value is None else str(value.toordinal() - _EPOCH_DAY) for value in values]
    if column.kind == "moment":
        return [None if value is None else _serial(value, zone) for value in values]
    return [None if value is None else _digits(value) or None for value in values]


def _digits(value: float) -> str:
    """A number with the digits that a spreadsheet keeps; empty where it is none."""
    return str(value) if isinstance(value, int) else f"{value:.15g}" if math.isfinite(value) else ""


def _serial(moment: datetime, zone: ZoneInfo) -> str:
    since: timedelta = (moment.astimezone(zone) if moment.tzinfo else moment).replace(tzinfo=None) - _EPOCH
    return f"{since / timedelta(days=1):.9f}"


@lru_cache(maxsize=4_000)
def _xml_text(text: str) -> str:
    check_longest(len(text))
    return escape(clean(text))


@lru_cache(maxsize=4_000)
def _inert(text: str) -> str:
    return inert(clean(text))
