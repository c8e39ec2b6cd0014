"""Holds the records of a source against our book: match, type what does not agree, prove that nothing is left over, fold into cases.

As in ``running``: read from one snapshot into the session's tables, then written in one transaction.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from shared.clock import Clock, now, today
from shared.reconciliation import runs
from shared.reconciliation.balance import Balance, keep_items, list_items, parts_of_sides, rows_left_out
from shared.reconciliation.breaks import BREAK_NAMES, classify
from shared.reconciliation.evaluating import FOUND, bare_table
from shared.reconciliation.folding import Fold, Folded, fold
from shared.reconciliation.likeness import digits, plain
from shared.reconciliation.references import match_references, write
from shared.reconciliation.remaining import FAR_DAYS, Entry, Remaining
from shared.reconciliation.resolving import match_several, resolve_references
from shared.reconciliation.sides import read_sides
from shared.reconciliation.source import Source, source_called
from shared.settings import Settings

log = logging.getLogger(__name__)
MOST_LEFT: Final = 60_000
"""Records without a known reference that are looked at one by one; what is beyond stays a break and is said."""
_STEPS: Final = ("Reading both sides", "Matching by reference", "Matching what is left", "Typing breaks", "Proving that nothing is left over", "Writing")
# The payload is fetched for those few that are left, not joined to all.
_LEFT_OUTSIDE = """
WITH few AS MATERIALIZED (
    SELECT o.* FROM recon_o o
    WHERE o.day IS NOT NULL AND o.cents IS NOT NULL AND NOT EXISTS (SELECT FROM recon_p p WHERE p.o_id = o.id) AND NOT EXISTS (SELECT FROM recon_dup d WHERE d.o_id = o.id) ORDER BY o.id LIMIT :most
)
SELECT o.id, o.day - DATE '2000-01-01' AS day, o.cents, o.branch_id, r.payload ->> 'name' AS name, r.payload ->> 'phone' AS phone, r.payload ->> 'address' AS address, r.payload ->> 'memo' AS memo, o.ref
FROM few o JOIN crm.external_record r ON r.id = o.id ORDER BY o.id"""
_LEFT_OURS = """
SELECT k.id, k.day - DATE '2000-01-01' AS day, k.cents, k.branch_id, k.sale_id, h.name, h.phone, h.address
FROM recon_k k LEFT JOIN crm.sale s ON s.id = k.sale_id LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
LEFT JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id LEFT JOIN crm.prospect h ON h.branch_id = l.branch_id AND h.id = l.prospect_id
WHERE k.day BETWEEN CAST(:first AS date) AND CAST(:last AS date) AND k.cents <> 0 AND NOT EXISTS (SELECT FROM recon_p p WHERE p.k_id = k.id) ORDER BY k.id"""
_HALVES = """
WITH few AS MATERIALIZED (
    SELECT o.id AS o_id, o.day - DATE '2000-01-01' AS o_day, o.cents AS o_cents, o.branch_id, k.id AS k_id, k.day - DATE '2000-01-01' AS k_day, k.cents AS k_cents, k.sale_id
    FROM recon_p p JOIN recon_o o ON o.id = p.o_id JOIN recon_k k ON k.id = p.k_id
    WHERE p.level = 1 AND o.cents <> k.cents AND o.day IS NOT NULL AND k.day IS NOT NULL AND (o.cents < 0) = (k.cents < 0) ORDER BY o.id LIMIT :most
)
SELECT f.*, r.payload ->> 'name' AS name FROM few f JOIN crm.external_record r ON r.id = f.o_id ORDER BY f.o_id"""
_SPAN = text("SELECT min(day) - CAST(:far AS integer) AS first, max(day) + CAST(:far AS integer) AS last FROM recon_o")
# What is counted are the records that were compared; what the file held when it was taken stands beside it.
_FILES = text("""
SELECT o.batch, coalesce(b.sha256, '') AS sha256, o.row_count, o.cents, b.row_count AS taken_count, b.cents AS taken_cents, coalesce(jsonb_array_length(b.left_out), 0) AS left_out
FROM (SELECT batch, count(*) AS row_count, coalesce(sum(cents), 0)::bigint AS cents FROM recon_o GROUP BY batch) o LEFT JOIN crm.recon_batch b ON b.source = :source AND b.batch = o.batch ORDER BY o.batch""")
_COVERED = "SELECT first_day, last_day, is_declared FROM recon_cover ORDER BY first_day"
# The order of rows says nothing, and a sum of hashes needs no memory.
_HASH = "SELECT md5(count(*) || ':' || coalesce(sum(hashtextextended(concat_ws('|', coalesce(ref, content), cents, day, status, branch_id), 0)::numeric), 0)) FROM recon_o"
_FOUND_COUNTS = f"SELECT rule, count(*) FROM {FOUND} GROUP BY rule"


@dataclass(frozen=True)
class LedgerDone:
    """What a run of one source did."""

    id: int
    found: Mapping[str, int]
    """Type of break -> how many."""
    folded: Folded
    sides: tuple[Balance, Balance]
    """What others say, and our book."""


def run_ledger(engine: Engine, settings: Settings, name: str, clock: Clock = now, *, run: int | None = None, person: int | None = None) -> LedgerDone | None:
    """Hold one source against its book; None: another run is under way.  Raises SourceError."""
    with runs.the_only_one(engine, settings.refresh_timeout_seconds) as connection:
        if connection is None:
            return None
        if run is None:
            with engine.begin() as other:
                run = runs.ask(other, "ledger", "full", name, person)
        runs.begin(engine, run, clock())
        try:
            source = source_called(connection, name)
            connection.rollback()
            return _perform(engine, connection, settings, source, clock, run)
        except BaseException as error:
            connection.rollback()
            runs.fail(engine, run, error)
            raise


def _perform(engine: Engine, connection: Connection, settings: Settings, source: Source, clock: Clock, run: int) -> LedgerDone:
    day, snapshot = today(settings.company_time_zone, clock), clock()

    def step(number: int) -> None:
        runs.show_step(engine, run, _STEPS[number], number, len(_STEPS))

    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    step(0)
    bare_table(connection)
    sizes = read_sides(connection, source, settings.company_time_zone)
    step(1)
    resolve_references(connection, source)
    match_references(connection, source)
    match_several(connection, source)
    step(2)
    cut = match_remaining(connection, source)
    step(3)
    unknown_words = classify(connection, source, day)
    step(4)
    sides = list_items(connection)
    parts, left_out = parts_of_sides(connection), rows_left_out(connection)
    known = runs.known_rules(connection, "ledger", source.name)
    inputs = {**_inputs(connection, source), "today": day.isoformat(), "rows": asdict(sizes), "rules": list(BREAK_NAMES)}
    found = {str(rule): int(count) for rule, count in connection.exec_driver_sql(_FOUND_COUNTS)}
    connection.commit()
    step(5)
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"))
    keep_items(connection, source, run, sides)
    folded = fold(connection, Fold(run, BREAK_NAMES, sorted(known), day, clock(), snapshot, source.name))
    result = {"found": found, "sides": [asdict(side) for side in sides], "parts": parts, "left_out": left_out, "unknown_words": unknown_words[:50], "not_looked_at": cut, "moved": folded.moved, **folded.counts()}
    runs.finish(connection, run, today=day, inputs=inputs, result=result)
    runs.drop_old_looks(connection, run, source.name)
    connection.commit()
    log.info("ledger %s: %s, %s", source.name, found, folded)
    return LedgerDone(run, found, folded, sides)


def match_remaining(connection: Connection, source: Source) -> int:
    """Match what references did not; return how many records were too many to be looked at."""
    rows = connection.execute(text(_LEFT_OUTSIDE), {"most": MOST_LEFT + 1}).all()
    halves = connection.execute(text(_HALVES), {"most": MOST_LEFT}).all()
    if not rows and not halves:
        return 0
    outside = [Entry(row.id, row.day, row.cents, row.branch_id, plain(row.name or ""), digits(row.phone or ""), plain(row.address or ""), has_reference=row.ref is not None, said=plain(row.memo or "")) for row in rows[:MOST_LEFT]]
    span = connection.execute(_SPAN, {"far": max(FAR_DAYS, source.days_before, source.days_after)}).one()
    ours = [Entry(row.id, row.day, row.cents, row.branch_id, plain(row.name or ""), digits(row.phone or ""), plain(row.address or ""), row.sale_id)
            for row in connection.execute(text(_LEFT_OURS), {"first": span.first, "last": span.last})]
    half = {row.o_id: (Entry(row.o_id, row.o_day, row.o_cents, row.branch_id, plain(row.name or "")), Entry(row.k_id, row.k_day, row.k_cents, sale=row.sale_id)) for row in halves}
    write(connection, Remaining(source, outside, ours, half).match(), {})
    return max(0, _count_left(connection) - MOST_LEFT) if len(rows) > MOST_LEFT else 0


def _count_left(connection: Connection) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM ({_LEFT_OUTSIDE}) l"), {"most": None}).scalar_one())


def _inputs(connection: Connection, source: Source) -> dict[str, Any]:
    """What would have to be the same for the same result: how the source is set, its files, and the hash of its records."""
    declared = {name: value for name, value in asdict(source).items() if name not in {"mapping", "feed"}}
    return {
        "source": declared, "declared": hashlib.sha256(repr(sorted(declared.items())).encode()).hexdigest()[:16], "records": connection.exec_driver_sql(_HASH).scalar_one(),
        "files": [dict(row) for row in connection.execute(_FILES, {"source": source.name}).mappings()],
        "covered": [{"first": row.first_day, "last": row.last_day, "declared": row.is_declared} for row in connection.exec_driver_sql(_COVERED)],
    }
