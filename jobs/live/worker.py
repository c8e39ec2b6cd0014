"""The life of a live worker: wait to lead, lead until the session is lost or somebody with a greater fence publishes, and again."""

import logging
import threading
import time

from jobs.pulse import touch
from shared.clock import Clock, now
from shared.live.leading import Leading
from shared.live.publishing import FencedError, connect
from shared.live.wants import Wants
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.warehouse.listening import Session, SessionLostError

log = logging.getLogger(__name__)
_LOOK_UP = 1.0
"""Seconds after which the worker shows that it lives, at the latest."""
_SHORTEST, _LONGEST = 0.2, 2.0


class LiveWorker:
    """One process of which any number may run."""

    def __init__(self, settings: Settings, clock: Clock = now) -> None:
        """Connect to nothing yet."""
        self._settings, self._clock = settings, clock
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._engines = Engines(settings.model_copy(update={"replica_urls": ()}))  # everything as it was just committed
        self._redis = connect(settings)
        self._wants = Wants(settings, self._wake.set)

    def stop(self) -> None:
        """End soon, and let another lead at once; safe to call from a signal handler."""
        self._ending.set()
        self._wake.set()

    def run(self) -> None:
        """Work until ``stop``."""
        self._wants.start()
        pause = _SHORTEST
        try:
            while not self._ending.is_set():
                begun = time.monotonic()
                self._attempt()
                pause = _SHORTEST if time.monotonic() - begun > _LONGEST else min(2 * pause, _LONGEST)
                self._ending.wait(0 if self._ending.is_set() else pause)
        finally:
            self._wants.stop()
            self._engines.dispose()

    def _attempt(self) -> None:
        """Contend once, and lead as long as it lasts."""
        touch(self._settings.alive_file)
        try:
            session = Session(self._settings, self._wake.set)
        except SessionLostError as error:
            log.warning("the database does not let this worker listen, trying again: %s", error)
            return
        try:
            self._hold(session)
        except FencedError as error:
            log.warning("stepping down: %s", error)
        except SessionLostError as error:
            log.warning("leading no more: %s", error)
        finally:
            session.close()

    def _hold(self, session: Session) -> None:
        leading: Leading | None = None
        while not self._ending.is_set():
            if session.state == "lost":
                raise SessionLostError(session.why_lost)
            if session.state == "leading":
                leading = leading or Leading(self._settings, self._engines, self._redis, self._clock, lambda: session.has_news)
                leading.note(session.take_news(), has_wishes=self._wants.take())
            self._wait(leading.turn() if leading else _LOOK_UP)

    def _wait(self, seconds: float) -> None:
        touch(self._settings.alive_file)
        self._wake.wait(min(seconds, _LOOK_UP))
        self._wake.clear()
