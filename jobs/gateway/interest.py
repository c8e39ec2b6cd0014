"""What this gateway's clients want, told to the live worker and read for them."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.gateway.channel import Channel
from jobs.gateway.feed import Feed
from jobs.gateway.hub import Hub
from shared.live.reading import WANTED_SECONDS, want_call

log = logging.getLogger(__name__)
_EVERY_SECONDS = WANTED_SECONDS / 3
_RETRY_SECONDS = 0.5
_AT_ONCE = 1_000


class Interest:
    """Loads channels that somebody has begun to want, and keeps all of them wanted."""

    def __init__(self, redis: Redis, hub: Hub, feed: Feed) -> None:
        """Want nothing yet."""
        self._redis, self._hub, self._feed = redis, hub, feed
        self._fresh: list[Channel] = []
        self._is_fresh = asyncio.Event()

    def begin(self, channel: Channel) -> None:
        """Tell the live worker of ``channel`` and read it, with the others of this moment."""
        self._fresh.append(channel)
        self._is_fresh.set()

    async def load(self) -> None:
        """Serve ``begin`` for ever; while Redis is away it is tried again and again."""
        while True:
            await self._is_fresh.wait()
            self._is_fresh.clear()
            fresh, self._fresh = self._fresh, []
            try:
                await self._want([channel.text for channel in fresh])
                await self._feed.read([channel for channel in fresh if not channel.is_loaded])
            except (RedisError, OSError) as error:
                log.debug("%d topics could not be read yet: %s", len(fresh), error)
                self._fresh += fresh
                await asyncio.sleep(_RETRY_SECONDS)
                self._is_fresh.set()

    async def renew(self) -> None:
        """Keep what is listened to wanted, for ever; at once where Redis may have forgotten it."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._feed.is_read_again.wait(), _EVERY_SECONDS)
            self._feed.is_read_again.clear()
            self._hub.forget_idle()
            try:
                await self._want([channel.text for channel in self._hub.channels.values() if channel.cohorts and not channel.is_local])
            except (RedisError, OSError) as error:
                log.debug("what is wanted could not be said: %s", error)

    async def _want(self, topics: Sequence[str]) -> None:
        for first in range(0, len(topics), _AT_ONCE):
            await self._redis.eval(*want_call(topics[first:first + _AT_ONCE]))
