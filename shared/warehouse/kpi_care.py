"""Who looks after a KPI, and what people note about it.  ``branch`` None: the company."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

CheckStatus = Literal["on_track", "at_risk", "off_track"]
STATUSES: dict[CheckStatus, str] = {"on_track": "On track", "at_risk": "At risk", "off_track": "Off track"}
LONGEST = 1000
_OWNERS = text("""
    SELECT o.branch_id AS branch, o.person_id AS person, p.name, o.set_by, o.set_at FROM app.kpi_owner o JOIN app.person p ON p.id = o.person_id
    WHERE o.kpi = :kpi AND p.is_active ORDER BY o.branch_id NULLS FIRST""")
_SET = text("""
    INSERT INTO app.kpi_owner (kpi, branch_id, person_id, set_by) VALUES (:kpi, :branch, :person, :by)
    ON CONFLICT (kpi, branch_id) DO UPDATE SET person_id = excluded.person_id, set_by = excluded.set_by, set_at = clock_timestamp()""")
_UNSET = text("DELETE FROM app.kpi_owner WHERE kpi = :kpi AND branch_id IS NOT DISTINCT FROM :branch")
_NOTE = text("INSERT INTO app.kpi_note (kpi, branch_id, day, text, person_id, person_name) VALUES (:kpi, :branch, :day, :text, :person, :name) RETURNING id")
_CHECK_IN = text("INSERT INTO app.kpi_check_in (kpi, branch_id, day, status, text, person_id, person_name) VALUES (:kpi, :branch, :day, :status, :text, :person, :name) RETURNING id")
_ENTRIES = text("""
    SELECT * FROM (
        SELECT id, branch_id AS branch, day, CAST(NULL AS text) AS status, text, person_name AS who, written_at AS at FROM app.kpi_note WHERE kpi = :kpi
        UNION ALL SELECT id, branch_id, day, status, text, person_name, written_at FROM app.kpi_check_in WHERE kpi = :kpi) e
    WHERE :every OR e.branch = ANY(:branches) OR (:company AND e.branch IS NULL)
    ORDER BY e.at DESC LIMIT :most""")


@dataclass(frozen=True)
class Owner:
    """Who looks after a KPI in a branch."""

    branch: int | None
    person: int
    name: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True)
class Entry:
    """A note (``status`` None) or a check-in."""

    id: int
    branch: int | None
    day: date
    status: CheckStatus | None
    text: str
    who: str
    at: datetime


def owners(connection: Connection, kpi: str) -> dict[int | None, Owner]:
    """Owners of a KPI by branch; a branch without one is missing."""
    return {row["branch"]: Owner(**row) for row in connection.execute(_OWNERS, {"kpi": kpi}).mappings()}


def entries(connection: Connection, kpi: str, branches: Sequence[int] | None, *, company: bool, most: int = 30) -> list[Entry]:
    """The newest notes and check-ins of a KPI, newest first; ``branches`` None: all there are, else these and with ``company`` the company's."""
    values = {"kpi": kpi, "every": branches is None, "branches": list(branches or ()), "company": company, "most": most}
    return [Entry(**row) for row in connection.execute(_ENTRIES, values).mappings()]


def set_owner(engines: Engines, kpi: str, branch: int | None, person: int | None, by: str) -> None:
    """Make ``person`` (None: nobody) the owner of a KPI in a branch."""
    with engines.writer() as connection:
        if person is None:
            connection.execute(_UNSET, {"kpi": kpi, "branch": branch})
        else:
            connection.execute(_SET, {"kpi": kpi, "branch": branch, "person": person, "by": by})


def write_entry(engines: Engines, kpi: str, branch: int | None, day: date, status: CheckStatus | None, words: str, person: tuple[int, str]) -> int:
    """Add a note, or with a ``status`` a check-in, by ``person`` (id and name); return its number."""
    values = {"kpi": kpi, "branch": branch, "day": day, "text": words, "person": person[0], "name": person[1]}
    with engines.writer() as connection:
        if status is None:
            return int(connection.execute(_NOTE, values).scalar_one())
        return int(connection.execute(_CHECK_IN, {**values, "status": status}).scalar_one())
