"""Clients that mean harm, or are broken: each is answered or closed, the others notice nothing, and the gateway's log holds no traceback."""

import asyncio
import base64
import contextlib
import http.client
import os
import secrets
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from picows import WSHandshakeError, WSMsgType

from shared.clock import now
from shared.live.ticket import Tickets
from tests.conftest import settings_for
from tests.integration.gateway.world import LEADS, PATIENCE, Page, World, health, metrics, person, run


@pytest.fixture(autouse=True)
def others_notice_nothing(world: World, port: int) -> Iterator[None]:
    """Whatever a test does, an ordinary page is served before the next one, by the same process."""
    yield

    async def test() -> None:
        async with await Page.open(world, port, person(900)) as page:
            page.send(op="subscribe", topics=["e:9999"])
            await page.pong()
            await asyncio.sleep(0.1)
            world.publish(("e:9999", "still here"))
            await page.until(lambda: page.data("e:9999") == ["still here"])

    run(test())
    assert world.processes[0].poll() is None


def forged(world: World) -> str:
    return Tickets(settings_for("postgresql://n@127.0.0.1:1/n", "postgresql://n@127.0.0.1:1/n", "redis://n", secret_key="x" * 48)).issue(person(), "bi", "/")


def test_forged_expired_missing_and_broken_tickets_let_nobody_in(world: World, port: int) -> None:
    async def test() -> None:
        old = world.ticket(clock=lambda: now() - timedelta(minutes=2))
        for ticket in (forged(world), old, "", "nonsense", "%00%ff", "a" * 8000):
            async with await Page.open(world, port, ticket=ticket) as page:
                page.send(op="subscribe", topics=[LEADS])
                assert await page.closed() == 4401, ticket[:20]
                assert not page.frames

    run(test())


def test_a_ticket_works_once_even_for_two_who_come_at_the_same_moment(world: World, port: int) -> None:
    async def test() -> None:
        ticket = world.ticket()
        pages = await asyncio.gather(*(Page.open(world, port, ticket=ticket) for _ in range(5)))
        await asyncio.gather(*(page.until(lambda page=page: page.frames or not page.is_open) for page in pages))  # type: ignore[misc]
        assert sorted(str(page.code) for page in pages) == ["4401"] * 4 + ["None"]
        for page in pages:
            page.transport.disconnect(graceful=False)

    run(test())


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "", "http://127.0.0.1:1", "https://127.0.0.1.evil.test:8050"])
def test_a_page_of_another_site_opens_no_connection(world: World, port: int, origin: str) -> None:
    async def test() -> None:
        with pytest.raises(WSHandshakeError, match="403"):
            await Page.open(world, port, origin=origin)

    run(test())


def test_a_client_that_names_no_origin_is_no_page(world: World, port: int) -> None:
    with upgraded(world, port, world.ticket(), origin=False) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 403")


@contextlib.contextmanager
def upgraded(world: World, port: int, ticket: str, *, origin: bool = True) -> Iterator[socket.socket]:
    """A bare socket that has asked for the upgrade and reads only when told to."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lines = [f"GET /?ticket={ticket} HTTP/1.1", f"Host: 127.0.0.1:{port}", *([f"Origin: {world.origin}"] if origin else []), "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {base64.b64encode(secrets.token_bytes(16)).decode()}", "Sec-WebSocket-Version: 13", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        yield connection


def framed(payload: bytes, opcode: int = 1, *, length: int | None = None) -> bytes:
    """Return a client's frame (masked with zeros); ``length``: what it says it is."""
    size = len(payload) if length is None else length
    head = bytes([0x80 | opcode])
    head += bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + size.to_bytes(2, "big") if size < 65_536 else bytes([0xFF]) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


def memory_mb(pid: int) -> float:
    return int(next(line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))) / 1024


def test_clients_that_read_nothing_are_closed_and_cost_little_while_a_reader_gets_everything(world: World, port: int) -> None:
    async def test(stuck: list[socket.socket]) -> None:
        async with await Page.open(world, port, person(801)) as page:
            page.send(op="subscribe", topics=["e:800"])
            for connection in stuck:
                connection.sendall(framed(orjson.dumps({"op": "subscribe", "topics": ["e:800"]})))
            await page.pong()
            await asyncio.sleep(0.2)
            before, closed = memory_mb(world.processes[0].pid), metrics(port).get('closed_total{reason="too slow"}', 0)
            for number in range(400):
                world.publish(("e:800", {"number": number, "filler": "x" * 20_000}))
                await asyncio.sleep(0.005)
            await page.until(lambda: len(page.messages("e:800")) == 400)
            assert [one["number"] for one in page.data("e:800")] == list(range(400))
            await page.until(lambda: metrics(port).get('closed_total{reason="too slow"}', 0) >= closed + len(stuck))
            # The stream itself is 8 MB, and a frame may be; each of the ten would hold 8 MB more if anything were queued for it.
            assert memory_mb(world.processes[0].pid) - before < 60
            await page.pong()

    with contextlib.ExitStack() as stack:
        run(test([stack.enter_context(upgraded(world, port, world.ticket(person(810 + number)))) for number in range(10)]))
    world.redis.delete("live:log:e:800")


