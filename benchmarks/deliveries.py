"""Deliveries on this machine: ``python -m benchmarks.deliveries``.  The last line is JSON.

1,000 schedules are due in the same minute, each to one reader; two processes deliver at once, and every mail that the server takes is counted, also one that comes again.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.platform import Platform, platform
from benchmarks.timing import step
from jobs.delivery import studio_of
from jobs.mail.catcher import LARGEST, Catcher
from jobs.stack.ports import free_port
from shared.delivery.definition import definition_from
from shared.delivery.running import deliver_due
from shared.people.accounts import list_people
from shared.settings import load_settings
from shared.warehouse.delivery_store import add_schedule
from shared.warehouse.engines import Engines

SCHEDULES, PROCESSES = 1000, 2
BRIEFS = ("morning", "executive-weekly", "month-so-far", "month-closed")
FORMATS = ("inline", "xlsx", "inline", "csv", "inline", "inline", "csv")


class Counting(Catcher):
    """Counts what it takes, and forgets it."""

    def __init__(self) -> None:
        super().__init__(Path(tempfile.gettempdir()))
        self.taken: Counter[str] = Counter()

    def _keep(self, content: bytes) -> None:
        self.taken[str(message_from_bytes(content)["Message-ID"])] += 1


def run(size: str = "standard") -> dict[str, Any]:
    """Return ``{"schedules_1000": {"seconds", "sent", "duplicates"}}``, on servers of its own with the demo company in them."""
    os.environ.setdefault("DEMO_SIZE", size)
    with platform() as servers:
        with step(f"Making the demo company ({os.environ['DEMO_SIZE']})"):
            servers.run("prepare")
        with step(f"Delivering {SCHEDULES:,} schedules of the same minute"):
            return {"schedules_1000": measure(servers)}


def measure(servers: Platform) -> dict[str, float]:
    """Make the schedules, let them come due, and wait until each run has ended."""
    with _mail_server() as (port, server):
        os.environ.update({**servers.environment, "SMTP_URL": f"smtp://127.0.0.1:{port}"})
        due = _schedules()
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
            list(pool.map(_ready, range(PROCESSES)))  # what a worker has loaded long before
            begun = time.monotonic()
            list(pool.map(_deliver, [due] * PROCESSES))
            seconds = time.monotonic() - begun
    return {"seconds": seconds, "sent": len(server.taken), "duplicates": sum(server.taken.values()) - len(server.taken)}


def _schedules() -> datetime:
    """Make the schedules, one after the other for each person of the demo; return the moment at which all of them are due."""
    settings = load_settings()
    engines = Engines(settings)
    people = [person for person in list_people(engines) if person.is_active]
    due = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    with engines.writer() as connection:
        for number in range(SCHEDULES):
            definition = definition_from({"subject": f"brief:{BRIEFS[number % len(BRIEFS)]}", "timing": f"every day at {due:%H:%M}", "zone": "UTC", "format": FORMATS[number % len(FORMATS)]})
            owner = people[number % len(people)]
            add_schedule(connection, owner.id, f"Schedule {number}", definition.document(), [f"person:{owner.id}"], due, due - timedelta(days=1))
    engines.dispose()
    return due


def _ready(_: int) -> None:
    time.sleep(1)


def _deliver(due: datetime) -> None:
    settings = load_settings()
    engines = Engines(settings)
    deliver_due(engines, settings, studio_of(engines, settings), lambda: max(due, datetime.now(UTC)))
    engines.dispose()


@contextmanager
def _mail_server() -> Iterator[tuple[int, Counting]]:
    port, server, loop = free_port(), Counting(), asyncio.new_event_loop()

    async def serve() -> None:
        async with await asyncio.start_server(server.talk, "127.0.0.1", port, limit=LARGEST) as listening:
            await listening.serve_forever()

    task = loop.create_task(serve())

    def work() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield port, server
    loop.call_soon_threadsafe(task.cancel)
    thread.join(10)
    loop.close()


def main() -> int:
    """Measure and print."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    found = run()
    found["machine"] = f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
