"""The hub without sockets: whatever is published, and whoever falls behind, nobody gets an older value after a newer one, and no stream has a hole unsaid."""

import asyncio
import random
from collections.abc import Sequence

import orjson
import pytest

from jobs.gateway.channel import Cohort
from jobs.gateway.hub import Hub
from jobs.gateway.meter import Meter
from jobs.gateway.origins import Origins
from shared.live.reading import KEPT_EVENTS, Held, missed
from tests.conftest import settings_for

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


class Fake:
    """A client that takes what it is sent, or nothing while it is behind."""

    def __init__(self) -> None:
        self.cohort: Cohort | None = None
        self.topics: frozenset[str] = frozenset()
        self.pace, self.seen, self.sent_at, self.is_behind = 0.0, 0, 0.0, False
        self.frames: list[dict[str, object]] = []

    def send_tail(self, tail: bytes, now: float) -> None:
        self.frames.append(orjson.loads(b"{" + tail))
        self.sent_at = now

    def deliver(self, tails: Sequence[bytes]) -> None:
        for tail in tails:
            self.send_tail(tail, 0.0)

    def got(self, topic: str) -> list[int]:
        """Return the numbers of the messages of ``topic``, in the order in which they came; 0 where it was said that older ones are gone."""
        found: list[int] = []
        for frame in self.frames:
            if topic in frame.get("reset", []):  # type: ignore[operator]
                found.append(0)
            found += [one["seq"] for one in frame["msgs"] if one["topic"] == topic]  # type: ignore[attr-defined]
        return found


def message(topic: str, seq: int) -> tuple[str, int, bytes]:
    return topic, seq, orjson.dumps({"topic": topic, "seq": seq})


def held(topic: str, first: int, last: int) -> Held:
    log = tuple((seq, message(topic, seq)[2]) for seq in range(first, last + 1))
    return Held(last, log[-1][1] if log else None, log if topic.startswith("e:") else ())


def loaded(hub: Hub, topic: str, last: int = 0) -> None:
    hub.install(hub.channel(topic), held(topic, 1, last))


TOPICS = ("n:a", "n:b", "e:1", "e:2")


async def disturb(hub: Hub, clients: list[Fake], chance: random.Random) -> dict[str, int]:
    """Publish at random while clients fall behind, come back and change their pace; return the last numbers."""
    seqs = dict.fromkeys(TOPICS, 0)
    for _ in range(120):
        batch = []
        for topic in chance.choices(TOPICS, k=chance.randint(1, 6)):
            seqs[topic] += 1
            batch.append(message(topic, seqs[topic]))
        hub.take("one", batch)
        client = chance.choice(clients)
        client.is_behind = not client.is_behind
        if not client.is_behind and client.cohort:
            hub.schedule(client.cohort)
        if chance.random() < 0.2 and not client.is_behind:
            hub.set_pace(client, chance.choice([0.0, 0.002]))
        if chance.random() < 0.5:
            await asyncio.sleep(0)
    return seqs


@pytest.mark.parametrize("seed", range(20))
def test_clients_that_fall_behind_and_change_their_pace_get_streams_whole_and_values_in_order(seed: int) -> None:
    async def run() -> None:
        hub = Hub(asyncio.get_running_loop(), Meter())
        hub.begin("one")
        clients = [Fake() for _ in range(6)]
        for topic in TOPICS:
            loaded(hub, topic)
        for client in clients:
            hub.listen(client, TOPICS)
        seqs = await disturb(hub, clients, random.Random(seed))
        for client in clients:
            client.is_behind = False
            assert client.cohort
            hub.schedule(client.cohort)
        await asyncio.sleep(0.05)
        for client in clients:
            for topic in ("e:1", "e:2"):
                assert client.got(topic) == list(range(1, seqs[topic] + 1))
            for topic in ("n:a", "n:b"):
                assert client.got(topic) == sorted(set(client.got(topic)))
                assert client.got(topic)[-1] == seqs[topic]

    asyncio.run(run())


def test_whoever_is_so_far_behind_that_messages_fell_out_is_told_once_and_gets_what_is_left() -> None:
    async def run() -> None:
        hub = Hub(asyncio.get_running_loop(), Meter())
        hub.begin("one")
        loaded(hub, "e:1")
        slow, quick = Fake(), Fake()
        for client in (slow, quick):
            hub.listen(client, ["e:1"])
        slow.is_behind = True
        for seq in range(1, KEPT_EVENTS + 11):
            hub.take("one", [message("e:1", seq)])
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        slow.is_behind = False
        assert slow.cohort
        hub.schedule(slow.cohort)
        await asyncio.sleep(0.01)
        assert slow.got("e:1") == [0, *range(11, KEPT_EVENTS + 11)]
        assert quick.got("e:1") == list(range(1, KEPT_EVENTS + 11))

    asyncio.run(run())


