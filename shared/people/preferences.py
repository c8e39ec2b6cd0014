"""What a person has chosen for themselves; a choice that cannot be read is the default, for nobody's page waits for it."""

import logging
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.people.person import Person
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
PACES: Final = {"off": 0, "1s": 1_000, "5s": 5_000, "15s": 15_000, "1m": 60_000, "5m": 300_000, "live": 100}
"""How often a page takes new numbers: choice -> least milliseconds between two; 0: never by itself."""
DEFAULT_PACE: Final = "live"

_READ = text("SELECT value FROM app.preference WHERE person_id = :person AND name = :name")
_WRITE = text("""
    INSERT INTO app.preference (person_id, name, value) VALUES (:person, :name, :value)
    ON CONFLICT (person_id, name) DO UPDATE SET value = excluded.value, changed_at = now()""")


class PreferenceError(ValueError):
    """A choice that does not exist; the message is for the person."""


def pace_of(engines: Engines, person: Person, site: str, path: str) -> str:
    """Return the key of ``PACES`` that ``person`` chose for a page; the default where they chose none, or no database answers."""
    try:
        with engines.primary_reader() as connection:
            found = connection.execute(_READ, {"person": person.id, "name": _pace_name(site, path)}).scalar()
    except SQLAlchemyError as error:
        log.warning("the refresh interval of person %d could not be read: %s", person.id, str(error).splitlines()[0])
        return DEFAULT_PACE
    return found if found in PACES else DEFAULT_PACE


def keep_pace(engines: Engines, person: Person, site: str, path: str, pace: str) -> None:
    """Remember ``pace`` for a page.  Raises PreferenceError for one that does not exist."""
    if pace not in PACES:
        raise PreferenceError(f"choose one of {', '.join(PACES)}, not {pace[:20]!r}")
    with engines.writer() as connection:
        connection.execute(_WRITE, {"person": person.id, "name": _pace_name(site, path), "value": pace})


def _pace_name(site: str, path: str) -> str:
    return f"pace:{site}:{path}"[:120]
