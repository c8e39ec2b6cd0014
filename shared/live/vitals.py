"""The platform's own vital signs, each with a light and its rule in words: databases, Redis, queue, live worker, gateway."""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import redis
import requests
from sqlalchemy.exc import SQLAlchemyError

from shared.cache import CACHE_DATABASE, redis_address
from shared.clock import Clock, now
from shared.live import names, reading
from shared.live.control import live_redis
from shared.metrics.headline import Status
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.warehouse.vitals import Lag, Warehouse, lags, warehouse

log = logging.getLogger(__name__)
QUEUE = "celery"
"""List of the broker's database that holds tasks to be done."""
_PATIENCE = 0.6
_SILENCE = 15.0
"""Seconds; a live worker says every second how it does, and another takes over within a few."""
_BUCKET = re.compile(r'^northline_gateway_feed_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True)
class Sign:
    """One vital sign."""

    name: str
    label: str
    text: str
    status: Status
    why: str
    """What was found, in words."""
    rule: str
    """When the light is which colour."""


@dataclass(frozen=True)
class Signs:
    """All of them at one moment."""

    at: datetime
    signs: tuple[Sign, ...]

    @property
    def worst(self) -> Status:
        """The worst light."""
        found = {sign.status for sign in self.signs}
        return next((status for status in ("bad", "warn", "good") if status in found), "none")


class Vitals:
    """Looks when called; whatever does not answer is a red light, never an error."""

    def __init__(self, engines: Engines, settings: Settings, clock: Clock = now) -> None:
        """Open nothing yet."""
        self._engines, self._settings, self._clock = engines, settings, clock
        self._live, self._cache = live_redis(settings), redis.Redis.from_url(redis_address(settings, CACHE_DATABASE), socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE, protocol=2)
        self._queue = redis.Redis.from_url(redis_address(settings, 0), socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE, protocol=2)

    def __call__(self) -> Signs:
        """Look at everything."""
        return Signs(self._clock(), (*self._databases(), *self._redis(), *self._gateway()))

    def _databases(self) -> Iterator[Sign]:
        try:
            with self._engines.primary_reader() as connection:
                yield from of_warehouse(warehouse(connection), self._clock(), self._settings.refresh_recent_minutes)
        except SQLAlchemyError as error:
            log.warning("the primary does not say how it does: %s", error)
            yield Sign("primary", "Primary database", "does not answer", "bad", "Numbers come from a replica or are the last known ones", "Red: it does not answer")
        yield from of_replicas(lags(self._engines), self._settings.replica_max_lag_seconds)

    def _redis(self) -> Iterator[Sign]:
        try:
            info: Any = self._cache.info()
            depth: Any = self._queue.llen(QUEUE)
            stats: Any = self._live.hgetall(names.STATS)
            visitors = len(reading.present(self._live))
        except (redis.exceptions.RedisError, OSError) as error:
            log.warning("Redis does not say how it does: %s", error)
            yield Sign("redis", "Redis", "down", "bad", "It does not answer: pages are exact but slower, not live, and tasks wait", "Red: it does not answer within half a second")
            return
        yield Sign("redis", "Redis", "up", "good", f"Holds {info.get('used_memory_human', '?')}B, {info.get('connected_clients', '?')} connections", "Red: it does not answer within half a second")
        yield of_hits(int(info.get("keyspace_hits", 0)), int(info.get("keyspace_misses", 0)))
        yield of_queue(int(depth))
        yield of_worker({key.decode(): float(value) for key, value in stats.items()}, self._clock())
        yield Sign("clients", "Live clients", f"{visitors:,}", "none", "Open pages that the gateway vouches for", "No light: a count")

    def _gateway(self) -> Iterator[Sign]:
        own = self._settings.gateway_internal_url or re.sub(r"^ws", "http", self._settings.gateway_public_url)
        address = own.rstrip("/") or f"http://127.0.0.1:{self._settings.gateway_port}"
        try:
            answer = requests.get(f"{address}/metrics", timeout=_PATIENCE)
            answer.raise_for_status()
            yield of_push([(float(limit), float(count)) for limit, count in _BUCKET.findall(answer.text)])
        except (requests.RequestException, ValueError) as error:
            log.warning("the gateway does not say how it does: %s", error)
            yield Sign("push", "Push to gateway, p95", "no answer", "bad", f"The gateway does not answer at {address}: pages poll instead", _PUSH_RULE)


_PUSH_RULE = "Green under 0.25 s from publication to gateway, amber under 1 s, red above or without an answer"


def of_warehouse(found: Warehouse, moment: datetime, refresh_minutes: float) -> Iterator[Sign]:
    """Signs of the primary: it answers, its views are young, its marks are few, its refreshes succeed."""
    yield Sign("primary", "Primary database", "up", "good", f"{found.views} views", "Red: it does not answer")
    age = None if found.oldest_refresh is None else (moment - found.oldest_refresh).total_seconds() / 60
    marked = None if found.oldest_mark is None else (moment - found.oldest_mark).total_seconds() / 60
    limit = 3 * refresh_minutes
    # A view without dirty days needs no refresh, however old it is: what counts is how long a mark has waited.
    yield Sign("views", "Oldest view", "never" if age is None or found.never_refreshed else _minutes(age), "bad" if found.never_refreshed else _light(marked or 0.0, limit, 4 * limit),
               f"{found.oldest_view}; the oldest change waits {_minutes(marked)} to be condensed" if marked is not None else f"{found.oldest_view}; no change waits to be condensed",
               f"Amber when a change has waited over {limit:.0f} min for a refresh, red over {4 * limit:.0f} min. Numbers are exact meanwhile")
    yield Sign("marks", "Dirty days", f"{found.dirty_days:,}", _light(found.dirty_days, 5_000, 50_000), f"{found.marks:,} marks; these days are read from the tables", "Green up to 5,000, amber up to 50,000: reading gets slower")
    every = found.refreshes_done + found.refreshes_failed
    share = found.refreshes_done / every if every else None
    yield Sign("refreshes", "Refreshes that succeeded", "none yet" if share is None else f"{share:.1%}", "none" if share is None else _light(1 - share, 0.01, 0.1),
               f"{found.refreshes_done:,} of {every:,} in 24 hours" + (f"; last error: {found.last_error[:120]}" if found.last_error else ""), "Green from 99%, amber from 90%, red below")


def of_replicas(found: list[Lag], most: float) -> Iterator[Sign]:
    """One sign per replica."""
    for number, each in enumerate(found, 1):
        text, status = ("does not answer", "bad") if each.seconds is None else (f"{each.seconds:.1f} s", _light(each.seconds, most, 10 * most))
        yield Sign(f"replica{number}", f"Replica {number} lag" if len(found) > 1 else "Replica lag", text, status, each.name, f"Green up to {most:g} s, amber up to {10 * most:g} s, red beyond or without an answer")  # type: ignore[arg-type]


def of_hits(hits: int, misses: int) -> Sign:
    """How often the cache had what was wanted."""
    every = hits + misses
    share = hits / every if every else None
    return Sign("cache", "Cache hit rate", "none yet" if share is None else f"{share:.1%}", "none" if share is None or every < 100 else _light(1 - share, 0.5, 0.8), f"{hits:,} of {every:,} look-ups since Redis started", "Green from 50%, amber from 20%, red below; grey under 100 look-ups")


def of_queue(depth: int) -> Sign:
    """How many tasks wait."""
    return Sign("queue", "Tasks waiting", f"{depth:,}", _light(depth, 20, 200), "Tasks that no worker has taken", "Green up to 20, amber up to 200, red beyond")


def of_worker(stats: dict[str, float], moment: datetime) -> Sign:
    """How long the live worker's last round took; what a worker said that has been silent since says nothing about now."""
    label, rule = "Live worker, last round", f"Green up to 1 s, amber up to 5 s, red beyond, after {_SILENCE:.0f} s of silence or where it never ran"
    if "milliseconds" not in stats:
        return Sign("worker", label, "never ran", "bad", "Nothing was ever published: pages poll", rule)
    silent = moment.timestamp() - stats.get("written_at", 0.0)
    if silent > _SILENCE:
        return Sign("worker", label, f"silent for {_minutes(silent / 60)}", "bad", "The last live worker says nothing any more and no other has taken over: pages poll", rule)
    return Sign("worker", label, f"{stats['milliseconds']:,.0f} ms", _light(stats["milliseconds"], 1000, 5000), f"{stats.get('topics', 0):,.0f} topics in the last of {stats.get('rounds', 0):,.0f} rounds", rule)


def of_push(buckets: list[tuple[float, float]]) -> Sign:
    """How long publications take to the gateway: p95 from its histogram of (upper limit in seconds, cumulative count)."""
    total = buckets[-1][1] if buckets else 0.0
    if not total:
        return Sign("push", "Push to gateway, p95", "none yet", "none", "Nothing was pushed since the gateway started", _PUSH_RULE)
    seconds = _p95(buckets, 0.95 * total)
    return Sign("push", "Push to gateway, p95", f"{seconds * 1000:,.1f} ms", _light(seconds, 0.25, 1.0), f"{total:,.0f} publications since the gateway started", _PUSH_RULE)


def _p95(buckets: list[tuple[float, float]], wanted: float) -> float:
    """Interpolated inside its bucket; the last finite limit where it lies beyond."""
    for (below, before), (limit, count) in pairwise([(0.0, 0.0), *buckets]):
        if count >= wanted:
            return below if limit == float("inf") else below + (limit - below) * (wanted - before) / (count - before)
    return buckets[-1][0]


def _light(value: float, good: float, amber: float) -> Status:
    return "good" if value <= good else "warn" if value <= amber else "bad"


def _minutes(minutes: float | None) -> str:
    if minutes is None:
        return ""
    return f"{minutes * 60:.0f} s" if minutes < 1.5 else f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"


Look = Callable[[], Signs]
"""What gives the signs: ``Vitals``, or in a test any function of the same shape."""
