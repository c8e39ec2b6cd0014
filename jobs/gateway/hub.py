"""Who listens to what, and what each has been sent: the newest of values, all of streams, never an older one after a newer.

Every message gets a tick when it is taken.  A client is served up to a tick, so nothing is queued for anybody: one that falls behind is simply
served later, from what is the newest by then.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from jobs.gateway import frames
from jobs.gateway.channel import Channel, Cohort, Listener
from jobs.gateway.frames import Entry
from jobs.gateway.meter import Meter
from shared.live.reading import Held

_IDLE_SECONDS: Final = 10.0
_LOCAL: Final = "p:"

Seqs = Mapping[str, int] | None
"""What a client has of each topic; None: it says nothing about that."""


class Hub:
    """Channels, cohorts, and the ticks between them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, meter: Meter) -> None:
        """Know nothing yet."""
        self._loop, self._meter = loop, meter
        self.epoch = ""
        self.tick = 1
        self.channels: dict[str, Channel] = {}
        self._cohorts: dict[tuple[frozenset[str], float], Cohort] = {}
        self._past: deque[str] = deque(maxlen=50)
        """Epochs that are over: what is still on its way from them counts no more."""

    # --- what comes from Redis

    def is_past(self, epoch: str) -> bool:
        """Say whether ``epoch`` is over, or none."""
        return not epoch or epoch in self._past

    def begin(self, epoch: str) -> None:
        """Start anew: Redis was emptied, numbers begin at 1 again.  What it holds now should be read next."""
        if self.epoch:
            self._past.append(self.epoch)
        self.epoch = epoch
        self.tick += 1
        for channel in self.channels.values():
            if not channel.is_local:
                channel.begin(self.tick)

    def take(self, epoch: str, messages: Iterable[tuple[str, int, bytes]]) -> None:
        """Take what was published, in order, and send it on: at once to whoever got nothing for a while."""
        if self.is_past(epoch):
            return
        if epoch != self.epoch:
            self.begin(epoch)
        for topic, seq, message in messages:
            channel = self.channels.get(topic)
            if channel is None:
                continue
            if channel.is_loaded:
                self._put(channel, seq, message)
            else:
                channel.early.append((seq, message))

    def install(self, channel: Channel, held: Held) -> None:
        """Take what Redis holds of a channel; what the feed brought meanwhile comes after it."""
        early, channel.early = channel.early, []
        if not channel.is_stream:
            if held.message is not None:
                self._put(channel, held.seq, held.message)
        else:
            for seq, message in held.log:
                self._put(channel, seq, message)
            if held.seq > channel.seq:  # there were messages, and they are forgotten
                self.tick += 1
                channel.seq = held.seq
                channel.forget(self.tick)
            self._touch(channel)  # to be told of what is gone is news, too
        channel.is_loaded, channel.left_at = True, self._loop.time()
        for seq, message in early:
            self._put(channel, seq, message)
        if not channel.ready.done():
            channel.ready.set_result(None)

    def _put(self, channel: Channel, seq: int, message: bytes) -> None:
        if channel.put(seq, message, self.tick + 1):
            self.tick += 1
            self._touch(channel)

    def put_local(self, topic: str, seq: int, message: bytes) -> None:
        """Take a message that the gateway made itself."""
        if channel := self.channels.get(topic):
            self._put(channel, max(seq, channel.seq + 1), message)

    # --- who listens

    def channel(self, topic: str) -> Channel:
        """Return the channel of ``topic``; a new one is not loaded yet."""
        found = self.channels.get(topic)
        if found is None:
            found = self.channels[topic] = Channel(topic, self._loop.create_future(), is_local=topic.startswith(_LOCAL))
            if found.is_local:
                self.install(found, Held(0, None))
        return found

    def listen(self, client: Listener, topics: Sequence[str], seqs: Seqs = None, rewind: int = 0) -> None:
        """Begin to listen to ``topics``, which are loaded, or hear anew what of them is newer than ``seqs`` (-1 each: of another epoch)."""
        entries, reset = self._unseen(client.cohort.channels if client.cohort else (), client.seen, but=frozenset(topics))
        for topic in topics:
            found, gone = self.channels[topic].initial(None if seqs is None else seqs.get(topic), rewind)
            entries += found
            reset += [topic] if gone else []
        client.seen = self.tick
        client.deliver(frames.tails(self.epoch, entries, reset))
        self._move(client, client.topics.union(self.channels[topic].text for topic in topics), client.pace)

    def leave(self, client: Listener, topics: Iterable[str]) -> None:
        """Listen to ``topics`` no more."""
        left = client.topics.difference(topics)
        if left != client.topics:
            self._catch_up(client)
            self._move(client, left, client.pace)

    def set_pace(self, client: Listener, pace: float) -> None:
        """Send ``client`` at most one frame in ``pace`` seconds."""
        self._catch_up(client)
        self._move(client, client.topics, pace)

    def _catch_up(self, client: Listener) -> None:
        if client.cohort and client.seen < self.tick:
            entries, reset = self._unseen(client.cohort.channels, client.seen)
            client.seen = self.tick
            client.deliver(frames.tails(self.epoch, entries, reset))

    def _move(self, client: Listener, topics: frozenset[str], pace: float) -> None:
        """Move a client that has seen everything."""
        key = (topics, pace)
        old = client.cohort
        if old is not None:
            if old.key == key:
                return
            self._part(old, client)
        client.topics, client.pace, client.cohort = topics, pace, None
        if not topics:
            return
        cohort = self._cohorts.get(key)
        if cohort is None:
            cohort = self._cohorts[key] = Cohort(key, [self.channels[topic] for topic in topics], max(client.sent_at, self._loop.time() - pace) + pace, self.tick)
            for channel in cohort.channels:
                channel.cohorts.add(cohort)
        cohort.members.add(client)
        client.cohort, client.topics = cohort, cohort.key[0]  # one set for all of them

    def _part(self, cohort: Cohort, client: Listener) -> None:
        cohort.members.discard(client)
        if cohort.members:
            return
        if cohort.timer is not None:
            cohort.timer.cancel()
        del self._cohorts[cohort.key]
        for channel in cohort.channels:
            channel.cohorts.discard(cohort)
            channel.left_at = self._loop.time()

    def forget_idle(self) -> None:
        """Drop channels that nobody listens to any more."""
        before = self._loop.time() - _IDLE_SECONDS
        for channel in [one for one in self.channels.values() if not one.cohorts and one.left_at < before and one.ready.done()]:
            del self.channels[channel.text]

    # --- sending

    def _touch(self, channel: Channel) -> None:
        for cohort in channel.cohorts:
            if channel in cohort.changed:
                if not channel.is_stream:
                    self._meter.conflated += len(cohort.members)
            else:
                cohort.changed.add(channel)
                self.schedule(cohort)

    def schedule(self, cohort: Cohort) -> None:
        """Serve ``cohort`` as soon as its pace allows."""
        if cohort.timer is None:
            # Not at once even if it may: the rest of a publication belongs into the same frame.
            cohort.timer = self._loop.call_at(cohort.next_at, self._serve, cohort)

    def _serve(self, cohort: Cohort) -> None:
        now = self._loop.time()
        cohort.timer, cohort.next_at = None, now + cohort.pace
        channels: Iterable[Channel] = cohort.changed
        tick, served = self.tick, cohort.served
        built: dict[int, list[bytes]] = {tick: []}
        for client in tuple(cohort.members):
            seen = client.seen
            if seen == tick or client.is_behind:
                continue
            tails = built.get(seen)
            if tails is None:
                tails = built[seen] = frames.tails(self.epoch, *self._unseen(channels if seen >= served else cohort.channels, seen))
            client.seen = tick
            if len(tails) == 1:
                client.send_tail(tails[0], now)
            elif tails:
                client.deliver(tails)
        cohort.changed.clear()
        cohort.served = tick

    @staticmethod
    def _unseen(channels: Iterable[Channel], seen: int, but: frozenset[str] = frozenset()) -> tuple[list[Entry], list[str]]:
        entries: list[Entry] = []
        reset: list[str] = []
        for channel in channels:
            if channel.tick > seen and channel.text not in but:
                found, gone = channel.unseen(seen)
                entries += found
                if gone:
                    reset.append(channel.text)
        entries.sort(key=_tick)
        return entries, reset


def _tick(entry: Entry) -> int:
    return entry[0]
