"""What the gateway costs beside a bare picows server that sends the same bytes to as many clients: ``python -m benchmarks.fanout``.

Compared is the processor time of the server process per message delivered, which a busy machine disturbs least.  Both servers stand at the same
time with as many clients each, all in one other process over the loopback, and take turns.  The gateway does everything that it does in the product.
"""

import asyncio
import gc
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import redis
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect, ws_create_server

from benchmarks.timing import median, percentile, step
from jobs.stack.children import die_with_parent, stop
from jobs.stack.ports import free_port
from jobs.stack.valkey import STOP_SIGNAL, Valkey
from shared.cache import redis_address
from shared.live import names
from shared.live.publishing import Outgoing, Publisher
from shared.live.ticket import Tickets
from shared.people.person import Person
from shared.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
TOPIC = "n:leads:mtd:previous:*:"
DATA = orjson.dumps({"text": "1,234", "change": "+12 %", "words": "12 % more than in the same days of October", "spark": list(range(100, 130)), "more": "x" * 250})
"""About what a headline holds."""
TURNS, MESSAGES, EVERY_SECONDS = 4, 24, 0.125
MOST_PER_SECOND = 20_000
"""Messages of all clients: more, and what is measured is how two busy processors are shared out among three processes."""
SETTLING_SECONDS = 0.5
_TOGETHER = 50
"""Clients that connect at a time."""
_LIKE_A_FRAME = 1024


def measure(sizes: Sequence[int] = (1000, 5000)) -> dict[str, Any]:
    """Return per number of clients the processor time per message, beside that of the bare server; delays are until a client has it."""
    _allow_many_files()
    found: dict[str, Any] = {"unit": "processor time of the server per delivered message, microseconds"}
    with _redis() as settings:
        for clients in sizes:
            with step(f"Fan-out to {clients} clients"):
                found[str(clients)] = _with(clients, settings)
    found["kb_per_connection"] = found[str(sizes[-1])].pop("kb_per_connection")
    return found


def _with(clients: int, settings: Settings) -> dict[str, float]:
    ports = settings.gateway_port, free_port()
    live: redis.Redis = redis.Redis.from_url(redis_address(settings, names.LIVE_DATABASE), protocol=2)
    publisher = Publisher(live, 0)
    costs: dict[str, list[float]] = {"gateway": [], "bare": []}
    delays: dict[str, list[float]] = {"gateway": [], "bare": []}
    with ExitStack() as stack:
        gateway = stack.enter_context(_process("-m", "jobs.gateway"))
        bare = stack.enter_context(_process("-m", "benchmarks.fanout", "bare", str(ports[1])))
        _until_open(ports)
        before, bare_before = _memory_kb(gateway.pid), _memory_kb(bare.pid)
        crowd = stack.enter_context(_process("-m", "benchmarks.fanout", "clients", str(clients), *map(str, ports)))
        _read(crowd)  # all are connected
        kb, bare_kb = (_memory_kb(gateway.pid) - before) / clients, (_memory_kb(bare.pid) - bare_before) / clients
        for turn in range(TURNS + 1):
            for name, server in (("gateway", gateway), ("bare", bare)):
                spent = _processor_seconds(server.pid)
                for number in range(MESSAGES):
                    if name == "gateway":
                        publisher.publish([Outgoing(TOPIC, DATA, datetime.now(UTC), trace=str(number))])
                    else:
                        _tell(bare, "send")
                    time.sleep(max(EVERY_SECONDS, clients / MOST_PER_SECOND))
                time.sleep(SETTLING_SECONDS)
                _tell(crowd, "count")
                told = _read(crowd)
                if turn:  # the first warms up
                    costs[name].append((_processor_seconds(server.pid) - spent) / max(told[name], 1) * 1e6)
                    delays[name] += told["delays"]
                    if told[name] != clients * MESSAGES:
                        print(f"{name}: {told[name]} messages instead of {clients * MESSAGES}", file=sys.stderr)
    live.close()
    pairs = [mine / other for mine, other in zip(costs["gateway"], costs["bare"], strict=True)]
    return {"ratio_to_bare": median(pairs), "us": median(costs["gateway"]), "bare_us": median(costs["bare"]), "p50_ms": percentile(delays["gateway"], 0.5) * 1000,
            "p99_ms": percentile(delays["gateway"], 0.99) * 1000, "bare_p50_ms": percentile(delays["bare"], 0.5) * 1000, "bare_p99_ms": percentile(delays["bare"], 0.99) * 1000,
            "kb_per_connection": kb, "bare_kb_per_connection": bare_kb}


