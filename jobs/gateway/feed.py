"""What comes from Redis: publications, orders, and everything again after a gap.

One connection of its own, without redis-py's habit of subscribing again in silence: whatever was published meanwhile would be missed.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from jobs.gateway.channel import Channel
from jobs.gateway.hub import Hub
from jobs.gateway.meter import Meter
from shared.clock import now
from shared.live import names, reading

log = logging.getLogger(__name__)
_AT_ONCE = 50
"""Topics of one reading; a stream may bring 500 messages."""
_SILENT_SECONDS = 5.0
_RETRY_SECONDS = 0.5


class Feed:
    """Keeps the hub as new as Redis."""

    def __init__(self, pool: ConnectionPool, redis: Redis, hub: Hub, meter: Meter, obey: Callable[[dict[str, Any]], None]) -> None:
        """``obey`` does what the control channel says."""
        self._pool, self._redis, self._hub, self._meter, self._obey = pool, redis, hub, meter, obey
        self.is_up = False
        self.is_read_again = asyncio.Event()
        """Set when everything was read again: Redis may have forgotten what is wanted."""
        self._batch: int | None = None
        self._is_known_away = False

    async def run(self) -> None:
        """Listen for ever; connect again where that fails."""
        pause = _RETRY_SECONDS
        while True:
            connection: AbstractConnection = self._pool.make_connection()
            try:
                await self._listen(connection)
            except (RedisError, OSError) as error:
                pause = _RETRY_SECONDS / 10 if self.is_up else _RETRY_SECONDS
                self.is_up = False
                if not self._is_known_away:
                    log.warning("Redis does not answer, clients keep what they have: %s", error)
                self._is_known_away = True
            finally:
                await connection.disconnect()
            await asyncio.sleep(pause)

    async def _listen(self, connection: AbstractConnection) -> None:
        await connection.connect()
        await connection.send_command("SUBSCRIBE", names.FEED, names.CONTROL)
        for _ in range(2):
            await connection.read_response(timeout=_SILENT_SECONDS)
        self._batch = None
        await self.read_again()
        self.is_up = True
        if self._is_known_away:
            log.warning("Redis answers again")
            self._is_known_away = False
        is_asked = False
        while True:
            try:
                reply = await connection.read_response(timeout=_SILENT_SECONDS, disconnect_on_error=False)
            except RedisTimeoutError:
                reply = None
            if reply is None:  # redis 8.1 returns nothing, or raises, after a silence
                if is_asked:
                    raise RedisTimeoutError(f"Redis has said nothing for {2 * _SILENT_SECONDS} s")
                await connection.send_command("PING", check_health=False)
                is_asked = True
                continue
            is_asked = False
            if reply[0] == b"message":
                await self._heard(reply[1].decode(), reply[2])

    async def _heard(self, channel: str, data: bytes) -> None:
        try:
            told = orjson.loads(data)
            if channel == names.CONTROL:
                self._obey(told)
                return
            epoch, batch = str(told["epoch"]), int(told["batch"])
            messages = [(str(one["topic"]), int(one["seq"]), orjson.dumps(one)) for one in told["messages"] if one["topic"] in self._hub.channels]
            published = max((one["published"] for one in told["messages"]), default=None)
        except (ValueError, KeyError, TypeError) as error:
            log.warning("something on %s that is no message of ours is left aside: %r", channel, error)
            return
        self._meter.batches += 1
        if published is not None:
            self._meter.lag(now().timestamp() - published)
        if self._hub.is_past(epoch):
            return
        is_next = self._batch is None or batch == self._batch + 1
        is_same = epoch == self._hub.epoch
        self._batch = batch
        if not is_next or not is_same:
            self._meter.gaps += 1
            if not is_same:
                self._hub.begin(epoch)
            await self.read_again()
        self._hub.take(epoch, messages)

    async def read_again(self) -> None:
        """Read every channel: messages may have been missed."""
        await self.read([channel for channel in self._hub.channels.values() if not channel.is_local])
        self.is_read_again.set()

    async def read(self, channels: Iterable[Channel]) -> None:
        """Read ``channels`` and hand the hub what it does not have.  Raises RedisError."""
        waiting = list(channels)
        for first in range(0, max(len(waiting), 1), _AT_ONCE):  # even of no channels: the epoch
            await self._read(waiting[first:first + _AT_ONCE])

    async def _read(self, channels: list[Channel]) -> None:
        topics = [channel.text for channel in channels]
        for _ in range(2):
            pipeline = self._redis.pipeline(transaction=True)
            reading.ask_for(pipeline, topics)
            held = reading.snapshot_of(await pipeline.execute(), topics)
            if not self._hub.is_past(held.epoch):
                break
            # The feed was quicker: this was read before Redis was emptied.  Or nothing was published since: then what the hub has stays until something is.
        is_of_now = not self._hub.is_past(held.epoch)
        if is_of_now and held.epoch != self._hub.epoch:
            self._hub.begin(held.epoch)
        for channel in channels:
            self._hub.install(channel, held.topics[channel.text] if is_of_now else reading.Held(0, None))
