"""A gateway in a process of its own, over a real Redis, and pages that listen to it."""

import asyncio
import time
from itertools import pairwise

import orjson
import pytest

from shared.live import names
from tests.integration.gateway.listening import BOARD, listening, stream, value
from tests.integration.gateway.world import LEADS, PATIENCE, Page, World, metrics, person, run


def test_a_page_is_greeted_gets_what_there_is_and_then_what_comes_at_once(world: World, port: int) -> None:
    async def test() -> None:
        topic = value()
        world.publish((topic, 1))
        async with await Page.open(world, port) as page:
            hello = await page.answer("hello")
            assert (hello["v"], hello["beat"]) == (1, 15)
            page.send(op="subscribe", topics=[topic])
            await page.until(lambda: page.data(topic) == [1])
            assert page.frames[-1]["epoch"] == world.redis.get(names.EPOCH).decode()  # type: ignore[union-attr]
            world.publish((topic, 2))
            await page.until(lambda: page.data(topic) == [1, 2])
            one = page.messages(topic)[-1]
            assert one["seq"] == 2
            assert one["published"] <= page.frames[-1]["t"] <= one["published"] + PATIENCE
            assert [frame["n"] for frame in page.frames if frame["op"] == "msgs"] == [1, 2]

    run(test())


def test_a_message_is_on_its_way_within_milliseconds_while_nothing_else_happens(world: World, port: int) -> None:
    async def test() -> None:
        topic = value()
        async with await listening(world, port, topic) as page:
            taken = []
            for number in range(20):
                await asyncio.sleep(0.12)
                begun = time.monotonic()
                world.publish((topic, number))
                await page.until(lambda number=number: number in page.data(topic))  # type: ignore[misc]
                taken.append(page.times[-1] - begun)
            assert min(taken) < 0.05, "the leading edge must not wait for the pace"  # usually one or two milliseconds

    run(test())


def test_the_newest_of_a_value_and_all_of_a_stream_come_in_few_frames(world: World, port: int) -> None:
    async def test() -> None:
        topic, events = value(), stream()
        async with await listening(world, port, topic, events) as page:
            begun = time.monotonic()
            for number in range(200):
                world.publish((topic, number), (events, number))
            await page.until(lambda: page.data(topic)[-1:] == [199] and len(page.data(events)) >= 200)
            assert page.data(events) == list(range(200))
            assert page.data(topic) == sorted(set(page.data(topic)))
            assert page.said("msgs") <= (time.monotonic() - begun) / 0.1 + 2
            assert len(page.data(topic)) < 200

    run(test())
    assert metrics(port)["conflated_total"] > 0


def test_a_page_that_wants_fewer_frames_gets_fewer_and_misses_no_event(world: World, port: int) -> None:
    async def test() -> None:
        topic, events = value(), stream()
        async with await listening(world, port, topic, events) as page:
            page.send(op="pace", ms=1000)
            await page.pong()
            for number in range(30):
                world.publish((topic, number), (events, number))
                await asyncio.sleep(0.05)
            await page.until(lambda: page.data(topic)[-1:] == [29])
            assert page.data(events) == list(range(30))
            at = [moment for frame, moment in zip(page.frames, page.times, strict=True) if frame["op"] == "msgs"]
            assert all(later - earlier > 0.8 for earlier, later in pairwise(at))

    run(test())


def test_topics_are_refused_by_name_and_the_others_are_listened_to(world: World, port: int) -> None:
    async def test() -> None:
        async with await Page.open(world, port, person(2, branches=[7001])) as page:
            foreign = [LEADS, BOARD, "b:mtd:7001,7002", "e:7002", "p:bi:/"]
            page.send(op="subscribe", topics=[*foreign, "nonsense", "n:no_such:mtd:previous:*:", "b:mtd:7001", "e:7001"])
            assert (await page.answer("refused"))["topics"] == ["nonsense", "n:no_such:mtd:previous:*:"]
            refused = await page.answer("refused")
            assert refused["topics"] == foreign
            assert "may see" in refused["why"]
            await page.pong()
            await asyncio.sleep(0.1)
            world.publish((LEADS, 1), (BOARD, 1), ("b:mtd:7001,7002", 1), ("e:7002", 1), ("b:mtd:7001", 1), ("e:7001", 1))
            await page.until(page.messages)
            await page.pong()
            assert {one["topic"] for one in page.messages()} == {"b:mtd:7001", "e:7001"}

    run(test())


def test_nobody_without_branches_hears_anything(world: World, port: int) -> None:
    async def test() -> None:
        async with await Page.open(world, port, person(3, branches=[])) as page:
            page.send(op="subscribe", topics=[LEADS, "e:1", "b:mtd:1"])
            assert (await page.answer("refused"))["topics"] == [LEADS, "e:1", "b:mtd:1"]

    run(test())


def test_a_page_hears_no_more_of_what_it_left(world: World, port: int) -> None:
    async def test() -> None:
        left, kept = stream(), stream()
        async with await listening(world, port, left, kept) as page:
            page.send(op="unsubscribe", topics=[left, "never heard of"])
            await page.pong()
            world.publish((left, 1), (kept, 1))
            await page.until(lambda: page.data(kept))
            assert not page.data(left)

    run(test())


