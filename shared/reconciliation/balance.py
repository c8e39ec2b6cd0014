"""What became of every row of both sides, and the proof that nothing is counted twice or left over."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, text

from shared.reconciliation.breaks import COVERED, MISSING
from shared.reconciliation.sides import run
from shared.reconciliation.source import Source

Side = Literal["outside", "crm"]
# A record that names no branch is of the branch of its counterpart. Each part lists rows by what became of them; a row that two of them listed would break the primary key, one that none listed the balance.
_ITEMS = f"""
CREATE TEMPORARY TABLE recon_next AS
SELECT 'outside' AS side, o.id AS item_id, coalesce(o.branch_id, k.branch_id) AS branch_id, o.day, coalesce(o.cents, 0) AS cents, t.state, t.level, t.score, t.reason, t.pair
FROM recon_o o JOIN (SELECT * FROM recon_state WHERE NOT is_group UNION ALL (SELECT DISTINCT ON (o_id) * FROM recon_state WHERE is_group ORDER BY o_id, k_id)) t ON t.o_id = o.id JOIN recon_k k ON k.id = t.k_id
UNION ALL
SELECT 'outside', o.id, coalesce(o.branch_id, (SELECT k.branch_id FROM recon_p p JOIN recon_k k ON k.id = p.k_id WHERE p.o_id = u.of_id ORDER BY k.id LIMIT 1)), o.day, coalesce(o.cents, 0), u.state, NULL, NULL, CASE WHEN u.state = 'duplicate' THEN 'it repeats another record' ELSE '' END, ''
FROM recon_left u JOIN recon_o o ON o.id = u.id
UNION ALL
SELECT 'crm', k.id, k.branch_id, k.day, k.cents, t.state, t.level, t.score, t.reason, t.pair
FROM recon_k k JOIN (SELECT * FROM recon_state WHERE NOT is_group UNION ALL (SELECT DISTINCT ON (k_id) * FROM recon_state WHERE is_group ORDER BY k_id, o_id)) t ON t.k_id = k.id
UNION ALL
SELECT 'crm', k.id, k.branch_id, k.day, k.cents, 'missing_outside', NULL, NULL, '', '' FROM recon_k k WHERE {MISSING}"""
_COLUMNS = "branch_id, day, cents, state, level, score, reason, pair"
_KEEP = f"""
INSERT INTO crm.recon_item AS i (source, side, item_id, {_COLUMNS}) SELECT :source, n.side, n.item_id, {", ".join("n." + name for name in _COLUMNS.split(", "))} FROM recon_next n
ON CONFLICT (source, side, item_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", "))}
WHERE ({", ".join("i." + name for name in _COLUMNS.split(", "))}) IS DISTINCT FROM ({", ".join("excluded." + name for name in _COLUMNS.split(", "))})"""
_DROP = "DELETE FROM crm.recon_item i WHERE i.source = :source AND NOT EXISTS (SELECT FROM recon_next n WHERE n.side = i.side AND n.item_id = i.item_id)"
# The totals are read from what was read, not from what the matching made of it.
_TOTALS: Final = {
    "outside": "SELECT count(*), coalesce(sum(coalesce(cents, 0)), 0) FROM recon_o",
    "crm": f"SELECT count(*), coalesce(sum(cents), 0) FROM recon_k k WHERE EXISTS (SELECT FROM recon_p p WHERE p.k_id = k.id) OR {COVERED}",
}
_NOT_COMPARED: Final = """
WITH left_out AS MATERIALIZED (
    SELECT k.cents, EXISTS (SELECT FROM recon_unheard h WHERE h.branch_id = k.branch_id) AND EXISTS (SELECT FROM recon_cover c WHERE k.day BETWEEN c.first_day AND c.last_day) AS unheard
    FROM recon_k k LEFT JOIN recon_next n ON n.side = 'crm' AND n.item_id = k.id WHERE n.item_id IS NULL
)
SELECT count(*) FILTER (WHERE cents <> 0 AND NOT unheard) AS period_count, coalesce(sum(cents) FILTER (WHERE NOT unheard), 0) AS period_cents,
       count(*) FILTER (WHERE cents <> 0 AND unheard) AS branch_count, coalesce(sum(cents) FILTER (WHERE unheard), 0) AS branch_cents, count(*) FILTER (WHERE cents = 0) AS nothing_count,
       (SELECT string_agg(b.name, ', ' ORDER BY b.name) FROM recon_unheard h JOIN crm.branch b ON b.id = h.branch_id) AS branches,
       (SELECT count(*) FROM recon_k) AS book_count, (SELECT coalesce(sum(cents), 0) FROM recon_k) AS book_cents
