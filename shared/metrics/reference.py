"""What headlines are judged against: the calendar, the targets and the branches, read at most every few seconds."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from shared.warehouse.branches import Branch, load_branches
from shared.warehouse.calendar import Calendar, load_calendar
from shared.warehouse.engines import Engines
from shared.warehouse.target_changes import newest_change
from shared.warehouse.targets import Target, load_targets

log = logging.getLogger(__name__)
T = TypeVar("T")
_KEEP_SECONDS = 20.0
_LOOK_SECONDS = 0.5


class Reference:
    """Reads through with a short memory; when the database is away the last known stays."""

    def __init__(self, engines: Engines) -> None:
        """Nothing is read yet."""
        self._engines = engines
        self._kept: dict[object, tuple[float, object]] = {}
        self._lock = threading.Lock()

    def calendar(self) -> Calendar:
        """The working calendar of the company."""
        return self._read("calendar", lambda: self._with(load_calendar), 300.0)

    def branches(self) -> tuple[Branch, ...]:
        """Every branch, by name."""
        return self._read("branches", lambda: self._with(load_branches))

    def targets(self, kpis: tuple[str, ...], first: date, last: date) -> tuple[Target, ...]:
        """Targets of these KPIs for the months that touch these days."""
        def load() -> tuple[Target, ...]:
            with self._engines.reader() as connection:
                return load_targets(connection, kpis, first, last)

        changed = self._read("targets changed", lambda: self._with(newest_change), _LOOK_SECONDS)  # a target that is set in the platform is felt at once
        return self._read(("targets", kpis, first, last, changed), load)

    def forget(self) -> None:
        """Read anew next time (after somebody wrote a target)."""
        with self._lock:
            self._kept.clear()

    def _with(self, load: Callable[..., T]) -> T:
        with self._engines.reader() as connection:
            return load(connection)

    def _read(self, key: object, load: Callable[[], T], keep: float = _KEEP_SECONDS) -> T:
        kept = self._kept.get(key)
        if kept is not None and time.monotonic() - kept[0] < keep:
            return kept[1]  # type: ignore[return-value]
        try:
            value = load()
        except DBAPIError as error:
            if kept is None:
                raise
            log.warning("no database answers, going on with what was last known: %s", str(error.orig).strip())
            return kept[1]  # type: ignore[return-value]
        with self._lock:
            if len(self._kept) > 500:
                self._kept.clear()
            self._kept[key] = (time.monotonic(), value)
        return value
