"""A Valkey, gateways in processes of their own, and clients that speak to them as a page does."""

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import redis
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from jobs.stack.children import die_with_parent, stop
from jobs.stack.ports import free_port
from jobs.stack.valkey import STOP_SIGNAL, Valkey
from shared.cache import redis_address
from shared.clock import Clock, now
from shared.live import names
from shared.live.publishing import Outgoing, Publisher
from shared.live.ticket import Tickets
from shared.people.person import Person
from shared.settings import Settings
from tests.conftest import settings_for

ROOT = Path(__file__).resolve().parents[3]
LEADS = "n:leads:mtd:previous:*:"
PATIENCE = 20.0


def person(number: int = 1, *, branches: Sequence[int] | None = None, role: str = "leadership") -> Person:
    """Somebody who sees every branch, or ``branches``."""
    return Person(number, f"p{number}@gateway.test", f"Person {number}", role, branches is None, frozenset(branches or ()))


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a test's coroutine, and fail rather than wait for ever."""
    asyncio.run(asyncio.wait_for(work, 4 * PATIENCE))


class World:
    """A Redis and the gateways that stand on it; ``settings`` are theirs."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.valkey = Valkey(folder / "valkey", free_port(), durable=False)
        self.valkey.start()
        self.bi_port, self._given = free_port(), settings
        self.processes: list[subprocess.Popen[bytes]] = []
        self.redis: redis.Redis = redis.Redis.from_url(redis_address(self.settings, names.LIVE_DATABASE), protocol=2)
        self._fence = 0

    @property
    def settings(self) -> Settings:
        """What gateway and sites run with."""
        nowhere = "postgresql://nobody@127.0.0.1:1/nothing"  # the gateway must not need it
        return settings_for(nowhere, nowhere, self.valkey.url, bi_port=self.bi_port, **self._given)

    @property
    def origin(self) -> str:
        """The BI site, as a browser on this machine names it."""
        return f"http://127.0.0.1:{self.bi_port}"

    def start(self, port: int | None = None, *arguments: str) -> int:
        """Start a gateway and return its port once it answers."""
        chosen = port or free_port()
        env = {**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "REDIS_URL": self.valkey.url, "SECRET_KEY": "s" * 48, "BI_PORT": str(self.bi_port),
               **{name.upper(): str(value) for name, value in self._given.items()}}
        with (self.folder / "gateway.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-W", "error", "-m", "jobs.gateway", "--port", str(chosen), *arguments], cwd=ROOT, env=env, stdout=log, stderr=log,
                                       start_new_session=True, preexec_fn=die_with_parent(STOP_SIGNAL))  # noqa: PLW1509 - one call of the C library
        self.processes.append(process)
        deadline = time.monotonic() + 60
        while health(chosen).get("redis") != "ok":
            assert process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)
        return chosen

    def log(self) -> str:
        """What the gateways wrote."""
        return (self.folder / "gateway.log").read_text(errors="replace")

    def close(self) -> None:
        """End everything; a traceback in a gateway's log is a failure."""
        for process in self.processes:
            stop(process, STOP_SIGNAL)
        self.redis.close()
        self.valkey.stop()
        assert "Traceback" not in self.log(), self.log()

    # --- what a site and the live worker do

    def ticket(self, who: Person | None = None, path: str = "/", clock: Clock = now) -> str:
        """Return a ticket as the BI site issues it."""
        return Tickets(self.settings, clock).issue(who or person(), "bi", path)

    def publish(self, *messages: tuple[str, object]) -> None:
        """Publish topics and their data as the live worker does."""
        Publisher(self.redis, self._fence).publish([Outgoing(topic, orjson.dumps(data), datetime.now(UTC)) for topic, data in messages])


def health(port: int) -> dict[str, Any]:
    """Return what /healthz says, with its ``code``; nothing where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return {**json.load(answer), "code": answer.status}
    except urllib.error.HTTPError as error:
        with error:
            return {**json.load(error), "code": error.code}
    except OSError:
        return {}


def metrics(port: int) -> dict[str, float]:
    """Return the numbers of /metrics by name."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        rows = [line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name.removeprefix("northline_gateway_"): float(value) for name, value in rows}


class Page(WSListener):
    """A page's live connection."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.code: int | None = None
        self.why = ""
        self.is_open = True
        self._heard = asyncio.Event()
        self.transport: WSTransport

    @classmethod
    async def open(cls, world: World, port: int, who: Person | None = None, *, ticket: str | None = None, origin: str | None = None, path: str = "/") -> Self:
        """Connect with a fresh ticket (or ``ticket``)."""
        text = world.ticket(who, path) if ticket is None else ticket
        headers = {"Origin": world.origin if origin is None else origin}
        _, page = await ws_connect(cls, f"ws://127.0.0.1:{port}/?ticket={text}", extra_headers=headers, websocket_handshake_timeout=PATIENCE)
        assert isinstance(page, cls)
        return page

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.transport.disconnect(graceful=False)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            self.code, self.why = int(frame.get_close_code()), frame.get_close_message().decode()
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        elif frame.msg_type == WSMsgType.TEXT:
            self.frames.append(orjson.loads(frame.get_payload_as_bytes()))
            self.times.append(time.monotonic())
        self._heard.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.is_open = False
        self._heard.set()

    def send(self, **asked: object) -> None:
        """Send one frame."""
        self.transport.send(WSMsgType.TEXT, orjson.dumps(asked))

    async def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Wait until ``condition`` holds; it is asked again after each frame."""
        deadline = time.monotonic() + seconds
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"it did not come about; code {self.code} {self.why!r}, frames {str(self.frames[-5:])[:600]}"
            self._heard.clear()
            try:
                await asyncio.wait_for(self._heard.wait(), min(left, 0.25))
            except TimeoutError:
                continue

    async def closed(self) -> int | None:
        """Wait until the connection is closed and return the code."""
        await self.until(lambda: not self.is_open)
        return self.code

    async def answer(self, op: str) -> dict[str, Any]:
        """Wait for the next frame of this kind and take everything up to it away."""
        await self.until(lambda: any(frame["op"] == op for frame in self.frames))
        at = next(number for number, frame in enumerate(self.frames) if frame["op"] == op)
        found = self.frames[at]
        del self.frames[:at + 1], self.times[:at + 1]
        return found

    async def pong(self) -> None:
        """Come back when the gateway has done everything that was asked before."""
        before = self.said("pong")
        self.send(op="ping")
        await self.until(lambda: self.said("pong") > before)

    def said(self, op: str) -> int:
        """Return how many frames of this kind came."""
        return sum(frame["op"] == op for frame in self.frames)

    def messages(self, topic: str | None = None) -> list[dict[str, Any]]:
        """Return the messages that came, of ``topic`` or of all, in order."""
        return [one for frame in self.frames if frame["op"] == "msgs" for one in frame["msgs"] if topic in {None, one["topic"]}]

    def data(self, topic: str) -> list[Any]:
        """Return what the messages of ``topic`` held."""
        return [one["data"] for one in self.messages(topic)]

    def resets(self) -> list[str]:
        """Return the streams of which messages are gone."""
        return [topic for frame in self.frames for topic in frame.get("reset", [])]
