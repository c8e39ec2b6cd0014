"""What a workbook holds, checked before work begins and said in words."""

from collections.abc import Iterable
from typing import Final

from shared.reports.document import Document, Table
from shared.reports.problems import TooLargeError

MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384
LONGEST_CELL: Final = 32_767
"""Limits of a sheet in the XLSX format."""
MOST_SHEETS: Final = 200
"""Ours: nobody finds their way in more."""


def check_rows(rows: int, columns: int, what: str) -> None:
    """Refuse a table of ``rows`` (without its header) and ``columns`` that no sheet holds.  Raises TooLargeError."""
    if rows + 1 > MOST_ROWS:
        raise TooLargeError(f"{what} has {rows:,} rows; an Excel sheet holds {MOST_ROWS:,} with its header. Choose CSV, which has no limit, or fewer days or branches.")
    if columns > MOST_COLUMNS:
        raise TooLargeError(f"{what} has {columns:,} columns; an Excel sheet holds {MOST_COLUMNS:,}. Choose CSV.")


def check_longest(characters: int) -> None:
    """Refuse a value of so many characters that no cell holds.  Raises TooLargeError."""
    if characters > LONGEST_CELL:
        raise TooLargeError(f"One value has {characters:,} characters; an Excel cell holds {LONGEST_CELL:,}. Choose CSV, which has no limit.")


def check_workbook(document: Document) -> None:
    """Refuse a document that no workbook holds; the message says what is too large and what to do.  Raises TooLargeError."""
    if len(document.blocks) > MOST_SHEETS:
        raise TooLargeError(f"This has {len(document.blocks)} parts, and a workbook is made with {MOST_SHEETS} sheets at most. Export the cards one by one.")
    _check_texts((document.title, document.about, document.company), "The heading")
    for name, value in document.filters:
        _check_texts((name, value), f"The filter {name[:40]}")
    for term, meaning in document.definitions.items():
        _check_texts((term, meaning), f"The definition of {term[:40]}")
    for block in document.blocks:
        _check_texts((block.title, block.says, block.note), f"What {block.title[:60]!r} says")
        if block.table is not None:
            check_rows(len(block.table.rows) + bool(block.table.totals) + 6, len(block.table.columns), f"{block.title!r}")
            _check_cells(block.table, block.title)


def _check_cells(table: Table, title: str) -> None:
    _check_texts((text for column in table.columns for text in (column.label, column.note)), f"The header of {title!r}")
    for number, row in enumerate((*table.rows, table.totals), 1):
        for column, value in zip(table.columns, row, strict=False):
            if isinstance(value, str) and len(value) > LONGEST_CELL:
                raise TooLargeError(f"Row {number:,} of {title!r} holds {len(value):,} characters under {column.label!r}; an Excel cell holds {LONGEST_CELL:,}. Choose CSV, which has no limit.")


def _check_texts(texts: Iterable[str], what: str) -> None:
    for text in texts:
        if len(text) > LONGEST_CELL:
            raise TooLargeError(f"{what} has {len(text):,} characters; an Excel cell holds {LONGEST_CELL:,}.")
