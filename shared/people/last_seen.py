"""What a person saw at the end of the visit before this one, so that a page can say what has changed since."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from shared.clock import Clock, now
from shared.people.person import Person
from shared.people.preferences import preferences_of, remember
from shared.people.problems import AccountError
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
PAUSE: Final = timedelta(minutes=30)
"""Who comes back after as long begins another visit."""
_WRITE_AFTER: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Seen:
    """Numbers as they stood when somebody last looked."""

    at: datetime
    values: dict[str, Any]


class LastSeen:
    """Keeps, per person and page, what was shown last in this visit and in the one before; in the person's own preferences."""

    def __init__(self, engines: Engines, page: str, clock: Clock = now) -> None:
        """``page`` names what was looked at, such as ``cmo:/``."""
        self._engines, self._key, self._clock = engines, f"seen:{page}", clock

    def __call__(self, person: Person, values: dict[str, Any]) -> Seen | None:
        """Note that ``person`` sees ``values`` (JSON) now; return what they saw at the end of the visit before this one, None where this is the first.

        A page that looks again by itself goes on with its visit.  None also while the database is away, which is logged: no page waits for this.
        """
        try:
            kept = preferences_of(self._engines, person).get(self._key)
            moment = self._clock()
            visit, before = _parts(kept)
            if visit is not None and moment - visit.at > PAUSE:
                before = visit
                visit = None
            if visit is None or moment - visit.at > _WRITE_AFTER:
                remember(self._engines, person, {self._key: {"visit": _kept(Seen(moment, values)), "before": None if before is None else _kept(before)}})
        except (SQLAlchemyError, AccountError) as error:
            log.warning("what person %d saw last could not be kept: %s", person.id, str(error).splitlines()[0])
            return None
        return before


def _parts(kept: object) -> tuple[Seen | None, Seen | None]:
    return (_seen(kept.get("visit")), _seen(kept.get("before"))) if isinstance(kept, dict) else (None, None)


def _seen(kept: object) -> Seen | None:
    """Read what an older release may have written differently: what cannot be read was not seen."""
    if not isinstance(kept, dict) or not isinstance(kept.get("values"), dict):
        return None
    try:
        return Seen(datetime.fromisoformat(str(kept.get("at"))), kept["values"])
    except ValueError:
        return None


def _kept(seen: Seen) -> dict[str, Any]:
    return {"at": seen.at.isoformat(), "values": seen.values}
