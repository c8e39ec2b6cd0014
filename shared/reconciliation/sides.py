"""Reads both sides of a ledger into tables of this session: ``recon_o``, what others say, and ``recon_k``, what our book holds."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from shared.reconciliation.source import Source

TABLES: Final = ("recon_o", "recon_k", "recon_p", "recon_dup", "recon_cover", "recon_unheard", "recon_state")
_CONTENT: Final = "md5(concat_ws('|', r.payload ->> 'date', r.payload ->> 'amount', lower(r.payload ->> 'name'), r.payload ->> 'phone', lower(r.payload ->> 'memo')))"
RECORD_KEY: Final = f"coalesce(nullif(upper(btrim(r.payload ->> 'reference')), ''), {_CONTENT})"
"""What tells a record ``r`` from others, whatever file it comes in: its reference as they write it, or what it says."""
_OUTSIDE = f"""
CREATE TEMPORARY TABLE recon_o AS
WITH read AS (
    SELECT r.id, r.batch, nullif(upper(btrim(r.payload ->> 'reference')), '') AS ref,
           CASE WHEN r.payload ->> 'date' ~ '^\\d{{4}}-\\d{{2}}-\\d{{2}}' AND pg_input_is_valid(r.payload ->> 'date', 'date') THEN (r.payload ->> 'date')::date END AS day,
           CASE WHEN r.payload ->> 'amount' ~ '^-?\\d{{1,13}}(\\.\\d+)?$' THEN round((r.payload ->> 'amount')::numeric * 100)::bigint END AS cents,
           nullif(lower(btrim(r.payload ->> 'status')), '') AS status, b.id AS branch_id, (r.received_at AT TIME ZONE :zone)::date AS received_on,
           CASE WHEN nullif(btrim(r.payload ->> 'reference'), '') IS NULL THEN {_CONTENT} END AS content,
           r.payload ->> 'memo' IS NOT NULL AS has_memo
    FROM crm.external_record r
    LEFT JOIN (SELECT DISTINCT ON (word) word, id FROM (SELECT id, lower(name) AS word, 1 AS rank FROM crm.branch UNION ALL SELECT id, lower(external_id), 2 FROM crm.branch) w ORDER BY word, rank, id) b
        ON b.word = lower(btrim(r.payload ->> 'branch'))
    WHERE r.source = :source
)
SELECT id, batch, ref, day, cents, status, branch_id, received_on, content, has_memo FROM read"""
# Two rows of ours whose keys differ in capitals only: neither can be told by its reference.
_OURS = "CREATE TEMPORARY TABLE recon_k AS SELECT b.* FROM ({book}) b"
_NAMESAKES = "UPDATE recon_k k SET ref = NULL FROM (SELECT ref FROM recon_k WHERE ref IS NOT NULL GROUP BY ref HAVING count(*) > 1) n WHERE n.ref = k.ref"
_EDGES = """
CREATE TEMPORARY TABLE recon_p (o_id bigint NOT NULL, k_id bigint NOT NULL, level smallint NOT NULL, score real NOT NULL, reason text NOT NULL);
CREATE TEMPORARY TABLE recon_dup (o_id bigint PRIMARY KEY, of_id bigint NOT NULL)"""
_SIZES = "SELECT (SELECT count(*) FROM recon_o) AS outside, (SELECT count(*) FROM recon_k) AS ours"


@dataclass(frozen=True)
class Sizes:
    """Rows of both sides."""

    outside: int
    ours: int


def read_sides(connection: Connection, source: Source, zone: str) -> Sizes:
    """Make the tables of this session anew; the caller's transaction decides what they see."""
    for table in TABLES:
        run(connection, f"DROP TABLE IF EXISTS pg_temp.{table}")
    connection.execute(text(_OUTSIDE), {"source": source.name, "zone": zone})
    run(connection, _OURS.format(book=source.ours.sql))
    for statement in (_NAMESAKES, *_EDGES.split(";"), "ANALYZE recon_o", "ANALYZE recon_k"):
        run(connection, statement)
    row = connection.execute(text(_SIZES)).one()
    return Sizes(row.outside, row.ours)


def run(connection: Connection, statement: str) -> int:
    """Execute a statement without parameters; return how many rows it wrote."""
    return connection.exec_driver_sql(statement.replace("%", "%%")).rowcount
