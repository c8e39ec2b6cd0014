"""Rows out of PostgreSQL: the same CSV whether PostgreSQL writes it or we do."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from shared.reports.delimited import BYTE_ORDER_MARK
from shared.reports.large_table import LargeColumn, write_large_csv
from shared.settings import Settings
from shared.warehouse.copying import Kind, batches, copy_csv, wait_longer
from shared.warehouse.engines import Engines

COLUMNS: Sequence[tuple[str, str, Kind]] = (("name", "Name", "text"), ("day", "Day", "day"), ("at", "At", "moment"), ("amount", "Amount", "number"))
ROWS = """
SELECT t.name, date '2026-11-27' AS day, timestamptz '2026-11-27 15:32:01+00' AS at, t.amount
FROM (VALUES ('=1+1', 1.5::float8), ('  @x', -2), ('a "quoted", one', NULL), (NULL, 0), (E'\\tx', 3), ('-', 4), (E'line\\nbreak', 5), ('plain', :last), ('fifteen', 0.1::float8 + 0.2::float8), ('large', 123456789012345678), ('＝wide', 7), (E'\\u00a0=x', 8)) AS t (name, amount)"""
HEADER = BYTE_ORDER_MARK + b"Name,Day,At,Amount\r\n"


def lines(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as reading:
        return list(csv.reader(reading))


def test_postgresql_writes_the_csv_that_we_write(engines: Engines, tmp_path: Path) -> None:
    with engines.primary_reader() as connection, (tmp_path / "copy.csv").open("wb") as copy, (tmp_path / "ours.csv").open("wb") as own:
        assert copy_csv(connection, copy, ROWS, {"last": 6}, COLUMNS, "America/New_York", header=HEADER) == 12
        ours = [LargeColumn(label, kind) for _, label, kind in COLUMNS]
        write_large_csv(own, ours, batches(connection, ROWS, {"last": 6}, size=4), ZoneInfo("America/New_York"))
    assert lines(tmp_path / "copy.csv") == lines(tmp_path / "ours.csv")
    assert (tmp_path / "copy.csv").read_bytes() == (tmp_path / "ours.csv").read_bytes(), "to the byte: line ends and digits, too"
    assert lines(tmp_path / "copy.csv")[1] == ["'=1+1", "2026-11-27", "2026-11-27 10:32:01", "1.5"]


def test_batches_come_as_they_are_asked_for(engines: Engines) -> None:
    with engines.primary_reader() as connection:
        found = list(batches(connection, "SELECT i FROM generate_series(1, :n) AS i", {"n": 25}, size=10))
    assert [len(batch) for batch in found] == [10, 10, 5]
    assert [row[0] for batch in found for row in batch] == list(range(1, 26))


def test_a_copy_that_is_given_up_leaves_a_usable_connection(engines: Engines) -> None:
    def give_up(done: int) -> None:
        raise InterruptedError(done)

    columns: Any = (("i", "I", "number"),)
    with engines.primary_reader() as connection, pytest.raises(InterruptedError):
        copy_csv(connection, io.BytesIO(), "SELECT i FROM generate_series(1, 50000) AS i", {}, columns, "UTC", header=b"I\r\n", advance=give_up)
    with engines.primary_reader() as connection:
        assert copy_csv(connection, io.BytesIO(), "SELECT 1 AS i", {}, columns, "UTC", header=b"I\r\n") == 1


def test_a_copy_that_a_replica_cuts_off_is_done_once_more(fresh: Engines) -> None:
    cut: list[int] = []
    told: list[int] = []

    def copy(connection: Connection) -> bytes:
        file = io.BytesIO()
        number = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        told.append(number)

        def cut_off(done: int) -> None:
            if not cut:
                cut.append(done)
                for engine in (fresh.primary, *(replica.engine for replica in fresh.replicas)):
                    with engine.connect() as other:
                        other.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})

        copy_csv(connection, file, "SELECT i, repeat('x', 1000) AS x FROM generate_series(1, 60000) AS i", {}, (("i", "I", "number"), ("x", "X", "text")), "UTC", header=b"", advance=cut_off)
        return file.getvalue()

    assert len(fresh.read(copy).splitlines()) == 60_000
    assert len(told) == 2


def test_a_file_may_take_longer_than_a_page(database: Callable[..., Settings]) -> None:
    short = Engines(database(statement_timeout_seconds=1))
    with short.reader() as connection, pytest.raises(DBAPIError, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(1.5)"))
    with short.reader() as connection:
        wait_longer(connection, 10)
        assert copy_csv(connection, io.BytesIO(), "SELECT pg_sleep(1.5) IS NULL AS i", {}, (("i", "I", "number"),), "UTC", header=b"") == 1
    with short.reader() as connection, pytest.raises(DBAPIError, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(1.5)"))
    short.dispose()
