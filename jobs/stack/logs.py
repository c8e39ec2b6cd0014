"""One log file per service, kept to a size."""

import os
import shutil
from pathlib import Path
from typing import IO

LIMIT = 20_000_000
"""Bytes after which a log is put aside as ``<name>.log.1``."""


class Logs:
    """The log files in ``folder``."""

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Return where ``name`` writes."""
        return self._folder / f"{name}.log"

    def open(self, name: str) -> IO[bytes]:
        """Open the log of ``name`` for appending (so that it can be cut while somebody writes)."""
        return self.path(name).open("ab", buffering=0)

    def last_words(self, name: str) -> str:
        """Return the last line that ``name`` wrote, as a sentence; empty: it wrote nothing."""
        path = self.path(name)
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
        return f"Its last line: {lines[-1].strip()}" if lines else ""

    def trim(self) -> None:
        """Put aside every log that has outgrown LIMIT; its writer goes on with an empty file."""
        for path in self._folder.glob("*.log"):
            if path.stat().st_size > LIMIT:
                shutil.copyfile(path, path.with_suffix(".log.1"))
                os.truncate(path, 0)
