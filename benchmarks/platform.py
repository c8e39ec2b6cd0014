"""Servers of the benchmark's own, in a temporary folder on free ports, as durable as a real platform's, with the demo company in them."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jobs.stack.children import die_with_parent, stop
from jobs.stack.ports import free_port
from jobs.stack.postgres import Primary, Standby
from jobs.stack.valkey import STOP_SIGNAL, Valkey
from shared.settings import Settings, load_settings
from shared.warehouse.engines import Engines

ROOT = Path(__file__).resolve().parents[1]
DATABASE = "northline"
EMAIL = "ada@northline.example"
"""A demo person who sees every branch."""


class Platform:
    """A primary, a streaming standby and a Valkey; what stands in the environment of their processes; connections."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.primary = Primary(folder / "postgres", free_port())
        self.standby = Standby(self.primary, free_port())
        self.valkey = Valkey(folder / "valkey", free_port())
        self.bi_port = free_port()
        self.gateway_port = free_port()
        self.password = secrets.token_urlsafe(12)
        self.token = "nbi_" + secrets.token_urlsafe(32)
        self._site: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.primary.start()
        self.primary.create_database(DATABASE, "template0")
        self.standby.start()
        self.valkey.start()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.primary.url(DATABASE), "REPLICA_URLS": self.standby.url(DATABASE), "REDIS_URL": self.valkey.url, "SECRET_KEY": self.password * 3,
            "DEMO_MODE": "1", "DEMO_PASSWORD": self.password, "DEMO_API_TOKEN": self.token, "SECURE_COOKIES": "0", "BI_PORT": str(self.bi_port), "GATEWAY_PORT": str(self.gateway_port), "LOG_LEVEL": "WARNING",
        }

    @property
    def settings(self) -> Settings:
        os.environ.update(self.environment)
        return load_settings()

    def engines(self) -> Engines:
        return Engines(self.settings)

    def run(self, *arguments: str) -> None:
        """Run a command of the platform; its progress goes to the error stream."""
        subprocess.run([sys.executable, "-m", "jobs", *arguments], check=True, cwd=ROOT, env={**os.environ, **self.environment}, stdout=sys.stderr)

    # --- the BI site under gunicorn

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.bi_port}"

    def start_site(self, seconds: float = 60.0) -> None:
        with (self.folder / "site.log").open("ab") as log:
            self._site = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "python:shared.web.server", "--bind", f"127.0.0.1:{self.bi_port}", "bi_app.wsgi:server"], cwd=ROOT,
                env={**os.environ, **self.environment}, stdout=log, stderr=log, start_new_session=True, preexec_fn=die_with_parent(STOP_SIGNAL))
        deadline = time.monotonic() + seconds
        while not self._answers():
            if self._site.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the site did not start: {(self.folder / 'site.log').read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
        return False

    def site_processes(self) -> list[int]:
        """Process ids of gunicorn's workers."""
        if self._site is None:
            return []
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self._site.pid)], check=False, capture_output=True, text=True).stdout
        return [int(pid) for pid in listed.split()]

    def stop_site(self) -> None:
        if self._site is not None:
            stop(self._site, STOP_SIGNAL)
            self._site = None

    def stop(self) -> None:
        self.stop_site()
        self.valkey.stop()
        self.standby.stop()
        self.primary.stop()


@contextmanager
def platform() -> Iterator[Platform]:
    """A running platform without data, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="northline-bench-"))
    folder.chmod(0o711)  # the database's account must be able to walk in
    made = Platform(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(made.primary.folder, ignore_errors=True)  # may have been placed elsewhere for the database's account
        shutil.rmtree(folder, ignore_errors=True)
