"""A document as one Excel workbook: a summary, a sheet per card with real numbers and a chart of Excel's own, and the definitions."""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import repeat
from typing import Any, Final
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from shared.reports import native_chart
from shared.reports.contents import numbers_of, parts_of
from shared.reports.document import Amount, Block, Cell, Column, Document, Table
from shared.reports.limits import check_workbook
from shared.reports.number_formats import DAY, MOMENT, number_format
from shared.reports.paper_size import PaperSize
from shared.reports.sheet_names import sheet_names
from shared.reports.shown import shown
from shared.reports.text import clean

SUMMARY, DEFINITIONS = "Summary", "Definitions"
_INK, _QUIET, _HEAD, _RULE = "#101828", "#667085", "#EEF2FB", "#D0D5DD"
_PAPER: Final[dict[PaperSize, int]] = {"letter": 1, "a4": 9}
_DEFAULT_WIDTH, _NARROWEST, _WIDEST = 8.43, 9.0, 60.0
_BESIDE, _WIDE = 30, 110
"""Widths of the two columns of the summary and of the definitions."""
_PER_WIDTH: Final = 1.07
"""Characters of running text per unit of width."""
_CHARACTERS: Final = round(_WIDE * _PER_WIDTH)
_LEAST_COLUMNS: Final = 8
"""That a sentence runs over in a narrow table."""
_CHART_COLUMNS, _CHART_ROWS = 12, 18
"""What a chart covers, with some room."""
_MOST_LOOKED_AT: Final = 200
"""Rows whose text decides how wide a column is."""


@dataclass(frozen=True)
class _Making:
    """What every sheet needs: the book, its formats, and where the reader's clock stands."""

    book: Workbook
    zone: ZoneInfo
    paper: PaperSize
    formats: dict[tuple[tuple[str, object], ...], Any]

    def style(self, **more: object) -> Any:
        """Return a format; the same one for the same wishes, because a workbook holds a limited number."""
        wishes = {"font_name": "Calibri", "font_size": 11, "font_color": _INK, "valign": "top", **more}
        wanted = tuple(sorted(wishes.items()))
        if wanted not in self.formats:
            self.formats[wanted] = self.book.add_format(wishes)
        return self.formats[wanted]


def workbook(document: Document, zone: ZoneInfo, paper: PaperSize = "letter", advance: Callable[[float], None] = lambda _: None) -> bytes:
    """Return ``document`` as XLSX; moments are in ``zone``, ``advance`` is told how much is done (0..1).

    Raises TooLargeError, before work begins, where no workbook holds it.  Every text is written as text: nothing in it is ever computed.
    """
    check_workbook(document)
    out = io.BytesIO()
    book = Workbook(out, {"constant_memory": True, "default_date_format": DAY})
    book.set_properties({"title": clean(document.title), "company": clean(document.company), "subject": clean(document.about), "created": document.as_of.astimezone(UTC).replace(tzinfo=None)})
    making = _Making(book, zone, paper, {})
    parts = parts_of(document)
    names = sheet_names([block.title for block in parts], (SUMMARY, DEFINITIONS))
    _write_summary(making, document, list(zip(names, parts, strict=True)))
    for number, (name, block) in enumerate(zip(names, parts, strict=True)):
        _write_block(making, name, block)
        advance((number + 1) / (len(parts) + 1))
    _write_definitions(making, document)
    book.close()
    advance(1.0)
    return out.getvalue()


def _write_summary(making: _Making, document: Document, sheets: Sequence[tuple[str, Block]]) -> None:
    sheet = making.book.add_worksheet(SUMMARY)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, _BESIDE)
    sheet.set_column(1, 1, _WIDE)
    wrapped, quiet = making.style(text_wrap=True), making.style(font_color=_QUIET)
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, clean(document.title), making.style(bold=True, font_size=20))
    facts = [("Company", document.company), ("About", document.about), ("As of", f"{document.as_of.astimezone(making.zone):%Y-%m-%d %H:%M %Z}"), *document.filters]
    row = 1
    for name, value in facts:
        if value:
            _set_height(sheet, row, value)
            sheet.write_string(row, 0, clean(name), quiet)
            sheet.write_string(row, 1, clean(value), wrapped)
            row += 1
    row += 1
    head = making.style(bold=True, bg_color=_HEAD, bottom=1, bottom_color=_RULE)
    sheet.write_string(row, 0, "Sheet", head)
    sheet.write_string(row, 1, "What it says", head)
    link = making.style(font_color="#2F5BEA", underline=1)
    for number, (name, block) in enumerate(sheets, row + 1):
        _set_height(sheet, number, block.says)
        sheet.write_url(number, 0, "internal:'{}'!A1".format(name.replace("'", "''")), link, name)
        sheet.write_string(number, 1, clean(block.says) or clean(block.title), wrapped)
    _set_page(making, sheet, landscape=False)
    sheet.activate()