def test_whoever_comes_back_gets_exactly_what_was_missed(world: World, port: int) -> None:
    async def test() -> None:
        topic, other, events = value(), value(), stream()
        world.publish((topic, 0), (other, 0), *((events, number) for number in range(10)))
        epoch = world.redis.get(names.EPOCH).decode()  # type: ignore[union-attr]
        since = {"epoch": epoch, "seqs": {topic: 1, other: 1, events: 4}}
        world.publish((other, 1))
        async with await listening(world, port, topic, other, events, since=since, rewind=2) as page:
            assert page.data(events) == [4, 5, 6, 7, 8, 9]
            assert page.data(other) == [1]
            assert not page.data(topic), "a value that the page has need not come again"
            assert not page.resets()
            world.publish((events, 10))
            await page.until(lambda: page.data(events)[-1:] == [10])
            assert [one["seq"] for one in page.messages(events)] == list(range(5, 12))

    run(test())


def test_a_page_may_ask_for_the_last_events_and_gets_none_otherwise(world: World, port: int) -> None:
    async def test() -> None:
        events = stream()
        world.publish(*((events, number) for number in range(10)))
        async with await listening(world, port, events, rewind=3) as page, await listening(world, port, events) as plain:
            assert page.data(events) == [7, 8, 9]
            assert not plain.data(events)
            assert not page.resets() + plain.resets()

    run(test())


@pytest.mark.parametrize("epoch", ["another", "same"])
def test_whoever_missed_what_is_gone_is_told_and_gets_what_is_left(world: World, port: int, epoch: str) -> None:
    async def test() -> None:
        events = stream()
        world.publish(*((events, number) for number in range(520)))
        since = {"epoch": world.redis.get(names.EPOCH).decode() if epoch == "same" else epoch, "seqs": {events: 5}}  # type: ignore[union-attr]
        async with await listening(world, port, events, since=since) as page:
            await page.until(lambda: page.data(events)[-1:] == [519])
            assert page.resets() == [events]
            assert page.data(events) == list(range(20, 520))

    run(test())


def test_a_page_that_lost_a_frame_asks_again(world: World, port: int) -> None:
    async def test() -> None:
        topic, events = value(), stream()
        async with await listening(world, port, topic, events) as page:
            world.publish((topic, 0), (events, 0), (events, 1), (events, 2))
            await page.until(lambda: page.data(topic))
            epoch = page.frames[-1]["epoch"]
            page.frames.clear()
            page.send(op="resync", since={"epoch": epoch, "seqs": {topic: 1, events: 1}})
            await page.until(lambda: page.data(events) == [1, 2])
            assert not page.data(topic)
            page.frames.clear()
            page.send(op="resync", since={"epoch": epoch, "seqs": {topic: 0, events: 3}})
            await page.until(lambda: page.data(topic) == [0])
            assert not page.data(events)

    run(test())


def test_a_gap_in_the_feed_is_noticed_and_filled_from_redis(world: World, port: int) -> None:
    async def test() -> None:
        topic, events = value(), stream()
        async with await listening(world, port, topic, events) as page:
            world.publish((topic, 0), (events, 0))
            await page.until(lambda: page.data(events) == [0])
            before = metrics(port)["gaps_total"]
            _unheard(world, topic, 2, b"1")
            _unheard(world, events, 2, b"1")
            world.redis.incr(names.BATCH)
            world.publish((events, 2))
            await page.until(lambda: page.data(events) == [0, 1, 2] and page.data(topic) == [0, 1])
            assert metrics(port)["gaps_total"] == before + 1
            assert not page.resets()

    run(test())


def _unheard(world: World, topic: str, seq: int, data: bytes) -> None:
    """Write a message as the live worker does, without the feed."""
    message = orjson.dumps({"topic": topic, "seq": seq, "published": 0.0, "at": "", "data": orjson.Fragment(data)})
    world.redis.hset(names.SEQUENCES, topic, str(seq))
    world.redis.hset(names.LATEST, topic, message)  # type: ignore[arg-type]
    world.redis.xadd(names.log_of(topic), {"m": message}, id=f"{seq}-0")


def test_an_emptied_redis_begins_anew_and_streams_say_so(world: World, port: int) -> None:
    async def test() -> None:
        topic, events = value(), stream()
        async with await listening(world, port, topic, events) as page:
            world.publish((topic, 0), (events, 0), (events, 1))
            await page.until(lambda: page.data(events) == [0, 1])
            world.redis.flushall()
            world.publish((topic, "new"), (events, "new"))
            await page.until(lambda: page.data(events) == [0, 1, "new"] and page.data(topic) == [0, "new"])
            assert page.resets() == [events]
            assert len({frame["epoch"] for frame in page.frames if frame["op"] == "msgs"}) == 2
            assert page.messages(topic)[-1]["seq"] == 1

    run(test())
