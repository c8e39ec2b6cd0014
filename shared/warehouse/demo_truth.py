"""What a demo company needs beside its facts: yesterday's snapshot of its sales, the sources of its ledgers, and the truth about what was planted."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import text

from shared.warehouse.bulk import BulkLoad

SNAPSHOT_DAYS = 240
"""Sales sold within so many days are in yesterday's snapshot."""
# A sale that ended today was still standing yesterday.
_SNAPSHOT = """
INSERT INTO crm.snapshot (day, entity, entity_id, hash, payload)
SELECT CAST(:yesterday AS date), 'sale', s.id, md5(p.payload::text), p.payload
FROM crm.sale s CROSS JOIN LATERAL (SELECT jsonb_build_object(
    'external_id', s.external_id, 'branch_id', s.branch_id, 'appointment_id', s.appointment_id, 'sold_on', s.sold_on, 'amount', s.amount,
    'status', CASE WHEN s.cancelled_on <= :yesterday OR s.status IN ('pending', 'firm', 'in_rescission') THEN s.status
                   WHEN s.rescission_ends_on >= :yesterday THEN 'in_rescission' ELSE 'firm' END) AS payload) p
WHERE s.sold_on BETWEEN CAST(:yesterday AS date) - :days AND CAST(:yesterday AS date)
"""
_GONE = """
INSERT INTO crm.snapshot (day, entity, entity_id, hash, payload)
SELECT CAST(:yesterday AS date), 'sale', :id, md5(CAST(:payload AS jsonb)::text), CAST(:payload AS jsonb)
"""
_SOURCES = """
INSERT INTO crm.recon_source (name, label, book)
VALUES ('bank', 'Bank statements', 'payments'), ('lender', 'Lender funding report', 'financed'), ('accounting', 'Accounting invoices', 'invoices')
"""
# Each batch reports on one month, whose name it ends with.
_BATCHES = """
INSERT INTO crm.recon_batch (source, batch, period_from, period_to, file_name, row_count, cents, added_at)
SELECT r.source, r.batch, m.first, (m.first + interval '1 month')::date - 1, r.batch || '.csv', count(*), sum(round((r.payload ->> 'amount')::numeric * 100))::bigint, max(r.received_at)
FROM crm.external_record r CROSS JOIN LATERAL (SELECT to_date(right(r.batch, 7), 'YYYY-MM') AS first) m GROUP BY r.source, r.batch, m.first
"""
_TRUTH = text("INSERT INTO app.demo_truth (kind, entity, entity_id, rule, day, branch_id, detail)"
              " VALUES (:kind, :entity, :entity_id, :rule, :day, :branch_id, CAST(:detail AS jsonb))")


def remember_sales(load: BulkLoad, yesterday: date, gone: Iterable[Mapping[str, Any]]) -> None:
    """Write yesterday's snapshot: the sales there are, and those of ``gone`` (id, and the snapshot's own fields) that have been deleted since."""
    load.run(_SNAPSHOT, yesterday=yesterday, days=SNAPSHOT_DAYS)
    for sale in gone:
        load.run(_GONE, yesterday=yesterday, id=sale["id"], payload=json.dumps({name: value for name, value in sale.items() if name != "id"}))


def remember_sources(load: BulkLoad) -> None:
    """Say which book each source of the demo company is held against, and on which month each of its batches reports."""
    load.run(_SOURCES)
    load.run(_BATCHES)


def write_truth(load: BulkLoad, rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace the truth table with ``rows`` (kind, entity, entity_id, rule, day, branch_id, detail)."""
    load.run("DELETE FROM app.demo_truth")
    written = [{**row, "detail": json.dumps(row["detail"])} for row in rows]
    if written:
        load.connection.execute(_TRUTH, written)
