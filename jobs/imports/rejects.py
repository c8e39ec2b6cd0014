"""The rejects file: the original rows that were not loaded, each with its line and the reason; corrected, it can be imported as it is."""

import csv
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from jobs.imports.mapping import OF_REJECTS
from jobs.imports.refusal import ImportRefusedError
from jobs.imports.spool import Spool

_NONE = sys.maxsize


def rejects_path(source: Path, wanted: Path | None) -> Path:
    """Return where rejected rows go: beside the input unless told; raise ImportRefusedError if nothing can be written there."""
    path = wanted or source.with_name(f"{source.stem}.rejects.csv")
    if not source.exists():
        return path  # that is what will be told
    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ImportRefusedError(f"rejected rows cannot be written to {path}; name another file with --rejects")
    if path.exists() and (path.samefile(source) or not os.access(path, os.W_OK)):
        raise ImportRefusedError(f"rejected rows must not be written to {path}; name another file with --rejects")
    return path


@contextmanager
def rejects_draft(path: Path, spool: Spool, rejected: Iterator[tuple[int, str]]) -> Iterator[int]:
    """Write the rejected rows beside ``path``, yield how many there are, and give the file its name only if the ``with`` ends well.

    A file of a former import stays as it is if nothing was rejected.  Raises OSError.
    """
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8-sig", newline="", errors="backslashreplace") as file:
            rows = _write(file, spool, rejected)
        yield rows
        if rows:
            umask = os.umask(0)
            os.umask(umask)
            Path(draft).chmod(0o666 & ~umask)
            Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)


def _write(file: TextIO, spool: Spool, rejected: Iterator[tuple[int, str]]) -> int:
    kept = [number for number, name in enumerate(spool.header) if name not in OF_REJECTS]
    line, reason = next(rejected, (_NONE, ""))
    if line == _NONE:
        return 0
    writer = csv.writer(file)
    writer.writerow([*(spool.header[number] for number in kept), *OF_REJECTS])
    rows = 0
    for batch in spool.batches():
        if not len(batch) or line > batch.column("line")[len(batch) - 1].as_py():
            continue
        positions = {number: position for position, number in enumerate(batch.column("line").to_pylist())}
        while line in positions:
            writer.writerow([*_row(batch, positions[line], kept), line, reason])
            rows += 1
            line, reason = next(rejected, (_NONE, ""))
    return rows


def _row(batch: pa.RecordBatch, position: int, kept: list[int]) -> list[str]:
    return [batch.column(str(number))[position].as_py() or "" for number in kept]
