"""Reads text files: separator, quotes, line breaks inside quotes, any mixture of line ends, rows of a wrong width."""

import csv
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from itertools import islice
from pathlib import Path

from jobs.imports.limits import LIMITS
from jobs.imports.refusal import ImportRefusedError
from jobs.imports.spool import Spool, SpoolWriter, named_columns

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_SAMPLE = 200
_Record = tuple[int, list[str] | str, list[str]]
"""First line, cells (or what is wrong with the row's quotes), lines as they stand."""


class _Lines:
    """The lines of a file, numbered, none longer than the limit; counts the lines since the last row, and keeps them."""

    def __init__(self, file: TextIOWrapper) -> None:
        self._file = file
        self.number = 0
        self.held: list[str] = []

    def __iter__(self) -> Iterator[str]:
        readline, most = self._file.readline, LIMITS.line_characters
        while line := readline(most + 1):
            self.number += 1
            if len(line) > most:
                raise ImportRefusedError(f"line {self.number:,} has more than {most:,} characters; this is hardly a table")
            self.held.append(line)
            if len(self.held) > LIMITS.record_lines:
                raise ImportRefusedError(f"the row on line {self.number - len(self.held) + 1:,} runs over more than {LIMITS.record_lines:,} lines: a quote is opened there and not closed")
            yield line


def read_text(path: Path, encoding: str, separator: str | None, header_row: int | None, spool: Path, read: Callable[[int], None]) -> Spool:
    """Copy a text file's rows into a spool at ``spool``; ``read`` hears of the bytes.

    ``separator`` None: found out; ``header_row`` None: the first line that is not blank.  Raises ImportRefusedError.
    """
    with path.open("rb") as raw:
        text = TextIOWrapper(raw, encoding=encoding, newline="")
        try:
            told = text.readline(LIMITS.line_characters).rstrip("\r\n")
            skip = len(told) == 5 and told.lower().startswith("sep=")  # how Excel is told the separator
            chosen = separator or (told[4] if skip else _separator(path, encoding))
            text.seek(0)
            records = _records(_Lines(text), chosen)
            names = named_columns(_header(records, path, max(header_row or 1, 1 + skip)))
            _copy(records, len(names), spool, raw.tell, read)
        except UnicodeError as error:
            raise ImportRefusedError(f"{path.name} is not text in {encoding}: {error}") from None
    return Spool(spool, names, f"text in {encoding.removesuffix('-sig')}, columns separated by {SEPARATORS.get(chosen, repr(chosen))}")


def _header(records: Iterator[_Record], path: Path, least: int) -> list[str]:
    """Return the cells of the first row that is not blank, from line ``least`` on."""
    for line, cells, _ in records:
        if isinstance(cells, str) and line >= least:
            raise ImportRefusedError(f"line {line} of {path.name} should be the header, but {cells}")
        if isinstance(cells, list) and line >= least and any(map(str.strip, cells)):
            return cells
    raise ImportRefusedError(f"{path.name} has no header" + (f" on or after line {least}" if least > 1 else ""))


def _copy(records: Iterator[_Record], width: int, path: Path, tell: Callable[[], int], read: Callable[[int], None]) -> None:
    done, rows = 0, 0
    with SpoolWriter(path, width) as writer:
        for line, cells, held in records:
            size = sum(map(len, held)) if len(held) > 1 else len(held[0])
            if isinstance(cells, str):
                writer.add_torn(line, ["".join(held).replace("\x00", "\\x00").rstrip("\r\n")], cells, size)
            elif len(cells) == width:
                if "\x00" in held[0] or (len(held) > 1 and "\x00" in "".join(held)):
                    writer.add_torn(line, [cell.replace("\x00", "\\x00") for cell in cells], "the row holds a NUL character", size)
                elif any(cells):
                    writer.add(line, cells, size)
            elif any(cells):
                clean = [cell.replace("\x00", "\\x00") for cell in cells]
                if len(cells) > width and not any(cells[width:]):
                    writer.add(line, clean[:width], size)
                else:
                    writer.add_torn(line, clean, f"the row has {len(cells)} cells, the header has {width}", size)
            rows += 1
            if rows % 5000 == 0:
                read(tell() - done)
                done = tell()
    read(tell() - done)


def _records(lines: _Lines, separator: str) -> Iterator[_Record]:
    """Yield the rows one by one, torn ones too."""
    csv.field_size_limit(LIMITS.cell_characters)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        first = lines.number + 1
        lines.held = []
        try:
            yield first, next(reader), lines.held
        except StopIteration:
            return
        except csv.Error as error:
            if "field larger" in str(error):
                raise ImportRefusedError(f"the row on line {first:,} has a cell of more than {LIMITS.cell_characters:,} characters: a quote is opened there and not closed,"
                                         " or this is no table") from None
            if "unexpected end" in str(error):
                raise ImportRefusedError(f"the file ends inside a cell: a quote that is opened in the row on line {first:,} is never closed") from None
            yield first, f"the row's quotes are wrong ({error})", lines.held


def _separator(path: Path, encoding: str) -> str:
    """Return the separator that cuts the first rows into the most columns of equal number."""
    csv.field_size_limit(LIMITS.cell_characters)
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        sample = [line for line in islice(iter(lambda: file.readline(LIMITS.line_characters), ""), _SAMPLE) if line.strip()]

    def fit(separator: str) -> tuple[int, int]:
        widths: list[int] = []
        try:
            widths.extend(len(row) for row in csv.reader(sample, delimiter=separator) if row)
        except csv.Error:
            return (0, 0)
        width = widths[0] if widths else 0
        return (sum(one == width for one in widths) if width > 1 else 0, width)

    return max(SEPARATORS, key=fit)