def test_a_client_that_reads_slowly_gets_the_newest_and_is_told_what_it_missed(world: World, port: int) -> None:
    async def test() -> None:
        async with await Page.open(world, port, person(802)) as page:
            page.send(op="subscribe", topics=["e:801", "b:mtd:801"])
            await page.pong()
            await asyncio.sleep(0.2)
            page.transport.underlying_transport.pause_reading()
            last, until = 0, time.monotonic() + 1.2  # well before a client counts as too slow, however busy the machine is
            while last < 699 and time.monotonic() < until:
                last += 1
                world.publish(("e:801", {"number": last, "filler": "x" * 8_000}), ("b:mtd:801", last))
                await asyncio.sleep(0.001)
            page.transport.underlying_transport.resume_reading()
            await page.until(lambda: page.data("b:mtd:801")[-1:] == [last])
            numbers = [one["number"] for one in page.data("e:801")]
            assert numbers == sorted(set(numbers))
            assert numbers[-1] == last
            assert page.resets() == (["e:801"] if numbers != list(range(1, last + 1)) else [])
            assert page.data("b:mtd:801") == sorted(set(page.data("b:mtd:801")))

    run(test())


def test_flooding_is_ended(world: World, port: int) -> None:
    async def test() -> None:
        for kind, payload in ((WSMsgType.TEXT, b'{"op":"ping"}'), (WSMsgType.PING, b"x"), (WSMsgType.PONG, b"x"), (WSMsgType.TEXT, b'{"op":"no such"}')):
            async with await Page.open(world, port) as page:
                for _ in range(2000):
                    page.transport.send(kind, payload)
                assert await page.closed() == 1008

    run(test())


def test_flooding_before_the_ticket_is_checked_is_ended_too(world: World, port: int) -> None:
    with upgraded(world, port, world.ticket()) as connection:
        with contextlib.suppress(OSError):  # it may be closed before all is sent
            connection.sendall(framed(b'{"op":"ping"}') * 5000)
        until_closed(connection)


def until_closed(connection: socket.socket) -> bytes:
    """Read until the other end closes, and return what it said."""
    said = b""
    deadline = time.monotonic() + PATIENCE
    with contextlib.suppress(ConnectionError):
        while more := connection.recv(65_536):
            said += more
            assert time.monotonic() < deadline
    return said


@pytest.mark.parametrize(("payload", "kind", "code"), [
    (b"x" * 70_000, WSMsgType.TEXT, 1009), (b"x", WSMsgType.BINARY, 1003), (b"{", WSMsgType.TEXT, 1007), (b"", WSMsgType.TEXT, 1007), (b"\xff\xfe", WSMsgType.TEXT, 1007),
    (b"[" * 60_000, WSMsgType.TEXT, 1007), (b'{"op":"ping"}', WSMsgType.CONTINUATION, 1003),
])
def test_what_is_no_message_ends_the_connection_with_a_reason(world: World, port: int, payload: bytes, kind: WSMsgType, code: int) -> None:
    async def test() -> None:
        async with await Page.open(world, port) as page:
            page.transport.send(kind, payload)
            assert await page.closed() == code

    run(test())


def test_a_frame_that_says_it_is_enormous_is_not_waited_for(world: World, port: int) -> None:
    with upgraded(world, port, world.ticket()) as connection:
        connection.sendall(framed(b"", length=2**40))
        assert (1009).to_bytes(2, "big") in until_closed(connection)


