"""Many rows out of PostgreSQL without holding them: in batches from a cursor on the server, or straight into a CSV file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any, Final, Literal

import psycopg2
from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError

from shared.warehouse.pool import raw_connection

_BATCH: Final = 5000
_COMPUTES: Final = r"^[ \u00a0]*[-=+@＝＋－＠\t\r\n]"
"""What a spreadsheet takes for the beginning of a formula; the twin of ``shared.reports.text.inert``, and a test compares them."""
Kind = Literal["text", "number", "day", "moment"]


def batches(connection: Connection, statement: str, parameters: Mapping[str, Any], size: int = _BATCH) -> Iterator[Sequence[Any]]:
    """Yield the rows of ``statement`` (with ``:name`` marks) in lists of ``size``; neither side holds more."""
    with connection.execution_options(stream_results=True, max_row_buffer=size).execute(text(statement), parameters) as result:
        yield from result.partitions(size)


def wait_longer(connection: Connection, seconds: int) -> None:
    """Let statements of this transaction take so long: a file of many rows may, a page may not."""
    connection.execution_options(answer_within=seconds + 2).execute(text(f"SET LOCAL statement_timeout = {int(seconds) * 1000}"))


def copy_csv(connection: Connection, file: IO[bytes], statement: str, parameters: Mapping[str, Any], columns: Sequence[tuple[str, str, Kind]], zone: str, *, header: bytes, advance: Callable[[int], None] = lambda _: None) -> int:
    """Write the rows of ``statement`` to ``file`` as CSV after ``header``, and return how many there were; ``advance`` is told now and then and ends the work by raising.

    ``columns``: (name in the statement, label, kind).  PostgreSQL writes the lines itself: text that a spreadsheet would compute gets a leading quote, moments stand in ``zone``.
    """
    out = _Counting(file, advance)
    file.write(header)
    connection.execute(text("SET LOCAL extra_float_digits = 0"))  # the 15 digits that a spreadsheet keeps, as everywhere else
    raw = raw_connection(connection)
    try:
        with raw.cursor() as cursor:
            cursor.copy_expert(cursor.mogrify(*_copy(statement, parameters, columns, zone)), out)
    except psycopg2.Error as error:  # as every other statement fails, so that who reads can tell what is worth another try
        if raw.closed:
            connection.invalidate(error)
        raise OperationalError(statement, {}, error, connection_invalidated=bool(raw.closed)) from error
    return out.rows


def _copy(statement: str, parameters: Mapping[str, Any], columns: Sequence[tuple[str, str, Kind]], zone: str) -> tuple[str, dict[str, Any]]:
    compiled = text(statement).bindparams(**parameters).compile(dialect=postgresql.dialect())
    chosen = ", ".join(_written(name, kind) for name, _, kind in columns)
    return f"COPY (SELECT {chosen} FROM ({compiled}) AS t) TO STDOUT (FORMAT csv)", {**compiled.params, "csv_computes": _COMPUTES, "csv_zone": zone}


def _written(name: str, kind: Kind) -> str:
    column = 't."{}"'.format(name.replace('"', '""'))
    if kind == "text":
        return f"CASE WHEN {column} ~ %(csv_computes)s THEN '''' || {column} ELSE {column} END"
    if kind == "moment":
        return f"to_char({column} AT TIME ZONE %(csv_zone)s, 'YYYY-MM-DD HH24:MI:SS')"
    return column


class _Counting:
    """A file that psycopg2 writes one row at a time into."""

    def __init__(self, file: IO[bytes], advance: Callable[[int], None]) -> None:
        self._file, self._advance = file, advance
        self.rows = 0

    def write(self, row: bytes) -> int:
        self.rows += 1
        if self.rows % _BATCH == 0:
            self._advance(self.rows)
        return self._file.write(row[:-1] + b"\r\n")  # PostgreSQL ends each row as its machine does, CSV (RFC 4180) and the header alike
