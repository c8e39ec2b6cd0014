"""Publishes live messages: sequence number, latest, log and feed in one script, so that a worker that dies leaves no hole.

The script also decides two things that only Redis can: a publisher whose fence is smaller than the last is refused, and a Redis that was
started anew begins a new epoch (what it remembers may be older than what was sent).
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import redis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from shared.cache import redis_address
from shared.live import names
from shared.settings import Settings

VALUES_KEPT: Final = 50
"""Messages in the log of a value."""
EVENTS_KEPT: Final = 500
"""Messages in the log of a stream."""
LOG_SECONDS: Final = 3600
_TOLD: Final = 20_000
_AT_ONCE: Final = 500
"""Messages of one script: beyond that others would wait for Redis."""

_SCRIPT: Final = """
local epoch_key, fence_key, seqs, latest, batches, told = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local fence, feed, fresh, log_prefix, log_seconds, most_told = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local last = tonumber(redis.call('GET', fence_key) or '0')
if fence < last then return redis.error_reply('FENCED ' .. string.format('%.0f', last)) end
-- A server that was started anew may have lost the last second: numbers that were already given must not be given again in the same epoch.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local epoch = redis.call('GET', epoch_key)
if not epoch or string.sub(epoch, -8) ~= string.sub(run, 1, 8) then
  for _, topic in ipairs(redis.call('HKEYS', seqs)) do redis.call('DEL', log_prefix .. topic) end
  redis.call('DEL', seqs, latest, batches)
  epoch = fresh .. string.sub(run, 1, 8)
  redis.call('SET', epoch_key, epoch)
end
if fence > last then redis.call('SET', fence_key, ARGV[1]) end
local now = redis.call('TIME')
local published = now[1] .. '.' .. string.format('%06d', tonumber(now[2]))
local messages = {}
for i = 7, #ARGV, 5 do
  local topic, before, after, keep, once = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  if once == '' or redis.call('ZADD', told, 'NX', published, once) == 1 then
    local seq = string.format('%.0f', redis.call('HINCRBY', seqs, topic, 1))
    local message = before .. seq .. ',"published":' .. published .. after
    local log = log_prefix .. topic
    redis.call('HSET', latest, topic, message)
    if seq == '1' then redis.call('DEL', log) end
    redis.call('XADD', log, 'MAXLEN', keep, seq .. '-0', 'm', message)
    redis.call('EXPIRE', log, log_seconds)
    messages[#messages + 1] = message
  end
end
if #messages == 0 then return {epoch, 0} end
redis.call('ZREMRANGEBYRANK', told, 0, -most_told - 1)
local batch = redis.call('INCR', batches)
redis.call('PUBLISH', feed, '{"v":1,"epoch":"' .. epoch .. '","batch":' .. string.format('%.0f', batch) .. ',"messages":[' .. table.concat(messages, ',') .. ']}')
return {epoch, #messages}
"""

_WANTED: Final = """
local now = redis.call('TIME')[1]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)
for _, topic in ipairs(redis.call('HKEYS', KEYS[2])) do
  if not redis.call('ZSCORE', KEYS[1], topic) then redis.call('HDEL', KEYS[2], topic) end
end
return {redis.call('GET', KEYS[3]) or '', redis.call('ZRANGE', KEYS[1], 0, -1)}
"""


class FencedError(RuntimeError):
    """Somebody with a greater fence has published: whoever gets this leads no more."""


@dataclass(frozen=True)
class Outgoing:
    """One message before it has a number."""

    topic: str
    data: bytes
    """JSON."""
    at: datetime
    """The data holds every row committed by then."""
    committed: float | None = None
    """Epoch second at which the newest change behind it was marked; None: nothing was committed."""
    trace: str = ""
    once: str = ""
    """Identity of an event: a second publication of the same is left out.  Empty: a value."""


@dataclass(frozen=True)
class Wishes:
    """What gateways want, and in which epoch Redis is (empty: nothing was published since it was emptied)."""

    epoch: str
    topics: tuple[str, ...]


def connect(settings: Settings, seconds: float = 2.0) -> "redis.Redis":
    """Return a client of the live database; nothing is connected yet.  Whoever waits longer than ``seconds`` gets an error."""
    # One try only: what was not heard of may have been done, and the caller knows what to do then.
    return redis.Redis.from_url(redis_address(settings, names.LIVE_DATABASE), socket_timeout=seconds, socket_connect_timeout=1.0, protocol=2, retry=Retry(NoBackoff(), 0))


class Publisher:
    """Publishes under one fence; safe to share between threads."""

    def __init__(self, client: "redis.Redis", fence: int) -> None:
        """``fence``: the number of this leadership, greater than that of any before."""
        self.fence = fence
        self._script = client.register_script(_SCRIPT)

    def publish(self, messages: Sequence[Outgoing]) -> str:
        """Number and send ``messages`` in order; return the epoch they are in (empty: there were none).

        Each script holds at most a few hundred.  Raises FencedError, and RedisError where Redis does not answer: then some may have been sent.
        """
        epoch = ""
        for first in range(0, len(messages), _AT_ONCE):
            epoch = self._send(messages[first:first + _AT_ONCE])
        return epoch

    def claim(self) -> str:
        """Make the fence known without a message, so that whoever led before is refused; return the epoch.  Raises like ``publish``."""
        return self._send(())

    def _send(self, messages: Sequence[Outgoing]) -> str:
        fixed: list[bytes | str | int] = [self.fence, names.FEED, secrets.token_hex(6), names.log_of(""), LOG_SECONDS, _TOLD]
        try:
            epoch, _ = self._script(keys=[names.EPOCH, names.FENCE, names.SEQUENCES, names.LATEST, names.BATCH, names.TOLD],
                                    args=[*fixed, *(part for message in messages for part in _parts(message))])
        except ResponseError as error:
            if str(error).startswith("FENCED"):
                raise FencedError(f"another live worker publishes with fence {str(error).split()[1]}, this one has {self.fence}") from error
            raise
        return str(epoch.decode())


def read_wishes(client: "redis.Redis") -> Wishes:
    """Return what is wanted now, and forget the latest message of what nobody wants: who wants it later must not be given what was true then."""
    epoch, topics = client.register_script(_WANTED)(keys=[names.WANTED, names.LATEST, names.EPOCH])
    return Wishes(epoch.decode(), tuple(topic.decode(errors="replace") for topic in topics))


def last_fence(client: "redis.Redis") -> int:
    """The greatest fence that has published; 0: none that is remembered."""
    found: Any = client.get(names.FENCE)
    return int(found or 0)


def write_stats(client: "redis.Redis", facts: Mapping[str, float]) -> None:
    """Say how the live worker does."""
    fields: dict[Any, Any] = dict(facts)
    client.hset(names.STATS, mapping=fields)


def _parts(message: Outgoing) -> tuple[bytes | str | int, ...]:
    before = b'{"topic":' + orjson.dumps(message.topic) + b',"seq":'
    facts = orjson.dumps({"at": _moment(message.at), "committed": message.committed, "trace": message.trace})
    after = b"," + facts[1:-1] + b',"data":' + message.data + b"}"
    return message.topic.encode(), before, after, EVENTS_KEPT if message.topic.startswith("e:") else VALUES_KEPT, message.once


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
