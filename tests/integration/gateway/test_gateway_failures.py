"""Gateways and Redis that die, hang, end and come back, under pages that go on."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from picows import WSHandshakeError

from jobs.stack.ports import free_port
from shared.live.control import close_connections
from tests.integration.gateway.world import PATIENCE, Page, World, health, metrics, person, run
from tests.integration.own_servers import until


@pytest.fixture
def world(scratch: Path) -> Iterator[World]:
    """A Redis of this test's own."""
    folder = scratch / f"gateway-{free_port()}"
    folder.mkdir()
    made = World(folder)
    yield made
    made.close()


class Viewer:
    """What a page has, over however many connections: it comes back with what it has, as the browser does."""

    def __init__(self, world: World, ports: list[int], number: int) -> None:
        self.world, self.ports, self.number = world, ports, number
        self.epoch, self.seqs = "", {"e:1": 0, "b:mtd:1": 0}
        self.events: list[int] = []
        self.values: list[int] = []
        self.resets = 0
        self.page: Page | None = None
        self._taken = 0

    async def live(self, until_last: int) -> None:
        """Go on until the last event is there."""
        while until_last not in self.events:
            try:
                self.page = await Page.open(self.world, self.ports[self.number % len(self.ports)], person(self.number))
            except (OSError, WSHandshakeError):
                await asyncio.sleep(0.05)
                continue
            since = {"since": {"epoch": self.epoch, "seqs": self.seqs}} if self.epoch else {"rewind": 500}
            self.page.send(op="subscribe", topics=["e:1", "b:mtd:1"], **since)
            self._taken = 0
            while self.page.is_open and until_last not in self.events:
                self.take()
                await asyncio.sleep(0.01)
            self.take()
            self.page.transport.disconnect(graceful=False)

    def take(self) -> None:
        """Take what has come."""
        assert self.page is not None
        for frame in self.page.frames[self._taken:]:
            self._taken += 1
            if frame["op"] != "msgs":
                continue
            self.epoch = frame["epoch"]
            self.resets += len(frame.get("reset", []))
            for one in frame["msgs"]:
                self.seqs[one["topic"]] = one["seq"]
                (self.events if one["topic"] == "e:1" else self.values).append(one["data"])


async def publish_while(world: World, count: int, pause: float = 0.01) -> None:
    for number in range(count):
        await asyncio.to_thread(world.publish, ("e:1", number), ("b:mtd:1", number))
        await asyncio.sleep(pause)


def test_pages_of_a_gateway_that_is_killed_resume_at_the_new_one_without_gap_or_duplicate(world: World) -> None:
    port = world.start()
    viewers = [Viewer(world, [port], number) for number in range(1, 21)]

    async def test() -> None:
        watching = [asyncio.create_task(viewer.live(299)) for viewer in viewers]
        publishing = asyncio.create_task(publish_while(world, 300))
        await asyncio.sleep(1)
        world.processes[0].kill()
        await asyncio.to_thread(world.start, port)
        await publishing
        await asyncio.gather(*watching)

    run(test())
    for viewer in viewers:
        assert viewer.events == list(range(300))
        assert viewer.values == sorted(set(viewer.values))
        assert viewer.resets == 0


def test_two_gateways_serve_the_same_messages_share_tickets_presence_and_orders(world: World) -> None:
    ports = [world.start(), world.start()]

    async def test() -> None:
        viewers = [Viewer(world, ports, number) for number in range(1, 7)]
        watching = [asyncio.create_task(viewer.live(99)) for viewer in viewers]
        await publish_while(world, 100)
        await asyncio.gather(*watching)
        assert all(viewer.events == list(range(100)) for viewer in viewers)
        ticket = world.ticket(person(30))
        async with await Page.open(world, ports[0], ticket=ticket) as first, await Page.open(world, ports[1], person(31)) as other:
            await first.answer("hello")
            async with await Page.open(world, ports[1], ticket=ticket) as second:
                assert await second.closed() == 4401
            async with await Page.open(world, ports[1], person(30), path="/elsewhere") as third, await Page.open(world, ports[0], person(40, role="admin")) as admin:
                await third.answer("hello")
                admin.send(op="subscribe", topics=["p:bi:/elsewhere"])
                await admin.until(lambda: [one["name"] for one in (admin.data("p:bi:/elsewhere") or [{"people": []}])[-1]["people"]] == ["Person 30"])
                close_connections(world.redis, 30, rights_changed=True)
                assert (await first.closed(), await third.closed()) == (4403, 4403)
                await other.pong()

    run(test())