@contextmanager
def _redis() -> Iterator[Settings]:
    folder = Path(tempfile.mkdtemp(prefix="northline-fanout-"))
    valkey = Valkey(folder / "valkey", free_port(), durable=False)
    valkey.start()
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    mine = {"DATABASE_URL": nowhere, "REDIS_URL": valkey.url, "SECRET_KEY": "s" * 48, "GATEWAY_PORT": str(free_port()), "BI_PORT": str(free_port()), "LOG_LEVEL": "ERROR"}
    before = {name: os.environ.get(name) for name in mine}
    os.environ.update(mine)
    try:
        yield load_settings()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        valkey.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    made = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
                            preexec_fn=die_with_parent(STOP_SIGNAL))
    try:
        yield made
    finally:
        for pipe in (made.stdin, made.stdout):
            if pipe:
                pipe.close()
        stop(made, STOP_SIGNAL, 0.5)  # type: ignore[arg-type]


def _tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _read(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a process of the benchmark has ended")
    return dict(json.loads(line))


def _until_open(ports: Sequence[int]) -> None:
    import socket

    deadline = time.monotonic() + 60
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
    time.sleep(1)


def _processor_seconds(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _memory_kb(pid: int) -> float:
    return float(next(line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")))


def _allow_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


# --- the bare server


class _Everybody(WSListener):
    all: set[WSTransport] = set()  # noqa: RUF012 - the server's one list

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.all.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.all.discard(transport)


async def _bare(port: int) -> None:
    """Send a frame as large as the gateway's to everybody for each line on stdin."""
    server = await ws_create_server(lambda _: _Everybody(), "127.0.0.1", port, backlog=4096, read_buffer_init_size=1024)
    loop, ending = asyncio.get_running_loop(), asyncio.Event()

    def send() -> None:
        if not sys.stdin.readline():
            ending.set()
            return
        payload = b'{"published":%.6f,"data":%b}' % (time.time(), DATA + b" " * (_LIKE_A_FRAME - len(DATA) - 40))
        for transport in _Everybody.all:
            transport.send(WSMsgType.TEXT, payload)

    loop.add_reader(sys.stdin.fileno(), send)
    await ending.wait()
    server.close()


# --- the clients


class _Counter(WSListener):
    counts = {"gateway": 0, "bare": 0}  # noqa: RUF012 - of all clients
    delays: list[float] = []  # noqa: RUF012 - of some clients

    def __init__(self, name: str, *, is_probe: bool) -> None:
        self.name, self.is_probe = name, is_probe

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 - picows hands it over
        if frame.payload_size < 500:  # hello and beats
            return
        self.counts[self.name] += 1
        if self.is_probe:
            text = frame.get_payload_as_bytes()
            begin = text.index(b'"published":') + 12
            self.delays.append(time.time() - float(text[begin:text.index(b",", begin)]))


async def _clients(count: int, gateway: int, bare: int) -> None:
    """Connect and say so; then say for each line on stdin what came since the last."""
    settings = load_settings()
    tickets, headers = Tickets(settings), {"Origin": f"http://127.0.0.1:{settings.bi_port}"}
    transports = []

    async def connect(number: int) -> None:
        is_probe = number % 50 == 0
        who = Person(number + 1, "", f"Person {number}", "leadership", all_branches=True)
        transport, _ = await ws_connect(lambda: _Counter("gateway", is_probe=is_probe), f"ws://127.0.0.1:{gateway}/?ticket={tickets.issue(who, 'bi', '/')}",
                                        extra_headers=headers, websocket_handshake_timeout=60, read_buffer_init_size=1024)
        transport.send(WSMsgType.TEXT, orjson.dumps({"op": "subscribe", "topics": [TOPIC]}))
        other, _ = await ws_connect(lambda: _Counter("bare", is_probe=is_probe), f"ws://127.0.0.1:{bare}/", websocket_handshake_timeout=60, read_buffer_init_size=1024)
        transports.extend((transport, other))

    order = list(range(count))
    random.shuffle(order)
    for first in range(0, count, _TOGETHER):
        await asyncio.gather(*map(connect, order[first:first + _TOGETHER]))
    await asyncio.sleep(3)
    gc.freeze()
    print(json.dumps({"connected": count}), flush=True)
    loop, ending = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        if not sys.stdin.readline():
            ending.set()
            return
        print(json.dumps({**_Counter.counts, "delays": _Counter.delays}), flush=True)
        _Counter.counts.update(gateway=0, bare=0)
        _Counter.delays.clear()

    loop.add_reader(sys.stdin.fileno(), tell)
    await ending.wait()


def main(arguments: list[str]) -> int:
    """Measure and print JSON, or be one of the processes that are measured."""
    _allow_many_files()
    match arguments:
        case ["bare", port]:
            asyncio.run(_bare(int(port)))
        case ["clients", count, gateway, bare]:
            asyncio.run(_clients(int(count), int(gateway), int(bare)))
        case _:
            print(json.dumps(measure(tuple(map(int, arguments)) or (1000, 5000))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