@pytest.mark.parametrize("asked", [
    {"op": "subscribe"}, {"op": "subscribe", "topics": "all"}, {"op": "subscribe", "topics": [1]}, {"op": "subscribe", "topics": [], "since": 5},
    {"op": "subscribe", "topics": [], "since": {"epoch": "x", "seqs": {"a": -1}}}, {"op": "subscribe", "topics": [], "since": {"epoch": "x", "seqs": {"a": True}}},
    {"op": "subscribe", "topics": [], "since": {"epoch": 1, "seqs": {}}}, {"op": "subscribe", "topics": [], "rewind": 501}, {"op": "subscribe", "topics": [], "rewind": -1},
    {"op": "unsubscribe"}, {"op": "pace"}, {"op": "pace", "ms": 99}, {"op": "pace", "ms": 300_001}, {"op": "pace", "ms": True}, {"op": "pace", "ms": 1e3},
    {"op": "resync", "since": []}, {"op": "drop table"}, {"op": ["subscribe"]}, {"op": None}, {}, [], 5, "subscribe", None,
])
def test_what_cannot_be_done_is_said_and_the_connection_stays(world: World, port: int, asked: object) -> None:
    async def test() -> None:
        async with await Page.open(world, port) as page:
            page.transport.send(WSMsgType.TEXT, orjson.dumps(asked))
            assert (await page.answer("refused"))["why"]
            await page.pong()

    run(test())


def test_a_page_that_wants_ten_thousand_topics_gets_none_of_them(world: World, port: int) -> None:
    async def test() -> None:
        async with await Page.open(world, port) as page:
            page.send(op="subscribe", topics=[f"e:{number}" for number in range(1, 6000)])
            assert "60 topics" in (await page.answer("refused"))["why"]
            page.send(op="subscribe", topics=[f"e:{number}" for number in range(1, 61)])
            page.send(op="subscribe", topics=["e:61"])
            assert (await page.answer("refused"))["topics"] == ["e:61"]
            page.send(op="subscribe", topics=["e:1", "e:60"])
            page.send(op="unsubscribe", topics=["e:1"])
            page.send(op="subscribe", topics=["e:61"])
            await page.pong()
            assert not page.said("refused")
            assert metrics(port)["topics"] <= 61

    run(test())


def test_one_person_cannot_take_all_connections(world: World, port: int) -> None:
    async def test() -> None:
        pages = [await Page.open(world, port, person(820)) for _ in range(4)]
        for page in pages:
            await page.answer("hello")
        async with await Page.open(world, port, person(820)) as fifth, await Page.open(world, port, person(821)) as other:
            assert await fifth.closed() == 1013
            await other.answer("hello")
        pages[0].transport.disconnect(graceful=False)
        await pages[0].closed()
        async with await Page.open(world, port, person(820)) as again:
            await again.answer("hello")
        for page in pages:
            page.transport.disconnect(graceful=False)

    run(test())


def test_half_a_handshake_is_not_waited_for(world: World, port: int) -> None:
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        halves = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)) for _ in range(50)]
        for number, half in enumerate(halves):
            half.sendall(b"" if number % 2 else b"GET /?ticket=x HTTP/1.1\r\nHost: x\r\n")
        for half in halves:
            until_closed(half)
    assert time.monotonic() - begun > 1, "they were closed for another reason"


@pytest.mark.parametrize("request_line", [
    b"POST / HTTP/1.1", b"GET //[ HTTP/1.1", b"GET", b"\x16\x03\x01\x02\x00\x01\x00\x01", b"GET /?" + b"a" * 20_000 + b" HTTP/1.1", b"GET /secret HTTP/1.1", b"GET /../../etc/passwd HTTP/1.1",
])
def test_nonsense_over_http_is_answered_or_closed(port: int, request_line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(request_line + b"\r\nHost: x\r\n\r\n")
        said = until_closed(connection)
    assert not said or said.split()[1] in {b"400", b"404"}


def test_an_upgrade_that_is_none_is_refused(world: World, port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", f"/?ticket={world.ticket()}", headers={"Upgrade": "websocket", "Origin": world.origin})
    answer = connection.getresponse()
    assert answer.status == 400
    answer.read()
    connection.close()


def test_clients_that_vanish_in_the_middle_leave_nothing(world: World, port: int) -> None:
    for number in range(40):
        with upgraded(world, port, world.ticket(person(830 + number))) as connection:
            connection.sendall(framed(orjson.dumps({"op": "subscribe", "topics": ["e:870"]})) + framed(b'{"op":"subscr', length=500))
            if number % 2:
                connection.recv(100)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    deadline = time.monotonic() + PATIENCE
    while metrics(port)["clients"] > 0:
        assert time.monotonic() < deadline, metrics(port)
        time.sleep(0.05)
    assert metrics(port)["people"] == 0
    assert health(port)["clients"] == 0
    assert len(os.listdir(f"/proc/{world.processes[0].pid}/fd")) < 40  # noqa: PTH208 - a pseudo folder
