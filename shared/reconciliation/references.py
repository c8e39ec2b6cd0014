"""Matching by reference: one statement for all that is told apart by it, and care for references that occur more than once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.reconciliation.sides import RECORD_KEY, run
from shared.reconciliation.source import Source
from shared.reconciliation.sums import parts_of

Edge = tuple[int, int, int, float, str]
"""(record, our row, level, score, reason)."""
_PINNED = text(f"""
INSERT INTO recon_p SELECT DISTINCT ON (k.id) o.id, k.id, 0, 1, 'said by a person'
FROM crm.recon_pair p JOIN crm.external_record r ON r.source = p.source AND {RECORD_KEY} = p.record_key JOIN recon_o o ON o.id = r.id JOIN recon_k k ON k.ref = upper(p.external_id) WHERE p.source = :source ORDER BY k.id, o.id""")
_REPEATED = "CREATE TEMPORARY TABLE recon_repeat AS SELECT ref FROM recon_o WHERE ref IS NOT NULL GROUP BY ref HAVING count(*) > 1"
_PLAIN = """
INSERT INTO recon_p SELECT o.id, k.id, 1, 1, 'the same reference' FROM recon_o o JOIN recon_k k ON k.ref = o.ref
WHERE NOT EXISTS (SELECT FROM recon_repeat r WHERE r.ref = o.ref) AND NOT EXISTS (SELECT FROM recon_p p WHERE p.level = 0 AND (p.o_id = o.id OR p.k_id = k.id))"""
_COPIES = """
SELECT o.ref, o.id, o.day, o.cents, k.id AS k_id, k.day AS k_day, k.cents AS k_cents FROM recon_o o JOIN recon_repeat r ON r.ref = o.ref
LEFT JOIN recon_k k ON k.ref = o.ref AND NOT EXISTS (SELECT FROM recon_p p WHERE p.level = 0 AND p.k_id = k.id)
WHERE NOT EXISTS (SELECT FROM recon_p p WHERE p.level = 0 AND p.o_id = o.id) ORDER BY o.ref, o.id"""
_FAR: Final = 10**9


@dataclass(frozen=True)
class _Copy:
    id: int
    day: date | None
    cents: int | None


def match_references(connection: Connection, source: Source) -> None:
    """Fill ``recon_p`` with what a person said and what references say, and ``recon_dup`` with copies."""
    connection.execute(_PINNED, {"source": source.name})
    run(connection, "DROP TABLE IF EXISTS pg_temp.recon_repeat")
    run(connection, _REPEATED)
    run(connection, _PLAIN)
    edges: list[Edge] = []
    copies: dict[int, int] = {}
    for ours, group in _repeated(connection):
        found, twice = settle(ours, group, source)
        edges += found
        copies |= twice
    write(connection, edges, copies)


def _repeated(connection: Connection) -> Iterable[tuple[tuple[int, date, int] | None, list[_Copy]]]:
    groups: dict[str, tuple[tuple[int, date, int] | None, list[_Copy]]] = {}
    for row in connection.exec_driver_sql(_COPIES):
        ours = None if row.k_id is None else (row.k_id, row.k_day, row.k_cents)
        groups.setdefault(row.ref, (ours, []))[1].append(_Copy(row.id, row.day, row.cents))
    return groups.values()


def settle(ours: tuple[int, date, int] | None, group: Sequence[_Copy], source: Source) -> tuple[list[Edge], dict[int, int]]:
    """Say which of several records with one reference belong to our row (id, day, cents; None: we have none), and which are copies of which.

    What is neither is left to the levels below.
    """
    if ours is None:
        return [], _same_amounts(group)
    k_id, day, cents = ours
    tolerance = source.tolerance(cents)
    if any((one.cents or 0) < 0 for one in group) and any((one.cents or 0) > 0 for one in group) and len(group) > 2 and None not in {one.cents for one in group} and abs(sum(one.cents or 0 for one in group) - cents) <= tolerance:
        return [(one.id, k_id, 4, 0.95, f"{len(group)} records with its reference, one of them taken back, add up to it") for one in group], {}
    order = sorted(group, key=lambda one: (_off(one.cents, cents), _FAR if one.day is None else abs((one.day - day).days), one.id))
    if _off(order[0].cents, cents) > tolerance:
        readable = [one for one in order if one.cents is not None]
        if places := parts_of(cents, [one.cents or 0 for one in readable], tolerance):
            parts = [readable[place] for place in places]
            said = f"{len(parts)} records with its reference add up to it"
            rest = [one for one in order if one not in parts]
            return [(one.id, k_id, 4, 0.95, said) for one in parts], {one.id: next((part.id for part in parts if part.cents == one.cents), parts[0].id) for one in rest}
    best, *others = order
    return [(best.id, k_id, 1, 1.0, "the same reference")], {one.id: best.id for one in others if one.cents in {best.cents, cents, None}}


def _off(cents: int | None, ours: int) -> int:
    return _FAR if cents is None else abs(cents - ours)


def _same_amounts(group: Sequence[_Copy]) -> dict[int, int]:
    by_cents: dict[int | None, list[int]] = defaultdict(list)
    for one in group:
        by_cents[one.cents].append(one.id)
    return {copy: first for first, *more in by_cents.values() for copy in more}


def write(connection: Connection, edges: Sequence[Edge], copies: Mapping[int, int]) -> None:
    """Add edges and copies to the tables of this session."""
    if edges:
        names = ("o", "k", "l", "s", "r")
        values: dict[str, list[Any]] = dict(zip(names, map(list, zip(*edges, strict=True)), strict=True))
        connection.execute(text("INSERT INTO recon_p SELECT * FROM unnest(CAST(:o AS bigint[]), CAST(:k AS bigint[]), CAST(:l AS smallint[]), CAST(:s AS real[]), CAST(:r AS text[]))"), values)
    if copies:
        connection.execute(text("INSERT INTO recon_dup SELECT * FROM unnest(CAST(:o AS bigint[]), CAST(:of AS bigint[]))"), {"o": list(copies), "of": list(copies.values())})
