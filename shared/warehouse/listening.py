"""The session in which a live worker leads: it holds the lock and hears NOTIFY, so both end with the same connection.

PostgreSQL ends the session of a worker that says nothing for two seconds (it was frozen, or its host is gone), which frees the lock; a worker
that loses the session leads no more.  Where two think they lead, the greater fence wins (see ``shared.live.publishing``).
"""

import contextlib
import logging
import select
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Literal

import psycopg2
from sqlalchemy import make_url, text

from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.warehouse.pool import DEADLINES, SILENCE_SECONDS
from shared.warehouse.triggers import CHANNEL

log = logging.getLogger(__name__)
_SILENT_MS: Final = 2000
"""PostgreSQL ends the session after so many milliseconds without a word."""
_SPEAK_EVERY: Final = 0.3
_CLOSE_SECONDS: Final = 5.0
_TRY = "SELECT pg_try_advisory_lock(hashtext('shared.warehouse.listening'))"
# A host that vanished without a word: the kernel on either side gives up within seconds.
_CLIENT = {"connect_timeout": 3, "keepalives": 1, "keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3, "tcp_user_timeout": 4000,
           "target_session_attrs": "read-write"}
_SERVER = f"-c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3 -c tcp_user_timeout=4000 -c idle_session_timeout={_SILENT_MS} -c statement_timeout=3000"
State = Literal["waiting", "leading", "lost"]


class SessionLostError(ConnectionError):
    """The database does not let this worker listen, or no longer."""


class Session:
    """One attempt to lead.  A thread of its own waits for the lock, listens, and says a word now and then."""

    def __init__(self, settings: Settings, wake: Callable[[], None]) -> None:
        """Connect and begin to wait for the lock; ``wake`` is called from the thread on every news.  Raises SessionLostError."""
        where = make_url(settings.database_url.get_secret_value()).set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            self._connection: Any = psycopg2.connect(where, options=_SERVER, application_name="northline-live", **_CLIENT)
        except psycopg2.Error as error:
            raise SessionLostError(str(error).strip()) from error
        self._connection.autocommit = True
        self._wake, self._lock, self._news = wake, threading.Lock(), set[str]()
        self._closing = threading.Event()
        self.state: State = "waiting"
        self.why_lost = ""
        self._thread = threading.Thread(target=self._run, name="listening", daemon=True)
        self._thread.start()

    @property
    def has_news(self) -> bool:
        """Whether a table changed since the last ``take_news``."""
        return bool(self._news)

    def take_news(self) -> set[str]:
        """Return the tables that changed since the last call."""
        with self._lock:
            news, self._news = self._news, set()
        return news

    def close(self) -> None:
        """Give the leadership back at once."""
        self._closing.set()
        self._thread.join(_CLOSE_SECONDS)
        with contextlib.suppress(psycopg2.Error):
            self._connection.close()

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._turn()
        except (psycopg2.Error, OSError, ValueError) as error:  # ValueError: the socket was closed under select
            if not self._closing.is_set():
                self.why_lost = str(error).strip().partition("\n")[0] or "the connection was lost"
        finally:
            with contextlib.suppress(psycopg2.Error):
                self._connection.close()
            self.state = "lost"
            self._wake()

    def _turn(self) -> None:
        if self.state == "waiting":
            if self._ask(_TRY):
                self._ask(f"LISTEN {CHANNEL}")
                self.state = "leading"
                self._wake()
            else:
                self._closing.wait(_SPEAK_EVERY)
            return
        speak_at = time.monotonic() + _SPEAK_EVERY
        while (rest := speak_at - time.monotonic()) > 0 and not self._closing.is_set():
            if select.select([self._connection], [], [], rest)[0]:
                self._connection.poll()
                self._hear()
        self._ask("SELECT 1")
        self._hear()

    def _hear(self) -> None:
        if not self._connection.notifies:
            return
        with self._lock:
            while self._connection.notifies:
                self._news.add(self._connection.notifies.pop(0).payload)
        self._wake()

    def _ask(self, statement: str) -> bool:
        with DEADLINES.within(SILENCE_SECONDS, self._connection), self._connection.cursor() as cursor:
            cursor.execute(statement)
            return bool(cursor.description and cursor.fetchone()[0])


def next_fence(engines: Engines, above: int) -> int:
    """Return the number of a leadership that begins: greater than any before it, and than ``above`` (a database restored from a copy may have forgotten some)."""
    with engines.writer() as connection:
        return int(connection.execute(text("SELECT setval('app.live_fence', greatest(nextval('app.live_fence'), :least))"), {"least": above + 1}).scalar_one())
