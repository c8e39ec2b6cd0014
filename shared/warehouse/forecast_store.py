"""Keeps forecasts: a run is written whole or not at all, and the newest few keep the errors that bands are made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

_LOCK: Final = text("SELECT pg_try_advisory_xact_lock(hashtext('shared.forecast.train'))")
_KEEP_WHOLE: Final = 3
"""Runs that are kept whole: readers may still be at the one before the newest.  Of older ones only what they said is kept."""
_OLD: Final = "r.id = {0}.run_id AND r.id NOT IN (SELECT id FROM app.forecast_run ORDER BY origin_day DESC LIMIT :keep)"
_THIN_OUT: Final = tuple(text(f"DELETE FROM app.{table} o USING app.forecast_run r WHERE {_OLD.format('o')}{more}")
                         for table, more in (("forecast_errors", ""), ("forecast_record", ""), ("forecast_points", " AND o.made_for <> r.origin_day")))
_ADD_RUN: Final = text("""
INSERT INTO app.forecast_run (origin_day, started_at, finished_at, method, versions, history_amount, settings, findings, seconds)
VALUES (:origin_day, :started_at, :finished_at, :method, CAST(:versions AS jsonb), :history_amount, CAST(:settings AS jsonb), CAST(:findings AS jsonb), :seconds) RETURNING id""")
_ADD_POINTS: Final = text("INSERT INTO app.forecast_points (run_id, basis, branch_id, made_for, cents) VALUES (:run_id, :basis, :branch_id, :made_for, :cents)")
_ADD_ERRORS: Final = text("INSERT INTO app.forecast_errors (run_id, basis, branch_id, origin, seen_days, errors) VALUES (:run_id, :basis, :branch_id, :origin, :seen_days, :errors)")
_ADD_RECORD: Final = text("""
INSERT INTO app.forecast_record (run_id, basis, branch_id, place, grain, horizon, origins, error, naive_error, actual, coverage_80, coverage_95)
VALUES (:run_id, :basis, :branch_id, :place, :grain, :horizon, :origins, :error, :naive_error, :actual, :coverage_80, :coverage_95)""")
_RUN_COLUMNS: Final = "id, origin_day, started_at, finished_at, method, versions, history_amount::float8 AS history_amount, findings, seconds"
_POINT_COLUMNS: Final = "basis, branch_id, made_for, cents"
_RECORD_COLUMNS: Final = "basis, branch_id, grain, horizon, origins, error, naive_error, actual, coverage_80::float8 AS coverage_80, coverage_95::float8 AS coverage_95"


@dataclass(frozen=True)
class RunRow:
    """A forecast as it is kept, without its numbers."""

    id: int
    origin_day: date
    started_at: datetime
    finished_at: datetime
    method: str
    versions: Mapping[str, str]
    history_amount: float
    findings: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True)
class Stored:
    """Everything of one run."""

    run: RunRow
    points: Sequence[Mapping[str, Any]]
    """basis, branch_id, made_for, cents (whole cents by day)."""
    errors: Sequence[Mapping[str, Any]]
    """basis, branch_id, origin, seen_days, errors; empty for an older run, as is its record."""
    record: Sequence[Mapping[str, Any]]


def try_to_be_the_one(connection: Connection) -> bool:
    """Say whether this transaction is the one that trains; until its end nobody else does."""
    return bool(connection.execute(_LOCK).scalar_one())


def newest_in(connection: Connection) -> RunRow | None:
    """The run with the latest origin; None: there is none."""
    row = connection.execute(text(f"SELECT {_RUN_COLUMNS} FROM app.forecast_run ORDER BY origin_day DESC LIMIT 1")).mappings().one_or_none()
    return RunRow(**row) if row else None


def newest_id(engines: Engines) -> tuple[int, datetime] | None:
    """Id of the run with the latest origin and when it was made; None: there is none."""
    with engines.reader() as connection:
        row = connection.execute(text("SELECT id, finished_at FROM app.forecast_run ORDER BY origin_day DESC LIMIT 1")).one_or_none()
    return (row.id, row.finished_at) if row else None


def add_run(connection: Connection, run: Mapping[str, Any], points: Sequence[Mapping[str, Any]], errors: Sequence[Mapping[str, Any]], record: Sequence[Mapping[str, Any]]) -> int:
    """Write a run with everything that belongs to it into the caller's transaction, in place of an earlier one of the same origin day; return its id."""
    connection.execute(text("DELETE FROM app.forecast_run WHERE origin_day = :day"), {"day": run["origin_day"]})
    run_id = int(connection.execute(_ADD_RUN, {**run, **{name: json.dumps(run[name]) for name in ("versions", "settings", "findings")}}).scalar_one())
    for statement, rows in ((_ADD_POINTS, points), (_ADD_ERRORS, errors), (_ADD_RECORD, record)):
        if rows:
            connection.execute(statement, [{**row, "run_id": run_id} for row in rows])
    for old in _THIN_OUT:
        connection.execute(old, {"keep": _KEEP_WHOLE})
    connection.execute(text("DELETE FROM app.forecast_trouble"))
    return run_id


