"""Servers that a test may stop, pause and freeze, and a socket that never answers."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jobs.stack.ports import free_port
from jobs.stack.postgres import Primary, Standby

DATABASE = "northline"


class Pair:
    """A primary and its standby, with one database."""

    def __init__(self, folder: Path) -> None:
        self.primary = Primary(folder, free_port(), durable=False)
        self.standby = Standby(self.primary, free_port())

    def start(self) -> None:
        """Start what does not run."""
        if not self.primary.answers():
            self.primary.start()
        if not self.primary.has_database(DATABASE):
            self.primary.create_database(DATABASE)
        if not self.standby.answers():
            self.standby.start()

    def stop(self) -> None:
        """Stop both."""
        self.standby.stop()
        self.primary.stop()

    def pause(self) -> None:
        """The standby goes on receiving and replays nothing."""
        self.standby.ask("SELECT pg_wal_replay_pause()::text")
        until(lambda: self.standby.ask("SELECT pg_get_wal_replay_pause_state()") == "paused")

    def resume(self) -> None:
        """The standby replays again."""
        self.standby.ask("SELECT pg_wal_replay_resume()::text")


@contextmanager
def frozen(server: Primary) -> Iterator[None]:
    """Stop every process of ``server``: its sockets stay open and nobody answers."""
    assert server._process
    parent = server._process.pid
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True).stdout.split()
    family = [parent, *(int(pid) for pid, above in zip(listed[::2], listed[1::2], strict=True) if int(above) == parent)]
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


class Silent:
    """A server that accepts connections and never says a word."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.accepted: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                self.accepted.append(self._listener.accept()[0])

    def close(self) -> None:
        """Go away."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for connection in self.accepted:
            connection.close()


@contextmanager
def silent() -> Iterator[Silent]:
    """A server that never answers, for as long as the block lasts."""
    server = Silent()
    try:
        yield server
    finally:
        server.close()


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until ``condition`` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """The block must not hang: it ends within ``seconds``, which leave room for a slow machine."""
    begun = time.monotonic()
    yield
    taken = time.monotonic() - begun
    assert taken < seconds, f"took {taken:.1f} s"
