"""Reads Excel and Parquet files in a process of its own: a damaged or hostile file can exhaust or crash a reader written in C++ or Rust, and then hurts only that."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from jobs.imports.limits import LIMITS, sized
from jobs.imports.refusal import ImportRefusedError
from jobs.imports.spool import Spool

REFUSED = 3
"""Exit code of a reader that says why it cannot read the file."""


def read_binary(path: Path, kind: str, sheet: str | None, header_row: int | None, spool: Path, still: Callable[[], None]) -> Spool:
    """Copy the rows of a workbook (``sheet`` None: its only filled sheet) or Parquet file into a spool; ``still`` is called every half second.

    Raises ImportRefusedError.
    """
    if kind == "workbook":
        _refuse_bomb(path)
    answer = _answer(path, {"path": str(path.resolve()), "kind": kind, "sheet": sheet, "header_row": header_row, "spool": str(spool.resolve())}, still)
    return Spool(spool, tuple(answer["header"]), answer["note"])


def sheets_of(path: Path) -> tuple[str, ...]:
    """Return the names of a workbook's filled sheets.  Raises ImportRefusedError."""
    _refuse_bomb(path)
    return tuple(_answer(path, {"path": str(path.resolve()), "kind": "sheets"}, lambda: None)["header"])


def _answer(path: Path, order: dict[str, Any], still: Callable[[], None]) -> dict[str, Any]:
    with subprocess.Popen([sys.executable, "-m", "jobs.imports.reader", json.dumps(order)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          cwd=Path(__file__).parents[2]) as reader:
        try:
            said = _wait(reader, path, still)
        except BaseException:
            reader.kill()
            raise
    if reader.returncode == REFUSED:
        raise ImportRefusedError(said)
    if reader.returncode:
        raise ImportRefusedError(f"{path.name} is damaged, or needs more than {sized(LIMITS.reader_memory_bytes)} of memory to be read (filled cells far apart do that): save it as CSV")
    answer: dict[str, Any] = json.loads(said)
    return answer


def _wait(reader: "subprocess.Popen[bytes]", path: Path, still: Callable[[], None]) -> str:
    for _ in range(LIMITS.reader_seconds * 2):
        try:
            return reader.communicate(timeout=0.5)[0].decode()
        except subprocess.TimeoutExpired:
            still()
    raise ImportRefusedError(f"{path.name} could not be read within {LIMITS.reader_seconds // 60} minutes: save it as CSV")


def _refuse_bomb(path: Path) -> None:
    """Refuse a zip that is torn, or unpacks to more than the limit; .xls files are no zips."""
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            return
    try:
        with ZipFile(path) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        raise ImportRefusedError(f"{path.name} is damaged: it begins like an Excel file but is cut off or no workbook") from None
    if unpacked > LIMITS.unpacked_bytes:
        raise ImportRefusedError(f"{path.name} unpacks to {sized(unpacked)}; at most {sized(LIMITS.unpacked_bytes)} can be imported: save it as CSV")
