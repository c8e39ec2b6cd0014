"""Makes the files that people ordered: one order per task, one warm Chromium per process, in a queue of its own.

The order stands in PostgreSQL and says what is to be made; a task only means that something may be there.  See shared/warehouse/export_orders.py.
"""

import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded
from kombu.exceptions import OperationalError

from jobs.paper.press import Press
from jobs.paper.program import NoBrowserError
from shared.metrics.scope import Scope
from shared.reports.kinds import KINDS
from shared.reports.making import written
from shared.reports.paper_size import PaperSize
from shared.reports.problems import ExportError
from shared.reports.rows_file import ROWS_END, RowsFile, unpacked_rows, write_rows
from shared.reports.stored import unpacked
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.warehouse.export_orders import CHANNEL, CancelledError, Job, begun, deliver, fail, tell_progress, try_again, waiting
from shared.warehouse.hearing import HearingLostError, hearing

log = logging.getLogger(__name__)
QUEUE: Final = "exports"
TASK: Final = "jobs.make_export"
MOST_SECONDS: Final = 240
"""One attempt takes no longer."""
LOOK_EVERY: Final = 10.0
"""Seconds after which orders are looked for that nobody was told of."""
_BEGUN: Final = 0.02
_TELL_EVERY: Final = 0.5
_PAUSE: Final = 3.0
_FAILED: Final = "This file could not be made, twice. The reason was logged; try again later, or choose a shorter period or another kind of file."
_TOO_LONG: Final = f"This took longer than {MOST_SECONDS // 60} minutes, twice. Choose a shorter period, fewer branches or a single card."
_presses: dict[int, Press] = {}


def register(app: Celery, settings: Settings) -> None:
    """Add the task to ``app``; connections and Chromium are opened in the process that runs it."""
    engines = cache(lambda: Engines(settings))

    @app.task(name=TASK, soft_time_limit=MOST_SECONDS, time_limit=MOST_SECONDS + 20)
    def make_export() -> None:
        outcome = make_next(engines(), press_of(settings), ZoneInfo(settings.company_time_zone))
        if outcome and waiting(engines()):  # where nothing could be taken, whoever is at it says so when it is done
            order_one(app)


def order_one(app: Celery) -> None:
    """Say that there is something to make."""
    app.send_task(TASK, queue=QUEUE, expires=600)


def end_browser() -> None:
    """End the Chromium of this process, if it has one."""
    for press in _presses.values():
        press.close()
    _presses.clear()


def make_next(engines: Engines, press: Press, zone: ZoneInfo) -> str:
    """Make the next file that is ordered; return what became of it (empty: nothing is ordered)."""
    with begun(engines) as job:
        if job is None:
            return ""
        begin = time.monotonic()
        try:
            _make(engines, job, press, zone)
        except CancelledError:
            outcome = "cancelled"
        except (ExportError, NoBrowserError) as error:
            log.warning("export %d cannot be made: %s", job.id, error)
            fail(engines, job, str(error))
            outcome = "failed"
        except Exception as error:  # whatever it was is logged; the order gets a second attempt, then a sentence
            log.exception("export %d (%s, attempt %d) failed", job.id, job.kind, job.attempt)
            outcome = "to be tried again"
            if not try_again(engines, job):
                fail(engines, job, _TOO_LONG if isinstance(error, SoftTimeLimitExceeded) else _FAILED)
                outcome = "failed"
        else:
            outcome = "done"
        log.info("export %d (%s): %s in %.1f s", job.id, job.kind, outcome, time.monotonic() - begin)
        return outcome


def _make(engines: Engines, job: Job, press: Press, zone: ZoneInfo) -> None:
    kind, tell = KINDS[job.kind], _telling(engines, job)
    tell(_BEGUN)
    wanted = unpacked_rows(job.document)
    if wanted is not None:
        _make_of_rows(engines, job, wanted, zone, tell)
        return
    document = unpacked(job.document)
    paper: PaperSize = "a4" if job.paper == "a4" else "letter"
    deliver(engines, job, press.make(document, kind, paper, tell) if kind.needs_browser else written(document, kind, zone, paper, tell))


def _make_of_rows(engines: Engines, job: Job, wanted: RowsFile, zone: ZoneInfo, tell: Callable[[float], None]) -> None:
    """Read the rows from a replica, within what the person could see when they ordered, into a file that no name leads to: however this process ends, it is gone."""
    Scope(job.branches).narrowed(None if wanted.rows.branches == (0,) else frozenset(wanted.rows.branches))
    with tempfile.TemporaryFile(prefix="northline-export-") as file:
        engines.read(lambda connection: write_rows(connection, wanted, KINDS[job.kind], zone, file, within=MOST_SECONDS, advance=lambda done: tell(max(_BEGUN, ROWS_END * done))))
        deliver(engines, job, file)


def _telling(engines: Engines, job: Job) -> Callable[[float], None]:
    """Return what tells progress, now and then; it raises CancelledError where the file is not wanted any more."""
    told = [0.0]

    def tell(progress: float) -> None:
        if time.monotonic() - told[0] >= _TELL_EVERY:
            told[0] = time.monotonic()
            tell_progress(engines, job, progress)

    return tell


def press_of(settings: Settings) -> Press:
    """The Press of this process; one that was forked gets its own."""
    return _presses.setdefault(os.getpid(), Press(settings))


class Waiter:
    """Hears of orders and puts a task into the queue for each; runs in a thread of the worker's main process."""

    def __init__(self, engines: Engines, app: Celery) -> None:
        """Start nothing yet."""
        self._engines, self._app = engines, app
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="waiting for orders", daemon=True)

    def start(self) -> None:
        """Begin to hear."""
        self._thread.start()

    def stop(self) -> None:
        """End within a second or so."""
        self._stopping.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._hear()
            except (HearingLostError, OperationalError) as error:  # the database or the broker is away: the orders wait, and so do we
                log.warning("cannot hear of orders, trying again: %s", error)
                self._stopping.wait(_PAUSE)

    def _hear(self) -> None:
        with hearing(self._engines, CHANNEL) as wait:
            look_at = 0.0
            while not self._stopping.is_set():
                heard, is_time = wait(0.5), time.monotonic() >= look_at
                if heard or (is_time and waiting(self._engines)):
                    order_one(self._app)
                if is_time:
                    look_at = time.monotonic() + LOOK_EVERY
