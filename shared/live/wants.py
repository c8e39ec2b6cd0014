"""Hears which topics gateways have just begun to want, so that they are computed at once."""

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from redis.exceptions import RedisError

from shared.live import names
from shared.live.publishing import connect
from shared.settings import Settings

log = logging.getLogger(__name__)
_LISTEN_SECONDS: Final = 1.0
_PAUSE: Final = 1.0


class Wants:
    """A thread that listens.  What it misses while Redis is away is in ``live:wanted``; it only makes things quicker."""

    def __init__(self, settings: Settings, wake: Callable[[], None]) -> None:
        """``wake`` is called from the thread whenever something was wanted."""
        self._settings, self._wake = settings, wake
        self._stop = threading.Event()
        self._heard = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wants", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join(_LISTEN_SECONDS + 3)

    def take(self) -> bool:
        """Say whether anything was wanted since the last call."""
        heard = self._heard.is_set()
        self._heard.clear()
        return heard

    def _run(self) -> None:
        is_failing = False
        while not self._stop.is_set():
            pubsub: Any = connect(self._settings).pubsub(ignore_subscribe_messages=True)
            try:
                pubsub.subscribe(names.WANTS)
                is_failing = False
                while not self._stop.is_set():
                    if pubsub.get_message(timeout=_LISTEN_SECONDS):
                        self._heard.set()
                        self._wake()
            except (RedisError, OSError) as error:
                if not is_failing:
                    log.warning("Redis does not say what is wanted, trying again: %s", error)
                is_failing = True
                self._stop.wait(_PAUSE)
            finally:
                pubsub.close()
