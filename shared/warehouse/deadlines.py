"""Cuts a connection whose server has gone silent.

A stopped server keeps its sockets open and its kernel acknowledges what is sent, so neither ``statement_timeout`` nor TCP time-outs end
the wait: libpq 18 and psycopg2 2.9 know no read time-out.  Shutting the socket down does.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

_LOOK_EVERY: Final = 0.1
_LINGER: Final = 30.0


class Deadlines:
    """The deadlines of one process's connections, watched by one thread that ends when there was nothing to watch for a while."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self._lock = threading.Lock()
        self._until: dict[int, tuple[float, int]] = {}
        self._next = 0
        self._used_at = 0.0
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def within(self, seconds: float, connection: Any) -> Iterator[None]:
        """Cut ``connection`` (psycopg2's) unless the block ends within ``seconds``; psycopg2.OperationalError is then raised in it."""
        watch = self.begin(seconds, connection)
        try:
            yield
        finally:
            self.end(watch)

    def begin(self, seconds: float, connection: Any) -> int:
        """Begin to watch; ``end`` takes the number returned."""
        with self._lock:
            self._next += 1
            self._used_at = time.monotonic()
            self._until[self._next] = (self._used_at + seconds, connection.fileno())
            if self._thread is None or not self._thread.is_alive():  # the first, after a pause, or after a fork
                self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()
            return self._next

    def end(self, watch: int) -> None:
        """Stop watching."""
        with self._lock:
            self._until.pop(watch, None)

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY)
            with self._lock:
                now = time.monotonic()
                for watch in [number for number, (deadline, _) in self._until.items() if deadline < now]:
                    _cut(self._until.pop(watch)[1])
                if not self._until and now - self._used_at > _LINGER:
                    self._thread = None
                    return


def _cut(descriptor: int) -> None:
    """Shut the socket down; its owner closes it."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as copy:  # OSError: closed already, which is all that is wanted
        copy.shutdown(socket.SHUT_RDWR)
