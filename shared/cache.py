"""The Redis cache of answers: one computation at a time per key, and nothing breaks without it.

Values are bytes (Arrow or JSON), never pickle, each followed by a digest, so that damaged ones count as absent.  A key carries the versions
of the views it read, so an entry is never wrong, only unused; its time to live is a safety net.  With Redis down, hanging or full, callers
compute; a breaker keeps them from waiting for it again and again.
"""

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit, urlunsplit

from flask import Flask
from flask_caching import Cache as FlaskCache
from flask_caching.backends.rediscache import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from shared.breaker import Breaker
from shared.locks import Locks
from shared.settings import Settings

log = logging.getLogger(__name__)
CACHE_DATABASE = 1
_WAIT_SECONDS: Final = 30.0
_FULL_SECONDS: Final = 5.0
_DIGEST: Final = 16
T = TypeVar("T")


class _Digested:
    """Stores bytes as they are, with a digest behind them."""

    def dumps(self, value: bytes) -> bytes:
        """Return ``value`` and its digest."""
        return value + _digest(value)

    def loads(self, stored: bytes | None) -> bytes | None:
        """Return the value; None where there is none or it is damaged."""
        if stored is None:
            return None
        value, digest = stored[:-_DIGEST], stored[-_DIGEST:]
        if digest == _digest(value):
            return value
        log.warning("a cached value of %d bytes is damaged and left aside", len(stored))
        return None


class BytesRedisCache(RedisCache):
    """flask-caching's Redis backend without pickle."""

    serializer: Any = _Digested()


class Passing(bytes):
    """A value for those who wait for it now; it is not kept."""


@dataclass(frozen=True)
class Fetched:
    """A value and where it came from; ``stale``: an older one, while the present one is being computed."""

    value: bytes
    origin: Literal["hit", "computed", "stale"]


def redis_address(settings: Settings, database: int) -> str:
    """The Redis address with another database number."""
    parts = urlsplit(settings.redis_url.get_secret_value())
    return urlunsplit(parts._replace(path=f"/{database}"))


