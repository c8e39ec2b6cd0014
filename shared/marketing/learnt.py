"""The door to what was learnt: the newest, kept in the process until there is a newer one."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError

from shared.analysis.response import Curve, Untold
from shared.warehouse.engines import Engines
from shared.warehouse.response_store import load, newest

log = logging.getLogger(__name__)
NONE_YET = "How leads follow money is learnt within a minute or two of the first numbers, and anew every night."


@dataclass(frozen=True)
class Responses:
    """How leads of each source follow its money."""

    curves: Mapping[str, Curve | Untold] = field(default_factory=dict)
    """Key of a source -> its curve, or why it cannot be told; sources that nothing was ever spent on are missing."""
    media: frozenset[str] = frozenset()
    """Sources whose media can be moved; of others with a curve it is payroll."""
    last: date | None = None
    """The last day of the weeks that it was learnt from; None: nothing was learnt yet."""
    learnt_at: datetime | None = None


class LearntResponses:
    """For the readers of one process; safe to share between threads."""

    def __init__(self, engines: Engines) -> None:
        """Nothing is read yet."""
        self._engines, self._lock = engines, threading.Lock()
        self._kept: tuple[datetime, Responses] | None = None

    def newest(self) -> Responses:
        """The newest; the last one read where no database answers, and an empty one where nothing was learnt yet."""
        try:
            made = newest(self._engines)
            with self._lock:
                if made is not None and (self._kept is None or self._kept[0] != made):
                    row = load(self._engines)
                    self._kept = (row.made_at, responses_of(row.value, row.made_at)) if row is not None else self._kept
        except DBAPIError as error:
            log.warning("what was learnt about budgets cannot be read: %s", str(error.orig).strip())
        return self._kept[1] if self._kept else Responses()


def responses_of(value: Mapping[str, Any], made_at: datetime) -> Responses:
    """Read what ``learning.written`` wrote."""
    curves = {key: Untold(one["words"]) if "words" in one else Curve(**{**one, "level": tuple(one["level"]), "usual": tuple(one["usual"])}) for key, one in value["curves"].items()}
    return Responses(curves, frozenset(value["media"]), date.fromisoformat(value["first"]) + timedelta(weeks=value["weeks"], days=-1), made_at)
