"""Where reports are kept: who may see which, their newest version, and saving that overwrites nobody unasked.  Definitions are text that is not looked into."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

Access = Literal["own", "edit", "view"]
MOST_REPORTS = 500
"""Reports of one owner at most, those in the bin included."""
_ACCESS = """CASE WHEN r.owner_id = :person OR :admin THEN 'own'
    WHEN EXISTS (SELECT FROM app.report_share s WHERE s.report_id = r.id AND s.may_edit AND (s.person_id = :person OR s.role = :role)) THEN 'edit'
    WHEN EXISTS (SELECT FROM app.report_share s WHERE s.report_id = r.id AND (s.person_id = :person OR s.role = :role)) THEN 'view' END"""
_ENTRY = f"""SELECT r.id, r.title, r.description, r.folder, r.owner_id AS owner, r.owner_name, r.version, r.created_at, r.changed_at, r.deleted_at, {_ACCESS} AS access,
    EXISTS (SELECT FROM app.report_favourite f WHERE f.report_id = r.id AND f.person_id = :person) AS is_favourite,
    EXISTS (SELECT FROM app.report_share s WHERE s.report_id = r.id) AS is_shared,
    (SELECT d.saved_at FROM app.report_draft d WHERE d.report_id = r.id AND d.person_id = :person AND d.base_version <= r.version) AS draft_at
