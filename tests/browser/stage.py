"""A platform of a test's own, every part of which can be killed, restarted or cut off: servers, a small company, both sites, live worker and gateway."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from jobs.demo.load import load_company
from jobs.stack.ports import free_port
from jobs.stack.postgres import Primary
from jobs.stack.valkey import Valkey
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.people.demo import create_demo_people
from shared.settings import Settings, load_settings
from shared.warehouse.build import build_views
from shared.warehouse.engines import Engines
from shared.warehouse.migrate import migrate
from tests.browser.conftest import PASSWORD, ROOT, TOKEN, Sites, wait_for

NET_SALES = "n:net_sales_amount:mtd:previous:*:"


class Cable:
    """Passes bytes between a browser and the gateway; while it is cut, nothing gets through and nobody is told."""

    def __init__(self, port: int) -> None:
        """Listen at once on a port of its own."""
        self._to, self._cut = port, threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Let nothing through any more."""
        self._cut.set()

    def mend(self) -> None:
        """Let things through again; what was on its way is lost."""
        self._cut.clear()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        if self._cut.is_set():
            time.sleep(60)  # as a network that drops packets: no refusal
            near.close()
            return
        with suppress(OSError), near, socket.create_connection(("127.0.0.1", self._to)) as far:
            back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
            back.start()
            self._pump(near, far)
            back.join()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if not self._cut.is_set():
                    target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


class Stage:
    """The parts by name: ``bi``, ``cmo``, ``gateway`` and ``live`` are processes; ``primary`` and ``valkey`` are servers."""

    def __init__(self, folder: Path) -> None:
        """Choose addresses; nothing runs yet."""
        self.primary, self.valkey = Primary(folder / "postgres", free_port(), durable=False), Valkey(folder / "valkey", free_port(), durable=False)
        self._ports = {name: free_port() for name in ("bi", "cmo", "gateway")}
        self.cable = Cable(self._ports["gateway"])
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._log = (folder / "processes.log").open("ab")

    @property
    def sites(self) -> Sites:
        """Addresses of the sites."""
        return Sites(*(f"http://localhost:{self._ports[name]}" for name in ("bi", "cmo")))

    @property
    def _environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.primary.url("stage"), "REPLICA_URLS": "", "REDIS_URL": self.valkey.url, "SECRET_KEY": "s" * 48, "SECURE_COOKIES": "0", "DEMO_MODE": "1",
                "BI_PORT": str(self._ports["bi"]), "CMO_PORT": str(self._ports["cmo"]), "GATEWAY_PORT": str(self._ports["gateway"]), "GATEWAY_PUBLIC_URL": f"ws://localhost:{self.cable.port}"}

    def begin(self) -> None:
        """Start everything over a small company."""
        self.primary.start()
        self.primary.create_database("stage", "template0")
        self.valkey.start()
        settings = self.settings
        self.engines = Engines(settings)
        migrate(self.engines.primary)
        build_views(self.engines.primary, settings)
        load_company(self.engines, settings, size="small", seed=7)
        create_demo_people(self.engines, PASSWORD, TOKEN)
        for name in ("bi", "cmo", "live", "gateway"):
            self.start(name)

    @property
    def settings(self) -> Settings:
        """Settings over its servers."""
        return load_settings(**{name.lower(): value for name, value in self._environment.items()})

    def start(self, name: str) -> None:
        """Start a process; a site or the gateway until it answers."""
        port = self._ports.get(name)
        arguments = {"live": ["jobs.live"], "gateway": ["jobs.gateway"]}.get(name, ["gunicorn", "-c", "python:shared.web.server", "-b", f"127.0.0.1:{port}", f"{name}_app.wsgi:server"])
        self._processes[name] = subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, env={**os.environ, **self._environment}, stdout=self._log, stderr=self._log)
        if port:
            wait_for(f"http://localhost:{port}/healthz")

    def kill(self, name: str) -> None:
        """End a process as a crash does."""
        self._processes[name].kill()
        self._processes[name].wait()

    def end(self) -> None:
        """Stop everything."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait(40)
        self.cable.close()
        self.engines.primary.dispose()
        self.valkey.stop()
        self.primary.stop()
        self._log.close()

    def sell(self, amount: float = 250_000, branch: int | None = None) -> None:
        """Commit a sale of today."""
        self.run("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) SELECT coalesce(:branch, (SELECT min(id) FROM crm.branch)), min(id), :moment, :amount, 'pending' FROM crm.product",
                 branch=branch, amount=amount, moment=datetime.now(UTC))

    def run(self, statement: str, **values: object) -> None:
        """Commit a statement."""
        with self.engines.writer() as connection:
            connection.execute(text(statement), values)

    def net_sales(self, branch: int | None = None) -> str:
        """Net sales $ of the month to date from the base table, as a tile writes it."""
        with self.engines.primary_reader() as connection:
            value = connection.scalar(text(
                "SELECT coalesce(sum(amount), 0) FROM crm.sale WHERE status NOT IN ('cancelled', 'credit_rejected') AND (CAST(:branch AS int) IS NULL OR branch_id = :branch)"
                " AND sold_on BETWEEN date_trunc('month', now() AT TIME ZONE 'America/New_York') AND (now() AT TIME ZONE 'America/New_York')::date"), {"branch": branch})
        return write(float(value), Unit.MONEY)


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A stage that has begun, and ends."""
    made = Stage(folder)
    try:
        made.begin()
        yield made
    finally:
        made.end()
