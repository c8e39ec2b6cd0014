"""What the summary shows: open cases by what, where, who and how old; the trend; both sides of every source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.reconciliation.breaks import BREAKS
from shared.reconciliation.rules import RULES

AGES: Final = (("0–3", 0, 3), ("4–7", 4, 7), ("8–14", 8, 14), ("15–30", 15, 30), ("30+", 31, 100_000))
"""Buckets of age in days, both bounds included."""
TITLES: Final[Mapping[str, str]] = {**{rule.name: rule.title for rule in RULES}, **{each.name: each.title for each in BREAKS}}
FAMILY: Final[Mapping[str, str]] = {**{rule.name: rule.family for rule in RULES}, **{each.name: each.family for each in BREAKS}}
SEVERITY: Final[Mapping[str, str]] = {**{rule.name: rule.severity for rule in RULES}, **{each.name: each.severity for each in BREAKS}}
_SEEN: Final = "(CAST(:branches AS smallint[]) IS NULL OR c.branch_id = ANY(CAST(:branches AS smallint[])))"
_OPEN = text(f"""
SELECT c.rule, c.source, c.branch_id, b.name AS branch, c.rep_id, e.name AS rep, CAST(:today AS date) - c.since AS age, count(*) AS cases, sum(c.amount) AS amount
FROM crm.recon_case c LEFT JOIN crm.branch b ON b.id = c.branch_id LEFT JOIN crm.employee e ON e.id = c.rep_id
WHERE c.closed_on IS NULL AND {_SEEN} GROUP BY 1, 2, 3, 4, 5, 6, 7""")
_TREND = text(f"""
SELECT d.day::date AS day, count(c.id) AS cases, coalesce(sum(c.amount), 0) AS amount
FROM generate_series(CAST(:first AS date), CAST(:today AS date), interval '1 day') d (day)
LEFT JOIN crm.recon_case c ON c.since <= d.day AND (c.closed_on IS NULL OR c.closed_on > d.day) AND {_SEEN} GROUP BY 1 ORDER BY 1""")
_SIDES = text("""
SELECT i.source, s.label, s.book, i.side, count(*) AS total_count, sum(i.cents)::bigint AS total_cents, count(*) FILTER (WHERE i.state = 'matched') AS matched_count,
       coalesce(sum(i.cents) FILTER (WHERE i.state = 'matched'), 0)::bigint AS matched_cents, count(*) FILTER (WHERE i.state <> 'matched') AS broken_count,
       coalesce(sum(i.cents) FILTER (WHERE i.state <> 'matched'), 0)::bigint AS broken_cents, count(*) FILTER (WHERE i.branch_id IS NULL) AS unplaced_count
FROM crm.recon_item i JOIN crm.recon_source s ON s.name = i.source WHERE CAST(:branches AS smallint[]) IS NULL OR i.branch_id = ANY(CAST(:branches AS smallint[]))
GROUP BY 1, 2, 3, 4 ORDER BY 1, 4 DESC""")
_MOVED = text(f"SELECT count(*) FILTER (WHERE c.since > CAST(:today AS date) - 7) AS opened, count(*) FILTER (WHERE c.closed_on > CAST(:today AS date) - 7) AS closed FROM crm.recon_case c WHERE {_SEEN}")
_LAST = text("SELECT max(finished_at) FROM crm.recon_run WHERE outcome = 'done'")


@dataclass(frozen=True)
class Part:
    """Open cases of one kind."""

    key: str
    label: str
    cases: int
    amount: float


@dataclass(frozen=True)
class Side:
    """One side of a source, among the branches that the reader sees."""

    source: str
    label: str
    book: str
    side: str
    total_count: int
    total_cents: int
    matched_count: int
    matched_cents: int
    broken_count: int
    broken_cents: int
    unplaced_count: int = 0
    """Of no branch that we know: they are in no metric."""


@dataclass(frozen=True)
class Summary:
    """The summary."""

    families: Sequence[Part]
    rules: Sequence[Part]
    branches: Sequence[Part]
    reps: Sequence[Part]
    ages: Sequence[Part]
    trend: Sequence[tuple[date, int, float]]
    sides: Sequence[Side]
    mean_age: float | None
    """Days, over open cases; None: there are none."""
    opened: int
    """In the last seven days."""
    closed: int
    last_run: datetime | None


def summary(connection: Connection, branches: frozenset[int] | None, today: date, days: int = 60) -> Summary:
    """Return what is open now among ``branches`` (None: all, and what belongs to none), and how that has been over the last ``days``."""
    values: dict[str, Any] = {"branches": None if branches is None else sorted(branches), "today": today}
    rows = [dict(row) for row in connection.execute(_OPEN, values).mappings()]
    cases = sum(row["cases"] for row in rows)
    moved = connection.execute(_MOVED, values).one()
    families = {"ghost": "Ghosts", "split": "Split errors", "break": "Breaks"}
    return Summary(
        [_part(name, label, [row for row in rows if FAMILY.get(row["rule"]) == name]) for name, label in families.items()],
        _parts(rows, lambda row: (row["rule"], TITLES.get(row["rule"], row["rule"]))),
        _parts(rows, lambda row: (str(row["branch_id"] or ""), row["branch"] or "No branch")),
        _parts([row for row in rows if row["rep_id"]], lambda row: (str(row["rep_id"]), row["rep"] or "—"))[:8],
        [_part(label, label, [row for row in rows if low <= row["age"] <= high]) for label, low, high in AGES],
        [(row.day, int(row.cases), float(row.amount)) for row in connection.execute(_TREND, {**values, "first": today - timedelta(days=days)})],
        [Side(**row) for row in connection.execute(_SIDES, {"branches": values["branches"]}).mappings()],
        sum(row["age"] * row["cases"] for row in rows) / cases if cases else None, int(moved.opened), int(moved.closed), connection.execute(_LAST).scalar(),
    )


def _part(key: str, label: str, rows: Sequence[Mapping[str, Any]]) -> Part:
    return Part(key, label, sum(row["cases"] for row in rows), float(sum(row["amount"] for row in rows)))


def _parts(rows: Sequence[dict[str, Any]], key: Any) -> list[Part]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return sorted((_part(*name, members) for name, members in groups.items()), key=lambda one: (-one.amount, one.label))
