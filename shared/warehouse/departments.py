"""What scorecards read beside metrics: ages of open contracts, lifetimes of tickets, knocks on the map.  ``branches`` None: every branch."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

_OUTSTANDING = text("""
    SELECT CAST(:today AS date) - s.sold_on AS days, count(*) AS jobs, sum(s.amount)::float8 AS amount
    FROM crm.sale s LEFT JOIN crm.job j ON j.branch_id = s.branch_id AND j.sale_id = s.id
    WHERE s.cancelled_on IS NULL AND s.sold_on <= :today AND j.completed_on IS NULL AND j.cancelled_on IS NULL
      AND (CAST(:branches AS int[]) IS NULL OR s.branch_id = ANY(:branches))
    GROUP BY 1 ORDER BY 1""")
_LIFETIMES = text("""
    SELECT extract(epoch FROM coalesce(t.resolved_at, now()) - t.opened_at)::float8 / 3600 AS hours, t.resolved_at IS NOT NULL AS is_resolved
    FROM crm.ticket t
    WHERE t.opened_on BETWEEN :start AND :end AND t.opened_at <= now() AND (CAST(:branches AS int[]) IS NULL OR t.branch_id = ANY(:branches))
    ORDER BY 1 LIMIT 200000""")
_KNOCKS = text("""
    SELECT round(k.latitude, 2)::float8 AS latitude, round(k.longitude, 2)::float8 AS longitude, k.branch_id, min(h.territory) AS territory, count(*) AS doors,
           count(*) FILTER (WHERE k.outcome IN ('lead', 'set')) AS leads
    FROM crm.knock k JOIN crm.canvass_shift h ON h.branch_id = k.branch_id AND h.id = k.shift_id
    WHERE k.knocked_on BETWEEN :start AND :end AND k.latitude IS NOT NULL AND k.longitude IS NOT NULL
      AND (CAST(:branches AS int[]) IS NULL OR k.branch_id = ANY(:branches))
    GROUP BY 1, 2, 3 ORDER BY doors DESC LIMIT 1500""")


@dataclass(frozen=True)
class Aged:
    """Contracts of one age."""

    days: int
    """Since the day of sale."""
    jobs: int
    amount: float


@dataclass(frozen=True)
class Spot:
    """Doors within about a kilometre."""

    latitude: float
    longitude: float
    branch_id: int
    territory: str
    doors: int
    leads: int


def outstanding(connection: Connection, branches: Collection[int] | None, today: date) -> list[Aged]:
    """Contracts that still stand and are not complete, by days since the sale, youngest first: the backlog with its age."""
    return [Aged(int(row.days), int(row.jobs), float(row.amount)) for row in connection.execute(_OUTSTANDING, {"today": today, "branches": _listed(branches)})]


def lifetimes(connection: Connection, branches: Collection[int] | None, start: date, end: date) -> list[tuple[float, bool]]:
    """(hours, resolved) of each ticket opened in the days; one still open has lasted so long by now (censored)."""
    return [(float(row.hours), bool(row.is_resolved)) for row in connection.execute(_LIFETIMES, {"start": start, "end": end, "branches": _listed(branches)})]


def knocks(connection: Connection, branches: Collection[int] | None, start: date, end: date) -> list[Spot]:
    """Doors of the days by place (a hundredth of a degree), most doors first; knocks without a place are left out."""
    return [Spot(**row) for row in connection.execute(_KNOCKS, {"start": start, "end": end, "branches": _listed(branches)}).mappings()]


def _listed(branches: Collection[int] | None) -> list[int] | None:
    return None if branches is None else sorted(branches)
