"""A file of all rows behind a number: the order holds the question, whoever makes the file reads the rows and holds none of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection

from shared.clock import now
from shared.metrics.format import write_exact
from shared.metrics.metric import Unit
from shared.metrics.period import Period
from shared.metrics.row_statements import counted, every_row
from shared.metrics.rows_behind import RowsBehind
from shared.reports.kinds import FileKind
from shared.reports.large_table import LargeColumn, head_of, write_large_workbook
from shared.reports.limits import check_longest, check_rows
from shared.reports.problems import NothingToExportError
from shared.reports.text import clean
from shared.warehouse.copying import batches, copy_csv, wait_longer

KINDS_OF_ROWS: Final = ("xlsx", "csv")
QUICK_ROWS: Final = 4_000
"""Rows that are written in well under a second, while their reader waits."""
ROWS_END: Final = 0.98
"""Progress of an order whose rows are all written; the rest is storing the file."""
_ROUGH_FROM: Final = 10_000
"""Of so many rows nobody wants to see the last digits run."""
_MARK: Final = b'{"rows":'
_SHEET: Final = "Rows"
_NAMES: Final = ("day", "branch", "label", "entity", "entity_id", "value")
"""Columns of ``every_row``, as they stand in the file."""


@dataclass(frozen=True)
class RowsFile:
    """What is wanted, before a row is read."""

    title: str
    about: Sequence[tuple[str, str]]
    """(name, value): what the number is, over which days and branches."""
    company: str
    as_of: datetime
    """When it was ordered; aware."""
    rows: RowsBehind


def packed_rows(wanted: RowsFile) -> bytes:
    """Return ``wanted`` as bytes for an order."""
    rows = wanted.rows
    return orjson.dumps({"rows": {
        "title": clean(wanted.title), "about": [[clean(name), clean(value)] for name, value in wanted.about], "company": clean(wanted.company), "as_of": wanted.as_of.isoformat(), "metric": rows.metric, "start": rows.period.start,
        "end": rows.period.end, "where": rows.where, "branches": rows.branches, "part": rows.part, "today": rows.today,
    }})


def unpacked_rows(stored: bytes) -> RowsFile | None:
    """Return what ``packed_rows`` made bytes of; None where an order holds a document."""
    if not stored.startswith(_MARK):
        return None
    given: dict[str, Any] = orjson.loads(stored)["rows"]
    where = tuple((name, tuple(keys)) for name, keys in given["where"])
    rows = RowsBehind(given["metric"], Period(date.fromisoformat(given["start"]), date.fromisoformat(given["end"])), where, tuple(given["branches"]), given["part"], date.fromisoformat(given["today"]))
    return RowsFile(given["title"], [(name, value) for name, value in given["about"]], given["company"], datetime.fromisoformat(given["as_of"]), rows)


def columns_of(wanted: RowsFile) -> tuple[LargeColumn, ...]:
    """Return the columns of the file, in the order of the statement."""
    return (LargeColumn("Day", "day"), LargeColumn("Branch", "text"), LargeColumn("What", "text", width=40), LargeColumn("Kind of row", "text", width=16), LargeColumn("Number", "text", width=14), LargeColumn("Counts", "number", wanted.rows.unit))


def told(progress: float, rows: int) -> str:
    """Return how far an order of so many rows is, in words; ``progress`` as its maker tells it."""
    done = min(rows, int(round(progress / ROWS_END * rows, -2 if rows > _ROUGH_FROM else 0)))
    return f"{done:,} of {rows:,} rows" if done < rows else f"all {rows:,} rows are read, the file is being kept"


def check_kind(kind: FileKind, rows: int, title: str) -> None:
    """Refuse what cannot be: another kind of file, no row, or more rows than the format holds.  Raises ExportError (TooLargeError)."""
    if kind.key not in KINDS_OF_ROWS:
        raise NothingToExportError("All rows behind a number become Excel or CSV.")
    if not rows:
        raise NothingToExportError("No row stands behind this part.")
    if kind.key == "xlsx":
        check_rows(rows, len(_NAMES), f"“{title}”")


def write_rows(connection: Connection, wanted: RowsFile, kind: FileKind, zone: ZoneInfo, out: IO[bytes], *, within: int, advance: Callable[[float], None] = lambda _: None) -> int:
    """Read all rows in one snapshot of ``connection`` and write them to ``out``, from its beginning; return how many there were.

    ``within``: seconds that one statement may take; ``advance`` is told how much is done (0..1) and ends the work by raising.  Raises TooLargeError, before a row is read, where
    the format does not hold so many.
    """
    out.seek(0)
    out.truncate()
    wait_longer(connection, within)
    rows = wanted.rows
    found = counted(connection, rows.question, rows.part, rows.today, rows.branches)
    count = found.rows
    check_kind(kind, count, wanted.title)
    if kind.key == "xlsx":
        check_longest(found.longest)
    sql, parameters = every_row(rows.question, rows.part, rows.today, rows.branches)
    columns = columns_of(wanted)

    def tell(done: int) -> None:
        advance(min(1.0, done / count))

    if kind.key == "csv":
        return copy_csv(connection, out, sql, parameters, [(name, column.label, column.kind) for name, column in zip(_NAMES, columns, strict=True)], zone.key, header=head_of(columns), advance=tell)
    sum_of = write_exact(found.total, rows.unit) if rows.unit else f"{found.total:,.10g}"
    about = [*wanted.about, ("Read at", f"{now().astimezone(zone):%-d %B %Y, %H:%M %Z}"), ("Rows", f"{count:,}"), ("Their sum" if rows.unit in {Unit.MONEY, Unit.COUNT, None} else "Sum of the values", sum_of)]
    return write_large_workbook(out, _SHEET, columns, batches(connection, sql, parameters), zone, rows=count, about=about, advance=tell)