def load_run(engines: Engines, run_id: int) -> Stored | None:
    """Read one run; None: it was replaced meanwhile."""
    with engines.reader() as connection:
        return _whole(connection, text(f"SELECT {_RUN_COLUMNS} FROM app.forecast_run WHERE id = :id"), {"id": run_id})


def load_run_before(engines: Engines, day: date) -> Stored | None:
    """The latest run whose origin is ``day`` or earlier; None: there is none that old."""
    with engines.reader() as connection:
        return _whole(connection, text(f"SELECT {_RUN_COLUMNS} FROM app.forecast_run WHERE origin_day <= :day ORDER BY origin_day DESC LIMIT 1"), {"day": day})


def _whole(connection: Connection, statement: Any, values: Mapping[str, Any]) -> Stored | None:
    """A run and its rows in the snapshot of ``connection``."""
    row = connection.execute(statement, dict(values)).mappings().one_or_none()
    if row is None:
        return None
    here = {"id": row["id"]}
    points, errors, record = (
        [dict(each) for each in connection.execute(text(f"SELECT {columns} FROM app.{table} WHERE run_id = :id ORDER BY {order}"), here).mappings()]
        for table, columns, order in (("forecast_points", _POINT_COLUMNS, "basis, branch_id, made_for"), ("forecast_errors", "basis, branch_id, origin, seen_days, errors", "basis, branch_id, origin"),
                                      ("forecast_record", _RECORD_COLUMNS, "basis, branch_id NULLS FIRST, place"))
    )
    return Stored(RunRow(**row), points, errors, record)


def note_trouble(engines: Engines, moment: datetime, words: str) -> None:
    """Keep why the last training made nothing."""
    with engines.writer() as connection:
        connection.execute(text("INSERT INTO app.forecast_trouble VALUES (1, :at, :words) ON CONFLICT (id) DO UPDATE SET at = excluded.at, words = excluded.words"), {"at": moment, "words": words})


def trouble_in(connection: Connection) -> tuple[datetime, str] | None:
    """When the last training made nothing, and why; None: it made something."""
    row = connection.execute(text("SELECT at, words FROM app.forecast_trouble")).one_or_none()
    return (row.at, row.words) if row else None


def load_trouble(engines: Engines) -> tuple[datetime, str] | None:
    """The same, for readers."""
    with engines.reader() as connection:
        return trouble_in(connection)


def forget_old_forecasts(engines: Engines, days: int) -> int:
    """Remove runs whose origin lies more than ``days`` before the newest one; return how many."""
    with engines.writer() as connection:
        return connection.execute(text("DELETE FROM app.forecast_run WHERE origin_day < (SELECT max(origin_day) FROM app.forecast_run) - CAST(:days AS integer)"), {"days": days}).rowcount
