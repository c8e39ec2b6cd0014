"""Orders to the gateways: what somebody may see has changed, or their session has ended."""

import json
import logging
from datetime import timedelta
from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.cache import redis_address
from shared.clock import Clock, now
from shared.live import names
from shared.live.ticket import LIFETIME_SECONDS, SKEW_SECONDS
from shared.settings import Settings

log = logging.getLogger(__name__)
OTHER_PROCESSES_SECONDS: Final = 4
"""For so long other processes of the sites may still know an account as it was (``people.sessions`` remembers it) and issue tickets for that."""


def live_redis(settings: Settings) -> redis.Redis:
    """Return connections to the Redis of live messages that fail rather than wait: a page must not hang for them."""
    return redis.Redis.from_url(redis_address(settings, names.LIVE_DATABASE), socket_timeout=0.5, socket_connect_timeout=0.5, protocol=2,
                                retry=Retry(NoBackoff(), 1, (redis.exceptions.ConnectionError,)))


def close_connections(connections: redis.Redis, person: int, *, rights_changed: bool, clock: Clock = now) -> bool:
    """Close every live connection of ``person`` and void the tickets issued so far; a page that is still signed in gets another by itself.

    ``rights_changed``: also tickets of the next seconds, which may yet be issued for what the account was.  Best effort: False (and a line in the
    log) where Redis is away; the gateway asks for a new ticket every hour.
    """
    until = clock() + timedelta(seconds=OTHER_PROCESSES_SECONDS if rights_changed else 0)
    try:
        with connections.pipeline(transaction=True) as together:
            together.zadd(names.VOID, {str(person): int(until.timestamp())}, gt=True)
            together.zremrangebyscore(names.VOID, "-inf", int(until.timestamp()) - 2 * (LIFETIME_SECONDS + SKEW_SECONDS))
            together.publish(names.CONTROL, json.dumps({"close": {"person": person}}))
            together.execute()
    except redis.exceptions.RedisError as error:
        log.warning("the live connections of person %d could not be closed: %s", person, error)
        return False
    return True
