"""The gateway: lets clients in, hands them to the hub, and looks after connections."""

import asyncio
import logging
import random
import secrets
from collections import defaultdict
from typing import Any, Final

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from jobs.gateway.admission import Admission
from jobs.gateway.asked import Since
from jobs.gateway.channel import Channel
from jobs.gateway.client import Client
from jobs.gateway.feed import Feed
from jobs.gateway.frames import BEAT_SECONDS
from jobs.gateway.hub import Hub, Seqs
from jobs.gateway.interest import Interest
from jobs.gateway.meter import Meter
from jobs.gateway.presence import Presence
from shared.cache import redis_address
from shared.clock import today
from shared.live import names
from shared.live.ticket import Ticket
from shared.live.topic import TopicError, parse
from shared.settings import Settings

log = logging.getLogger(__name__)
_REDIS_SECONDS: Final = 2.0
_PING_AFTER_SECONDS: Final = 30.0
_PONG_WITHIN_SECONDS: Final = 15.0
_LIFETIME_SECONDS: Final = 3600.0
"""After so long a client is asked to connect anew, with a ticket that says what the person may hear by then."""
MOVE_SECONDS: Final = 5.0
OTHER_EPOCH: Final = -1


class Gateway:
    """One gateway process."""

    def __init__(self, settings: Settings) -> None:
        """Connect to nothing yet; an event loop must be running."""
        self.settings, self.loop, self.meter = settings, asyncio.get_running_loop(), Meter()
        self.hub = Hub(self.loop, self.meter)
        self.clients: set[Client] = set()
        self.is_draining = False
        self._is_empty = asyncio.Event()
        """Set when the last client of a draining gateway has left."""
        self._people: defaultdict[int, set[Client]] = defaultdict(set)
        self._pool: ConnectionPool = ConnectionPool.from_url(redis_address(settings, names.LIVE_DATABASE), protocol=2, socket_timeout=_REDIS_SECONDS,
                                                       socket_connect_timeout=_REDIS_SECONDS, retry=Retry(NoBackoff(), 0))
        self._redis: Redis = Redis(connection_pool=self._pool, retry=Retry(NoBackoff(), 1, (RedisConnectionError,)))
        self.feed = Feed(self._pool, self._redis, self.hub, self.meter, self._obey)
        self._interest = Interest(self._redis, self.hub, self.feed)
        self._presence = Presence(self._redis, self.hub)
        self._admission = Admission(settings, self._redis, self._admit)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> list["asyncio.Task[None]"]:
        """Start what runs as long as the gateway; none of the tasks ends by itself."""
        return [self.loop.create_task(work) for work in (self.feed.run(), self._admission.run(), self._interest.load(), self._interest.renew(), self._presence.run(), self._sweep())]

    def lifetime(self) -> float:
        """Return how long the next connection may live; not all end at once."""
        return _LIFETIME_SECONDS * random.uniform(0.8, 1.0)  # noqa: S311 - not a secret

    def beat_after(self) -> float:
        """Return after how many seconds without a frame the next connection hears a beat; not all at once."""
        return BEAT_SECONDS - random.uniform(1.0, 4.0)  # noqa: S311 - not a secret

    # --- coming and going

    def arrived(self, client: Client, text: str) -> None:
        """Check the ticket of a new connection and let it in, or close it."""
        self.clients.add(client)
        if len(self.clients) > self.settings.gateway_connections:
            client.close(1013, "this gateway is full", "full")
            return
        self._admission.check(client, text)

    def _admit(self, client: Client, ticket: Ticket) -> None:
        connections = self._people[ticket.person]
        if len(connections) >= self.settings.gateway_connections_per_person:
            client.close(1013, "you have too many live pages open", "too many of one person")
            return
        connections.add(client)
        self.meter.accepted += 1
        self._presence.came(client.identity, ticket)
        client.admit(ticket, self.hub.epoch)

    def gone(self, client: Client) -> None:
        """Forget a connection; may be called again."""
        self.clients.discard(client)
        if client.is_in:
            client.is_in = False
            self.hub.leave(client, client.topics)
            self._presence.left(client.identity)
            connections = self._people[client.ticket.person]
            connections.discard(client)
            if not connections:
                del self._people[client.ticket.person]
        if self.is_draining and not self.clients:
            self._is_empty.set()

    def _obey(self, order: dict[str, Any]) -> None:
        """Do what the control channel says."""
        for client in tuple(self._people.get(order["close"]["person"], ())):
            client.close(4403, "what you may see has changed", "rights changed")

    # --- what clients ask

    def subscribe(self, client: Client, topics: list[str], since: Since, rewind: int) -> None:
        """Let ``client`` listen to those of ``topics`` that it may, from ``since`` on, and refuse the others."""
        day = today(self.settings.company_time_zone)
        channels: list[Channel] = []
        unknown: list[str] = []
        closed: list[str] = []
        why = ""
        for text in topics:
            try:
                topic = parse(text, day)
            except TopicError as error:
                unknown.append(text)
                why = why or str(error)
                continue
            if not topic.is_open_to(client.ticket.scope, is_admin=client.ticket.is_admin):
                closed.append(text)
                continue
            channel = self.hub.channels.get(text)
            if channel is None:
                channel = self.hub.channel(text)
                if not channel.is_loaded:
                    self._interest.begin(channel)
            channels.append(channel)
        if unknown:
            client.refuse(unknown, why)
        if closed:
            client.refuse(closed, "this is not among what you may see")
        client.wanted.update(channel.text for channel in channels)
        self._listen(client, [channel for channel in channels if channel.is_loaded], since, rewind)
        if waiting := [channel for channel in channels if not channel.is_loaded]:
            self._spawn(self._listen_later(client, waiting, since, rewind))

    async def _listen_later(self, client: Client, channels: list[Channel], since: Since, rewind: int) -> None:
        await asyncio.wait([channel.ready for channel in channels])
        self._listen(client, [channel for channel in channels if channel.text in client.wanted], since, rewind)

    def _listen(self, client: Client, channels: list[Channel], since: Since, rewind: int) -> None:
        if channels and client.is_in:
            topics = [channel.text for channel in channels]
            self.hub.listen(client, topics, self._seqs(topics, since), rewind)

    def resync(self, client: Client, since: Since) -> None:
        """Send ``client`` what is newer than ``since``, of everything it listens to."""
        topics = sorted(client.topics)
        self.hub.listen(client, topics, self._seqs(topics, since))

    def _seqs(self, topics: list[str], since: Since) -> Seqs:
        epoch, seqs = since
        if not epoch:
            return None
        return seqs if epoch == self.hub.epoch else {topic: OTHER_EPOCH for topic in topics if topic in seqs}

    # --- looking after connections

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            now = self.loop.time()
            for client in tuple(self.clients):
                self._look_after(client, now)

    def _look_after(self, client: Client, now: float) -> None:
        if client.is_behind and now - client.behind_since > self.settings.gateway_slow_seconds:
            client.close(1013, "this connection takes too little", "too slow")
        elif now > client.ends_at + MOVE_SECONDS:
            client.close(1012, "connect anew", "moved")
        elif now > client.ends_at and client.is_in and not client.is_moving:
            client.move()
        elif now - client.heard_at > _PING_AFTER_SECONDS + _PONG_WITHIN_SECONDS:
            client.close(1001, "no sign of life", "half open")
        elif now - client.heard_at > _PING_AFTER_SECONDS:
            client.ping()
        if client.is_in and not client.is_closing and now - client.sent_at > client.beat_after:
            client.beat()

    async def drain(self) -> None:
        """Ask every client to connect elsewhere, wait for that some seconds, and close the others."""
        self.is_draining = True
        for client in tuple(self.clients):
            client.move()
        if self.clients:
            await asyncio.wait([self.loop.create_task(self._is_empty.wait())], timeout=MOVE_SECONDS)
        remaining = tuple(self.clients)
        for client in remaining:
            client.close(1012, "this gateway ends", "moved")
        if remaining:
            await asyncio.sleep(0.3)
        await self._presence.leave()

    async def close(self) -> None:
        """Close what stands towards Redis; the tasks have ended."""
        await self._redis.aclose()
        await self._pool.aclose()

    def gauges(self) -> list[tuple[str, str, float]]:
        """Return what is counted at this moment."""
        clients = tuple(self.clients)
        return [
            ("clients", "Open connections", len(clients)),
            ("people", "People with open connections", len(self._people)),
            ("topics", "Topics that somebody listens to", sum(bool(channel.cohorts) for channel in self.hub.channels.values())),
            ("behind", "Connections that take less than is sent", sum(client.is_behind for client in clients)),
            ("backlog_bytes", "Bytes that wait for clients", sum(client.backlog() for client in clients)),
            ("redis_up", "1 while Redis answers", float(self.feed.is_up)),
        ]

    def connection_id(self) -> str:
        """Return a name for a new connection."""
        return secrets.token_urlsafe(9)

    def _spawn(self, work: Any) -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a connection could not be served", exc_info=error)
