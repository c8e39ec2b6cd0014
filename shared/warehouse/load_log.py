"""The log of imports, and the column mappings that are remembered for files with the same header."""

import json
from dataclasses import asdict, dataclass, field

from sqlalchemy import Connection, text

_BEGIN = """
INSERT INTO app.import_log (file_name, sha256, entity, is_dry_run) VALUES (:file_name, :sha256, :entity, :is_dry_run) RETURNING id"""
_FINISH = """
UPDATE app.import_log SET finished_at = clock_timestamp(), outcome = :outcome, error = nullif(:error, ''), read = :read, inserted = :inserted, updated = :updated,
       unchanged = :unchanged, rejected = :rejected WHERE id = :id"""
_ABANDON = """
UPDATE app.import_log SET finished_at = clock_timestamp(), outcome = 'abandoned', error = 'the import was cut off; nothing of it was loaded'
WHERE entity = :entity AND outcome IS NULL AND id < :id"""


@dataclass(frozen=True)
class Counts:
    """Rows of a file by what became of them."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict, compare=False)
    """The most frequent reasons of rejected rows, by field."""

    @property
    def accepted(self) -> int:
        """Rows that were not rejected."""
        return self.read - self.rejected


def begin(connection: Connection, file_name: str, sha256: str, entity: str, *, is_dry_run: bool) -> int:
    """Open an entry and return its id."""
    return int(connection.execute(text(_BEGIN), {"file_name": file_name, "sha256": sha256, "entity": entity, "is_dry_run": is_dry_run}).scalar_one())


def finish(connection: Connection, entry: int, outcome: str, counts: Counts, error: str = "") -> None:
    """Close an entry: ``done``, ``partial`` (some rows rejected), ``rejected`` (all or nothing, or no good row), ``dry run``, ``failed``."""
    numbers = {name: value for name, value in asdict(counts).items() if name != "reasons"}
    connection.execute(text(_FINISH), {"id": entry, "outcome": outcome, "error": error, **numbers})


def abandon_older(connection: Connection, entity: str, entry: int) -> None:
    """Close entries of imports that died; call it while holding the entity's lock, when none of them can be alive."""
    connection.execute(text(_ABANDON), {"entity": entity, "id": entry})


def loaded_before(connection: Connection, entity: str, sha256: str) -> str | None:
    """Return when this very file was loaded in full, as text, or None."""
    moment = connection.execute(text("SELECT max(finished_at) FROM app.import_log WHERE entity = :entity AND sha256 = :sha256 AND outcome = 'done'"),
                                {"entity": entity, "sha256": sha256}).scalar_one()
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M %Z}"


def saved_mapping(connection: Connection, entity: str, signature: str) -> dict[str, str]:
    """Return the mapping (column to field, an empty field: left out) of files with this header signature; empty if there is none."""
    found = connection.execute(text("SELECT mapping FROM app.import_mapping WHERE entity = :entity AND signature = :signature"),
                               {"entity": entity, "signature": signature}).scalar_one_or_none()
    return dict(found) if found else {}


def save_mapping(connection: Connection, entity: str, signature: str, mapping: dict[str, str]) -> None:
    """Remember a mapping for files with this header signature."""
    connection.execute(text("INSERT INTO app.import_mapping (entity, signature, mapping) VALUES (:entity, :signature, CAST(:mapping AS jsonb))"
                            " ON CONFLICT (entity, signature) DO UPDATE SET mapping = excluded.mapping, saved_at = now()"
                            " WHERE import_mapping.mapping <> excluded.mapping"),
                       {"entity": entity, "signature": signature, "mapping": json.dumps(mapping)})
