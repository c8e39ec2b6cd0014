"""Changes of targets: all cells of a change or none, each with its line of history; a change of something else than was looked at is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

NO_VERSION = "0:"
"""Version of a cell that was never changed here and holds nothing."""
LARGEST = 10**12
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('crm.target.cells'))")
_LAST = "SELECT max(h.id) FROM app.target_change h WHERE h.kpi = {0}.kpi AND h.month = {0}.month AND h.branch_id IS NOT DISTINCT FROM {0}.branch_id"
_VERSION = "coalesce(({last}), 0)::text || ':' || coalesce(trim_scale({value})::text, '')"
_CELLS = text(f"""
    WITH at AS (SELECT :kpi AS kpi, b.branch_id, m::date AS month
                FROM (SELECT id AS branch_id FROM crm.branch UNION ALL SELECT CAST(NULL AS smallint)) b, generate_series(CAST(:first AS date), CAST(:last AS date), '1 month') m)
    SELECT at.branch_id AS branch, at.month, t.value::float8 AS value, {_VERSION.format(last=_LAST.format("at"), value="t.value")} AS version
    FROM at LEFT JOIN crm.target t ON t.kpi = at.kpi AND t.month = at.month AND t.branch_id IS NOT DISTINCT FROM at.branch_id
    ORDER BY at.branch_id NULLS FIRST, at.month""")
_ONE = text("SELECT value FROM crm.target WHERE kpi = :kpi AND month = :month AND branch_id IS NOT DISTINCT FROM :branch")
_NEWEST = text("""
    SELECT id, changed_at, person_name, new_value FROM app.target_change
    WHERE kpi = :kpi AND month = :month AND branch_id IS NOT DISTINCT FROM :branch ORDER BY id DESC LIMIT 1""")
_PUT = text("""
    INSERT INTO crm.target (kpi, branch_id, month, value) VALUES (:kpi, :branch, :month, :value)
    ON CONFLICT (kpi, branch_id, month) DO UPDATE SET value = excluded.value""")
_TAKE = text("DELETE FROM crm.target WHERE kpi = :kpi AND month = :month AND branch_id IS NOT DISTINCT FROM :branch")
_LOG = text("""
    INSERT INTO app.target_change (person_id, person_name, kpi, branch_id, month, old_value, new_value, note)
    VALUES (:person, :name, :kpi, :branch, :month, :old, :new, :note) RETURNING id""")
_HISTORY = text("""
    SELECT h.id, h.changed_at AS at, h.person_name AS who, h.kpi, h.branch_id AS branch, h.month, h.old_value::float8 AS old, h.new_value::float8 AS new, h.note
    FROM app.target_change h
    WHERE h.kpi = :kpi AND h.month BETWEEN :first AND :last AND (:every OR h.branch_id = ANY(:branches) OR (:company AND h.branch_id IS NULL))
    ORDER BY h.id DESC LIMIT :most""")
_CHANGE = text("SELECT kpi, branch_id AS branch, month, old_value AS old, new_value AS new FROM app.target_change WHERE id = :id")
_MARK = text("SELECT coalesce(max(id), 0) FROM app.target_change")


@dataclass(frozen=True)
class Cell:
    """The target of one KPI, branch (None: the company) and month as it is now; ``value`` None: there is none."""

    branch: int | None
    month: date
    value: float | None
    version: str


@dataclass(frozen=True)
class Wish:
    """What a cell should become (None: no target), and the version that was looked at when this was decided; None: whatever it is."""

    kpi: str
    branch: int | None
    month: date
    value: Decimal | None
    version: str | None


@dataclass(frozen=True)
class Change:
    """One line of history."""

    id: int
    at: datetime
    who: str
    kpi: str
    branch: int | None
    month: date
    old: float | None
    new: float | None
    note: str


@dataclass(frozen=True)
class Conflict:
    """A cell that somebody changed meanwhile.  ``who`` empty: an import or the command line, which keep no history."""

    wish: Wish
    value: float | None
    version: str
    who: str
    at: datetime | None


class TargetConflictError(RuntimeError):
    """Nothing was changed, because these cells are no longer what was looked at."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        """Name every cell."""
        super().__init__(f"{len(conflicts)} targets were changed meanwhile")
        self.conflicts = tuple(conflicts)


class UnknownChangeError(LookupError):
    """No change has this number."""


def cells(connection: Connection, kpi: str, first: date, last: date) -> list[Cell]:
    """Every cell of a KPI from the month ``first`` to the month ``last`` (first days): the company, then each branch by id; empty cells too."""
    return [Cell(**row) for row in connection.execute(_CELLS, {"kpi": kpi, "first": first, "last": last}).mappings()]


def change_targets(engines: Engines, wishes: Sequence[Wish], person: tuple[int, str], note: str = "") -> list[tuple[Wish, str]]:
    """Write all wishes in one transaction and return each with its cell's new version; what is so already is not written again.

    ``person`` is who changes: id and name.  Raises TargetConflictError, having written nothing, if a cell is not at the version looked at.
    """
    with engines.writer() as connection:
        connection.execute(_LOCK)  # of two who change the same cells at the same moment, the second sees what the first wrote
        now_there = [_now(connection, wish) for wish in wishes]
        conflicts = [found for wish, found in zip(wishes, now_there, strict=True) if wish.version is not None and found.version != wish.version]
        if conflicts:
            raise TargetConflictError(conflicts)
        written = [(wish, _write(connection, wish, person, note)) for wish in wishes]
    engines.wait_for_replicas(2.0)
    return written


def undo(engines: Engines, change: int, person: tuple[int, str]) -> tuple[Wish, str]:
    """Set a cell back to what it was before ``change`` and return it with its new version.

    Raises UnknownChangeError, and TargetConflictError if the cell was changed again since.
    """
    with engines.primary_reader() as connection:
        row = connection.execute(_CHANGE, {"id": change}).one_or_none()
    if row is None:
        raise UnknownChangeError(f"there is no change number {change}")
    expected = f"{change}:{_plain(row.new)}"
    return change_targets(engines, [Wish(row.kpi, row.branch, row.month, row.old, expected)], person, f"Undoes change {change}")[0]


def history(connection: Connection, kpi: str, first: date, last: date, branches: Sequence[int] | None, *, company: bool, most: int = 100) -> list[Change]:
    """The newest changes of a KPI's months, newest first; ``branches`` None: every branch and the company, else these and with ``company`` the company."""
    values = {"kpi": kpi, "first": first, "last": last, "every": branches is None, "branches": list(branches or ()), "company": company, "most": most}
    return [Change(**row) for row in connection.execute(_HISTORY, values).mappings()]