def test_gateways_of_one_machine_may_share_a_port(world: World) -> None:
    port = world.start(None, "--share-port")
    world.start(port, "--share-port")

    async def test() -> None:
        viewers = [Viewer(world, [port], number) for number in range(1, 13)]
        watching = [asyncio.create_task(viewer.live(199)) for viewer in viewers]
        publishing = asyncio.create_task(publish_while(world, 200))
        await asyncio.sleep(0.5)
        world.processes[0].terminate()
        await publishing
        await asyncio.gather(*watching)
        assert all(viewer.events == list(range(200)) for viewer in viewers)

    run(test())


def test_pages_stay_while_redis_is_away_and_get_what_comes_after(world: World) -> None:
    port = world.start()

    async def test() -> None:
        async with await Page.open(world, port, person(1)) as page:
            page.send(op="subscribe", topics=["e:1", "b:mtd:1"])
            await page.pong()
            await asyncio.sleep(0.2)
            world.publish(("e:1", 0), ("b:mtd:1", 0))
            await page.until(lambda: page.data("e:1") == [0])
            await asyncio.to_thread(world.valkey.stop)
            await asyncio.to_thread(until, lambda: health(port).get("status") == "degraded")
            assert health(port)["code"] == 200
            assert metrics(port)["redis_up"] == 0
            page.send(op="subscribe", topics=["e:2"])
            await page.pong()
            async with await Page.open(world, port, person(2)) as late:
                assert await late.closed() == 1013
                assert late.why == "try later"
            await asyncio.to_thread(world.valkey.start)
            await asyncio.to_thread(until, lambda: health(port).get("status") == "ok")
            world.publish(("e:1", "new"), ("b:mtd:1", "new"), ("e:2", "new"))
            await page.until(lambda: page.data("b:mtd:1") == [0, "new"] and page.data("e:1") == [0, "new"] and page.data("e:2") == ["new"])
            assert page.resets() == ["e:1"]
            await asyncio.to_thread(until, lambda: all(world.redis.zscore("live:wanted", topic) for topic in ("e:1", "e:2", "b:mtd:1")), 5)

    run(test())


def test_a_redis_that_hangs_is_noticed_and_what_was_published_on_waking_arrives(world: World) -> None:
    port = world.start()

    async def test() -> None:
        async with await Page.open(world, port, person(1)) as page:
            page.send(op="subscribe", topics=["e:1"])
            await page.pong()
            await asyncio.sleep(0.2)
            world.publish(("e:1", 0))
            await page.until(lambda: page.data("e:1") == [0])
            world.valkey.freeze()
            try:
                await asyncio.to_thread(until, lambda: health(port).get("status") == "degraded", 40)
                await page.pong()
            finally:
                world.valkey.thaw()
            world.publish(("e:1", 1))
            await page.until(lambda: page.data("e:1") == [0, 1])
            assert not page.resets()

    run(test())


def test_a_gateway_whose_feed_alone_is_cut_reads_what_it_missed(world: World) -> None:
    port = world.start()

    async def test() -> None:
        viewers = [Viewer(world, [port], number) for number in range(1, 4)]
        watching = [asyncio.create_task(viewer.live(199)) for viewer in viewers]
        publishing = asyncio.create_task(publish_while(world, 200))
        for _ in range(3):
            await asyncio.sleep(0.4)
            await asyncio.to_thread(until, lambda: world.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub"))
        await publishing
        await asyncio.gather(*watching)
        for viewer in viewers:
            assert viewer.events == list(range(200))
            assert viewer.resets == 0

    run(test())


def test_a_gateway_that_is_told_to_end_asks_pages_to_move_and_closes_the_last_after_five_seconds(world: World) -> None:
    port = world.start()

    async def test() -> None:
        stays, moves = await Page.open(world, port, person(1)), await Page.open(world, port, person(2))
        await stays.answer("hello")
        await moves.answer("hello")
        begun = time.monotonic()
        world.processes[0].send_signal(signal.SIGTERM)
        await stays.answer("move")
        await moves.answer("move")
        moves.transport.disconnect()
        ending = await asyncio.to_thread(health, port)
        assert (ending["code"], ending["status"]) == (503, "ends")
        with pytest.raises(WSHandshakeError, match="503"):
            await Page.open(world, port, person(3))
        await stays.pong()
        assert await stays.closed() == 1012
        assert time.monotonic() - begun > 4
        assert await asyncio.to_thread(world.processes[0].wait, PATIENCE) == 0
        assert world.redis.zcard("live:presence") == 0

    run(test())


def test_a_gateway_without_pages_ends_at_once(world: World) -> None:
    world.start()
    world.processes[0].send_signal(signal.SIGTERM)
    assert world.processes[0].wait(4) == 0


def test_a_gateway_whose_port_is_taken_says_so(world: World) -> None:
    port = world.start()
    with suppress(AssertionError):  # the world waits for the one that answers
        world.start(port)
    assert world.processes[1].wait(PATIENCE) == 1
    assert f"cannot listen on 127.0.0.1:{port}" in world.log()
    os.kill(world.processes[0].pid, 0)
