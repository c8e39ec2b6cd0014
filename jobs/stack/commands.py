"""What `make run`, `make stop` and `make reset` do."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

from jobs.stack import chromium, leftovers
from jobs.stack.accounts import server_account
from jobs.stack.banner import banner
from jobs.stack.console import Screen
from jobs.stack.errors import StackError
from jobs.stack.logs import Logs
from jobs.stack.options import StackSettings, load_options
from jobs.stack.platform import Platform
from jobs.stack.ports import LOCAL
from jobs.stack.state import State
from jobs.stack.supervisor import Supervisor

_READY_FD = "NORTHLINE_READY_FD"
_STOP_SECONDS = 120.0


def run() -> int:
    """Start everything and stay until the end.  Raises StackError with the way out."""
    options = load_options()
    state = State(options.state_dir)
    state.take()
    marks = (sys.executable, str(state.folder), str(server_account().place(state.folder / "postgres")))
    screen, logs = Screen(), Logs(state.folder / "log")
    if left := leftovers.clear(state.run(), marks):
        screen.say("platform", f"ended what an earlier run had left behind: {', '.join(left)}")
    state.check_room()
    state.platform_file.unlink(missing_ok=True)
    platform = Platform(options, state)
    defaults = _defaults(options)
    begun = time.monotonic()

    def on_change(services: dict[str, int]) -> None:
        state.write_run(services=services)
        if "prepare" in services:  # the servers are up, so their passwords exist
            state.write_private(state.environment_file, json.dumps({**defaults, **platform.environment()}, indent=1))

    def when_ready() -> None:
        (state.folder / "prepared").touch()
        if options.demo_mode:
            state.write_private(state.platform_file, json.dumps(_description(platform), indent=1))
        screen.plain(banner(platform, time.monotonic() - begun))
        _install_chromium(logs, screen)
        _say_ready(logs)

    def each_minute() -> None:
        logs.trim()
        if state.is_short_of_room():
            screen.say("platform", f"the disk under {state.folder} is almost full; make room, or the databases will stop", "red")

    supervisor = Supervisor(platform.services(defaults), logs, screen, on_change)
    try:
        asyncio.run(supervisor.run(when_ready, each_minute))
    except StackError as error:
        if state.is_short_of_room():
            raise StackError(f"{error} The disk under {state.folder} is full: make room") from error
        raise
    finally:
        state.platform_file.unlink(missing_ok=True)
        state.environment_file.unlink(missing_ok=True)
    return 0


def _install_chromium(logs: Logs, screen: Screen) -> None:
    """See to Chromium beside the running platform, which needs it for exported pictures and PDF only: nothing waits for it, nothing fails without it."""
    if chromium.is_there(driver=False):
        return
    if not chromium.can_install():
        screen.say("exports", f"pictures and PDF need Chromium: {chromium.HOW_TO_INSTALL}", "yellow")
        return
    screen.say("exports", "installing Chromium for pictures and PDF in the background")
    with logs.open("chromium") as log:
        subprocess.Popen([sys.executable, "-m", "jobs.stack.chromium", "--browser"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _defaults(options: StackSettings) -> dict[str, str]:
    """Return settings that fit one machine, where the environment says nothing else."""
    found = {"SECURE_COOKIES": "0"} if options.bind_host == LOCAL else {}
    return {name: os.environ.get(name, value) for name, value in found.items()}


def _description(platform: Platform) -> dict[str, object]:
    return {"urls": platform.urls, "database_url": _plain(platform.database_url), "replica_urls": [_plain(url) for url in platform.replica_urls], "redis_url": platform.redis_url,
            "api_token": platform.demo_api_token, "people": platform.people()}


def _plain(url: str) -> str:
    """Return ``url`` without SQLAlchemy's name of a driver: psql and every client library read it."""
    return url.replace("postgresql+psycopg2://", "postgresql://", 1)


# --- detached


def run_detached() -> int:
    """Start the platform in a session of its own and return when it is ready; what it says meanwhile is shown here."""
    reading, writing = os.pipe()
    child = subprocess.Popen([sys.executable, "-m", "jobs.stack", "run"], stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=[writing],
                             env={**os.environ, _READY_FD: str(writing)})
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            if pipe.read(1):  # else the pipe was closed: the platform ended
                return 0
    except KeyboardInterrupt:
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGINT)
    return child.wait()


def _say_ready(logs: Logs) -> None:
    """Tell who waits for a detached platform that it is ready, and write to a log from now on."""
    if _READY_FD not in os.environ:
        return
    with logs.open("platform") as log:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    ready = int(os.environ.pop(_READY_FD))
    with suppress(BrokenPipeError):
        os.write(ready, b"1")
    os.close(ready)


def stop() -> int:
    """Stop a running platform and wait until it is gone."""
    state = State(load_options().state_dir)
    if not state.is_taken():
        print(f"The platform of {state.folder} is not running.")
        return 0
    pid = int(state.run()["pid"])
    try:
        os.kill(pid, signal.SIGTERM)
    except PermissionError as error:
        raise StackError(f"the platform belongs to another account; stop it as that one (process {pid})") from error
    begun = time.monotonic()
    while state.is_taken():
        if time.monotonic() - begun > _STOP_SECONDS:
            raise StackError(f"the platform has not stopped within {_STOP_SECONDS:.0f} s; see {state.folder}/log/platform.log, or end it with: kill -9 {pid}")
        time.sleep(0.1)
    print(f"Stopped in {time.monotonic() - begun:.1f} s.")
    return 0


def reset(*, sure: bool) -> int:
    """Remove all state, after asking on a terminal."""
    state = State(load_options().state_dir)
    if not sure and sys.stdin.isatty() and input(f"Remove everything in {state.folder} (databases, logs, secrets)? [y/N] ").strip().lower() not in {"y", "yes"}:
        print("Nothing was removed.")
        return 1
    state.forget(server_account())
    print(f"{state.folder} is forgotten; the next make run begins anew.")
    return 0
