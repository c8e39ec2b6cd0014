"""Refreshes views: marks first, then the refresh, in one transaction under an advisory lock.

The rule that keeps numbers exact: the transaction DELETEs the settled dirty marks it can see (see ``marks.py``) and only then refreshes.  A
row whose mark it took is in the refreshed view; a row that commits later keeps its mark, so its day is still read from the base tables.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from shared.clock import Clock, now
from shared.settings import Settings
from shared.warehouse.build import first_recent_day, lock_name
from shared.warehouse.catalogue import BY_NAME, VIEWS, View
from shared.warehouse.marks import take_settled

log = logging.getLogger(__name__)
Part = Literal["recent", "archive"]
_PATIENCE = 5.0
"""Seconds that a refresh waits for open writing transactions; a bulk import may last longer, then the next refresh covers it."""


@dataclass(frozen=True)
class Refresh:
    """What one refresh did."""

    view: str
    part: str
    outcome: Literal["done", "failed", "busy"]
    marks: int = 0
    """Dirty marks that it covered."""
    error: str = ""


def refresh(engine: Engine, settings: Settings, name: str, part: Part = "recent", clock: Clock = now) -> Refresh:
    """Refresh one part of a view (``archive`` also moves the recent window and refreshes it) and log it in app.refresh_log.

    ``busy``: somebody else is refreshing this view, or a long transaction is writing to its tables.  ``failed``: the error is logged and returned, not raised; the marks stay, so
    readers stay exact, only slower.  Raises KeyError for an unknown view.
    """
    view = BY_NAME[name]
    with engine.begin() as connection:
        entry = _begin_entry(connection, view, part, settings)
    try:
        with engine.begin() as connection:
            marks = _refresh(connection, view, part, settings, clock)
        done = Refresh(name, part, "busy", error=marks) if isinstance(marks, str) else Refresh(name, part, "done", marks)
    except DBAPIError as error:
        log.exception("refresh of %s (%s) failed", name, part)
        done = Refresh(name, part, "failed", error=str(error.orig).strip())
    with engine.begin() as connection:
        connection.execute(text("UPDATE app.refresh_log SET finished_at = clock_timestamp(), outcome = :outcome, marks = :marks, error = nullif(:error, '') WHERE id = :id"),
                           {"outcome": done.outcome, "marks": done.marks, "error": done.error, "id": entry})
    return done


def refresh_all(engine: Engine, settings: Settings, part: Part = "recent", clock: Clock = now) -> list[Refresh]:
    """Refresh ``part`` of every view that has dirty days there, one after another; archives also where the window has moved."""
    return [refresh(engine, settings, name, part, clock) for name in views_to_refresh(engine, settings, part, clock)]


def views_to_refresh(engine: Engine, settings: Settings, part: Part = "recent", clock: Clock = now) -> list[str]:
    """Names of the views that ``refresh_all`` would refresh."""
    with engine.connect() as connection:
        return [view.name for view in VIEWS if _needs(connection, view, part, settings, clock)]


def _needs(connection: Connection, view: View, part: Part, settings: Settings, clock: Clock) -> bool:
    state = connection.execute(text("SELECT recent_from FROM mart.view_state WHERE view = :view"), {"view": view.name}).one()
    if part == "archive" and state.recent_from != first_recent_day(settings, clock):
        return True
    side = ">=" if part == "recent" else "<"
    return bool(connection.execute(text(f"SELECT EXISTS (SELECT FROM mart.dirty_day WHERE view = :view AND day {side} :day)"),
                                   {"view": view.name, "day": state.recent_from}).scalar_one())


def _refresh(connection: Connection, view: View, part: Part, settings: Settings, clock: Clock) -> int | str:
    """Refresh and return how many marks were covered; text: why not now."""
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"))  # one snapshot for all would be too old for the refresh
    connection.execute(text(f"SET LOCAL statement_timeout = '{settings.refresh_timeout_seconds}s'"))
    connection.execute(text("SET LOCAL work_mem = '128MB'"))
    if not connection.execute(text("SELECT pg_try_advisory_xact_lock(hashtext(:lock))"), {"lock": lock_name(view)}).scalar_one():
        return "somebody else is refreshing or building it"
    marks = take_settled(connection, view, only_recent=part == "recent", patience=_PATIENCE)
    if marks is None:
        return f"a transaction that is still open is writing to its tables ({', '.join(view.dirtied_by)}); tried again at the next refresh"
    if part == "archive":
        connection.execute(text("UPDATE mart.view_state SET recent_from = :day WHERE view = :view"),
                           {"view": view.name, "day": first_recent_day(settings, clock)})
        _materialize(connection, f"{view.name}_archive")
        if view.has_levels:
            _materialize(connection, f"{view.name}_opening")
    _materialize(connection, f"{view.name}_recent")
    stamp = "recent_refreshed_at = now()" + (", archive_refreshed_at = now()" if part == "archive" else "")
    connection.execute(text(f"UPDATE mart.view_state SET refresh_id = refresh_id + 1, {stamp} WHERE view = :view"), {"view": view.name})
    return marks


def _materialize(connection: Connection, relation: str) -> None:
    """CONCURRENTLY never blocks a reader (nor cancels one on a replica) but needs a populated view."""
    populated = connection.execute(text("SELECT relispopulated FROM pg_class WHERE oid = to_regclass(:name)"), {"name": f"mart.{relation}"}).scalar_one()
    connection.execute(text(f"REFRESH MATERIALIZED VIEW {'CONCURRENTLY ' if populated else ''}mart.{relation}"))


def _begin_entry(connection: Connection, view: View, part: Part, settings: Settings) -> int:
    """Open a log entry; entries of refreshers that died are closed as abandoned."""
    connection.execute(text("UPDATE app.refresh_log SET finished_at = clock_timestamp(), outcome = 'abandoned', error = 'the refresher died or was cut off'"
                            " WHERE view = :view AND finished_at IS NULL AND started_at < clock_timestamp() - make_interval(secs => :limit)"),
                       {"view": view.name, "limit": 2 * settings.refresh_timeout_seconds})
    return int(connection.execute(text("INSERT INTO app.refresh_log (view, part) VALUES (:view, :part) RETURNING id"),
                                  {"view": view.name, "part": part}).scalar_one())


@dataclass(frozen=True)
class Freshness:
    """How a view stands: its numbers are exact at commit whatever this says; it tells what reading costs."""

    view: str
    version: str
    """Changes whenever a committed row changes the view's numbers; part of every cache key."""
    recent_from: str
    refreshed_at: datetime
    dirty_days: int


