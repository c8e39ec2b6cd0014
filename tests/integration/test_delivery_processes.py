"""Delivery by the processes that run in earnest: a worker that is killed, two beats at once and a broker that is restarted in the middle; every mail that the server takes is counted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from jobs.stack.ports import free_port
from jobs.stack.valkey import Valkey
from shared.people.changes import create_person
from shared.settings import Settings
from shared.warehouse.delivery_store import add_schedule
from shared.warehouse.engines import Engines
from tests.databases import Databases
from tests.integration.delivering import PASSWORD
from tests.integration.own_servers import until
from tests.integration.refresh_data import Warehouse, copy_of_company
from tests.integration.smtp_faults import Server, smtp

ROOT = Path(__file__).parents[2]
SCHEDULES = 40


class Crew:
    """A worker and two beats over a broker of their own."""

    def __init__(self, settings: Settings, mail: Server, folder: Path) -> None:
        self.valkey, self.folder = Valkey(folder / "valkey", free_port()), folder
        self.valkey.start()
        self._environment = {**os.environ, "DATABASE_URL": settings.database_url.get_secret_value(), "REPLICA_URLS": "", "REDIS_URL": self.valkey.url, "SECRET_KEY": "s" * 48, "DEMO_MODE": "1", "SMTP_URL": f"smtp://127.0.0.1:{mail.port}"}
        self.processes = {name: self.start(name) for name in ("worker", "beat-1", "beat-2")}

    def start(self, name: str) -> subprocess.Popen[bytes]:
        what = ["worker", "--concurrency=2", "--without-mingle", "--without-gossip", "--loglevel=INFO"] if name == "worker" else ["beat", "--pidfile=", "--loglevel=INFO"]
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen([sys.executable, "-m", "celery", "--quiet", "-A", "jobs.worker:app", *what], cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True)

    def kill_worker(self) -> None:
        """As a machine that loses its power: the worker and its pool end at once, in whatever they do; then it is started again."""
        os.killpg(self.processes["worker"].pid, signal.SIGKILL)
        self.processes["worker"].wait()
        self.processes["worker"] = self.start("worker")

    def sent_by(self, beat: str) -> int:
        """How often a beat has said that something is to be delivered."""
        return (self.folder / f"{beat}.log").read_text().count("jobs.deliver_due")

    def end(self) -> None:
        for process in self.processes.values():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.valkey.stop()


@pytest.fixture
def shop(databases: Databases, redis_url: str) -> Iterator[Warehouse]:
    made = copy_of_company(databases, redis_url)
    yield made
    made.engines.dispose()


@pytest.fixture
def crew(shop: Warehouse, tmp_path: Path) -> Iterator[tuple[Crew, Server]]:
    with smtp() as mail:
        made = Crew(shop.settings, mail, tmp_path)
        try:
            yield made, mail
        finally:
            made.end()


def due_now(engines: Engines, count: int) -> None:
    """Make schedules of one reader each that were due a moment ago, and then tomorrow."""
    boss = create_person(engines, email="boss@x.example", name="Boss", role="leadership", password=PASSWORD)
    due = datetime.now(UTC).replace(second=0, microsecond=0)
    definition = {"subject": "brief:month-so-far", "timing": f"{due.minute} {due.hour} * * *", "zone": "UTC"}
    with engines.writer() as connection:
        for number in range(count):
            add_schedule(connection, boss.id, f"Numbers {number}", definition, [f"person:{boss.id}"], due, due - timedelta(minutes=1))


def states(engines: Engines, table: str) -> dict[str, int]:
    with engines.primary_reader() as connection:
        return {row.state: row.count for row in connection.execute(text(f"SELECT state, count(*) AS count FROM app.{table} GROUP BY state"))}


def test_a_killed_worker_two_beats_and_a_broker_that_is_restarted_lose_nothing_and_send_nothing_twice(shop: Warehouse, crew: tuple[Crew, Server]) -> None:
    running, mail = crew
    begun, mail.pause = time.monotonic(), 0.05  # so that there is a middle in which to be killed
    due_now(shop.engines, SCHEDULES)
    waited_for: Callable[[int], bool] = lambda count: len(mail.taken) >= count  # noqa: E731
    until(lambda: waited_for(SCHEDULES // 5), 60)
    running.kill_worker()
    until(lambda: waited_for(SCHEDULES * 2 // 5), 60)
    running.valkey.stop()
    time.sleep(0.5)
    running.valkey.start()
    until(lambda: waited_for(SCHEDULES * 3 // 5), 60)
    running.kill_worker()
    until(lambda: states(shop.engines, "delivery_run") == {"done": SCHEDULES}, 90)
    assert states(shop.engines, "delivery_mail") == {"sent": SCHEDULES}
    assert len(set(mail.identities())) == SCHEDULES
    assert len(mail.taken) <= SCHEDULES + 2 * 2, "only what the two processes of a worker were handing over in the moment of its death comes again"
    assert len(set(mail.taken)) == SCHEDULES, "and it is the same to the byte"
    assert 0 < running.sent_by("beat-1") + running.sent_by("beat-2") <= (time.monotonic() - begun) / 10 + 3, "of two beats one fires"
