"""Starts services in order, waits until each is ready, restarts what crashes, stops all in reverse.

Children get a session of their own (a terminal's Ctrl-C reaches only this process) and, on Linux, die with this process even when it is killed.
"""

import asyncio
import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from jobs.stack.children import die_with_parent
from jobs.stack.console import Screen
from jobs.stack.errors import StackError
from jobs.stack.logs import Logs
from jobs.stack.service import Service

CRASHES = 5
WINDOW_SECONDS = 60.0
_PAUSE = 0.5
"""Seconds before the first attempt to start something again; twice as long each time."""
_LONGEST_PAUSE = 15.0
"""Seconds between attempts once something has ended CRASHES times within WINDOW_SECONDS."""


class Supervisor:
    """Keeps ``services`` (listed so that each comes after what it needs) running."""

    def __init__(self, services: Sequence[Service], logs: Logs, screen: Screen, on_change: Callable[[dict[str, int]], None] = lambda _: None) -> None:
        """Start nothing yet; ``on_change`` gets name -> process id whenever that changes."""
        self.services = {service.name: service for service in services}
        self._logs, self._screen, self._on_change = logs, screen, on_change
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._ready = {name: asyncio.Event() for name in self.services}
        self._gone = {name: asyncio.Event() for name in self.services}
        self._crashes: dict[str, list[float]] = defaultdict(list)
        self._watchers: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._why: StackError | None = None

    # --- from outside

    async def run(self, when_ready: Callable[[], None], each_minute: Callable[[], None] = lambda: None) -> None:
        """Start all, call ``when_ready``, wait for the end and stop all.  Raises StackError if it did not come up or did not stay up."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        starting = asyncio.create_task(self._up())
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not self._stopping.is_set():
                starting.result()
                self._screen.close()
                when_ready()
            while not await self._stops_within(60.0):
                await asyncio.to_thread(each_minute)
        finally:
            starting.cancel()
            await asyncio.wait({starting})
            self._screen.close()
            await self._down()
        if self._why is not None:
            raise self._why

    def stop(self, why: StackError | None = None) -> None:
        """Begin to stop all; ``why`` is raised by ``run`` at the end."""
        self._why = self._why or why
        self._stopping.set()

    def _on_signal(self) -> None:
        if not self._stopping.is_set():
            self._screen.plain("\nStopping (Ctrl-C again: kill)")
            self.stop()
            return
        for process in self._processes.values():
            _signal_group(process, signal.SIGKILL)

    # --- up

    async def _up(self) -> None:
        self._screen.expect(len(self.services))
        async with asyncio.TaskGroup() as group:
            for service in self.services.values():
                group.create_task(self._bring_up(service))

    async def _bring_up(self, service: Service) -> None:
        try:
            for name in service.after:
                await self._ready[name].wait()
            begun = time.monotonic()
            self._screen.waiting_for(service.name)
            if service.once:
                await self._run_once(service)
            else:
                await self._start(service)
                await self._until_ready(service)
            self._screen.has_come(service.name, time.monotonic() - begun, "done" if service.once else "ready")
            self._ready[service.name].set()
        except StackError as error:
            self.stop(error)
            raise

    async def _run_once(self, service: Service) -> None:
        self._screen.lend()
        process = await self._spawn(service, on_terminal=True)
        code = await process.wait()
        del self._processes[service.name]
        self._tell()
        self._screen.take_back()
        if code:
            raise StackError(f"{service.name} failed (exit code {code}); what it said stands above")

    async def _start(self, service: Service) -> asyncio.subprocess.Process:
        await asyncio.to_thread(service.prepare)
        process = await self._spawn(service)
        watcher = asyncio.create_task(self._watch(service, process))
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)
        return process

    async def _until_ready(self, service: Service) -> None:
        deadline = time.monotonic() + service.ready_seconds
        while not await asyncio.to_thread(service.ready):
            if time.monotonic() > deadline:
                raise StackError(f"{service.name} was not ready within {service.ready_seconds:.0f} s; see {self._logs.path(service.name)}. {self._logs.last_words(service.name)}")
            await asyncio.sleep(0.05)

    async def _spawn(self, service: Service, *, on_terminal: bool = False) -> asyncio.subprocess.Process:
        log = None if on_terminal else self._logs.open(service.name)
        try:
            process = await asyncio.create_subprocess_exec(
                *service.argv(), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(service),
                cwd=service.cwd or Path.cwd(), start_new_session=True, preexec_fn=die_with_parent(service.stop_signal), **service.popen)  # type: ignore[arg-type]
        except OSError as error:
            raise StackError(f"{service.name} could not be started: {error}") from error
        finally:
            if log is not None:
                log.close()
        self._processes[service.name] = process
        self._tell()
        return process

    # --- alive

    async def _watch(self, service: Service, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        if self._stopping.is_set():
            return
        _signal_group(process, signal.SIGKILL)  # what it left behind must not hold its port
        now = time.monotonic()
        crashes = self._crashes[service.name] = [moment for moment in self._crashes[service.name] if now - moment < WINDOW_SECONDS] + [now]
        words = self._logs.last_words(service.name)
        often = len(crashes) >= CRASHES
        if often and not self._ready[service.name].is_set():
            self.stop(StackError(f"{service.name} ended {len(crashes)} times within a minute and was never ready; see {self._logs.path(service.name)}. {words}"))
            return
        pause = _LONGEST_PAUSE if often else _PAUSE * 2 ** (len(crashes) - 1)
        count = f", {len(crashes)} times within a minute" if often else ""
        self._screen.say(service.name, f"ended ({_how(code)}){count}, starting it again in {pause:.1f} s. {words}", "yellow")
        if await self._stops_within(pause):
            return
        await self._again(service)

    async def _again(self, service: Service) -> None:
        begun = time.monotonic()
        try:
            process = await self._start(service)
        except StackError as error:
            self.stop(error)
            return
        if not self._ready[service.name].is_set():
            return  # _bring_up is still waiting for it and will say so
        while time.monotonic() - begun < service.ready_seconds:
            if process.returncode is not None or self._stopping.is_set():
                return  # it ended again, and whoever watches it starts it again
            if await asyncio.to_thread(service.ready):
                self._screen.say(service.name, f"is back after {time.monotonic() - begun:.1f} s", "green")
                return
            await asyncio.sleep(0.05)
        # It has been ready before, so the others go on without it meanwhile.
        self._screen.say(service.name, f"is not back after {service.ready_seconds:.0f} s, starting it again. {self._logs.last_words(service.name)}", "yellow")
        _signal_group(process, signal.SIGKILL)

    # --- down

    async def _down(self) -> None:
        self._stopping.set()
        names = [name for name, process in self._processes.items() if process.returncode is None]
        for name in self.services:
            if name not in names:
                self._gone[name].set()
        await asyncio.gather(*(self._bring_down(self.services[name]) for name in names))
        for watcher in list(self._watchers):
            watcher.cancel()
        self._processes.clear()
        self._tell()

    async def _bring_down(self, service: Service) -> None:
        """Stop ``service`` once everything that needs it is gone."""
        for other in self.services.values():
            if service.name in other.after:
                await self._gone[other.name].wait()
        process, begun = self._processes[service.name], time.monotonic()
        with suppress(ProcessLookupError):
            process.send_signal(service.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), service.grace)
            how = "stopped"
        except TimeoutError:
            how = f"did not stop within {service.grace:.0f} s and was killed"
        _signal_group(process, signal.SIGKILL)  # stragglers of its session
        await process.wait()
        self._screen.say(service.name, f"{how} ({time.monotonic() - begun:.1f} s)")
        self._gone[service.name].set()

    # --- small things

    def _tell(self) -> None:
        self._on_change({name: process.pid for name, process in self._processes.items() if process.returncode is None})

    async def _stops_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True


def _environment(service: Service) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # or every start compiles every module anew
    return {**kept, "PYTHONUNBUFFERED": "1", **service.env}


def _signal_group(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
