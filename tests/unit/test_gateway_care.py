"""How the gateway looks after a connection as time passes, without sockets."""

import asyncio
from collections.abc import Callable

import pytest

from jobs.gateway.gateway import Gateway
from tests.conftest import settings_for

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
NOW = 100_000.0


class Fake:
    """A connection that was served and heard a moment ago."""

    def __init__(self, **state: float) -> None:
        self.is_in, self.is_closing, self.is_behind, self.is_moving = True, False, False, False
        self.behind_since, self.heard_at, self.sent_at, self.beat_after, self.ends_at = NOW, NOW, NOW, 12.0, NOW + 3600
        vars(self).update(state)
        self.did: list[object] = []

    def close(self, code: int, why: str, reason: str) -> None:
        self.did.append(code)
        self.is_closing = True

    def ping(self) -> None:
        self.did.append("ping")

    def beat(self) -> None:
        self.did.append("beat")

    def move(self) -> None:
        self.did.append("move")


def looked_after(client: Fake) -> list[object]:
    async def look() -> None:
        gateway = Gateway(settings_for(NOWHERE, NOWHERE, "redis://127.0.0.1:1"))
        gateway._look_after(client, NOW)  # type: ignore[arg-type]
        await gateway.close()

    asyncio.run(look())
    return client.did


@pytest.mark.parametrize(("make", "did"), [
    (Fake, []),
    (lambda: Fake(sent_at=NOW - 11), []), (lambda: Fake(sent_at=NOW - 13), ["beat"]), (lambda: Fake(sent_at=NOW - 13, is_in=False), []),
    (lambda: Fake(heard_at=NOW - 29), []), (lambda: Fake(heard_at=NOW - 31), ["ping"]), (lambda: Fake(heard_at=NOW - 46), [1001]),
    (lambda: Fake(heard_at=NOW - 31, sent_at=NOW - 13), ["ping", "beat"]), (lambda: Fake(heard_at=NOW - 46, sent_at=NOW - 13), [1001]),
    (lambda: Fake(is_behind=True, behind_since=NOW - 14), []), (lambda: Fake(is_behind=True, behind_since=NOW - 16), [1013]),
    (lambda: Fake(ends_at=NOW - 1), ["move"]), (lambda: Fake(ends_at=NOW - 1, is_moving=True), []), (lambda: Fake(ends_at=NOW - 6, is_moving=True), [1012]),
])
def test_silence_slowness_and_age_each_have_their_end(make: Callable[[], Fake], did: list[object]) -> None:
    assert looked_after(make()) == did


def test_no_two_connections_beat_or_end_at_the_same_moment() -> None:
    async def draw() -> tuple[set[float], set[float]]:
        gateway = Gateway(settings_for(NOWHERE, NOWHERE, "redis://127.0.0.1:1"))
        await gateway.close()
        return {gateway.lifetime() for _ in range(50)}, {gateway.beat_after() for _ in range(50)}

    lifetimes, beats = asyncio.run(draw())
    assert len(lifetimes) == len(beats) == 50
    assert max(lifetimes) <= 3600
    assert max(beats) <= 14, "one second goes by between two looks"
