"""Takes dirty marks away, but only those that can be missed.

A mark may go once a refresh is sure to see everything that belongs to its day.  Visible rows are not enough: two writers who cannot see each
other may change one number together.  One completes a job while the other, whose transaction is still open, has already changed the amount
of its sale: the sale's writer saw no completed job and marked no completion day.  So a mark counts as settled only when every transaction
that was writing when the mark was seen has ended; whoever began to write later saw what the mark stands for and marks the day again.
"""

import time
from typing import Final

from sqlalchemy import Connection, text

from shared.warehouse.catalogue import View

_SEEN = "SELECT id FROM mart.dirty_day WHERE view = :view"
_RECENT = " AND day >= (SELECT recent_from FROM mart.view_state WHERE view = :view)"
_WRITERS = text("""
SELECT DISTINCT l.virtualtransaction FROM pg_locks l
WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
  AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation = ANY(SELECT to_regclass(name)::oid FROM unnest(CAST(:tables AS text[])) name)""")
_LONGEST_PAUSE: Final = 0.1


def take_settled(connection: Connection, view: View, *, only_recent: bool, patience: float) -> int | None:
    """Delete the marks of ``view`` that are there now and return how many; None: after ``patience`` seconds somebody is still writing.

    Call it in a READ COMMITTED transaction and refresh afterwards, in the same one: the refresh then sees every row the marks stood for.
    """
    seen = connection.execute(text(_SEEN + (_RECENT if only_recent else "")), {"view": view.name}).scalars().all()
    if not _await_writers(connection, view, patience):
        return None
    return connection.execute(text("DELETE FROM mart.dirty_day WHERE view = :view AND id = ANY(:seen)"), {"view": view.name, "seen": list(seen)}).rowcount


def _await_writers(connection: Connection, view: View, patience: float) -> bool:
    """Wait until everybody who is writing to the tables of ``view`` now has committed or given up."""
    tables = {"tables": [f"crm.{table}" for table in view.dirtied_by]}
    writing = set(connection.execute(_WRITERS, tables).scalars())
    deadline, pause = time.monotonic() + patience, 0.005
    while writing:
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
        writing &= set(connection.execute(_WRITERS, tables).scalars())
    return True
