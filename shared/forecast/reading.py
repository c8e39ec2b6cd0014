"""The door to stored forecasts: the newest whole run, kept in the process until there is a newer one."""

import logging
import threading
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.exc import DBAPIError

from shared.forecast.outlook import Outlook
from shared.forecast.run import Run, run_of
from shared.metrics.ask import Ask
from shared.metrics.scope import Scope
from shared.warehouse.engines import Engines
from shared.warehouse.forecast_store import load_run, load_run_before, load_trouble, newest_id

log = logging.getLogger(__name__)
NONE_YET = "No forecast yet: the first one is made within a minute or two of the first numbers."


@dataclass(frozen=True)
class Missing:
    """There is no forecast, and why."""

    words: str


class Forecasts:
    """Stored forecasts for the readers of one process; safe to share between threads."""

    def __init__(self, engines: Engines) -> None:
        """Nothing is read yet."""
        self._engines = engines
        self._kept: Run | None = None
        self._earlier: tuple[date, int, Run | None] | None = None
        self._lock = threading.Lock()

    def newest(self) -> Run | Missing:
        """The newest run; the last known one where no database answers."""
        try:
            found = newest_id(self._engines)
            if found is None:
                trouble = load_trouble(self._engines)
                return Missing(f"No forecast yet: {trouble[1]}" if trouble else NONE_YET)
            with self._lock:
                if self._kept is None or self._kept.id != found[0]:
                    stored = load_run(self._engines, found[0])
                    self._kept = run_of(stored) if stored is not None else self._kept
        except DBAPIError as error:
            log.warning("the forecast cannot be read: %s", str(error.orig).strip())
        return self._kept or Missing("The forecast cannot be read at the moment; nothing is lost, please try again in a minute.")

    def before(self, run: Run, weeks: int = 4) -> Run | None:
        """The run that was the newest ``weeks`` weeks before ``run``; None: none is kept from then (within a week)."""
        day = run.origin - timedelta(weeks=weeks)
        with self._lock:
            if self._earlier is None or self._earlier[:2] != (day, run.id):
                try:
                    stored = load_run_before(self._engines, day)
                except DBAPIError as error:
                    log.warning("an earlier forecast cannot be read: %s", str(error.orig).strip())
                    return None
                recent = stored is not None and stored.run.origin_day > day - timedelta(days=7)
                self._earlier = (day, run.id, run_of(stored) if stored is not None and recent else None)
            return self._earlier[2]

    def outlook(self, ask: Ask, scope: Scope, since: date | None = None) -> Outlook | Missing:
        """The newest run for a reader; see ``Outlook``."""
        run = self.newest()
        return run if isinstance(run, Missing) else Outlook(run, ask, scope, since)