def _write_block(making: _Making, name: str, block: Block) -> None:
    sheet = making.book.add_worksheet(name)
    sheet.hide_gridlines(2)
    table = numbers_of(block)
    plan = native_chart.plan_chart(block.figure, table)
    top = 4 if block.note else 3
    beside = (len(table.columns) if table else 0) + 1
    widths = _widths(table, making.zone) if table is not None else []
    for number, width in enumerate(widths):
        sheet.set_column(number, number, width)
    last = beside + _CHART_COLUMNS - 1 if plan is not None else max(_LEAST_COLUMNS, len(widths)) - 1
    room = sum(widths[: last + 1]) + _DEFAULT_WIDTH * max(0, last + 1 - len(widths))
    sheet.set_row(0, 24)
    sheet.write_string(0, 0, clean(block.title), making.style(bold=True, font_size=15))
    _write_across(sheet, 1, last, block.says, making.style(text_wrap=True), room)
    if block.note:
        _write_across(sheet, 2, last, block.note, making.style(font_color=_QUIET, italic=True, text_wrap=True), room)
    if table is not None:
        aside = plan.source if plan is not None and not plan.in_table else None
        aside_at = beside + _CHART_COLUMNS
        _write_tables(making, sheet, top, [(0, table), *([(aside_at, aside)] if aside else [])], widths)
        sheet.freeze_panes(top + 1, 1)
        sheet.repeat_rows(top)
        if table.rows and not table.totals:
            sheet.autofilter(top, 0, top + len(table.rows), len(table.columns) - 1)
        if plan is not None:
            chart = native_chart.draw_chart(making.book, plan, name, top, 0 if plan.in_table else aside_at, block.title)
            sheet.insert_chart(top, beside, chart, {"description": clean(f"{block.title}. {block.says}")[:900], "object_position": 3})
            sheet.print_area(0, 0, max(top + len(table.rows) + 1, top + _CHART_ROWS), beside + _CHART_COLUMNS - 1)
    _set_page(making, sheet, landscape=plan is not None or (table is not None and len(table.columns) > 5))


def _write_across(sheet: Any, row: int, last: int, text: str, style: Any, room: float) -> None:
    """Write a sentence over all columns of the sheet, as high as it needs."""
    if text:
        sheet.merge_range(row, 0, row, last, "", style)
        sheet.write_string(row, 0, clean(text), style)
        _set_height(sheet, row, text, round(room * _PER_WIDTH))


def _write_tables(making: _Making, sheet: Any, top: int, tables: Sequence[tuple[int, Table]], widths: Sequence[float]) -> None:
    """Write tables side by side, row by row: what is written in bounded memory cannot go back to a row above."""
    texts = [(left, table, [_column_style(making, table, number) for number in range(len(table.columns))], [_column_style(making, table, number, total=True) for number in range(len(table.columns))])
             for left, table in tables]
    if any(len(column.label) > width - 1.5 for left, table in tables for column, width in zip(table.columns, widths if left == 0 else repeat(_DEFAULT_WIDTH), strict=False)):
        sheet.set_row(top, 32)
    for left, table in tables:
        for number, column in enumerate(table.columns):
            is_number = _is_number(table, number)
            sheet.write_string(top, left + number, clean(column.label), making.style(bold=True, bg_color=_HEAD, bottom=1, bottom_color=_RULE, text_wrap=True, align="right" if is_number else "left", indent=int(number > 0 and not is_number)))
    for number in range(max(len(table.rows) + bool(table.totals) for _, table in tables)):
        for left, table, styles, total_styles in texts:
            if number < len(table.rows):
                _write_row(making, sheet, (top + 1 + number, left), table.rows[number], styles)
            elif number == len(table.rows) and table.totals:
                _write_row(making, sheet, (top + 1 + number, left), table.totals, total_styles)


