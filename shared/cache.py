"""The Redis cache of answers: one computation at a time per key, and nothing breaks without it.

Values are bytes (Arrow or JSON), never pickle.  A key carries the versions of the views it read, so an entry is never wrong, only unused;
its time to live is a safety net.  With Redis down or hanging, callers compute; a breaker keeps them from waiting for it again and again.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal, TypeVar
from urllib.parse import urlsplit, urlunsplit

from flask import Flask
from flask_caching import Cache as FlaskCache
from flask_caching.backends.rediscache import RedisCache
from redis.exceptions import RedisError

from shared.settings import Settings

log = logging.getLogger(__name__)
CACHE_DATABASE = 1
_BREAK_SECONDS = 5.0
_LOCK_SECONDS = 30
_POLL = 0.01
T = TypeVar("T")


class _Bytes:
    """Stores bytes as they are."""

    def dumps(self, value: bytes) -> bytes:
        """Return ``value``."""
        return value

    def loads(self, value: bytes | None) -> bytes | None:
        """Return ``value``; None where there is none."""
        return value


class BytesRedisCache(RedisCache):
    """flask-caching's Redis backend without pickle."""

    serializer = _Bytes()  # type: ignore[assignment]  # cachelib types it as its own pickling class


@dataclass(frozen=True)
class Fetched:
    """A value and where it came from; ``stale``: an older one, because it could not be computed now or is being computed."""

    value: bytes
    origin: Literal["hit", "computed", "stale"]


def redis_address(settings: Settings, database: int) -> str:
    """The Redis address with another database number."""
    own_cache = settings.cache_url.get_secret_value() if database == CACHE_DATABASE else ""
    parts = urlsplit(own_cache or settings.redis_url.get_secret_value())
    return urlunsplit(parts._replace(path=f"/{database}"))


class Cache:
    """Answers by key; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        """Connect lazily: a Redis that is away at start is away later no less."""
        self._ttl, self._stale_ttl = settings.cache_seconds, settings.cache_seconds + settings.cache_stale_seconds
        app = Flask("cache")  # flask-caching wants an application; it needs no request
        options = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "health_check_interval": 30, "protocol": 2, "retry_on_timeout": False}
        flask_cache = FlaskCache()
        flask_cache.init_app(app, {"CACHE_TYPE": "shared.cache.BytesRedisCache", "CACHE_REDIS_URL": redis_address(settings, CACHE_DATABASE),
                                   "CACHE_KEY_PREFIX": "answer:", "CACHE_DEFAULT_TIMEOUT": self._ttl, "CACHE_OPTIONS": options})
        self._backend = app.extensions["cache"][flask_cache]
        self._redis = self._backend._write_client  # noqa: SLF001 - the same connection pool: locks live beside the values
        self._broken_until = 0.0
        self._flights: dict[str, Future[bytes]] = {}
        self._guard = threading.Lock()
        self.hits = self.misses = 0

    @property
    def is_up(self) -> bool:
        """False within seconds after Redis did not answer."""
        return time.monotonic() >= self._broken_until

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
        in the background.  Errors of ``compute`` reach every caller that waited for it.
        """
        value = self.get(key)
        if value is not None:
            self.hits += 1
            return Fetched(value, "hit")
        self.misses += 1
        if serve_stale and (old := self.latest(family)) is not None:
            threading.Thread(target=self._refresh, args=(key, family, compute), daemon=True).start()
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
        token = secrets.token_hex(8)
        lock = f"answer:lock:{key}"
        deadline = time.monotonic() + _LOCK_SECONDS
        while self.is_up and not self._try(lambda: self._redis.set(lock, token, nx=True, ex=_LOCK_SECONDS), default=True):
            value = self.get(key)
            if value is not None:
                return value
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL)
        value = self.get(key)  # the holder before us may have just finished
        if value is None:
            try:
                value = compute()
                self.put(key, family, value)
            finally:
                self._unlock(lock, token)
            return value
        self._unlock(lock, token)
        return value

    def put(self, key: str, family: str, value: bytes) -> None:
        """Keep ``value`` under its key, and as the newest of its family."""
        self._try(lambda: self._backend.set(key, value, timeout=self._ttl), default=None)
        self._try(lambda: self._backend.set(f"latest:{family}", value, timeout=self._stale_ttl), default=None)

    def _unlock(self, lock: str, token: str) -> None:
        script = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
        self._try(lambda: self._redis.eval(script, 1, lock, token), default=0)

    def _try(self, operation: Callable[[], T], *, default: T) -> T:
        if not self.is_up:
            return default
        try:
            return operation()
        except (RedisError, OSError) as error:
            log.warning("Redis does not answer, going on without the cache: %s", error)
            self._broken_until = time.monotonic() + _BREAK_SECONDS
            return default
