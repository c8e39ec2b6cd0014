"""Signs of life: the row that replicas are measured by, and a file whose age tells a health check that the process works."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)


class Pulse:
    """Calls ``beat`` every ``seconds`` in a thread of its own and touches ``alive_file`` (empty: none) each time."""

    def __init__(self, beat: Callable[[], None], seconds: float, alive_file: str = "") -> None:
        """Start nothing yet."""
        self._beat, self._seconds, self._alive_file = beat, seconds, alive_file
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
        self._failing = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the beat in progress."""
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        while True:
            self.once()
            if self._stop.wait(self._seconds):
                return

    def once(self) -> None:
        """Beat once.  A failure is logged once, until it is over: the database may be away, the process must not end over it."""
        touch(self._alive_file)
        try:
            self._beat()
        except Exception:
            if not self._failing:
                log.exception("the heartbeat row cannot be written; replicas will be passed over")
            self._failing = True
            return
        if self._failing:
            log.warning("the heartbeat row is written again")
        self._failing = False


def touch(alive_file: str) -> None:
    """Give ``alive_file`` the present time; empty: nothing to do."""
    if alive_file:
        Path(alive_file).touch()
