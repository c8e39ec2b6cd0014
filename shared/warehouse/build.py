"""Builds views whose definition changed, beside the old ones, and swaps them in one transaction."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import Connection, Engine, text

from shared.clock import Clock, now, today
from shared.settings import Settings
from shared.warehouse import parts
from shared.warehouse.catalogue import VIEWS, View
from shared.warehouse.marks import take_settled
from shared.warehouse.triggers import names, scripts

log = logging.getLogger(__name__)
_PATIENCE = 15.0
"""Seconds that a build waits for open writing transactions; after that it leaves the marks to the next refresh."""

Progress = Callable[[str, int, int], None]
"""Called with (name of the view about to be built, how many are done, how many there are)."""


def first_recent_day(settings: Settings, clock: Clock = now) -> date:
    """First day of the recent window: ``recent_months`` closed months before the head office's present month."""
    day = today(settings.company_time_zone, clock)
    months = day.year * 12 + day.month - 1 - settings.recent_months
    return date(months // 12, months % 12 + 1, 1)


def build_views(engine: Engine, settings: Settings, *, force: bool = False, progress: Progress | None = None, clock: Clock = now) -> list[str]:
    """Build each view whose definition differs from the one in the database; return their names.

    Triggers are laid first, so that a row committing meanwhile leaves its mark.  Readers see the old view until the new one is
    complete.  ``force`` builds all (after a bulk load with triggers off).
    """
    with _patient(engine, settings) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('shared.warehouse.build'))"))
        for view in VIEWS:
            _ensure_state(connection, view, first_recent_day(settings, clock))
    for table, script in scripts().items():
        with _patient(engine, settings) as connection:  # one table at a time: a writer who uses several could not wait for us and we for them
            _lay(connection, table, script)
    with engine.connect() as connection:
        wanted = [view for view in VIEWS if force or _checksum_there(connection, view) != checksum(view)]
    built = []
    for done, view in enumerate(wanted):
        if progress:
            progress(view.name, done, len(wanted))
        with _patient(engine, settings) as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:lock))"), {"lock": lock_name(view)})
            if force or _checksum_there(connection, view) != checksum(view):  # else somebody built it while we waited
                build(connection, view, first_recent_day(settings, clock))
                built.append(view.name)
    if progress:
        progress("", len(wanted), len(wanted))
    return built


@contextmanager
def _patient(engine: Engine, settings: Settings) -> Iterator[Connection]:
    """A transaction with the time of a refresh, not that of a page."""
    with engine.begin() as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"))
        connection.execute(text(f"SET LOCAL statement_timeout = '{settings.refresh_timeout_seconds}s'"))
        connection.execute(text("SET LOCAL work_mem = '128MB'"))
        yield connection


def _lay(connection: Connection, table: str, script: str) -> None:
    """Lay the triggers of ``table`` unless they are there, switched on and the same: laying them waits for every writer."""
    wanted = hashlib.sha256(script.encode()).hexdigest()[:16]
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('shared.warehouse.build'))"))
    there = connection.execute(text(
        "SELECT obj_description(t.tgfoid, 'pg_proc') FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE t.tgrelid = to_regclass(:table) AND p.proname = ANY(:names) AND t.tgenabled IN ('O', 'A')"), {"table": f"crm.{table}", "names": list(names(table))}).scalars().all()
    if there == [wanted] * len(names(table)):
        return
    _run(connection, script)
    for name in names(table):
        _run(connection, f"COMMENT ON FUNCTION mart.{name}() IS '{wanted}'")
    log.info("laid the triggers of crm.%s", table)


def checksum(view: View) -> str:
    """Fingerprint of every statement of the view (what marks it included: days that were not marked may be wrong); kept as the comment of ``mart.<view>``."""
    statements = [parts.archive(view), parts.recent(view), parts.reading(view), *(f"{table}: {days}" for table, days in view.dirtied_by.items())]
    if view.has_levels:
        statements += [parts.opening(view), parts.balance(view)]
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()[:16]


def build(connection: Connection, view: View, recent_from: date) -> None:
    """Build ``view`` beside the old one and swap, within the caller's transaction, which holds the view's lock."""
    if take_settled(connection, view, only_recent=False, patience=_PATIENCE) is None:
        log.warning("somebody is writing to the tables of %s; its marks are left to the next refresh", view.name)
    connection.execute(text("UPDATE mart.view_state SET recent_from = :day WHERE view = :view"), {"day": recent_from, "view": view.name})
    name, suffix = view.name, "__next"
    made = {"archive": parts.archive(view), "recent": parts.recent(view)}
    if view.has_levels:
        made["opening"] = parts.opening(view, suffix)
    for part, statement in made.items():
        _run(connection, f"DROP MATERIALIZED VIEW IF EXISTS mart.{name}_{part}{suffix} CASCADE; CREATE MATERIALIZED VIEW mart.{name}_{part}{suffix} AS {statement}")
        key = ", ".join(("branch_id", *view.keys) if part == "opening" else ("day", "branch_id", *view.keys))
        _run(connection, f"CREATE UNIQUE INDEX ON mart.{name}_{part}{suffix} ({key}); ANALYZE mart.{name}_{part}{suffix}")
    _run(connection, f"DROP VIEW IF EXISTS mart.{name}_balance; DROP VIEW IF EXISTS mart.{name}; DROP MATERIALIZED VIEW IF EXISTS mart.{name}_opening")
    for part in made:
        _run(connection, f"DROP MATERIALIZED VIEW IF EXISTS mart.{name}_{part}; ALTER MATERIALIZED VIEW mart.{name}_{part}{suffix} RENAME TO {name}_{part}")
    _run(connection, f"CREATE VIEW mart.{name} AS {parts.reading(view)}")
    if view.has_levels:
        _run(connection, f"CREATE VIEW mart.{name}_balance AS {parts.balance(view)}")
    _run(connection, f"COMMENT ON VIEW mart.{name} IS '{checksum(view)}'")
    connection.execute(text(
        "UPDATE mart.view_state SET refresh_id = refresh_id + 1, recent_refreshed_at = now(), archive_refreshed_at = now() WHERE view = :view"), {"view": name})


def lock_name(view: View) -> str:
    """Name of the advisory lock that everybody holds who rebuilds or refreshes ``view``."""
    return f"mart.{view.name}"


def _ensure_state(connection: Connection, view: View, recent_from: date) -> None:
    connection.execute(text("INSERT INTO mart.view_state (view, recent_from) VALUES (:view, :day) ON CONFLICT (view) DO NOTHING"),
                       {"view": view.name, "day": recent_from})
    # TRUNCATE triggers read mart.<view>; before the first build there is nothing to mark.
    if connection.execute(text("SELECT to_regclass(:name) IS NULL"), {"name": f"mart.{view.name}"}).scalar_one():
        _run(connection, f"CREATE VIEW mart.{view.name} AS SELECT NULL::date AS day, NULL::smallint AS branch_id WHERE false")


def _checksum_there(connection: Connection, view: View) -> str | None:
    found: str | None = connection.execute(text("SELECT obj_description(to_regclass(:name), 'pg_class')"), {"name": f"mart.{view.name}"}).scalar_one()
    return found


def _run(connection: Connection, script: str) -> None:
    """Execute ``script`` as it stands (no parameter marks are read)."""
    connection.exec_driver_sql(script.replace("%", "%%"))
