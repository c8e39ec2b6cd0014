"""When ledgers are held against each other again: every day, and within seconds of a change on either side."""

import logging
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, text

from shared.clock import Clock, now, today
from shared.reconciliation import runs
from shared.reconciliation.ledger import LedgerDone, run_ledger
from shared.reconciliation.source import Source, sources
from shared.reconciliation.touched import clear_marks
from shared.settings import Settings

log = logging.getLogger(__name__)
_REST: Final = timedelta(seconds=4)
_SHARE: Final = 5
"""All sources together are held again at most one part in so many of the time: small ones within seconds of a change, one of a million records within minutes."""
_AGAIN: Final = timedelta(minutes=5)
"""A look that failed or was cut off is repeated after this."""
_MARKS = text("SELECT id, entity FROM crm.recon_mark WHERE entity LIKE 'ledger %' ORDER BY id LIMIT 200000")
# Of each source: whether it waits because of a change, whether its last run came to nothing, and how long it may rest.
_WAITING = text("""
SELECT s.name, w.id AS waits, l.outcome <> 'done' AS came_to_nothing, l.finished_at, l.finished_at - l.started_at AS took FROM crm.recon_source s
LEFT JOIN LATERAL (SELECT r.id FROM crm.recon_run r WHERE r.kind = 'ledger' AND r.reach = 'changed' AND r.source = s.name AND r.outcome IS NULL AND r.started_at IS NULL ORDER BY r.id LIMIT 1) w ON true
LEFT JOIN LATERAL (SELECT r.outcome, r.started_at, r.finished_at FROM crm.recon_run r WHERE r.kind = 'ledger' AND r.source = s.name AND r.finished_at IS NOT NULL AND r.started_at IS NOT NULL ORDER BY r.finished_at DESC LIMIT 1) l ON true
ORDER BY s.name""")
_DONE_ON = text("SELECT DISTINCT source FROM crm.recon_run WHERE kind = 'ledger' AND reach = 'full' AND outcome = 'done' AND today >= :day")


def run_daily(engine: Engine, settings: Settings, clock: Clock = now) -> list[LedgerDone]:
    """Hold every source against its book that was not held today."""
    with engine.connect() as connection:
        done = set(connection.execute(_DONE_ON, {"day": today(settings.company_time_zone, clock)}).scalars())
        wanted = [source for source in sources(connection) if source.name not in done]
    return _run(engine, settings, wanted, clock)


def run_stale(engine: Engine, settings: Settings, clock: Clock = now) -> list[LedgerDone]:
    """Hold those sources again whose records or book have changed, each as soon as it has rested."""
    with engine.begin() as connection:
        marks = connection.execute(_MARKS).all()
        changed = {mark.entity for mark in marks}
        for source in sources(connection) if marks else ():
            if changed & {"ledger records", *source.ours.tables}:
                runs.ask(connection, "ledger", "changed", source.name)
        clear_marks(connection, [mark.id for mark in marks])
    done = []
    with engine.connect() as connection:
        rows = connection.execute(_WAITING).all()
    for row in rows:
        rested = row.finished_at is None or clock() - row.finished_at >= (_AGAIN if row.came_to_nothing else max(_REST, _SHARE * len(rows) * row.took))
        if (row.waits is not None or row.came_to_nothing) and rested and (result := _held(engine, settings, row.name, clock, row.waits)) is not None:
            done.append(result)
    return done


def _run(engine: Engine, settings: Settings, wanted: list[Source], clock: Clock) -> list[LedgerDone]:
    return [result for source in wanted if (result := _held(engine, settings, source.name, clock, None)) is not None]


def _held(engine: Engine, settings: Settings, name: str, clock: Clock, run: int | None) -> LedgerDone | None:
    try:
        result = run_ledger(engine, settings, name, clock, run=run)
    except Exception:  # its record says why it failed; the other sources are held all the same
        log.exception("ledger %s could not be held against its book", name)
        return None
    if result is None:
        log.info("ledger %s: another run is under way", name)
    return result
