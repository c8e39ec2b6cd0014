"""The supervisor: order, readiness, restarts, limits, the end."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.stack import supervisor as supervising
from jobs.stack.errors import StackError
from jobs.stack.logs import Logs
from jobs.stack.service import Service
from jobs.stack.supervisor import Supervisor

SLEEPS = "import time; time.sleep(60)"


class Notebook:
    """A screen that remembers."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def say(self, name: str, text: str, style: str = "") -> None:
        self.lines.append((name, text))

    def plain(self, text: str = "") -> None:
        self.lines.append(("", text))

    def has_come(self, name: str, seconds: float, what: str) -> None:
        self.lines.append((name, what))

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None

    def about(self, word: str) -> list[str]:
        return [name for name, text in self.lines if word in text]


def python(name: str, program: str, **more: Any) -> Service:
    return Service(name, lambda: [sys.executable, "-c", program], **more)


class Run:
    """A supervisor over services, run to its end."""

    def __init__(self, tmp_path: Path, *services: Service) -> None:
        self.screen = Notebook()
        self.processes: list[dict[str, int]] = []
        self.supervisor = Supervisor(services, Logs(tmp_path / "log"), self.screen, lambda now: self.processes.append(dict(now)))  # type: ignore[arg-type]

    def until_ready(self, then: Callable[[], None] | None = None) -> None:
        async def go() -> None:
            await asyncio.wait_for(self.supervisor.run(then or self.supervisor.stop), 30)

        asyncio.run(go())


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_services_become_ready_after_what_they_need_and_stop_before_it(tmp_path: Path) -> None:
    run = Run(tmp_path, python("database", SLEEPS), python("site", SLEEPS, after=("database",)), python("proxy", SLEEPS, after=("site",)))
    run.until_ready()
    assert run.screen.about("ready") == ["database", "site", "proxy"]
    assert run.screen.about("stopped") == ["proxy", "site", "database"]


def test_nothing_is_left_running(tmp_path: Path) -> None:
    run = Run(tmp_path, python("parent", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPS!r}])"), python("other", SLEEPS))
    run.until_ready()
    pids = {pid for now in run.processes for pid in now.values()}
    assert len(pids) == 2
    assert not [pid for pid in pids if exists(pid)]


def test_a_service_is_waited_for_until_it_says_that_it_is_ready(tmp_path: Path) -> None:
    asked: list[bool] = []

    def ready() -> bool:
        asked.append(True)
        return len(asked) > 3

    run = Run(tmp_path, python("slow", SLEEPS, ready=ready), python("next", SLEEPS, after=("slow",)))
    run.until_ready()
    assert len(asked) > 3
    assert run.screen.about("ready") == ["slow", "next"]


def test_a_service_that_is_never_ready_stops_all_and_says_where_to_look(tmp_path: Path) -> None:
    run = Run(tmp_path, python("deaf", "print('no answer from me', flush=True); import time; time.sleep(60)", ready=lambda: False, ready_seconds=1.0))
    with pytest.raises(StackError, match=r"deaf was not ready within 1 s; see .*deaf.log. Its last line: no answer from me"):
        run.until_ready()


def test_a_step_that_fails_stops_all_and_what_comes_after_never_starts(tmp_path: Path) -> None:
    run = Run(tmp_path, python("database", SLEEPS), python("migrate", "raise SystemExit(3)", once=True, after=("database",)), python("site", SLEEPS, after=("migrate",)))
    with pytest.raises(StackError, match=r"migrate failed \(exit code 3\)"):
        run.until_ready()
    assert run.screen.about("stopped") == ["database"]
    assert not any("site" in now for now in run.processes)


def test_a_killed_service_is_started_again_and_that_is_said(tmp_path: Path) -> None:
    run = Run(tmp_path, python("site", SLEEPS))

    def kill() -> None:
        first = run.processes[-1]["site"]
        os.kill(first, signal.SIGKILL)
        asyncio.get_running_loop().create_task(stop_when_back(first))

    async def stop_when_back(first: int) -> None:
        while run.processes[-1].get("site", first) == first or "site" not in run.screen.about("is back"):
            await asyncio.sleep(0.05)
        run.supervisor.stop()

    run.until_ready(kill)
    assert "ended (signal SIGKILL), starting it again in 0.5 s. " in dict(run.screen.lines[:2])["site"]


def test_a_service_that_ends_five_times_before_it_was_ready_stops_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "_PAUSE", 0.01)
    run = Run(tmp_path, python("broken", "print('no such module'); raise SystemExit(1)", ready=lambda: False))
    with pytest.raises(StackError, match="broken ended 5 times within a minute and was never ready; .*Its last line: no such module"):
        run.until_ready()


def test_a_service_that_keeps_ending_after_it_was_ready_is_tried_again_more_slowly_and_the_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "_LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(supervising, "_PAUSE", 0.01)
    run = Run(tmp_path, python("steady", SLEEPS), python("broken", "raise SystemExit(1)"))
    up: list[dict[str, int]] = []

    async def stop_after_six() -> None:
        while sum("times within a minute" in text for _, text in run.screen.lines) < 2:
            await asyncio.sleep(0.05)
        up.append(run.processes[-1])
        run.supervisor.stop()

    run.until_ready(lambda: asyncio.get_running_loop().create_task(stop_after_six()) and None)
    assert "steady" in up[0]
    assert run.screen.about("ended (exit code 1), 6 times within a minute, starting it again") == ["broken"]


def test_a_service_deaf_to_its_signal_is_killed_after_its_grace(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    log = tmp_path / "log" / "deaf.log"
    run = Run(tmp_path, python("deaf", deaf, grace=0.3, ready=lambda: log.exists() and "deaf" in log.read_text()))
    run.until_ready()
    assert run.screen.about("was killed") == ["deaf"]


def test_preparation_that_refuses_stops_all_with_its_sentence(tmp_path: Path) -> None:
    def refuse() -> None:
        raise StackError("the folder holds something else")

    run = Run(tmp_path, python("first", SLEEPS), python("second", SLEEPS, prepare=refuse))
    with pytest.raises(StackError, match="the folder holds something else"):
        run.until_ready()
    assert not [pid for now in run.processes for pid in now.values() if exists(pid)]


def test_a_log_that_outgrows_its_limit_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.stack.logs.LIMIT", 10)
    logs = Logs(tmp_path)
    with logs.open("site") as writer:
        writer.write(b"a long enough line\n")
        logs.trim()
        writer.write(b"goes on\n")
    assert logs.path("site").read_text() == "goes on\n"
    assert (tmp_path / "site.log.1").read_text() == "a long enough line\n"


def test_a_service_that_was_ready_once_and_is_slow_to_come_back_is_started_again_and_the_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "_PAUSE", 0.01)
    answers = {"ready": True}
    run = Run(tmp_path, python("steady", SLEEPS), python("worker", SLEEPS, ready=lambda: answers["ready"], ready_seconds=0.5))

    def kill() -> None:
        answers["ready"] = False
        os.kill(run.processes[-1]["worker"], signal.SIGKILL)
        asyncio.get_running_loop().create_task(stop_when_back())

    async def stop_when_back() -> None:
        while "worker" not in run.screen.about("is not back after"):
            await asyncio.sleep(0.05)
        answers["ready"] = True
        while "worker" not in run.screen.about("is back after"):
            await asyncio.sleep(0.05)
        run.supervisor.stop()

    run.until_ready(kill)
    assert "steady" not in run.screen.about("ended")