FROM left_out"""
_PARTS = """
SELECT count(*) FILTER (WHERE state = 'matched') AS matched_count, coalesce(sum(cents) FILTER (WHERE state = 'matched'), 0)::bigint AS matched_cents,
       count(*) FILTER (WHERE state <> 'matched') AS broken_count, coalesce(sum(cents) FILTER (WHERE state <> 'matched'), 0)::bigint AS broken_cents FROM recon_next WHERE side = :side"""


class OutOfBalanceError(AssertionError):
    """Some row was left over or counted twice: nothing is written, because the matching is wrong."""


@dataclass(frozen=True)
class Balance:
    """One side of one run."""

    side: Side
    total_count: int
    total_cents: int
    matched_count: int
    matched_cents: int
    broken_count: int
    broken_cents: int

    def __post_init__(self) -> None:
        """Refuse what does not add up."""
        if (self.matched_count + self.broken_count, self.matched_cents + self.broken_cents) != (self.total_count, self.total_cents):
            raise OutOfBalanceError(f"{self.side}: {self}")


def list_items(connection: Connection) -> tuple[Balance, Balance]:
    """Make ``recon_next``, what became of every row, and return both sides.  Raises OutOfBalanceError."""
    run(connection, "DROP TABLE IF EXISTS pg_temp.recon_next")
    run(connection, _ITEMS)
    run(connection, "CREATE UNIQUE INDEX ON recon_next (side, item_id)")
    run(connection, "ANALYZE recon_next")
    return _side(connection, "outside"), _side(connection, "crm")


def _side(connection: Connection, side: Side) -> Balance:
    count, cents = connection.execute(text(_TOTALS[side])).one()
    return Balance(side, int(count), int(cents), **connection.execute(text(_PARTS), {"side": side}).mappings().one())


def parts_of_sides(connection: Connection) -> list[dict[str, Any]]:
    """Return what the rows of ``recon_next`` became: side, state, level (0: none), count and cents; they add up to both sides."""
    return [dict(row) for row in connection.execute(text("SELECT side, state, coalesce(level, -1) AS level, count(*) AS count, sum(cents)::bigint AS cents FROM recon_next GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")).mappings()]


def rows_left_out(connection: Connection) -> dict[str, dict[str, Any]]:
    """Return which rows of our book were not held against anything, and why: of another period than others have reported on, of a branch of which they know nothing, or of no amount."""
    row = connection.execute(text(_NOT_COMPARED)).one()
    return {"period": {"count": int(row.period_count), "cents": int(row.period_cents)}, "branches": {"count": int(row.branch_count), "cents": int(row.branch_cents), "names": row.branches or ""}, "nothing": {"count": int(row.nothing_count), "cents": 0}, "book": {"count": int(row.book_count), "cents": int(row.book_cents)}}


def keep_items(connection: Connection, source: Source, run_id: int, sides: tuple[Balance, Balance]) -> None:
    """Keep what became of every row, and the proof, within the caller's transaction: rows that did not change are not written."""
    connection.execute(text(_DROP), {"source": source.name})
    connection.execute(text(_KEEP), {"source": source.name})
    for side in sides:
        connection.execute(text("INSERT INTO crm.recon_balance VALUES (:run_id, :side, :total_count, :total_cents, :matched_count, :matched_cents, :broken_count, :broken_cents)"), {"run_id": run_id, **asdict(side)})
