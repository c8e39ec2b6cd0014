"""The process that reads one Excel or Parquet file into a spool, within limits of memory and time: `python -m jobs.imports.reader ORDER`."""

import json
import resource
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from jobs.imports.binary import REFUSED
from jobs.imports.limits import LIMITS
from jobs.imports.refusal import ImportRefusedError, shown
from jobs.imports.spool import SpoolWriter, named_columns

_ROWS = 20_000


def main(order: dict[str, Any]) -> dict[str, Any]:
    """Read as ordered; return the header and a note on how the file was understood, or the names of the filled sheets.  Raises ImportRefusedError."""
    if order["kind"] == "sheets":
        return {"header": _filled(Path(order["path"])), "note": ""}
    read = {"workbook": _read_workbook, "parquet": _read_parquet}[order["kind"]]
    header, note = read(Path(order["path"]), order["sheet"], order["header_row"], Path(order["spool"]))
    return {"header": header, "note": note}


def _read_workbook(path: Path, sheet: str | None, header_row: int | None, spool: Path) -> tuple[tuple[str, ...], str]:
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            name = _sheet(workbook, sheet, path)
            rows = _rows(workbook, name)
            names = named_columns(_header(rows, path, header_row or 1))
            with SpoolWriter(spool, len(names)) as writer:
                for line, cells in rows:
                    _add(writer, line, cells, len(names))
    except CalamineError as error:
        raise ImportRefusedError(f"{path.name} cannot be read as an Excel file: {str(error).rstrip('.')}") from None
    return names, f"sheet {shown(name)}"


def _filled(path: Path) -> list[str]:
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            return [name for name in workbook.sheet_names if workbook.get_sheet_by_name(name).height > 0]
    except CalamineError as error:
        raise ImportRefusedError(f"{path.name} cannot be read as an Excel file: {str(error).rstrip('.')}") from None


def _sheet(workbook: CalamineWorkbook, wanted: str | None, path: Path) -> str:
    names = workbook.sheet_names
    listed = ", ".join(shown(name) for name in names[:20])
    if wanted is not None:
        if wanted not in names:
            raise ImportRefusedError(f"{path.name} has no sheet {shown(wanted)}; there are: {listed}")
        return wanted
    if len(names) == 1:
        return names[0]
    filled = [name for name in names if workbook.get_sheet_by_name(name).height > 0]
    if len(filled) != 1:
        raise ImportRefusedError(f"{path.name} has {len(filled)} filled sheets: say which with --sheet; there are: {listed}" if filled else f"{path.name} is empty")
    return filled[0]


def _rows(workbook: CalamineWorkbook, name: str) -> Iterator[tuple[int, list[str]]]:
    sheet = workbook.get_sheet_by_name(name)
    if sheet.start is None:
        return
    if sheet.width > LIMITS.columns:
        raise ImportRefusedError(f"sheet {shown(name)} is {sheet.width:,} columns wide; at most {LIMITS.columns} can be imported: delete the cells at the far right")
    # iter_rows of python-calamine 0.9 begins at row 1 whatever `start` says, to_python at the first filled one.
    for line, cells in enumerate(sheet.iter_rows(), 1):
        yield line, [_text(cell) for cell in cells]


def _header(rows: Iterator[tuple[int, list[str]]], path: Path, least: int) -> list[str]:
    for line, cells in rows:
        if line >= least and any(map(str.strip, cells)):
            while not cells[-1].strip():
                cells.pop()
            return cells
    raise ImportRefusedError(f"{path.name} has no row with a header")


def _add(writer: SpoolWriter, line: int, cells: list[str], width: int) -> None:
    if not any(cells):
        return
    size = sum(map(len, cells))
    clean = [cell.replace("\x00", "\\x00") for cell in cells]
    if clean != cells:
        writer.add_torn(line, clean, "the row holds a NUL character", size)
    elif size > LIMITS.cell_characters and max(map(len, cells)) > LIMITS.cell_characters:
        writer.add_torn(line, [cell[:1000] for cell in cells], f"a cell has more than {LIMITS.cell_characters:,} characters", size)
    elif any(cells[width:]):
        writer.add_torn(line, cells, f"the row has {len(cells)} cells, the header has {width}", size)
    else:
        writer.add(line, cells[:width] + [""] * (width - len(cells)), size)


def _text(cell: object) -> str:
    """Return a cell as text: numbers without the noise of binary fractions, dates as ISO."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return f"{cell:.15g}" if abs(cell) >= 1e15 or not cell.is_integer() else str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date | time | timedelta | int):
        return str(cell)
    return str(cell)


def _read_parquet(path: Path, _sheet: str | None, _header_row: int | None, spool: Path) -> tuple[tuple[str, ...], str]:
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            names = named_columns(schema.names)
            nested = [field.name for field in schema if pa.types.is_struct(field.type) or pa.types.is_map(field.type)]
            with SpoolWriter(spool, len(names)) as writer:
                for batch in file.iter_batches(batch_size=_ROWS, columns=[name for name in schema.names if name not in nested] or None):
                    have = dict(zip(batch.schema.names, batch.columns, strict=True))
                    writer.add_table([_column(have[name]) if name in have else pa.nulls(len(batch), pa.string()) for name in schema.names])
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ImportRefusedError(f"{path.name} cannot be read as a Parquet file: {str(error).splitlines()[0][:200]}") from None
    return names, "Parquet" + (f"; nested columns are left out: {', '.join(map(shown, nested))}" if nested else "")


def _column(values: pa.Array) -> pa.Array:
    """Return a column as text; NUL characters, which PostgreSQL cannot hold, are spelled out."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _column(values.dictionary_decode())
    if pa.types.is_floating(kind):
        return pa.array([None if value is None or value != value else _text(value) for value in values.to_pylist()], pa.string())  # noqa: PLR0124 - not a number
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.array([None if value is None else ";".join(map(str, value)) for value in values.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind):
        values = pc.cast(values, pa.timestamp("us", tz=kind.tz), safe=False)
        return pa.array([None if value is None else value.isoformat(" ") for value in values.to_pylist()], pa.string())
    text = pc.cast(values, pa.string())
    if pc.any(pc.match_substring(text, "\x00")).as_py():
        text = pc.replace_substring(text, "\x00", "\\x00")
    return text


def _bounded(run: Callable[[], dict[str, Any]]) -> int:
    if sys.platform == "linux":  # elsewhere the limit is not kept, or breaks the allocator
        resource.setrlimit(resource.RLIMIT_AS, (LIMITS.reader_memory_bytes, LIMITS.reader_memory_bytes))
    try:
        sys.stdout.write(json.dumps(run()))
    except ImportRefusedError as error:
        sys.stdout.write(str(error))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_bounded(lambda: main(json.loads(sys.argv[1]))))