def test_a_hole_that_redis_cannot_fill_is_said() -> None:
    async def run() -> None:
        hub = Hub(asyncio.get_running_loop(), Meter())
        hub.begin("one")
        loaded(hub, "e:1", 5)
        client = Fake()
        hub.listen(client, ["e:1"], {"e:1": 5})
        hub.install(hub.channel("e:1"), held("e:1", 9, 12))
        await asyncio.sleep(0.01)
        assert client.got("e:1") == [0, 9, 10, 11, 12]
        hub.install(hub.channel("e:1"), Held(20, None))
        await asyncio.sleep(0.01)
        assert client.got("e:1")[5:] == [0]
        hub.take("one", [message("e:1", 21)])
        await asyncio.sleep(0.01)
        assert client.got("e:1")[6:] == [21]

    asyncio.run(run())


def test_what_the_feed_brings_before_redis_was_read_comes_after_it_and_once() -> None:
    async def run() -> None:
        hub = Hub(asyncio.get_running_loop(), Meter())
        hub.begin("one")
        channel = hub.channel("e:1")
        hub.take("one", [message("e:1", 4), message("e:1", 5)])
        hub.install(channel, held("e:1", 1, 4))
        client = Fake()
        hub.listen(client, ["e:1"], {"e:1": 0})
        assert client.got("e:1") == [1, 2, 3, 4, 5]

    asyncio.run(run())


def test_what_was_on_its_way_from_an_epoch_that_is_over_counts_no_more() -> None:
    async def run() -> None:
        hub = Hub(asyncio.get_running_loop(), Meter())
        hub.begin("one")
        loaded(hub, "n:a")
        client = Fake()
        hub.listen(client, ["n:a"])
        hub.take("one", [message("n:a", 40)])
        await asyncio.sleep(0.01)
        hub.take("two", [message("n:a", 1)])
        hub.take("one", [message("n:a", 41)])
        await asyncio.sleep(0.01)
        assert client.got("n:a") == [40, 1]
        assert [frame["epoch"] for frame in client.frames] == ["one", "two"]

    asyncio.run(run())


def test_frames_are_cut_where_they_grow_large() -> None:
    async def run() -> None:
        hub = Hub(asyncio.get_running_loop(), Meter())
        hub.begin("one")
        client = Fake()
        topics = [f"n:{number}" for number in range(10)]
        for topic in topics:
            hub.install(hub.channel(topic), Held(1, orjson.dumps({"topic": topic, "seq": 1, "data": "x" * 50_000})))
        hub.listen(client, topics)
        assert len(client.frames) == 5
        assert all(client.got(topic) == [1] for topic in topics)

    asyncio.run(run())


@pytest.mark.parametrize(("after", "rewind", "expected", "gone"), [
    (None, 0, [], False), (None, 2, [9, 10], False), (None, 50, [6, 7, 8, 9, 10], False), (10, 3, [], False), (8, 0, [9, 10], False), (5, 0, [6, 7, 8, 9, 10], False),
    (4, 0, [6, 7, 8, 9, 10], True), (-1, 0, [6, 7, 8, 9, 10], True), (11, 0, [6, 7, 8, 9, 10], True),
])
def test_what_somebody_has_missed_of_a_stream(after: int | None, rewind: int, expected: list[int], gone: bool) -> None:
    messages, is_gone = missed(held("e:1", 6, 10), after, rewind)
    assert ([orjson.loads(one)["seq"] for one in messages], is_gone) == (expected, gone)


def test_a_stream_whose_log_is_forgotten_has_lost_what_came_since() -> None:
    assert missed(Held(10, None), 10) == ([], False)
    assert missed(Held(10, None), 9) == ([], True)
    assert missed(Held(0, None), None, 20) == ([], False)


@pytest.mark.parametrize(("origin", "host", "allowed"), [
    ("http://10.0.0.5:8050", "10.0.0.5:8052", True), ("http://10.0.0.5:8051", "10.0.0.5:8052", True), ("https://bi.test:8050", "bi.test:8052", True),
    ("http://[::1]:8050", "[::1]:8052", True), ("http://10.0.0.5:8052", "10.0.0.5:8052", False), ("http://10.0.0.5", "10.0.0.5:8052", False),
    ("http://evil.test:8050", "10.0.0.5:8052", False), ("http://10.0.0.5.evil.test:8050", "10.0.0.5:8052", False), ("http://10.0.0.5:8050@evil.test:8050", "10.0.0.5:8052", False),
    ("null", "10.0.0.5:8052", False), (None, "10.0.0.5:8052", False), ("", "", False), ("file://", "10.0.0.5", False), ("http://[", "[", False), ("http://a:b", "a", False),
])
def test_without_public_addresses_a_site_is_the_same_host_with_its_port(origin: str | None, host: str, allowed: bool) -> None:
    assert Origins(settings_for(NOWHERE, NOWHERE, "redis://127.0.0.1:1")).allows(origin, host) is allowed


@pytest.mark.parametrize(("origin", "allowed"), [
    ("https://bi.example.com", True), ("https://bi.example.com:443", True), ("https://wall.example.com", True), ("http://bi.example.com", False),
    ("https://live.example.com:8050", False), ("https://live.example.com:8051", True), ("https://evil.example.com", False),
])
def test_a_public_address_takes_the_place_of_host_and_port(origin: str, allowed: bool) -> None:
    settings = settings_for(NOWHERE, NOWHERE, "redis://127.0.0.1:1", bi_public_url="https://bi.example.com/", gateway_origins="https://wall.example.com")
    assert Origins(settings).allows(origin, "live.example.com") is allowed
