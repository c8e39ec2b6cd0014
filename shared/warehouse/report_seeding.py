"""Reports that are there from the beginning: written once into a library that has never held one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('shared.warehouse.report_seeding'))")
_HAS_ANY = text("SELECT EXISTS (SELECT FROM app.report)")
_ADD = text("""WITH r AS (INSERT INTO app.report (owner_id, owner_name, folder, title, description, version) SELECT id, name, :folder, :title, :description, 1 FROM app.person WHERE id = :owner RETURNING id, owner_id, owner_name),
    v AS (INSERT INTO app.report_version (report_id, version, definition, author_id, author_name, note) SELECT id, 1, :definition, owner_id, owner_name, '' FROM r)
    SELECT id FROM r""")
_SHARE = text("INSERT INTO app.report_share (report_id, role, may_edit) SELECT :id, role, :may_edit FROM unnest(CAST(:roles AS text[])) AS role")
_FAVOUR = text("INSERT INTO app.report_favourite (report_id, person_id) SELECT :id, person FROM unnest(CAST(:people AS bigint[])) AS person")


@dataclass(frozen=True)
class Seed:
    """One report as it begins: the owner's account, the checked definition as text, the roles that may read or change it, and whose favourite it is."""

    owner: int
    folder: str
    title: str
    description: str
    definition: str
    readers: Sequence[str] = ()
    editors: Sequence[str] = ()
    favourite_of: Sequence[int] = ()


def seed_library(engines: Engines, seeds: Sequence[Seed]) -> int:
    """Write all of ``seeds`` in one transaction and return how many; none where the library holds or has held a report (what is deleted lies in the bin)."""
    with engines.writer() as connection:  # two starts at once take turns
        connection.execute(_LOCK)
        if connection.execute(_HAS_ANY).scalar_one():
            return 0
        for seed in reversed(seeds):  # a library lists the newest first
            _write(connection, seed)
    return len(seeds)


def _write(connection: Connection, seed: Seed) -> None:
    number = int(connection.execute(_ADD, {"owner": seed.owner, "folder": seed.folder, "title": seed.title, "description": seed.description, "definition": seed.definition}).scalar_one())
    for roles, may_edit in ((seed.readers, False), (seed.editors, True)):
        connection.execute(_SHARE, {"id": number, "roles": list(roles), "may_edit": may_edit})
    connection.execute(_FAVOUR, {"id": number, "people": list(seed.favourite_of)})
