"""One topic as this gateway knows it, and the clients that listen to the same topics at the same pace."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final, Protocol

from jobs.gateway.frames import Entry
from shared.live.reading import KEPT_EVENTS, Held, is_stream, missed

IN_NO_ORDER: Final = -1


class Channel:
    """The newest message of a topic, and of a stream the older ones that are kept.

    Each message carries the tick at which it was taken: what a client has not seen is what came after the tick up to which it was served.
    """

    __slots__ = ("cohorts", "early", "is_loaded", "is_local", "is_stream", "left_at", "log", "lost", "message", "ready", "seq", "text", "tick")

    def __init__(self, text: str, ready: "asyncio.Future[None]", *, is_local: bool = False) -> None:
        """``is_local``: the gateway makes the messages itself (who is looking), so there is nothing to read from Redis."""
        self.text, self.is_stream, self.is_local = text, is_stream(text), is_local
        self.ready = ready
        """Done once Redis was read."""
        self.is_loaded = False
        self.early: list[tuple[int, bytes]] = []
        """What the feed brought before Redis was read."""
        self.seq, self.tick, self.message = 0, 0, b""
        self.log: deque[tuple[int, int, bytes]] = deque(maxlen=KEPT_EVENTS)
        """Of a stream: number, tick, message."""
        self.lost = 0
        """Of a stream: the tick at which older messages were found to be gone; who was served before that is told."""
        self.cohorts: set[Cohort] = set()
        self.left_at = 0.0
        """When the last listener left."""

    def put(self, seq: int, message: bytes, tick: int) -> bool:
        """Take a message; False: it is not newer than what is here."""
        if seq <= self.seq:
            return False
        if self.is_stream:
            if seq != self.seq + 1:
                self.forget(tick)
            elif len(self.log) == KEPT_EVENTS:
                self.lost = max(self.lost, self.log[0][1])  # falls out: whoever has not been served up to its tick has missed it
            self.log.append((seq, tick, message))
        self.seq, self.message, self.tick = seq, message, tick
        return True

    def forget(self, tick: int) -> None:
        """Drop older messages of a stream: some between them and what comes next are gone."""
        self.log.clear()
        self.lost = self.tick = tick

    def begin(self, tick: int) -> None:
        """Start anew in another epoch."""
        if self.is_stream and self.seq:
            self.forget(tick)
        self.seq, self.message = 0, b""
        self.early.clear()

    def unseen(self, seen: int) -> tuple[list[Entry], bool]:
        """Return what came after the tick ``seen``, and whether older messages of a stream are gone for whoever saw no more."""
        if self.tick <= seen:
            return [], False
        if not self.is_stream:
            return ([(self.tick, self.message)] if self.message else []), False
        found: list[Entry] = []
        for _, tick, message in reversed(self.log):
            if tick <= seen:
                break
            found.append((tick, message))
        return found[::-1], self.lost > seen

    def initial(self, after: int | None, rewind: int) -> tuple[list[Entry], bool]:
        """Return what somebody who begins to listen is given; ``after`` and ``rewind`` as in ``reading.missed``."""
        if self.is_stream:
            needed = rewind if after is None else self.seq - after if 0 <= after <= self.seq else KEPT_EVENTS
            log = tuple((seq, message) for seq, _, message in islice(reversed(self.log), needed))[::-1]
            messages, gone = missed(Held(self.seq, self.message, log), after, rewind)
            return [(IN_NO_ORDER, message) for message in messages], gone
        return ([(IN_NO_ORDER, self.message)] if self.message and after != self.seq else []), False


class Cohort:
    """Clients with the same topics and the same pace: they are served together, from frames that are built once."""

    __slots__ = ("changed", "channels", "key", "members", "next_at", "pace", "served", "timer")

    def __init__(self, key: tuple[frozenset[str], float], channels: Iterable[Channel], next_at: float, served: int) -> None:
        """``next_at``: when a frame may be sent again."""
        self.key, self.pace, self.channels, self.next_at = key, key[1], tuple(channels), next_at
        self.members: set[Listener] = set()
        self.changed: set[Channel] = set()
        """What changed after the tick ``served``."""
        self.served = served
        self.timer: asyncio.TimerHandle | None = None


class Listener(Protocol):
    """What the hub knows of a client."""

    cohort: Cohort | None
    topics: frozenset[str]
    pace: float
    """Seconds between two frames at least."""
    seen: int
    """The tick up to which it was served."""
    sent_at: float
    is_behind: bool
    """It takes less than is sent: it is served later."""

    def send_tail(self, tail: bytes, now: float) -> None:
        """Send one frame of messages at once."""

    def deliver(self, tails: Sequence[bytes]) -> None:
        """Send frames of messages in order, at once or as soon as there is room."""
