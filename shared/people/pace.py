"""How often a page takes new numbers, as its reader has chosen; one choice per person and page."""

import logging
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from shared.people.person import Person
from shared.people.preferences import preferences_of, remember
from shared.people.problems import AccountError
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
PACES: Final = {"off": 0, "1s": 1_000, "5s": 5_000, "15s": 15_000, "1m": 60_000, "5m": 300_000, "live": 100}
"""Choice -> least milliseconds between two times that numbers come; 0: never by themselves.  live.js holds the same list and a test compares them."""
DEFAULT_PACE: Final = "live"
_MOST_PAGES: Final = 200


def pace_of(engines: Engines, person: Person, site: str, path: str) -> str:
    """Return the key of ``PACES`` that ``person`` chose for a page; the default where they chose none, or no database answers: no page waits for it."""
    try:
        found = preferences_of(engines, person).get(_name(site, path))
    except SQLAlchemyError as error:
        log.warning("the refresh interval of person %d could not be read: %s", person.id, str(error).splitlines()[0])
        return DEFAULT_PACE
    return found if found in PACES else DEFAULT_PACE


def keep_pace(engines: Engines, person: Person, site: str, path: str, pace: str) -> None:
    """Remember ``pace`` for a page.  Raises AccountError for a pace that does not exist, or for more pages than any site has."""
    if pace not in PACES:
        raise AccountError(f"Choose one of {', '.join(PACES)}, not {pace[:20]!r}.")
    name = _name(site, path)
    kept = preferences_of(engines, person)
    if name not in kept and sum(key.startswith("pace:") for key in kept) >= _MOST_PAGES:
        raise AccountError("There is no room for the interval of another page.")
    remember(engines, person, {name: pace})


def _name(site: str, path: str) -> str:
    return f"pace:{site}:{path}"[:120]
