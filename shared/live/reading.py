"""What Redis holds of topics, read in one moment: the newest messages and, of streams, the older ones that are kept.

The gateway reads asynchronously and the sites do not; both put ``ask_for`` into a pipeline and hand the replies to ``snapshot_of``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import redis

from shared.live import names

KEPT_EVENTS: Final = 500
"""A stream's log holds so many messages at most."""
WANTED_SECONDS: Final = 30
"""A topic stays wanted for so long after somebody asked for it."""
PRESENT_SECONDS: Final = 30
"""A visitor whose gateway says nothing for so long has left."""

# Redis's own clock decides, since those who write and those who read may be on different machines.
_WANT: Final = """
local now = tonumber(redis.call('TIME')[1])
local fresh = {}
for i = 2, #ARGV do
  local wanted = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if not wanted or tonumber(wanted) < now then fresh[#fresh + 1] = ARGV[i] end
  redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i])
end
if #fresh > 0 then redis.call('PUBLISH', KEYS[2], cjson.encode(fresh)) end
return #fresh
"""
_VOUCH: Final = """
local now = tonumber(redis.call('TIME')[1])
for i = 3, 2 + ARGV[2] do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
for i = 3 + ARGV[2], #ARGV do redis.call('ZREM', KEYS[1], ARGV[i]) end
return redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 1)
"""
_PRESENT: Final = "return redis.call('ZRANGEBYSCORE', KEYS[1], redis.call('TIME')[1], '+inf')"


@dataclass(frozen=True)
class Held:
    """What is held of one topic."""

    seq: int
    """Number of its last message; 0: there was none in this epoch."""
    message: bytes | None
    """The last message as JSON; None where there was none or it is forgotten."""
    log: tuple[tuple[int, bytes], ...] = ()
    """Of a stream: numbers and messages, oldest first, the last of which is ``seq`` unless they are forgotten."""


@dataclass(frozen=True)
class Snapshot:
    """Topics at one moment."""

    epoch: str
    """Empty: nothing was ever published here."""
    topics: dict[str, Held]


def is_stream(topic: str) -> bool:
    """Say whether every message of ``topic`` counts; of the others the newest is enough."""
    return topic.startswith("e:")


def ask_for(pipeline: Any, topics: Sequence[str]) -> None:
    """Put the commands that read ``topics`` into a pipeline (of redis or redis.asyncio) with transaction=True."""
    pipeline.get(names.EPOCH)
    if not topics:
        return
    pipeline.hmget(names.SEQUENCES, list(topics))
    pipeline.hmget(names.LATEST, list(topics))
    for topic in topics:
        if is_stream(topic):
            pipeline.xrevrange(names.log_of(topic), count=KEPT_EVENTS)


def snapshot_of(replies: Sequence[Any], topics: Sequence[str]) -> Snapshot:
    """Return what the replies to ``ask_for`` say."""
    epoch = (replies[0] or b"").decode()
    if not topics:
        return Snapshot(epoch, {})
    logs = iter(replies[3:])
    held = {}
    for topic, seq, message in zip(topics, replies[1], replies[2], strict=True):
        entries = tuple((int(entry.partition(b"-")[0]), fields[b"m"]) for entry, fields in reversed(next(logs))) if is_stream(topic) else ()
        held[topic] = Held(int(seq or 0), message, entries)
    return Snapshot(epoch, held)


def missed(held: Held, after: int | None, rewind: int = 0) -> tuple[list[bytes], bool]:
    """Return the messages of a stream that somebody has missed, oldest first, and whether others before them are gone.

    ``after``: the last that they have, of the same epoch; None: they have none and want the last ``rewind``; -1: theirs are of another epoch.
    """
    if after is None:
        return [message for _, message in held.log[-rewind:]] if rewind > 0 else [], False
    if after < 0 or after > held.seq:
        return [message for _, message in held.log], True
    later = [(seq, message) for seq, message in held.log if seq > after]
    first = later[0][0] if later else held.seq + 1
    return [message for _, message in later], first != after + 1


def read(connections: redis.Redis, topics: Sequence[str]) -> Snapshot:
    """Return ``topics`` as they are.  Raises redis.exceptions.RedisError."""
    pipeline = connections.pipeline(transaction=True)
    ask_for(pipeline, topics)
    return snapshot_of(pipeline.execute(), topics)


def want(connections: redis.Redis, topics: Sequence[str]) -> None:
    """Say that somebody wants ``topics`` for the next seconds; the live worker hears at once of those that nobody wanted.

    Raises redis.exceptions.RedisError.
    """
    if topics:
        connections.eval(*want_call(topics))


def want_call(topics: Sequence[str]) -> tuple[Any, ...]:
    """Return the arguments of ``eval`` that do what ``want`` does."""
    return _WANT, 2, names.WANTED, names.WANTS, WANTED_SECONDS, *topics


def present(connections: redis.Redis) -> list[bytes]:
    """Return the JSON of everybody who is looking now, see ``names.PRESENCE``.  Raises redis.exceptions.RedisError."""
    return cast("list[bytes]", connections.eval(*present_call()))


def present_call() -> tuple[Any, ...]:
    """Return the arguments of ``eval`` that do what ``present`` does."""
    return _PRESENT, 1, names.PRESENCE


def vouch_call(come: Sequence[bytes], gone: Sequence[bytes]) -> tuple[Any, ...]:
    """Return the arguments of ``eval`` that say for the next seconds that ``come`` are looking, and that ``gone`` no longer are."""
    return _VOUCH, 1, names.PRESENCE, PRESENT_SECONDS, len(come), *come, *gone
