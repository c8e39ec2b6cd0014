"""Finds references of ours that others write in their own way: without prefix or zeros, with marks, or somewhere in a line of text."""

from typing import Final

from sqlalchemy import Connection, text

from shared.reconciliation.references import Edge, write
from shared.reconciliation.sides import run
from shared.reconciliation.source import Source

MOST_RECORDS: Final = 200_000
"""Records whose reference is not known that are looked at; what is beyond is matched by the levels below."""
_TEXTS: Final = """
CREATE TEMPORARY TABLE recon_said AS
SELECT o.id, o.cents, o.day, upper(concat_ws(' ', r.payload ->> 'reference', r.payload ->> 'memo')) AS said FROM recon_o o JOIN crm.external_record r ON r.id = o.id
WHERE (o.ref IS NOT NULL OR o.has_memo) AND NOT EXISTS (SELECT FROM recon_k k WHERE k.ref = o.ref) ORDER BY o.id LIMIT {most}"""
# Letters directly before a number, zeros in front put aside.
_NUMBERS: Final = """
CREATE TEMPORARY TABLE recon_number AS
SELECT DISTINCT s.id, s.cents, s.day, coalesce(m[1], '') AS letters, m[2] AS digits
FROM recon_said s CROSS JOIN LATERAL regexp_matches(s.said, '([A-Z]*)[-/ #._]*0*([1-9][0-9]*)', 'g') m"""
_OURS: Final = """
CREATE TEMPORARY TABLE recon_named AS
SELECT n.id, n.cents, n.day, k.ref, k.id AS k_id, k.cents AS k_cents, k.day AS k_day, n.letters = k.letters AND k.letters <> '' AS is_sure
FROM recon_number n JOIN (
    SELECT k.id, k.ref, k.cents, k.day, m[1] AS letters, m[2] AS digits FROM recon_k k CROSS JOIN LATERAL regexp_match(k.ref, '^([A-Z]*)[^A-Z0-9]*0*([1-9][0-9]*)$') m
    WHERE k.ref IS NOT NULL
) k ON k.digits = n.digits"""
# A bare number may be anything: it counts where the amount agrees, too, and the days are near.
_FITS: Final = "(n.is_sure OR length(regexp_replace(n.ref, '\\D', '', 'g')) >= 4 AND abs(n.cents - n.k_cents) <= greatest({cents}, (abs(n.k_cents) * {percent}::numeric / 100)::bigint) AND abs(n.day - n.k_day) <= 45)"
_RESOLVE: Final = """
WITH fitting AS (SELECT n.* FROM recon_named n WHERE {fits}),
one AS (SELECT id, min(ref) FILTER (WHERE is_sure) AS sure, count(DISTINCT ref) FILTER (WHERE is_sure) AS sures, min(ref) AS ref, count(DISTINCT ref) AS refs FROM fitting GROUP BY id)
UPDATE recon_o o SET ref = CASE WHEN one.sures = 1 THEN one.sure ELSE one.ref END FROM one WHERE one.id = o.id AND (one.sures = 1 OR one.sures = 0 AND one.refs = 1)"""
_SEVERAL: Final = """
SELECT n.id, array_agg(n.k_id ORDER BY n.k_id) AS rows, max(n.cents) AS cents, sum(n.k_cents)::bigint AS ours FROM (SELECT DISTINCT id, cents, k_id, k_cents FROM recon_named WHERE is_sure) n
WHERE NOT EXISTS (SELECT FROM recon_o o WHERE o.ref = (SELECT k.ref FROM recon_k k WHERE k.id = n.k_id)) GROUP BY n.id HAVING count(*) > 1 ORDER BY n.id"""


def resolve_references(connection: Connection, source: Source) -> None:
    """Write the references that are found into ``recon_o``, and match records that name several of our rows which add up to them."""
    for table in ("recon_said", "recon_number", "recon_named"):
        run(connection, f"DROP TABLE IF EXISTS pg_temp.{table}")
    if not run(connection, _TEXTS.format(most=MOST_RECORDS)):
        return
    for statement in (_NUMBERS, "ANALYZE recon_number", _OURS):
        run(connection, statement)
    fits = _FITS.format(cents=int(source.amount_tolerance * 100), percent=source.percent_tolerance)
    run(connection, _RESOLVE.format(fits=fits))


def match_several(connection: Connection, source: Source) -> None:
    """Match records whose text names several of our rows that add up to them, each row once."""
    edges: list[Edge] = []
    used = set[int]()
    for row in connection.execute(text(_SEVERAL)) if _is_there(connection) else ():
        if row.cents is not None and abs(row.cents - row.ours) <= source.tolerance(row.ours) and not used & {*row.rows}:
            used |= {*row.rows}
            edges += [(row.id, each, 4, 0.97, f"it names {len(row.rows)} rows that add up to it") for each in row.rows]
    write(connection, edges, {})


def _is_there(connection: Connection) -> bool:
    return bool(connection.execute(text("SELECT to_regclass('pg_temp.recon_named') IS NOT NULL")).scalar_one())
