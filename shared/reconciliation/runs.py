"""The record of runs: asked for, under way with a step to show, and over.  One process runs at a time."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, text

log = logging.getLogger(__name__)
Kind = Literal["rules", "ledger"]
Reach = Literal["full", "changed"]
LOCK: Final = "hashtext('shared.reconciliation.run')"


@dataclass(frozen=True)
class Asked:
    """A run that waits."""

    id: int
    kind: Kind
    reach: Reach
    source: str


@contextmanager
def the_only_one(engine: Engine, seconds: int) -> Iterator[Connection | None]:
    """Yield a connection that holds the lock of runs, for work of up to ``seconds`` a statement; None: somebody else runs.

    Runs that died are closed as abandoned: whoever holds the lock knows that nobody else is at work.
    """
    with engine.connect() as connection:
        connection.execute(text(f"SET statement_timeout = '{seconds}s'; SET idle_in_transaction_session_timeout = '{seconds}s'; SET work_mem = '128MB'"))
        connection.commit()
        held = connection.execute(text(f"SELECT pg_try_advisory_lock({LOCK})")).scalar_one()
        connection.commit()
        try:
            if held:
                connection.execute(text("UPDATE crm.recon_run SET finished_at = clock_timestamp(), outcome = 'abandoned', error = 'the process that ran it died; nothing of it was written'"
                                        " WHERE outcome IS NULL AND started_at IS NOT NULL"))
                connection.commit()
            yield connection if held else None
        finally:
            if held and not connection.invalidated:
                connection.rollback()
                connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))  # the server notices the end of a session a moment later
            # Settings and temporary tables go with the session, whatever state it is in.
            connection.invalidate()


def ask(connection: Connection, kind: Kind, reach: Reach, source: str = "", person: int | None = None) -> int:
    """Note that a run is wanted and return its number; one that waits already is not asked for twice."""
    waiting = connection.execute(text("SELECT id FROM crm.recon_run WHERE outcome IS NULL AND started_at IS NULL AND kind = :kind AND reach = :reach AND source = :source"),
                                 {"kind": kind, "reach": reach, "source": source}).scalar()
    if waiting is not None:
        return int(waiting)
    return int(connection.execute(text("INSERT INTO crm.recon_run (kind, reach, source, asked_by) VALUES (:kind, :reach, :source, :person) RETURNING id"),
                                  {"kind": kind, "reach": reach, "source": source, "person": person}).scalar_one())


def waiting(connection: Connection) -> list[Asked]:
    """Return the runs that somebody asked for and that have not begun, oldest first; those that a change asks for are seen to in ``rounds``."""
    rows = connection.execute(text("SELECT id, kind, reach, source FROM crm.recon_run WHERE outcome IS NULL AND started_at IS NULL AND reach = 'full' ORDER BY id")).all()
    return [Asked(row.id, row.kind, row.reach, row.source) for row in rows]


def begin(engine: Engine, run: int, moment: datetime) -> None:
    """Note that a run is under way."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE crm.recon_run SET started_at = :moment WHERE id = :run"), {"run": run, "moment": moment})


def show_step(engine: Engine, run: int, step: str, done: int, total: int) -> None:
    """Let whoever waits see how far a run is."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE crm.recon_run SET step = :step, steps_done = :done, steps_total = :total WHERE id = :run"), {"run": run, "step": step, "done": done, "total": total})


def finish(connection: Connection, run: int, *, today: object, inputs: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    """Close a run within the transaction that writes what it found."""
    connection.execute(
        text("UPDATE crm.recon_run SET finished_at = clock_timestamp(), outcome = 'done', step = '', today = :today, inputs = CAST(:inputs AS jsonb), result = CAST(:result AS jsonb) WHERE id = :run"),
        {"run": run, "today": today, "inputs": json.dumps(inputs, default=str, sort_keys=True), "result": json.dumps(result, default=str, sort_keys=True)})


def forget(connection: Connection, run: int) -> None:
    """Take away the record of a look at changes that moved nothing: there is one every few seconds."""
    connection.execute(text("DELETE FROM crm.recon_run WHERE id = :run"), {"run": run})


def drop_old_looks(connection: Connection, run: int, source: str) -> None:
    """Of the looks that a change asked for and that moved no case keep this one, and for an hour those before it, at which somebody may be looking: there may be one every few seconds."""
    older = "SELECT id FROM crm.recon_run WHERE kind = 'ledger' AND reach = 'changed' AND source = :source AND outcome = 'done' AND id <> :run AND NOT (result ->> 'moved')::boolean AND finished_at < clock_timestamp() - interval '1 hour'"
    connection.execute(text(f"DELETE FROM crm.recon_balance WHERE run_id IN ({older})"), {"source": source, "run": run})
    connection.execute(text(f"DELETE FROM crm.recon_run WHERE id IN ({older})"), {"source": source, "run": run})


def fail(engine: Engine, run: int, error: BaseException) -> None:
    """Close a run that broke off."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE crm.recon_run SET finished_at = clock_timestamp(), outcome = 'failed', error = :error WHERE id = :run AND outcome IS NULL"),
                           {"run": run, "error": f"{type(error).__name__}: {error}"[:2000]})


def known_rules(connection: Connection, kind: Kind, source: str = "") -> set[str]:
    """Return the rules that a full run has looked at before."""
    return set(connection.execute(text("SELECT DISTINCT jsonb_array_elements_text(inputs -> 'rules') FROM crm.recon_run WHERE kind = :kind AND source = :source AND reach = 'full' AND outcome = 'done'"),
                                  {"kind": kind, "source": source}).scalars())
