"""From what a run counted to the rows behind it, to their cases and to who signed for them: what an accountant follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, text

from shared.reconciliation.source import Source

MOST_ROWS: Final = 5000
"""A file of rows holds as many; there is the workpaper of a narrower number, and psql, for more."""
_NEWEST = text("SELECT max(id) FROM crm.recon_run WHERE kind = 'ledger' AND source = :source AND outcome = 'done'")
_FILES = text("SELECT source, batch, file_name, sha256, row_count, cents, left_out, added_at FROM crm.recon_batch WHERE CAST(:source AS text) IS NULL OR source = :source ORDER BY source, batch")
_CASES = text("""
SELECT rule, count(*) FILTER (WHERE closed_on IS NULL) AS open, count(*) FILTER (WHERE status = 'accepted') AS accepted, count(*) FILTER (WHERE status = 'written_off') AS written_off,
       count(*) FILTER (WHERE status = 'resolved') AS resolved, count(*) AS cases, coalesce(sum(amount), 0) AS amount
FROM crm.recon_case WHERE source = :source AND gone_at IS NULL GROUP BY 1 ORDER BY 1""")
_WHICH: Final = """i.source = :source AND i.side = :side AND (CAST(:state AS text) = '' OR CAST(:state AS text) = 'broken' AND i.state <> 'matched' OR i.state = :state) AND (CAST(:level AS smallint) IS NULL OR coalesce(i.level, -1) = :level)
  AND (CAST(:branches AS smallint[]) IS NULL OR i.branch_id = ANY(CAST(:branches AS smallint[])))"""
_THEIRS: Final = """
SELECT i.item_id AS id, i.day, i.cents, i.state, i.level, i.reason, i.pair, r.payload ->> 'reference' AS reference, coalesce(r.payload ->> 'name', r.payload ->> 'memo', '') AS name, r.batch, (r.payload ->> 'line')::bigint AS line, c.id AS case_id
FROM crm.recon_item i JOIN crm.external_record r ON r.id = i.item_id
LEFT JOIN LATERAL (SELECT c.id FROM crm.recon_case c WHERE c.entity = 'external_record' AND c.entity_id = i.item_id AND c.source = i.source AND c.gone_at IS NULL ORDER BY c.id LIMIT 1) c ON i.state <> 'matched'
WHERE {which} AND (CAST(:batch AS text) = '' OR r.batch = :batch)"""
_OURS: Final = """
SELECT i.item_id AS id, i.day, i.cents, i.state, i.level, i.reason, i.pair, k.ref AS reference, coalesce(h.name, '') AS name, '' AS batch, NULL::bigint AS line, c.id AS case_id
FROM crm.recon_item i JOIN ({book}) k ON k.id = i.item_id LEFT JOIN crm.sale s ON s.id = k.sale_id LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
LEFT JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id LEFT JOIN crm.prospect h ON h.branch_id = l.branch_id AND h.id = l.prospect_id
LEFT JOIN LATERAL (SELECT c.id FROM crm.recon_case c WHERE c.source = i.source AND c.gone_at IS NULL AND (c.entity = 'external_record' AND c.other_id = i.item_id OR c.entity = :entity AND c.entity_id = i.item_id) ORDER BY c.id LIMIT 1) c ON i.state <> 'matched'
WHERE {which}"""
_STANDING: Final = text("""
SELECT i.source, i.side, i.state, coalesce(i.level, -1) AS level, count(*) AS count, sum(i.cents)::bigint AS cents FROM crm.recon_item i JOIN crm.recon_source s ON s.name = i.source
WHERE CAST(:branches AS smallint[]) IS NULL OR i.branch_id = ANY(CAST(:branches AS smallint[])) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""")
_BESIDE: Final = {
    "outside": """SELECT m.pair, string_agg(k.ref, ', ' ORDER BY k.id) AS counterpart FROM crm.recon_item m JOIN ({book}) k ON k.id = m.item_id
        WHERE m.source = :source AND m.side = 'crm' AND m.pair IN (SELECT pair FROM few WHERE pair <> '') GROUP BY 1""",
    "crm": """SELECT m.pair, string_agg(coalesce(nullif(r.payload ->> 'reference', ''), r.batch || ', line ' || (r.payload ->> 'line'), r.batch), ', ' ORDER BY r.id) AS counterpart
        FROM crm.recon_item m JOIN crm.external_record r ON r.id = m.item_id WHERE m.source = :source AND m.side = 'outside' AND m.pair IN (SELECT pair FROM few WHERE pair <> '') GROUP BY 1""",
}
Side = Literal["outside", "crm"]


@dataclass(frozen=True)
class Wanted:
    """Which rows of a source."""

    side: Side
    state: str = ""
    """A type of break, matched, broken (any break), or empty: every one."""
    level: int | None = None
    """How it was matched; -1: rows without a counterpart."""
    batch: str = ""


@dataclass(frozen=True)
class Rows:
    """What became of some rows of one side, as of the newest run."""

    count: int
    cents: int
    rows: list[dict[str, Any]]
    """The first ``MOST_ROWS`` by day."""


def newest_run(connection: Connection, source: str) -> int | None:
    """Return the run whose rows are kept; None: there is none."""
    found = connection.execute(_NEWEST, {"source": source}).scalar()
    return None if found is None else int(found)


def files_of(connection: Connection, source: str | None) -> list[dict[str, Any]]:
    """Return the files of a source (None: of every one) with the lines that are no records."""
    return [dict(row) for row in connection.execute(_FILES, {"source": source}).mappings()]


def cases_of(connection: Connection, source: str) -> Mapping[str, Mapping[str, Any]]:
    """Return what stands behind the breaks of a source: type -> how many cases are open, answered for, and in all."""
    return {row["rule"]: dict(row) for row in connection.execute(_CASES, {"source": source}).mappings()}


def standing_parts(connection: Connection, branches: frozenset[int] | None) -> list[dict[str, Any]]:
    """Return what became of every row among these branches (None: all, and those that belong to none) as of the newest run of each source: source, side, state, level, count, cents."""
    return [dict(row) for row in connection.execute(_STANDING, {"branches": None if branches is None else sorted(branches)}).mappings()]


def rows_of(connection: Connection, source: Source, wanted: Wanted, branches: frozenset[int] | None, most: int = MOST_ROWS) -> Rows:
    """Return the rows behind a number, among these branches (None: all, and those that belong to none)."""
    sql = (_THEIRS if wanted.side == "outside" else _OURS).format(which=_WHICH, book=source.ours.sql)
    values = {"source": source.name, "side": wanted.side, "state": wanted.state, "level": wanted.level, "batch": wanted.batch, "entity": source.ours.entity, "branches": None if branches is None else sorted(branches)}
    whole = connection.execute(text(f"SELECT count(*) AS rows, coalesce(sum(cents), 0)::bigint AS cents FROM ({sql}) x"), values).one()
    rows = [dict(row) for row in connection.execute(text(
        f"WITH few AS MATERIALIZED ({sql} ORDER BY i.day NULLS FIRST, i.item_id LIMIT :most) SELECT f.*, coalesce(b.counterpart, '') AS counterpart FROM few f LEFT JOIN ({_BESIDE[wanted.side].format(book=source.ours.sql)}) b ON b.pair = f.pair"
        " ORDER BY f.day NULLS FIRST, f.id"), {**values, "most": most}).mappings()]
    return Rows(int(whole.rows), int(whole.cents), rows)
