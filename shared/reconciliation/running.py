"""Runs the rules: everywhere, or where something changed.

A run reads from one snapshot into a table of its own session, then folds what it found into the cases in one transaction that also closes its
record and takes the marks away.  Wherever it is killed, either all of it is there or nothing.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from shared.clock import Clock, now, today
from shared.reconciliation import runs
from shared.reconciliation.evaluating import Evaluation, Touched, evaluate
from shared.reconciliation.folding import Fold, Folded, fold
from shared.reconciliation.rule import Terms
from shared.reconciliation.rules import RULES, declared
from shared.reconciliation.snapshots import take_snapshot
from shared.reconciliation.touched import TooManyMarksError, clear_marks, read_marks
from shared.settings import Settings

log = logging.getLogger(__name__)
_EVERY_MARK: Final = text("SELECT id FROM crm.recon_mark WHERE entity NOT LIKE 'ledger %'")
_MAY_RUN: Final = text("SELECT EXISTS (SELECT FROM crm.branch) AND NOT EXISTS (SELECT FROM crm.recon_run WHERE reach = 'full' AND outcome <> 'done' AND finished_at > :since)")
_IS_WANTED: Final = text("SELECT EXISTS (SELECT FROM crm.recon_mark WHERE entity NOT LIKE 'ledger %') AND NOT EXISTS (SELECT FROM crm.recon_run WHERE reach = 'changed' AND outcome = 'failed' AND finished_at > :since)")
_BREATH: Final = timedelta(seconds=60)
"""A look at changes that failed is repeated after this."""
_REST: Final = timedelta(minutes=5)
"""A daily run that failed is tried again after this."""
_STATE: Final = text("SELECT coalesce(jsonb_object_agg(view, refresh_id), '{}') FROM mart.view_state")


@dataclass(frozen=True)
class Done:
    """What a run did."""

    id: int
    reach: runs.Reach
    found: Mapping[str, int]
    """Rule -> faults, of the rows that were looked at."""
    folded: Folded


def terms_of(settings: Settings) -> Terms:
    """Return the company's terms."""
    roles = dict(pair.split("=", 1) for pair in settings.reconciliation_credit_roles)
    return Terms(settings.reconciliation_job_days, settings.reconciliation_overlap_minutes, settings.reconciliation_household_days, roles)


def run_rules(engine: Engine, settings: Settings, clock: Clock = now, *, run: int | None = None, person: int | None = None) -> Done | None:
    """Look everywhere, take the day's snapshot and fold; None: another run is under way.  ``run``: the record of one that was asked for."""
    with runs.the_only_one(engine, settings.refresh_timeout_seconds) as connection:
        return None if connection is None else _recorded(engine, connection, settings, clock, "full", run, person)


def is_due(engine: Engine, settings: Settings, clock: Clock = now) -> bool:
    """Say whether the daily run is due: there is a company, the hour has come, no full run of today is done, and none failed just now."""
    here = clock().astimezone(ZoneInfo(settings.company_time_zone))
    if here.strftime("%H:%M") < settings.reconciliation_at and _has_run(engine, here.date() - timedelta(days=1)):
        return False
    with engine.connect() as connection:
        is_open = connection.execute(_MAY_RUN, {"since": clock() - _REST}).scalar_one()
    return bool(is_open) and not _has_run(engine, here.date())


def _has_run(engine: Engine, day: date) -> bool:
    with engine.connect() as connection:
        return bool(connection.execute(text("SELECT EXISTS (SELECT FROM crm.recon_run WHERE kind = 'rules' AND reach = 'full' AND outcome = 'done' AND today >= :day)"), {"day": day}).scalar_one())


def run_changed(engine: Engine, settings: Settings, clock: Clock = now) -> Done | None:
    """Look at what changed since the last run; None: nothing has, or another run is under way.

    Where so much changed that looking everywhere is quicker, or some rule has never looked, everything is looked at instead.
    """
    with engine.connect() as connection:
        if not connection.execute(_IS_WANTED, {"since": clock() - _BREATH}).scalar_one():
            return None
    with runs.the_only_one(engine, settings.refresh_timeout_seconds) as connection:
        if connection is None:
            return None
        reach: runs.Reach = "changed" if runs.known_rules(connection, "rules") >= {rule.name for rule in RULES} else "full"
        connection.rollback()
        try:
            return _recorded(engine, connection, settings, clock, reach, None, None)
        except TooManyMarksError:
            return _recorded(engine, connection, settings, clock, "full", None, None)


def _recorded(engine: Engine, connection: Connection, settings: Settings, clock: Clock, reach: runs.Reach, run: int | None, person: int | None) -> Done:
    if run is None:
        with engine.begin() as other:
            run = runs.ask(other, "rules", reach, person=person)
    runs.begin(engine, run, clock())
    try:
        return _perform(engine, connection, settings, clock, reach, run)
    except BaseException as error:
        connection.rollback()
        runs.fail(engine, run, error)
        raise


def _perform(engine: Engine, connection: Connection, settings: Settings, clock: Clock, reach: runs.Reach, run: int) -> Done:
    day, terms, names = today(settings.company_time_zone, clock), terms_of(settings), [rule.name for rule in RULES]
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    snapshot = clock()
    marks, touched = (list(connection.execute(_EVERY_MARK).scalars()), None) if reach == "full" else read_marks(connection)
    known = runs.known_rules(connection, "rules")

    def step(what: str, done: int, total: int) -> None:
        if reach == "full":
            runs.show_step(engine, run, what, done, total)

    evaluation = evaluate(connection, RULES, terms, day, touched, step)
    inputs = _inputs(connection, terms, day, names, evaluation, touched)
    connection.commit()  # the findings stay in the session's table
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"))
    folded = fold(connection, Fold(run, names, sorted(known), day, clock(), snapshot, touched=touched))
    clear_marks(connection, marks)
    if reach == "full":
        take_snapshot(connection, day)
    if reach == "full" or folded.moved:
        runs.finish(connection, run, today=day, inputs=inputs, result={"found": dict(evaluation.found), **folded.counts()})
        log.info("reconciliation %d (%s): %s", run, reach, folded)
    else:
        runs.forget(connection, run)
    connection.commit()
    return Done(run, reach, evaluation.found, folded)


def _inputs(connection: Connection, terms: Terms, day: date, names: list[str], evaluation: Evaluation, touched: Touched | None) -> dict[str, Any]:
    """What would have to be the same for the same result: rules, terms, day, and how the data stood."""
    rows = evaluation.looked_at if touched is None else {name: len(ids) for name, ids in touched.parameters().items()}
    state = connection.execute(_STATE).scalar_one()
    return {"rules": names, "declared": declared(terms), "terms": {**terms.parameters()}, "today": day.isoformat(), "rows": dict(rows), "views": state,
            "position": str(connection.execute(text("SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END)::text")).scalar_one())}


