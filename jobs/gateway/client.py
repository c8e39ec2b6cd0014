"""One connection: what it asks for, what it has been sent, and how much of that it has not taken yet."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import orjson
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from jobs.gateway import frames
from jobs.gateway.asked import Since, pace_of, rewind_of, since_of, topics_of
from jobs.gateway.channel import Cohort
from jobs.gateway.hub import Hub
from jobs.gateway.meter import Meter
from shared.live.ticket import Ticket
from shared.settings import Settings

LARGEST_FRAME: Final = 64 * 1024
BEHIND_BYTES: Final = 256 * 1024
"""A client that has not taken so much is sent nothing until it has; then it gets what is the newest."""
CAUGHT_UP_BYTES: Final = 64 * 1024
TOO_FAR_BEHIND_BYTES: Final = 1024 * 1024
_MESSAGES_PER_SECOND: Final = 20.0
_MESSAGES_AT_ONCE: Final = 120.0
_TOPICS_PER_MESSAGE: Final = 25
"""Naming so many topics costs as much as a message."""
_LINGER_SECONDS: Final = 1.0

_TEXT, _PING, _PONG, _CLOSE = WSMsgType.TEXT, WSMsgType.PING, WSMsgType.PONG, WSMsgType.CLOSE


class House(Protocol):
    """What a client knows of the gateway."""

    loop: asyncio.AbstractEventLoop
    settings: Settings
    meter: Meter
    hub: Hub

    def lifetime(self) -> float:
        """Return how many seconds a new connection may live."""

    def beat_after(self) -> float:
        """Return after how many seconds without a frame a new connection hears a beat."""

    def arrived(self, client: "Client", text: str) -> None:
        """Check the ticket ``text``, and admit or close."""

    def gone(self, client: "Client") -> None:
        """Forget a connection."""

    def subscribe(self, client: "Client", topics: list[str], since: Since, rewind: int) -> None:
        """Let a client listen to what it may."""

    def resync(self, client: "Client", since: Since) -> None:
        """Send what is newer than ``since``."""


class Client(WSListener):
    """A listener of picows; everything happens on the event loop."""

    __slots__ = ("_allowance", "_allowed_at", "_early", "_gateway", "_n", "_pinged", "_ticket", "_todo", "_todo_bytes", "beat_after", "behind_since", "cohort", "ends_at",
                 "heard_at", "identity", "is_behind", "is_closing", "is_in", "is_moving", "pace", "seen", "sent_at", "ticket", "topics", "transport", "wanted")

    def __init__(self, gateway: "House", ticket: str, identity: str, pace: float) -> None:
        """``ticket`` is not checked yet."""
        now = gateway.loop.time()
        self._gateway, self._ticket, self.identity = gateway, ticket, identity
        self.transport: WSTransport
        self.ticket: Ticket
        self.is_in = self.is_closing = self.is_behind = self.is_moving = False
        self.cohort: Cohort | None = None
        self.topics: frozenset[str] = frozenset()
        self.wanted: set[str] = set()
        """``topics``, and those that are being read."""
        self.pace, self.seen = pace, 0
        self.sent_at = 0.0
        self.heard_at, self._pinged = now, False
        self.behind_since = 0.0
        self.ends_at, self.beat_after = now + gateway.lifetime(), gateway.beat_after()
        self._n = 0
        self._todo: list[bytes] = []
        self._todo_bytes = 0
        self._early: list[bytes] = []
        self._allowance, self._allowed_at = _MESSAGES_AT_ONCE, now

    # --- what picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Ask for the ticket to be checked."""
        self.transport = transport
        transport.request.headers.clear()  # they have done what they are for, and would stay as long as the connection
        transport.underlying_transport.set_write_buffer_limits(high=BEHIND_BYTES, low=CAUGHT_UP_BYTES)
        self._gateway.arrived(self, self._ticket)
        self._ticket = ""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Do what the client asks."""
        if self.is_closing and frame.msg_type != _CLOSE:
            return
        self.heard_at, self._pinged = self._gateway.loop.time(), False
        kind = frame.msg_type
        if kind == _CLOSE:
            self.close(1000, "", "left")
        elif kind == _PONG:
            self._is_allowed(1)
        elif kind == _PING:
            if self._is_allowed(1):
                transport.send_pong(frame.get_payload_as_bytes())
        elif kind != _TEXT or not frame.fin:
            self.close(1003, "send JSON as text, one message in one frame", "not text")
        elif self.is_in:
            self._do(frame.get_payload_as_bytes())
        elif self._is_allowed(1):
            self._early.append(frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows hands it over
        """Forget this connection."""
        self.is_closing = True
        self._gateway.gone(self)

    def pause_writing(self) -> None:
        """Send nothing more: too much is waiting."""
        if not self.is_behind:
            self.is_behind, self.behind_since = True, self._gateway.loop.time()
        if self.transport.underlying_transport.get_write_buffer_size() > TOO_FAR_BEHIND_BYTES:
            self.close(1013, "this connection takes too little", "too far behind")

    def resume_writing(self) -> None:
        """Go on with what is the newest now."""
        self.is_behind = False
        self._drain()
        if not self.is_behind and self.cohort is not None:
            self._gateway.hub.schedule(self.cohort)

    # --- sending

    def admit(self, ticket: Ticket, epoch: str) -> None:
        """Begin: the ticket is good."""
        self.ticket, self.is_in = ticket, True
        self._say(frames.hello(epoch, self.identity))
        early, self._early = self._early, []
        for message in early:
            if not self.is_closing:
                self._do(message, is_counted=True)

    def send_tail(self, tail: bytes, now: float) -> None:
        """Send one frame of messages, without looking whether there is room."""
        self._n += 1
        self.sent_at = now
        meter = self._gateway.meter
        meter.frames += 1
        meter.frame_bytes += len(tail)
        self.transport.send(_TEXT, frames.HEAD % self._n + tail)

    def deliver(self, tails: Sequence[bytes]) -> None:
        """Send frames of messages in order, as far as there is room, and the others as soon as there is."""
        if not tails or self.is_closing:
            return
        if self._todo_bytes > TOO_FAR_BEHIND_BYTES:
            self.close(1013, "this connection takes too little", "too far behind")
            return
        self._todo.extend(tails)
        self._todo_bytes += sum(map(len, tails))
        self._drain()

    def _drain(self) -> None:
        while self._todo and not (self.is_behind or self.is_closing):
            tail = self._todo.pop(0)  # a few: each is a large part of a frame
            self._todo_bytes -= len(tail)
            self.send_tail(tail, self._gateway.loop.time())

    def backlog(self) -> int:
        """Return how many bytes wait for this client."""
        return self._todo_bytes + int(self.transport.underlying_transport.get_write_buffer_size())

    def _say(self, frame: bytes) -> None:
        if not self.is_closing:
            self.sent_at = self._gateway.loop.time()
            self._gateway.meter.frames += 1
            self._gateway.meter.frame_bytes += len(frame)
            self.transport.send(_TEXT, frame)

    def beat(self) -> None:
        """Say that the connection lives."""
        if not self.is_behind:
            self._say(frames.BEAT)

    def move(self) -> None:
        """Ask the client to connect anew."""
        self.is_moving = True
        if self.is_in:
            self._say(frames.MOVE)

    def ping(self) -> None:
        """Ask the other end for a sign of life, once."""
        if not self._pinged and not self.is_closing:
            self._pinged = True
            self.transport.send_ping()

    def close(self, code: int, why: str, reason: str) -> None:
        """Close with ``code`` and ``why``; ``reason`` is for the count."""
        if self.is_closing:
            return
        self.is_closing = True
        self._todo.clear()
        self._gateway.meter.closed[reason] += 1
        self.transport.send_close(code, why.encode())  # type: ignore[arg-type]  # any number will do
        if code == 1000:
            self.transport.disconnect()
        self._gateway.loop.call_later(_LINGER_SECONDS, self.transport.disconnect, False)  # noqa: FBT003 - picows takes it by position
        self._gateway.gone(self)

    # --- what a client may ask

    def _is_allowed(self, cost: float) -> bool:
        now = self._gateway.loop.time()
        self._allowance = min(self._allowance + (now - self._allowed_at) * _MESSAGES_PER_SECOND, _MESSAGES_AT_ONCE) - cost
        self._allowed_at = now
        if self._allowance < 0:
            self.close(1008, "too many messages", "flooding")
        return self._allowance >= 0

    def _do(self, payload: bytes, *, is_counted: bool = False) -> None:
        if not is_counted and not self._is_allowed(1):
            return
        try:
            asked = orjson.loads(payload)
        except orjson.JSONDecodeError:
            self.close(1007, "this is not JSON", "not JSON")
            return
        name = asked.get("op") if isinstance(asked, dict) else None
        work = _OPERATIONS.get(name) if isinstance(name, str) else None
        if work is None:
            self.refuse([], f"there is no such op; there are {', '.join(_OPERATIONS)}")
            return
        problem = work(self, asked)
        if problem:
            self.refuse([], problem)

    def refuse(self, topics: Sequence[str], why: str) -> None:
        """Say what cannot be done."""
        self._say(frames.refused(topics, why))

    def _subscribe(self, asked: dict[str, Any]) -> str:
        topics, since, rewind = topics_of(asked), since_of(asked), rewind_of(asked)
        if topics is None or since is None or rewind is None:
            return "subscribe takes topics (a list of texts), since ({epoch, seqs}) and rewind (0 to 500)"
        room = self._gateway.settings.gateway_topics - len(self.wanted)
        fresh = sum(topic not in self.wanted for topic in topics)
        if fresh > room:
            self.refuse(topics[:room + 20], f"one connection may listen to {self._gateway.settings.gateway_topics} topics; none of these was added")
            return ""
        if self._is_allowed(len(topics) / _TOPICS_PER_MESSAGE):
            self._gateway.subscribe(self, topics, since, rewind)
        return ""

    def _unsubscribe(self, asked: dict[str, Any]) -> str:
        topics = topics_of(asked)
        if topics is None:
            return "unsubscribe takes topics (a list of texts)"
        self.wanted.difference_update(topics)
        self._gateway.hub.leave(self, topics)
        return ""

    def _pace(self, asked: dict[str, Any]) -> str:
        milliseconds = pace_of(asked)
        if milliseconds is None:
            return "pace takes ms, 100 to 300000"
        self._gateway.hub.set_pace(self, max(milliseconds, self._gateway.settings.gateway_pace_ms) / 1000)
        return ""

    def _resync(self, asked: dict[str, Any]) -> str:
        since = since_of(asked)
        if since is None:
            return "resync takes since ({epoch, seqs})"
        if self._is_allowed(len(self.topics) / _TOPICS_PER_MESSAGE):
            self._todo.clear()
            self._todo_bytes = 0
            self._gateway.resync(self, since)
        return ""

    def _ping(self, _asked: dict[str, Any]) -> str:
        self._say(frames.PONG)
        return ""


_OPERATIONS: Final[dict[str, Callable[[Client, dict[str, Any]], str]]] = {
    "subscribe": Client._subscribe, "unsubscribe": Client._unsubscribe, "pace": Client._pace, "resync": Client._resync, "ping": Client._ping,  # noqa: SLF001 - its own
}