FROM app.report r"""
_LIBRARY = text(f"""SELECT * FROM ({_ENTRY}) e WHERE e.access IS NOT NULL AND ((e.deleted_at IS NULL) OR (:bin AND e.access = 'own'))
    ORDER BY e.is_favourite DESC, e.changed_at DESC, e.id DESC LIMIT 1000""")
_ONE = text(f"SELECT * FROM ({_ENTRY} WHERE r.id = :id) e WHERE e.access IS NOT NULL AND (e.deleted_at IS NULL OR (:bin AND e.access = 'own'))")
_COUNT = text("SELECT count(*) FROM app.report WHERE owner_id = :person")
_ADD = text("INSERT INTO app.report (owner_id, owner_name, folder, title, description) VALUES (:person, :name, :folder, :title, :description) RETURNING id")
_LOCK = text("SELECT version FROM app.report WHERE id = :id AND deleted_at IS NULL FOR UPDATE")
_VERSION = text("""INSERT INTO app.report_version (report_id, version, definition, author_id, author_name, note)
    VALUES (:id, :version, :definition, :person, :name, :note)""")
_CURRENT = text("UPDATE app.report SET version = :version, title = :title, description = :description, changed_at = clock_timestamp() WHERE id = :id")
_NEWEST = text("SELECT version, definition, author_name AS who, author_id AS who_id, saved_at AS at, note FROM app.report_version WHERE report_id = :id ORDER BY version DESC LIMIT 1")
_DROP_DRAFT = text("DELETE FROM app.report_draft WHERE report_id = :id AND person_id = :person")
_FAVOUR = text("INSERT INTO app.report_favourite (report_id, person_id) VALUES (:id, :person) ON CONFLICT DO NOTHING")
_UNFAVOUR = text("DELETE FROM app.report_favourite WHERE report_id = :id AND person_id = :person")
_MOVE = text("UPDATE app.report SET folder = :folder WHERE id = :id")
_BIN = text("UPDATE app.report SET deleted_at = CASE WHEN :into THEN clock_timestamp() END WHERE id = :id")
_SHARES = text("""SELECT s.person_id AS person, p.name, s.role, s.may_edit FROM app.report_share s LEFT JOIN app.person p ON p.id = s.person_id
    WHERE s.report_id = :id ORDER BY s.role NULLS LAST, p.name""")
_UNSHARE = text("DELETE FROM app.report_share WHERE report_id = :id")
_SHARE = text("INSERT INTO app.report_share (report_id, person_id, role, may_edit) VALUES (:id, :person, :role, :may_edit)")
_PEOPLE = text("SELECT id, name FROM app.person WHERE is_active AND role <> 'cmo' AND id <> :person ORDER BY name, id LIMIT 1000")


@dataclass(frozen=True)
class Viewer:
    """Who asks: account, role, and whether they look after everything."""

    person: int
    name: str
    role: str
    is_admin: bool

    @property
    def binds(self) -> dict[str, object]:
        """Return what every statement about access needs."""
        return {"person": self.person, "role": self.role, "admin": self.is_admin}


@dataclass(frozen=True)
class Entry:
    """One report as a library lists it; what it holds is read apart (``newest``)."""

    id: int
    title: str
    description: str
    folder: str
    owner: int | None
    """None: an account that is gone."""
    owner_name: str
    version: int
    created_at: datetime
    changed_at: datetime
    deleted_at: datetime | None
    """Not None: in the bin."""
    access: Access
    is_favourite: bool
    is_shared: bool
    draft_at: datetime | None
    """When the viewer last changed something that is not saved; None: nothing is open."""

    @property
    def may_edit(self) -> bool:
        """Say whether the viewer may save it."""
        return self.access != "view"


@dataclass(frozen=True)
class Version:
    """One version of a report."""

    version: int
    definition: str
    who: str
    who_id: int | None
    at: datetime
    note: str


@dataclass(frozen=True)
class Share:
    """Somebody who may see a report: a person (with ``name``) or everybody of a role."""

    person: int | None
    name: str | None
    role: str | None
    may_edit: bool


class ReportConflictError(RuntimeError):
    """Nothing was saved, because somebody saved the report meanwhile."""

    def __init__(self, theirs: Version) -> None:
        """``theirs``: what is there now."""
        super().__init__(f"{theirs.who} saved version {theirs.version} meanwhile")
        self.theirs = theirs


class TooManyReportsError(RuntimeError):
    """The owner has as many reports as one may have."""


class UnknownReportError(LookupError):
    """No such report, or none that this person may see."""


def library(connection: Connection, viewer: Viewer, *, bin_too: bool = False) -> list[Entry]:
    """Every report that ``viewer`` may see, favourites first, then the newest; ``bin_too``: also their own in the bin."""
    return [Entry(**row) for row in connection.execute(_LIBRARY, {**viewer.binds, "bin": bin_too}).mappings()]


def find_report(connection: Connection, number: int, viewer: Viewer, *, bin_too: bool = False) -> Entry:
    """Return one report.  Raises UnknownReportError where it is not there for ``viewer``."""
    row = connection.execute(_ONE, {**viewer.binds, "id": number, "bin": bin_too}).mappings().one_or_none() if 0 < number < 2**62 else None
    if row is None:
        raise UnknownReportError(f"report {number}")
    return Entry(**row)


def newest(connection: Connection, number: int) -> Version:
    """Return the newest version of a report that is there."""
    return Version(**connection.execute(_NEWEST, {"id": number}).mappings().one())


def create_report(engines: Engines, viewer: Viewer, definition: str, title: str, description: str, folder: str = "", note: str = "") -> int:
    """Keep a new report as version 1 and return its number.  Raises TooManyReportsError."""
    with engines.writer() as connection:
        if int(connection.execute(_COUNT, viewer.binds).scalar_one()) >= MOST_REPORTS:
            raise TooManyReportsError(f"you have {MOST_REPORTS} reports, which is the most; delete some first")
        number = int(connection.execute(_ADD, {"person": viewer.person, "name": viewer.name, "folder": folder, "title": title, "description": description}).scalar_one())
        _write(connection, number, 1, viewer, (definition, title, description), note)
    engines.wait_for_replicas(2.0)
    return number


def save_report(engines: Engines, number: int, viewer: Viewer, base: int | None, definition: str, title: str, description: str, note: str = "") -> int:
    """Add a version and return its number; the viewer's draft is done with.  ``base``: the version that was changed; None: whatever is there is overwritten (it stays as a version).

    Raises ReportConflictError, having written nothing, where somebody saved meanwhile, and UnknownReportError where the report is gone.  Whoever calls has checked that ``viewer`` may edit.
    """
    with engines.writer() as connection:
        current = connection.execute(_LOCK, {"id": number}).scalar_one_or_none()
        if current is None:
            raise UnknownReportError(f"report {number}")
        theirs = newest(connection, number)
        if base is not None and base != current:
            if theirs.definition == definition:  # both made the same of it
                return int(current)
            raise ReportConflictError(theirs)
        if theirs.definition != definition or note:
            current += 1
            _write(connection, number, current, viewer, (definition, title, description), note)
        connection.execute(_DROP_DRAFT, {"id": number, "person": viewer.person})
    engines.wait_for_replicas(2.0)
    return int(current)


def favour(connection: Connection, number: int, viewer: Viewer, *, on: bool) -> None:
    """Remember whether a report is a favourite of this person."""
    connection.execute(_FAVOUR if on else _UNFAVOUR, {"id": number, "person": viewer.person})


def move(connection: Connection, number: int, folder: str) -> None:
    """Put a report into a folder; empty: into none."""
    connection.execute(_MOVE, {"id": number, "folder": folder})


def put_in_bin(connection: Connection, number: int, *, into: bool) -> None:
    """Put a report into the bin, or take it out again; nothing of it is lost."""
    connection.execute(_BIN, {"id": number, "into": into})


def shares(connection: Connection, number: int) -> list[Share]:
    """Everybody who may see a report beside its owner."""
    return [Share(**row) for row in connection.execute(_SHARES, {"id": number}).mappings()]


def share(connection: Connection, number: int, wanted: Sequence[Share]) -> None:
    """Let exactly these see a report beside its owner."""
    connection.execute(_UNSHARE, {"id": number})
    for each in wanted:
        connection.execute(_SHARE, {"id": number, "person": each.person, "role": each.role, "may_edit": each.may_edit})


def people_to_share_with(connection: Connection, viewer: Viewer) -> list[tuple[int, str]]:
    """Id and name of everybody else on this site, by name."""
    return [(int(row.id), str(row.name)) for row in connection.execute(_PEOPLE, {"person": viewer.person})]


def _write(connection: Connection, number: int, version: int, viewer: Viewer, what: tuple[str, str, str], note: str) -> None:
    definition, title, description = what
    connection.execute(_VERSION, {"id": number, "version": version, "definition": definition, "person": viewer.person, "name": viewer.name, "note": note})
    connection.execute(_CURRENT, {"id": number, "version": version, "title": title, "description": description})