def newest_change(connection: Connection) -> int:
    """The number of the newest change; grows with each."""
    return int(connection.execute(_MARK).scalar_one())


def change_of(connection: Connection, change: int) -> tuple[str, int | None] | None:
    """KPI and branch of a change; None where there is none."""
    row = connection.execute(_CHANGE, {"id": change}).one_or_none()
    return None if row is None else (str(row.kpi), row.branch)


def _now(connection: Connection, wish: Wish) -> Conflict:
    """How the cell of ``wish`` stands, in the words of a conflict."""
    at = {"kpi": wish.kpi, "branch": wish.branch, "month": wish.month}
    value = connection.execute(_ONE, at).scalar_one_or_none()
    newest = connection.execute(_NEWEST, at).one_or_none()
    known = newest is not None and newest.new_value == value
    version = f"{newest.id if newest else 0}:{_plain(value)}"
    return Conflict(wish, None if value is None else float(value), version, newest.person_name if newest and known else "", newest.changed_at if newest and known else None)


def _write(connection: Connection, wish: Wish, person: tuple[int, str], note: str) -> str:
    before = _now(connection, wish)
    old = connection.execute(_ONE, {"kpi": wish.kpi, "branch": wish.branch, "month": wish.month}).scalar_one_or_none()
    if old == wish.value:
        return before.version
    at = {"kpi": wish.kpi, "branch": wish.branch, "month": wish.month}
    if wish.value is None:
        connection.execute(_TAKE, at)
    else:
        connection.execute(_PUT, {**at, "value": wish.value})
    number = connection.execute(_LOG, {**at, "person": person[0], "name": person[1], "old": old, "new": wish.value, "note": note}).scalar_one()
    return f"{number}:{_plain(wish.value)}"


def _plain(value: Decimal | None) -> str:
    """As trim_scale writes it: 4200.5000 is 4200.5."""
    if value is None:
        return ""
    text_of = f"{value:.4f}"
    return text_of.rstrip("0").rstrip(".")
