"""Ledgers that come by themselves: files put into a folder, and tables of other databases."""

import csv
import logging
import tempfile
from pathlib import Path
from typing import Final

from jobs.ledgers.loading import RefusedError, load_ledger
from jobs.ledgers.told import Told
from shared.clock import Clock, now
from shared.reconciliation import runs
from shared.reconciliation.source import Source, sources
from shared.reconciliation.tables import TableError, table_rows
from shared.settings import Settings
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
_QUIET_SECONDS: Final = 10
"""A file that changed less long ago is still being written."""


def look_into_folders(engines: Engines, settings: Settings, clock: Clock = now) -> int:
    """Take the files in ``LEDGER_FOLDER/<source>/``, each moved into ``taken`` or, with the reasons beside it, ``refused``; return how many there were."""
    root = Path(settings.ledger_folder) if settings.ledger_folder else None
    if root is None or not root.is_dir():
        return 0
    with engines.primary.connect() as connection:
        known = {source.name for source in sources(connection)}
    done = 0
    for folder in sorted(each for each in root.iterdir() if each.is_dir() and each.name in known):
        for file in sorted(each for each in folder.iterdir() if each.is_file() and not each.name.startswith(".")):
            if clock().timestamp() - file.stat().st_mtime >= _QUIET_SECONDS:
                _take(engines, folder, file)
                done += 1
    return done


def _take(engines: Engines, folder: Path, file: Path) -> None:
    try:
        load_ledger(engines, folder.name, file, Told())
    except RefusedError as error:
        log.warning("ledger %s: %s refused: %s", folder.name, file.name, error)
        _put_aside(folder, file, [str(error), *(f"line {one.line}: {one.words}" for one in error.problems)])
        return
    except Exception:  # a stranger's file may break any reader; it must not come back for ever
        log.exception("ledger %s: %s could not be read", folder.name, file.name)
        _put_aside(folder, file, ["The file could not be read: save it anew as CSV or XLSX. Nothing was changed."])
        return
    _move(file, folder / "taken")
    _ask(engines, folder.name)


def _put_aside(folder: Path, file: Path, why: list[str]) -> None:
    target = _move(file, folder / "refused")
    target.with_name(f"{target.name}.why.txt").write_text("\n".join(why) + "\n")


def _move(file: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    target, again = folder / file.name, 1
    while target.exists():
        again += 1
        target = folder / f"{file.stem} ({again}){file.suffix}"
    return file.replace(target)


def read_tables(engines: Engines, settings: Settings) -> int:
    """Read every source whose records stand in a table of another database; return how many."""
    with engines.primary.connect() as connection:
        wanted = [source for source in sources(connection) if source.feed.get("kind") == "table"]
    for source in wanted:
        try:
            read_table(engines, settings, source)
        except (TableError, RefusedError) as error:
            log.warning("ledger %s could not be read: %s", source.name, error)
    return len(wanted)


def read_table(engines: Engines, settings: Settings, source: Source) -> int:
    """Take all rows of a source's table in place of those taken before; return how many.  Raises TableError, RefusedError."""
    with tempfile.TemporaryDirectory(prefix="table-") as scratch:
        path = Path(scratch) / f"{source.feed['table']}.csv"
        with table_rows(settings, str(source.feed["database"]), str(source.feed["table"])) as (header, rows), path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)
        looked = load_ledger(engines, source.name, path, Told(decimal="dot"), batch=f"{source.feed['database']}:{source.feed['table']}")
    _ask(engines, source.name)
    return looked.staged.rows


def _ask(engines: Engines, source: str) -> None:
    with engines.primary.begin() as connection:
        runs.ask(connection, "ledger", "full", source)
