"""Remembers each day which sales there are, so that one that vanishes is missed.  Rows are only added: of a day, what is new or different since the last."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('shared.reconciliation.snapshots'))")
_THERE = text("SELECT EXISTS (SELECT FROM crm.snapshot_day WHERE day = :day AND entity = 'sale')")
_WRITE = text("""
INSERT INTO crm.snapshot (day, entity, entity_id, hash, payload)
SELECT :day, 'sale', s.id, md5(p.payload::text), p.payload
FROM crm.sale s CROSS JOIN LATERAL (SELECT crm.snapshot_of(s) AS payload) p
LEFT JOIN LATERAL (SELECT n.hash FROM crm.snapshot n WHERE n.entity = 'sale' AND n.entity_id = s.id ORDER BY n.day DESC LIMIT 1) last ON true
WHERE last.hash IS DISTINCT FROM md5(p.payload::text)
ON CONFLICT (day, entity, entity_id) DO NOTHING""")
_DAY = text("""
INSERT INTO crm.snapshot_day (day, entity, row_count, written, hash)
SELECT :day, 'sale', count(*), :written, md5(coalesce(string_agg(md5(crm.snapshot_of(s)::text), '' ORDER BY s.id), '')) FROM crm.sale s""")


@dataclass(frozen=True)
class Snapshot:
    """What a day's snapshot wrote."""

    day: date
    written: int
    """Sales that were new or different since the last one."""


def take_snapshot(connection: Connection, day: date) -> Snapshot | None:
    """Remember the sales of ``day`` within the caller's transaction; None: that was done already."""
    connection.execute(_LOCK)
    if connection.execute(_THERE, {"day": day}).scalar_one():
        return None
    written = connection.execute(_WRITE, {"day": day}).rowcount
    connection.execute(_DAY, {"day": day, "written": written})
    return Snapshot(day, written)
