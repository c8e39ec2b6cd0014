"""Rows on their way, as text, in a temporary Arrow file: read as often as needed, in portions, whatever the file's format was.

Columns: ``line`` (where the row begins in the file), ``torn`` (why the row cannot be used at all, else NULL), then ``0``, ``1``, … as in the header.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from jobs.imports.limits import LIMITS
from jobs.imports.refusal import ImportRefusedError, shown

_ROWS = 20_000
_CHARACTERS = 16_000_000


@dataclass(frozen=True)
class Spool:
    """A file's header and rows."""

    path: Path
    header: tuple[str, ...]
    """Names of the columns, as the file has them; a nameless one is called 'column 3', a repeated one 'Name (2)'."""
    note: str = ""
    """How the file was understood: encoding and separator, or the sheet."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows in portions, in the order of the file."""
        with pa.OSFile(str(self.path)) as source, pa.ipc.open_file(source) as reader:
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number)


def named_columns(cells: Sequence[str]) -> tuple[str, ...]:
    """Return names for a header's cells, all different; raise ImportRefusedError for a header that is none."""
    if len(cells) > LIMITS.columns:
        raise ImportRefusedError(f"the file has {len(cells):,} columns; at most {LIMITS.columns} can be imported")
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells, 1):
        plain = cell.replace("\x00", "").strip() or f"column {number}"
        name, again = plain, 1
        while name in taken:
            again += 1
            name = f"{plain} ({again})"
        taken.add(name)
        names.append(name)
    if any(len(name) > 300 for name in names):
        raise ImportRefusedError(f"the first row is no header: {shown(max(names, key=len))} is too long for a column's name")
    if not any(cell.strip() for cell in cells):
        raise ImportRefusedError("the file has no header")
    return tuple(names)


class SpoolWriter:
    """Collects rows into a spool; use it in a ``with``."""

    def __init__(self, path: Path, width: int) -> None:
        """Begin an empty spool of ``width`` columns at ``path``."""
        names = [str(number) for number in range(width)]
        self._schema = pa.schema([("line", pa.int64()), ("torn", pa.string()), *((name, pa.string()) for name in names)])
        self._sink = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_file(self._sink, self._schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))
        self._width = width
        self._rows: list[Sequence[str | None]] = []
        self._lines: list[int] = []
        self._torn: dict[int, str] = {}
        self._size = 0
        self.rows = 0

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Write what is left and close the file."""
        if kind is None:
            self.flush()
        self._writer.close()
        self._sink.close()

    def add(self, line: int, row: Sequence[str | None], size: int) -> None:
        """Add a row of exactly the header's width; ``size``: about how many characters it has."""
        self._lines.append(line)
        self._rows.append(row)
        self._size += size
        if len(self._rows) >= _ROWS or self._size >= _CHARACTERS:
            self.flush()

    def add_torn(self, line: int, row: Sequence[str], why: str, size: int) -> None:
        """Add a row that cannot be used; it is kept for the rejects file, with surplus cells joined to the last one."""
        fitting = list(row[: self._width])
        if len(row) > self._width:
            fitting[-1] = " | ".join(row[self._width - 1 :])
        fitting += [""] * (self._width - len(fitting))
        self._torn[len(self._rows)] = why
        self.add(line, fitting, size)

    def add_table(self, columns: Sequence[pa.Array]) -> None:
        """Add a portion of ready columns of text, one per column of the header; lines are numbered on."""
        self.flush()
        count = len(columns[0])
        lines = pa.array(range(self.rows + 1, self.rows + count + 1), pa.int64())
        self._writer.write_batch(pa.record_batch([lines, pa.nulls(count, pa.string()), *columns], schema=self._schema))
        self.rows += count

    def flush(self) -> None:
        """Write the collected rows."""
        if not self._rows:
            return
        torn = [self._torn.get(number) for number in range(len(self._rows))] if self._torn else [None] * len(self._rows)
        columns = [pa.array(column, pa.string()) for column in zip(*self._rows, strict=True)]
        self._writer.write_batch(pa.record_batch([pa.array(self._lines, pa.int64()), pa.array(torn, pa.string()), *columns], schema=self._schema))
        self.rows += len(self._rows)
        self._rows, self._lines, self._torn, self._size = [], [], {}, 0
