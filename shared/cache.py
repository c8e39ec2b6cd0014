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
from collections.abc import Callable, Mapping, Sequence
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
Compute = Callable[[list[str]], Mapping[str, bytes | Exception]]


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
        self._locks = Locks(self._redis, lambda operation, default: self._try(operation, default=default, is_write=True))
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
        return Fetched(self._one(key, family, compute), "computed")

    def fetch_many(self, families: dict[str, str], compute: Compute) -> dict[str, bytes | Exception]:
        """Return the value of every key of ``families`` (key -> family), computing together what is missing; each key as ``fetch`` would, once however many ask.

        ``compute`` gets keys and returns for each its value (``Passing``: not kept) or what went wrong with it; what it raises went wrong with
        each of them.  Errors are returned, not raised: they are of single keys.
        """
        found: dict[str, bytes | Exception] = {key: value for key, value in zip(families, self.get_many(list(families)), strict=True) if value is not None}
        self.hits += len(found)
        self.misses += len(families) - len(found)
        missing = {key: family for key, family in families.items() if key not in found}
        return found | self._once(missing, compute) if missing else found

    def _refresh(self, key: str, family: str, compute: Callable[[], bytes]) -> None:
        try:
            self._one(key, family, compute)
        except Exception:
            log.exception("background computation of %s failed", family)

    def _one(self, key: str, family: str, compute: Callable[[], bytes]) -> bytes:
        value = self._once({key: family}, lambda _: {key: compute()})[key]
        if isinstance(value, Exception):
            raise value
        return value

    def _once(self, families: dict[str, str], compute: Compute) -> dict[str, bytes | Exception]:
        """Compute what no other thread is computing; then wait for those that are, whom nobody here makes wait any more."""
        with self._guard:
            others = {key: self._flights[key] for key in families if key in self._flights}
            mine = {key: Future[bytes]() for key in families if key not in others}
            self._flights |= mine
        found: dict[str, bytes | Exception] = {}

        def land(values: Mapping[str, bytes | Exception]) -> None:
            with self._guard:
                for key in values:
                    del self._flights[key]
            found.update(values)
            for key, value in values.items():
                if isinstance(value, Exception):
                    mine[key].set_exception(value)
                else:
                    mine[key].set_result(value)

        try:
            self._across_processes({key: families[key] for key in mine}, compute, land)
        finally:  # also where the thread is told to end
            land({key: RuntimeError("the computation was broken off") for key in mine if key not in found})
        return found | {key: _landed(flight) for key, flight in others.items()}

    def _across_processes(self, families: dict[str, str], compute: Compute, land: Callable[[Mapping[str, bytes | Exception]], None]) -> None:
        """Land every key: computed by whoever gets its lock.  Whoever waits for a lock holds none, so nobody waits for each other."""
        lock_of, token = {f"{self._backend.key_prefix}lock:{key}": key for key in families}, secrets.token_hex(8)
        deadline, pause = time.monotonic() + _WAIT_SECONDS, 0.005
        while lock_of:
            locks = self._locks.take_many(list(lock_of), token) if time.monotonic() < deadline else list(lock_of)
            try:
                if locks:
                    land(self._present_or_computed({lock_of[lock]: families[lock_of[lock]] for lock in locks}, compute))
            finally:
                if locks:
                    self._locks.release_many(locks, token)
            lock_of = {lock: key for lock, key in lock_of.items() if lock not in set(locks)}
            held = dict(zip(lock_of.values(), self.get_many(list(lock_of.values())), strict=True))
            land({key: value for key, value in held.items() if value is not None})
            lock_of = {lock: key for lock, key in lock_of.items() if held[key] is None}
            if lock_of:
                time.sleep(pause)
                pause = min(pause * 1.5, 0.05)

    def _present_or_computed(self, families: dict[str, str], compute: Compute) -> dict[str, bytes | Exception]:
        present = zip(families, self.get_many(list(families)), strict=True)  # the holder before us may have just finished
        found: dict[str, bytes | Exception] = {key: value for key, value in present if value is not None}
        missing = [key for key in families if key not in found]
        if not missing:
            return found
        try:
            computed = compute(missing)
        except Exception as error:  # noqa: BLE001 - it reaches everybody who waits for these keys
            computed = dict.fromkeys(missing, error)
        self.put_many([(key, families[key], value) for key, value in computed.items() if not isinstance(value, Exception | Passing)])
        return found | dict(computed)

    def put(self, key: str, family: str, value: bytes) -> None:
        """Keep ``value`` under its key, and as the newest of its family."""
        self.put_many([(key, family, value)])

    def put_many(self, values: Sequence[tuple[str, str, bytes]]) -> None:
        """Keep values (key, family, value) in one round trip, each under its key and as the newest of its family."""
        if not values:
            return
        with self._redis.pipeline(transaction=False) as commands:
            for key, family, value in values:
                stored = self._backend.serializer.dumps(value)
                commands.set(f"{self._backend.key_prefix}{key}", stored, ex=self._ttl)
                commands.set(f"{self._backend.key_prefix}latest:{family}", stored, ex=self._stale_ttl)
            self._try(commands.execute, default=[], is_write=True)

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


def _landed(flight: "Future[bytes]") -> bytes | Exception:
    try:
        return flight.result()
    except Exception as error:  # noqa: BLE001 - handed on to whoever asked
        return error


def _digest(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=_DIGEST).digest()


def _prefix(settings: Settings) -> str:
    """Two installations may share one Redis: the database is part of every key, its password is not."""
    parts = urlsplit(settings.database_url.get_secret_value())
    return f"answer:{hashlib.sha256(f'{parts.hostname}:{parts.port}{parts.path}'.encode()).hexdigest()[:12]}:"
