"""When ledgers are held against each other again: every day, and soon after either side has changed."""

import logging
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, text

from shared.clock import Clock, now, today
from shared.reconciliation.ledger import LedgerDone, run_ledger
from shared.reconciliation.source import Source, sources
from shared.reconciliation.touched import clear_marks
from shared.settings import Settings

log = logging.getLogger(__name__)
_REST: Final = timedelta(seconds=60)
_SHARE: Final = 20
"""A source that takes long is held again at most one part in so many of the time."""
_MARKS = text("SELECT id, entity FROM crm.recon_mark WHERE entity LIKE 'ledger %' ORDER BY id LIMIT 200000")
_LAST = text("SELECT max(finished_at) AS finished, max(finished_at - started_at) AS took FROM crm.recon_run WHERE kind = 'ledger' AND outcome IN ('done', 'failed') AND finished_at > :since")
_DONE_ON = text("SELECT DISTINCT source FROM crm.recon_run WHERE kind = 'ledger' AND reach = 'full' AND outcome = 'done' AND today >= :day")


def run_daily(engine: Engine, settings: Settings, clock: Clock = now) -> list[LedgerDone]:
    """Hold every source against its book that was not held today."""
    with engine.connect() as connection:
        done = set(connection.execute(_DONE_ON, {"day": today(settings.company_time_zone, clock)}).scalars())
        wanted = [source for source in sources(connection) if source.name not in done]
    return _run(engine, settings, wanted, clock)


def run_stale(engine: Engine, settings: Settings, clock: Clock = now) -> list[LedgerDone]:
    """Hold those sources again whose records or book have changed, unless that was done a moment ago."""
    with engine.connect() as connection:
        marks = connection.execute(_MARKS).all()
        if not marks:
            return []
        last = connection.execute(_LAST, {"since": clock() - timedelta(hours=6)}).one()
        if last.finished is not None and clock() - last.finished < max(_REST, _SHARE * last.took):
            return []
        changed = {mark.entity for mark in marks}
        wanted = [source for source in sources(connection) if changed & {"ledger records", *source.ours.tables}]
    done = _run(engine, settings, wanted, clock)
    if len(done) == len(wanted):
        with engine.begin() as connection:
            clear_marks(connection, [mark.id for mark in marks])
    return done


def _run(engine: Engine, settings: Settings, wanted: list[Source], clock: Clock) -> list[LedgerDone]:
    done = []
    for source in wanted:
        try:
            result = run_ledger(engine, settings, source.name, clock)
        except Exception:  # its record says why it failed; the other sources are held all the same
            log.exception("ledger %s could not be held against its book", source.name)
            continue
        if result is None:
            log.info("ledger %s: another run is under way", source.name)
        else:
            done.append(result)
    return done