class Cache:
    """Answers by key; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        """Connect lazily: a Redis that is away at start is away later no less."""
        self._ttl, self._stale_ttl = settings.cache_seconds, settings.cache_seconds + settings.cache_stale_seconds
        app = Flask("cache")  # flask-caching wants an application; it needs no request
        # One retry at once, for connections that a restart of Redis broke; redis-py's own default would wait for seconds.
        options = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "protocol": 2, "retry": Retry(NoBackoff(), 1, (RedisConnectionError,))}
        flask_cache = FlaskCache()
        flask_cache.init_app(app, {"CACHE_TYPE": "shared.cache.BytesRedisCache", "CACHE_REDIS_URL": redis_address(settings, CACHE_DATABASE),
                                   "CACHE_KEY_PREFIX": _prefix(settings), "CACHE_DEFAULT_TIMEOUT": self._ttl, "CACHE_OPTIONS": options})
        self._backend: BytesRedisCache = app.extensions["cache"][flask_cache]
        self._redis: Any = self._backend._write_client  # noqa: SLF001 -- the same connection pool: locks live beside the values
        self._breaker = Breaker("Redis", self._redis.ping, (RedisError, OSError))
        self._full_until = 0.0
        self._locks = Locks(self._redis, lambda operation: self._try(operation, default=True, is_write=True))
        self._flights: dict[str, Future[bytes]] = {}
        self._guard = threading.Lock()
        self.hits = self.misses = 0

    @property
    def is_up(self) -> bool:
        """False while Redis does not answer or takes nothing in."""
        return self._breaker.is_closed and time.monotonic() >= self._full_until

    def ping(self) -> bool:
        """Ask Redis whether it is there."""
        return self._try(lambda: bool(self._redis.ping()), default=False)

    def get(self, key: str) -> bytes | None:
        """Return the value of ``key``; None where there is none or Redis is away."""
        found: bytes | None = self._try(lambda: self._backend.get(key), default=None)
        return found

    def get_many(self, keys: list[str]) -> list[bytes | None]:
        """Return the values of ``keys`` in one round trip."""
        if not keys:
            return []
        return self._try(lambda: list(self._backend.get_many(*keys)), default=[None] * len(keys))

    def latest(self, family: str) -> bytes | None:
        """Return the newest value ever kept for ``family`` (a key without versions); it may be out of date."""
        return self.get(f"latest:{family}")

    def fetch(self, key: str, family: str, compute: Callable[[], bytes], *, serve_stale: bool = False) -> Fetched:
        """Return the value of ``key``, computing it once however many ask at the same time, in this process and in others.

        ``family`` is the key without versions.  ``serve_stale``: for heavy answers, return the family's newest value at once and compute
        in the background.  Errors of ``compute`` reach every caller that waited for it; a ``Passing`` value reaches them and is not kept.
        """
        value = self.get(key)
        if value is not None:
            self.hits += 1
            return Fetched(value, "hit")
        self.misses += 1
        if serve_stale and (old := self.latest(family)) is not None:
            if key not in self._flights:
                threading.Thread(target=self._refresh, args=(key, family, compute), name="cache refresh", daemon=True).start()
            return Fetched(old, "stale")
        return Fetched(self._once(key, family, compute), "computed")

    def _refresh(self, key: str, family: str, compute: Callable[[], bytes]) -> None:
        try:
            self._once(key, family, compute)
        except Exception:
            log.exception("background computation of %s failed", family)

    def _once(self, key: str, family: str, compute: Callable[[], bytes]) -> bytes:
        with self._guard:
            flight = self._flights.get(key)
            mine = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if not mine:
            return flight.result()
        try:
            value = self._across_processes(key, family, compute)
        except BaseException as error:
            flight.set_exception(error)
            raise
        else:
            flight.set_result(value)
            return value
        finally:
            with self._guard:
                del self._flights[key]

    def _across_processes(self, key: str, family: str, compute: Callable[[], bytes]) -> bytes:
        lock, token = f"{self._backend.key_prefix}lock:{key}", secrets.token_hex(8)
        deadline, pause = time.monotonic() + _WAIT_SECONDS, 0.005
        while not self._locks.take(lock, token):
            value = self.get(key)
            if value is not None:
                return value
            if time.monotonic() > deadline:
                break
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
        try:
            value = self.get(key)  # the holder before us may have just finished
            if value is None:
                value = compute()
                if not isinstance(value, Passing):
                    self.put(key, family, value)
            return value
        finally:
            self._locks.release(lock, token)

    def put(self, key: str, family: str, value: bytes) -> None:
        """Keep ``value`` under its key, and as the newest of its family."""
        self._try(lambda: self._backend.set(key, value, timeout=self._ttl), default=None, is_write=True)
        self._try(lambda: self._backend.set(f"latest:{family}", value, timeout=self._stale_ttl), default=None, is_write=True)

    def close(self) -> None:
        """Close idle connections."""
        self._breaker.close()
        self._redis.connection_pool.disconnect(inuse_connections=False)  # the prober may be at it

    def _try(self, operation: Callable[[], T], *, default: T, is_write: bool = False) -> T:
        if not self._breaker.is_closed or (is_write and time.monotonic() < self._full_until):
            return default
        try:
            return operation()
        except ResponseError as error:  # it answers, but will not: full, read-only, or something else stands under this key
            if is_write:
                log.warning("Redis takes nothing in, going on without: %s", error)
                self._full_until = time.monotonic() + _FULL_SECONDS
            else:
                log.warning("Redis refuses a read, going on without: %s", error)
        except (RedisError, OSError) as error:
            self._breaker.trip(error)
        return default


def _digest(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=_DIGEST).digest()


def _prefix(settings: Settings) -> str:
    """Two installations may share one Redis: the database is part of every key, its password is not."""
    parts = urlsplit(settings.database_url.get_secret_value())
    return f"answer:{hashlib.sha256(f'{parts.hostname}:{parts.port}{parts.path}'.encode()).hexdigest()[:12]}:"
