"""What goes with a report: its versions, the drafts of those who change it, and frozen copies with their numbers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from shared.warehouse.report_store import Version, Viewer

MOST_SNAPSHOTS = 100
"""Frozen copies that one person keeps of a report at most; their oldest make room, and nobody pushes out those of others."""
_VERSION = "SELECT version, definition, author_name AS who, author_id AS who_id, saved_at AS at, note FROM app.report_version WHERE report_id = :id"
_VERSIONS = text(f"{_VERSION} ORDER BY version DESC LIMIT :most")
_ONE = text(f"{_VERSION} AND version = :version")
_DRAFT = text("SELECT base_version AS base, definition, saved_at AS at FROM app.report_draft WHERE report_id = :id AND person_id = :person")
_KEEP = text("""INSERT INTO app.report_draft (report_id, person_id, base_version, definition) VALUES (:id, :person, :base, :definition)
    ON CONFLICT (report_id, person_id) DO UPDATE SET base_version = excluded.base_version, definition = excluded.definition, saved_at = clock_timestamp() RETURNING saved_at""")
_DROP = text("DELETE FROM app.report_draft WHERE report_id = :id AND person_id = :person")
_FREEZE = text("INSERT INTO app.report_snapshot (token, report_id, made_by, maker_name, branches, document) VALUES (:token, :id, :person, :name, :branches, :document)")
_ROOM = text("DELETE FROM app.report_snapshot WHERE id IN (SELECT id FROM app.report_snapshot WHERE report_id = :id AND made_by = :person ORDER BY id DESC OFFSET :most)")
_FROZEN = text("SELECT token, report_id AS report, maker_name AS who, made_at AS at, branches, document FROM app.report_snapshot WHERE token = :token")


@dataclass(frozen=True)
class Draft:
    """What a person has changed and not saved; ``base``: the version that they began from."""

    base: int
    definition: str
    at: datetime


@dataclass(frozen=True)
class Snapshot:
    """A report with its numbers as they were; ``branches`` None: of the whole company."""

    token: str
    report: int
    who: str
    at: datetime
    branches: list[int] | None
    document: bytes


def versions(connection: Connection, number: int, most: int = 100) -> list[Version]:
    """Return the newest versions, newest first."""
    return [Version(**row) for row in connection.execute(_VERSIONS, {"id": number, "most": most}).mappings()]


def version(connection: Connection, number: int, wanted: int) -> Version | None:
    """Return one version; None where there is none."""
    row = connection.execute(_ONE, {"id": number, "version": wanted}).mappings().one_or_none() if 0 < wanted < 2**31 else None
    return Version(**row) if row else None


def draft(connection: Connection, number: int, viewer: Viewer) -> Draft | None:
    """Return what this person has not saved; None: nothing."""
    row = connection.execute(_DRAFT, {"id": number, "person": viewer.person}).mappings().one_or_none()
    return Draft(**row) if row else None


def keep_draft(connection: Connection, number: int, viewer: Viewer, base: int, definition: str) -> datetime:
    """Keep what this person has changed so far and return when that was."""
    moment: datetime = connection.execute(_KEEP, {"id": number, "person": viewer.person, "base": base, "definition": definition}).scalar_one()
    return moment


def drop_draft(connection: Connection, number: int, viewer: Viewer) -> None:
    """Forget what this person has not saved."""
    connection.execute(_DROP, {"id": number, "person": viewer.person})


def freeze(connection: Connection, number: int, viewer: Viewer, token: str, branches: Collection[int] | None, document: bytes) -> None:
    """Keep a report with its numbers under ``token``; ``branches``: what its maker may see."""
    connection.execute(_FREEZE, {"token": token, "id": number, "person": viewer.person, "name": viewer.name, "branches": None if branches is None else sorted(branches), "document": document})
    connection.execute(_ROOM, {"id": number, "person": viewer.person, "most": MOST_SNAPSHOTS})


def frozen(connection: Connection, token: str) -> Snapshot | None:
    """Return the copy that ``token`` names; None where there is none."""
    row = connection.execute(_FROZEN, {"token": token}).mappings().one_or_none()
    return Snapshot(**{**row, "document": bytes(row["document"])}) if row else None
