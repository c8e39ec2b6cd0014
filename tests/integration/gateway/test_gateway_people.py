"""Who is looking: wishes, administrators' view, rights that change, health."""

import asyncio
import time

import orjson

from shared.live import names
from shared.live.control import close_connections
from tests.integration.gateway.listening import listening, value
from tests.integration.gateway.world import LEADS, PATIENCE, Page, World, health, metrics, person, run


def test_what_pages_listen_to_is_wanted_and_said_at_once_when_it_is_new(world: World, port: int) -> None:
    async def test() -> None:
        topic = value()
        with world.redis.pubsub() as wants:
            wants.subscribe(names.WANTS)
            assert wants.get_message(timeout=PATIENCE)
            async with await listening(world, port, topic), await listening(world, port, topic):
                said = await asyncio.to_thread(wants.get_message, timeout=PATIENCE)
                assert said is not None
                assert topic in orjson.loads(said["data"])
                until = world.redis.zscore(names.WANTED, topic)
                assert until is not None
                assert 0 < until - world.redis.time()[0] <= 30
                assert await asyncio.to_thread(wants.get_message, timeout=0.3) is None, "the second listener tells nothing new"

    run(test())


def test_administrators_see_who_is_looking_and_who_has_left(world: World, port: int) -> None:
    async def test() -> None:
        async with await Page.open(world, port, person(10, role="admin"), path="/admin") as admin:
            admin.send(op="subscribe", topics=["p:bi:/looked-at"])
            await admin.until(lambda: admin.data("p:bi:/looked-at") == [{"people": []}])
            async with await Page.open(world, port, person(11), path="/looked-at"), await Page.open(world, port, person(11), path="/looked-at"):
                await admin.until(lambda: len(admin.data("p:bi:/looked-at")[-1]["people"]) == 1)
                seen = admin.data("p:bi:/looked-at")[-1]["people"][0]
                assert (seen["name"], seen["path"]) == ("Person 11", "/looked-at")
                assert abs(seen["since"] - time.time()) < PATIENCE
            await admin.until(lambda: admin.data("p:bi:/looked-at")[-1] == {"people": []})

    run(test())


def test_connections_of_a_person_whose_rights_change_are_closed_and_old_tickets_are_void(world: World, port: int) -> None:
    async def test() -> None:
        ticket = world.ticket(person(20))
        async with await listening(world, port, LEADS, number=20) as page, await listening(world, port, LEADS, number=21) as other:
            close_connections(world.redis, 20, rights_changed=True)
            assert await page.closed() == 4403
            await other.pong()
        async with await Page.open(world, port, ticket=ticket) as late:
            assert await late.closed() == 4401
        async with await Page.open(world, port, person(20)) as early:
            assert await early.closed() == 4401, "another process of a site may not know of the change yet"
        assert world.redis.zscore(names.VOID, "20") is not None
        world.redis.zadd(names.VOID, {"20": int(time.time()) - 1})
        async with await Page.open(world, port, person(20)) as again:
            await again.answer("hello")

    run(test())


def test_health_and_metrics_are_plain_http_on_the_same_port(world: World, port: int) -> None:
    async def test() -> None:
        async with await listening(world, port, LEADS):
            told = await asyncio.to_thread(health, port)
            assert (told["code"], told["status"], told["redis"], told["clients"]) == (200, "ok", "ok", 1)
            counted = await asyncio.to_thread(metrics, port)
            assert (counted["clients"], counted["redis_up"]) == (1, 1)
            assert counted['feed_lag_seconds_bucket{le="+Inf"}'] == counted["feed_lag_seconds_count"] == counted["batches_total"]

    run(test())
