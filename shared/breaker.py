"""Remembers that a server does not answer, so that one thread waits for it and everybody else goes round it at once."""

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)
_FORGET_AFTER = 60.0


class Breaker:
    """Open from ``trip`` until ``probe`` succeeds; a thread of its own probes, so that no caller pays for it.

    ``probe`` asks the server and raises one of ``errors`` where it does not answer.
    """

    def __init__(self, name: str, probe: Callable[[], object], errors: tuple[type[Exception], ...], every: float = 1.0) -> None:
        """Start closed: a server is up until it proved not to be."""
        self._name, self._probe, self._errors, self._every = name, probe, errors, every
        self._lock = threading.Lock()
        self._is_open = False
        self._asked_at = 0.0
        self._prober: threading.Thread | None = None
        self._closing = threading.Event()

    @property
    def is_closed(self) -> bool:
        """True while the server may be used."""
        if not self._is_open:
            return True
        self._asked_at = time.monotonic()
        self._keep_probing()  # the prober does not survive a fork
        return not self._is_open

    def trip(self, reason: object) -> None:
        """Note that the server did not answer."""
        with self._lock:
            if not self._is_open:
                log.warning("%s does not answer, going on without it: %s", self._name, str(reason).strip())
            self._is_open, self._asked_at = True, time.monotonic()
        self._keep_probing()

    def close(self) -> None:
        """Stop probing; the next caller finds out anew."""
        self._closing.set()
        self._is_open = False

    def _keep_probing(self) -> None:
        with self._lock:
            if self._is_open and (self._prober is None or not self._prober.is_alive()):
                self._closing = threading.Event()
                self._prober = threading.Thread(target=self._probe_until_up, args=(self._closing,), name=f"probe {self._name}", daemon=True)
                self._prober.start()

    def _probe_until_up(self, closing: threading.Event) -> None:
        while not closing.is_set():
            try:
                self._probe()
            except self._errors as error:
                log.debug("%s still does not answer: %s", self._name, error)
                if time.monotonic() - self._asked_at > _FORGET_AFTER:  # nobody wants to know; the next caller finds out
                    self._is_open = False
                    return
                closing.wait(self._every)
            else:
                log.warning("%s answers again", self._name)
                self._is_open = False
                return


class Pause:
    """For work that comes again by itself: nobody asks a server for some seconds after it did not answer, so that one that hangs does not hold up every process."""

    def __init__(self, name: str, seconds: float) -> None:
        """Start over: a server is up until it proved not to be."""
        self._name, self._seconds, self._until = name, seconds, 0.0

    @property
    def is_over(self) -> bool:
        """True while the server may be used."""
        return time.monotonic() >= self._until

    def begin(self, reason: object) -> None:
        """Note that the server did not answer."""
        log.warning("%s does not answer, left alone for %.0f s: %s", self._name, self._seconds, str(reason).strip())
        self._until = time.monotonic() + self._seconds

    def end(self) -> None:
        """Ask again at once."""
        self._until = 0.0