def _write_row(making: _Making, sheet: Any, at: tuple[int, int], row: Sequence[Cell], styles: Sequence[Any]) -> None:
    line, left = at
    for number, (cell, column_style) in enumerate(zip(row, styles, strict=True)):
        value, style = (cell.value, making.style(num_format=number_format(cell.unit, (cell.value,)))) if isinstance(cell, Amount) else (cell, column_style)
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            sheet.write_blank(line, left + number, None, style)
        elif isinstance(value, datetime):
            sheet.write_datetime(line, left + number, (value.astimezone(making.zone) if value.tzinfo else value).replace(tzinfo=None), style)
        elif isinstance(value, date):
            sheet.write_datetime(line, left + number, value, style)
        elif isinstance(value, str):
            sheet.write_string(line, left + number, clean(value), style)
        else:
            sheet.write_number(line, left + number, value, style)


def _column_style(making: _Making, table: Table, number: int, *, total: bool = False) -> Any:
    values = [row[number] for row in (*table.rows, *([table.totals] if table.totals else []))]
    more: dict[str, object] = {"bold": True, "top": 1, "top_color": _RULE} if total else {}
    known = next((value for value in values if value is not None), None)
    if isinstance(known, datetime):
        return making.style(num_format=MOMENT, align="left", indent=int(number > 0), **more)
    if isinstance(known, date):
        return making.style(num_format=DAY, align="left", indent=int(number > 0), **more)
    if isinstance(known, str):
        return making.style(align="left", indent=int(number > 0), **more)
    return making.style(num_format=number_format(table.columns[number].unit, () if table.columns[number].to_the_cent else values), **more)


def _is_number(table: Table, number: int) -> bool:
    return table.columns[number].unit is not None or any(isinstance(row[number], int | float | Amount) for row in table.rows)


def _widths(table: Table, zone: ZoneInfo) -> list[float]:
    """How wide each column must be to show its numbers, and its label in two lines."""
    found = []
    for number, column in enumerate(table.columns):
        values = [row[number] for row in (*table.rows[:_MOST_LOOKED_AT], *([table.totals] if table.totals else []))]
        widest = max((len(_in_cell(value, column, zone)) for value in values), default=0)
        words = max((len(word) for word in column.label.split()), default=0)
        found.append(min(_WIDEST, max(_NARROWEST, widest + 2.5, words + 3, len(column.label) / 2 + 2)))
    return found


def _in_cell(value: Cell, column: Column, zone: ZoneInfo) -> str:
    """``value`` as long as its cell shows it: never shortened, as paper and screen shorten amounts of a list."""
    return shown(value.value, Column("", value.unit), zone, cents=True) if isinstance(value, Amount) else shown(value, column, zone, cents=True)


def _write_definitions(making: _Making, document: Document) -> None:
    terms = dict(document.definitions)
    for block in document.blocks:
        for column in block.table.columns if block.table else ():
            if column.note:
                terms.setdefault(column.label, column.note)
    sheet = making.book.add_worksheet(DEFINITIONS)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, _BESIDE)
    sheet.set_column(1, 1, _WIDE)
    head = making.style(bold=True, bg_color=_HEAD, bottom=1, bottom_color=_RULE)
    sheet.write_string(0, 0, "Term", head)
    sheet.write_string(0, 1, "Meaning", head)
    for number, (term, meaning) in enumerate(terms.items(), 1):
        _set_height(sheet, number, meaning)
        sheet.write_string(number, 0, clean(term), making.style(bold=True))
        sheet.write_string(number, 1, clean(meaning), making.style(text_wrap=True))
    sheet.freeze_panes(1, 0)
    _set_page(making, sheet, landscape=False)


def _set_height(sheet: Any, row: int, text: str, characters: int = _CHARACTERS) -> None:
    """As high as ``text`` needs when it is wrapped in a column of so many characters: not every program works that out when it opens a file."""
    lines = sum(max(1, math.ceil(len(line) / characters)) for line in clean(text).split("\n")) if text else 1
    if lines > 1:
        sheet.set_row(row, min(400, 15 * lines + 2))


def _set_page(making: _Making, sheet: Any, *, landscape: bool) -> None:
    """How it prints: as wide as a page, numbered."""
    sheet.set_paper(_PAPER[making.paper])
    if landscape:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(0.5, 0.5, 0.6, 0.6)
    sheet.set_footer("&L&8&A&R&8Page &P of &N")
