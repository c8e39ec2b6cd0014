"""How the warehouse does: age of the views, dirty marks, refreshes, lag of replicas."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

_STATE = text("""
    SELECT count(*) AS views, count(*) FILTER (WHERE recent_refreshed_at IS NULL) AS never, min(recent_refreshed_at) AS oldest,
           (array_agg(view ORDER BY recent_refreshed_at NULLS FIRST))[1] AS oldest_view
    FROM mart.view_state""")
_MARKS = text("""
    SELECT count(*) AS marks, count(DISTINCT (m.view, m.branch_id, m.day)) AS days, min(m.marked_at) FILTER (WHERE m.day >= s.recent_from) AS oldest
    FROM mart.dirty_day m LEFT JOIN mart.view_state s ON s.view = m.view""")
_REFRESHES = text("""
    SELECT count(*) FILTER (WHERE outcome = 'done') AS done, count(*) FILTER (WHERE outcome IN ('failed', 'abandoned')) AS failed,
           (array_agg(error ORDER BY started_at DESC) FILTER (WHERE outcome = 'failed'))[1] AS error
    FROM app.refresh_log WHERE started_at > now() - interval '24 hours'""")


@dataclass(frozen=True)
class Warehouse:
    """One look at the primary."""

    views: int
    never_refreshed: int
    oldest_refresh: datetime | None
    """When the view whose condensed part is the oldest was refreshed; its numbers are exact all the same."""
    oldest_view: str
    marks: int
    dirty_days: int
    oldest_mark: datetime | None
    """Of the recent window: an archive waits for its hour of the night."""
    refreshes_done: int
    """In the last 24 hours."""
    refreshes_failed: int
    last_error: str


@dataclass(frozen=True)
class Lag:
    """One replica."""

    name: str
    seconds: float | None
    """Behind the primary at most; None: it does not answer."""


def warehouse(connection: Connection) -> Warehouse:
    """Look at the views, their marks and their refreshes."""
    state, marks, log = (connection.execute(statement).one() for statement in (_STATE, _MARKS, _REFRESHES))
    return Warehouse(state.views, state.never, state.oldest, state.oldest_view or "", marks.marks, marks.days, marks.oldest, log.done, log.failed, log.error or "")


def lags(engines: Engines) -> list[Lag]:
    """Every replica with its lag, measured within the last second or two."""
    engines.measure()
    return [Lag(replica.name, replica.lag_seconds) for replica in engines.replicas]
