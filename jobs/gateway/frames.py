"""What the gateway says, as JSON bytes; docs/live.md is the list."""

from collections.abc import Iterable, Sequence
from typing import Final

import orjson

from shared.clock import now

BEAT_SECONDS: Final = 15
"""After so many seconds without another frame a client hears a beat."""
LARGEST_PART: Final = 128 * 1024
"""Messages of more bytes than this are sent in several frames."""

BEAT: Final = b'{"v":1,"op":"beat"}'
PONG: Final = b'{"v":1,"op":"pong"}'
MOVE: Final = b'{"v":1,"op":"move"}'
HEAD: Final = b'{"v":1,"op":"msgs","n":%d,'
"""How a frame of messages begins; the rest is the same for everybody who gets the same messages."""

Entry = tuple[int, bytes]
"""A message and the tick at which the gateway took it; see ``hub``."""


def hello(epoch: str, connection: str) -> bytes:
    """Return the first frame of a connection."""
    return orjson.dumps({"v": 1, "op": "hello", "epoch": epoch, "beat": BEAT_SECONDS, "connection": connection})


def refused(topics: Sequence[str], why: str) -> bytes:
    """Return the answer to what cannot be done."""
    return orjson.dumps({"v": 1, "op": "refused", "topics": list(topics), "why": why})


def tails(epoch: str, entries: Sequence[Entry], reset: Sequence[str] = ()) -> list[bytes]:
    """Return frames without their ``HEAD`` that hold ``entries`` in order; none where there is nothing to say."""
    if not entries and not reset:
        return []
    facts = {"epoch": epoch, "t": round(now().timestamp(), 3)}
    first = _opening({**facts, "reset": list(reset)} if reset else facts)
    later = _opening(facts)
    return [(later if number else first) + b",".join(part) + b"]}" for number, part in enumerate(_parts(message for _, message in entries))]


def _opening(facts: dict[str, object]) -> bytes:
    return orjson.dumps(facts)[1:-1] + b',"msgs":['


def _parts(messages: Iterable[bytes]) -> list[list[bytes]]:
    parts: list[list[bytes]] = [[]]
    size = 0
    for message in messages:
        if size and size + len(message) > LARGEST_PART:
            parts.append([])
            size = 0
        parts[-1].append(message)
        size += len(message)
    return parts
