"""Topics that no other test uses, and pages that listen to them."""

import asyncio

from tests.integration.gateway.world import Page, World, person

BOARD = "b:mtd:*"

_events = iter(range(1, 9_000))


def stream() -> str:
    """Return a stream that no other test uses."""
    return f"e:{next(_events)}"


def value() -> str:
    """Return a value that no other test uses."""
    return f"b:mtd:{next(_events)}"


async def listening(world: World, port: int, *topics: str, number: int = 1, **options: object) -> Page:
    """A page that listens and has been answered."""
    page = await Page.open(world, port, person(number))
    page.send(op="subscribe", topics=list(topics), **options)
    await page.pong()
    await asyncio.sleep(0.1)  # a topic that nobody listened to before is read first
    return page
