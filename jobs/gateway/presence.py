"""Who is looking at which page: each gateway vouches for its own clients, and reads all of them while an administrator listens."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.gateway.hub import Hub
from shared.clock import now
from shared.live.reading import PRESENT_SECONDS, present_call, vouch_call
from shared.live.ticket import Ticket

log = logging.getLogger(__name__)
_EVERY_SECONDS = 0.5
_RENEWED_SECONDS = PRESENT_SECONDS / 3
_AT_ONCE = 1_000


class Presence:
    """The visitors of this gateway, and the ``p:`` topics."""

    def __init__(self, redis: Redis, hub: Hub) -> None:
        """Nobody is here yet."""
        self._redis, self._hub = redis, hub
        self._here: dict[str, bytes] = {}
        self._come: set[bytes] = set()
        self._gone: set[bytes] = set()
        self._shown: dict[str, list[dict[str, Any]]] = {}

    def came(self, connection: str, ticket: Ticket) -> None:
        """Note a visitor."""
        told = {"page": f"{ticket.site}:{ticket.path}", "person": ticket.person, "name": ticket.name, "since": round(now().timestamp(), 3), "connection": connection}
        self._here[connection] = orjson.dumps(told)
        self._come.add(self._here[connection])

    def left(self, connection: str) -> None:
        """Note that a visitor has left."""
        visitor = self._here.pop(connection, None)
        if visitor is not None:
            self._come.discard(visitor)
            self._gone.add(visitor)

    async def run(self) -> None:
        """Tell and read for ever."""
        renewed_at = 0.0
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            is_due = loop.time() - renewed_at > _RENEWED_SECONDS
            try:
                await self.tell(self._here.values() if is_due else list(self._come))
                if is_due:
                    renewed_at = loop.time()
                await self._show()
            except (RedisError, OSError) as error:
                log.debug("who is looking could not be told or read: %s", error)

    async def tell(self, come: Iterable[bytes]) -> None:
        """Vouch for ``come`` and for nobody who has left.  Raises RedisError."""
        told, gone = list(come), list(self._gone)
        for first in range(0, max(len(told), len(gone)), _AT_ONCE):
            await self._redis.eval(*vouch_call(told[first:first + _AT_ONCE], gone[first:first + _AT_ONCE]))
        self._come.difference_update(told)
        self._gone.difference_update(gone)

    async def leave(self) -> None:
        """Say that everybody has left: this gateway ends."""
        for connection in list(self._here):
            self.left(connection)
        try:
            await self.tell([])
        except (RedisError, OSError) as error:
            log.warning("Redis could not be told who has left, it forgets them by itself: %s", error)

    async def _show(self) -> None:
        topics = {name.removeprefix("p:"): name for name, channel in self._hub.channels.items() if channel.is_local and channel.cohorts}
        self._shown = {page: people for page, people in self._shown.items() if page in topics}
        if not topics:
            return
        pages: dict[str, dict[int, dict[str, Any]]] = {page: {} for page in topics}
        for one in sorted(map(orjson.loads, await self._redis.eval(*present_call())), key=lambda one: one["since"]):
            if one["page"] in pages:
                pages[one["page"]].setdefault(one["person"], {"name": one["name"], "path": one["page"].partition(":")[2], "since": one["since"]})
        for page, found in pages.items():
            people = list(found.values())
            if self._shown.get(page) != people:
                self._shown[page] = people
                self._put(topics[page], people)

    def _put(self, topic: str, people: list[dict[str, Any]]) -> None:
        moment = now()
        seq = int(moment.timestamp() * 1000)  # greater than what another gateway gave before, as near as clocks go
        message = {"topic": topic, "seq": seq, "at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "committed": None,
                   "published": round(moment.timestamp(), 6), "trace": "", "data": {"people": people}}
        self._hub.put_local(topic, seq, orjson.dumps(message))
