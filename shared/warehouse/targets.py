"""Targets as the company set them: a value per KPI, branch (or company) and month."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Target:
    """One monthly target; ``branch`` None: the company."""

    kpi: str
    branch: int | None
    month: date
    value: float


def load_targets(connection: Connection, kpis: tuple[str, ...], first: date, last: date) -> tuple[Target, ...]:
    """Targets of these KPIs for the months that touch the days from ``first`` to ``last``."""
    rows = connection.execute(text("SELECT kpi, branch_id AS branch, month, value::float8 AS value FROM crm.target"
                                   " WHERE kpi = ANY(:kpis) AND month BETWEEN date_trunc('month', CAST(:first AS date)) AND :last ORDER BY kpi, branch_id, month"),
                              {"kpis": list(kpis), "first": first, "last": last})
    return tuple(Target(**row) for row in rows.mappings())