# Count and greatest id together: a mark with a lower id that commits later still changes the version.  The moment of the refresh keeps a
# database that was made anew apart from the one before it.
_FRESHNESS = text(
    "SELECT s.view, s.refresh_id, s.recent_from, coalesce(s.recent_refreshed_at, 'epoch') AS at, d.marks, d.newest"
    " FROM mart.view_state s CROSS JOIN LATERAL (SELECT count(*) AS marks, coalesce(max(id), 0) AS newest FROM mart.dirty_day d WHERE d.view = s.view) d"
    " WHERE s.view = ANY(:names)"
)


def freshness(connection: Connection, names: tuple[str, ...]) -> dict[str, Freshness]:
    """State of the named views as seen by ``connection`` (a replica may be behind; its numbers are then as old as its versions)."""
    found = {}
    for row in connection.execute(_FRESHNESS, {"names": list(names)}):
        at = row.at.astimezone(UTC)
        version = f"{int(at.timestamp() * 1000):x}.{row.refresh_id}.{row.marks}.{row.newest}"
        found[row.view] = Freshness(row.view, version, row.recent_from.isoformat(), at, row.marks)
    return found


def hold(connection: Connection, names: tuple[str, ...]) -> None:
    """Keep the named views as they are until the end of the transaction; call it first.

    A snapshot does not protect from a view that is swapped for a newly built one: it would look empty.
    """
    connection.execute(text(f"LOCK TABLE {', '.join(f'mart.{BY_NAME[name].name}' for name in names)} IN ACCESS SHARE MODE"))
