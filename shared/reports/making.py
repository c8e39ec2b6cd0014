"""What becomes a file, of which kind, under which name, and whether that is quick enough to be done while the reader waits."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from shared.reports.contents import numbers_of, parts_of
from shared.reports.delimited import delimited
from shared.reports.document import Block, Document
from shared.reports.kinds import KINDS, FileKind
from shared.reports.paper_size import PaperSize
from shared.reports.problems import ExportError, NothingToExportError
from shared.reports.text import file_name
from shared.reports.workbook import workbook

QUICK_CELLS: Final = 40_000
"""A table of so many cells is written in about a second."""
LONGEST_KEY: Final = 120


def kind_of(name: object) -> FileKind:
    """Return the kind of file called ``name``.  Raises ExportError naming the kinds."""
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ExportError(f"Choose a kind of file: {', '.join(KINDS)}.")
    return kind


def part_of(document: Document, kind: FileKind, key: str) -> Document:
    """Return what the file is made of: the whole document (no ``key``), or one with a single card.

    Raises NothingToExportError where there is no such card, or where it has nothing for this kind.
    """
    if not key:
        if not kind.for_pages:
            raise NothingToExportError(f"A whole page becomes {' or '.join(each.label for each in KINDS.values() if each.for_pages)}; {kind.label} is made of one card.")
        if not parts_of(document):
            raise NothingToExportError("This page has nothing to export at this moment.")
        return document
    block = document.block(key)
    if block is None:
        raise NothingToExportError(f"This page has no card called {key[:LONGEST_KEY]!r} for this period and these branches.")
    if kind.key in {"png", "svg"} and block.figure is None:
        raise NothingToExportError(f"{block.title!r} has no chart; choose PDF, Excel or CSV.")
    if kind.key == "csv" and numbers_of(block) is None:
        raise NothingToExportError(f"{block.title!r} has no table; choose PDF or a picture.")
    return replace(document, title=block.title, blocks=(block,), definitions=_definitions_of(document, block), about=" · ".join(each for each in (document.title, document.about) if each))


def _definitions_of(document: Document, block: Block) -> dict[str, str]:
    """The definitions of what a card speaks of."""
    columns = block.table.columns if block.table else ()
    spoken = " ".join((block.title, block.says, block.note, *(column.label for column in columns))).casefold()
    return {term: meaning for term, meaning in document.definitions.items() if term.casefold() in spoken}


def is_quick(document: Document, kind: FileKind) -> bool:
    """Say whether the file is made within about a second, without a browser."""
    return not kind.needs_browser and sum(len(table.rows) * len(table.columns) for block in document.blocks if (table := numbers_of(block)) is not None) <= QUICK_CELLS


def name_of(document: Document, kind: FileKind, zone: ZoneInfo) -> str:
    """Return the name under which the file is saved: company, title and day."""
    return file_name(" - ".join(part for part in (document.company, document.title, f"{document.as_of.astimezone(zone):%Y-%m-%d}") if part), kind.key)


def written(document: Document, kind: FileKind, zone: ZoneInfo, paper: PaperSize, advance: Callable[[float], None] = lambda _: None) -> bytes:
    """Return the file of a kind that needs no browser; ``advance`` is told how much is done (0..1).  Raises ExportError."""
    if kind.key == "xlsx":
        return workbook(document, zone, paper, advance)
    table = numbers_of(document.blocks[0])
    if table is None or kind.needs_browser:
        raise NothingToExportError(f"{document.title!r} has no table for {kind.label}.")
    return delimited(table, zone)
