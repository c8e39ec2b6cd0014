"""GET /healthz: is this process answering, and what does it stand on.

The probes run beside the request, with a deadline, and their result is kept for two seconds: a hanging server makes the answer say so, not hang.
A process whose every thread is busy cannot answer this either (there is no other thread to do it); whoever watches must allow for a slow answer
before restarting it.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import redis
from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from shared.settings import Settings
from shared.warehouse.engines import Engines

_KEEP_SECONDS = 2.0
_DEADLINE_SECONDS = 1.5
health = Blueprint("health", __name__)


class Health:
    """The state of the servers behind one process, probed at most every two seconds."""

    def __init__(self, settings: Settings, engines: Engines) -> None:
        """Start nothing yet: threads do not survive gunicorn's fork."""
        self._redis = redis.Redis.from_url(settings.redis_url.get_secret_value(), socket_timeout=1.0, socket_connect_timeout=1.0, protocol=2)
        self._engines = engines
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._taken_at = -1e9
        self._state: dict[str, bool] = {}

    def state(self) -> dict[str, bool]:
        """Return whether each server answers: ``database``, ``replica 1`` ..., ``redis``."""
        if time.monotonic() - self._taken_at < _KEEP_SECONDS:
            return self._state
        with self._lock:
            if time.monotonic() - self._taken_at >= _KEEP_SECONDS:
                self._state = self._probe()
                self._taken_at = time.monotonic()
            return self._state

    def _probe(self) -> dict[str, bool]:
        probes: dict[str, Callable[[], bool]] = {"database": lambda: _answers(self._engines.primary), "redis": self._redis_answers}
        for number, replica in enumerate(self._engines.replicas, 1):
            probes[f"replica {number}"] = lambda engine=replica.engine: _answers(engine)  # type: ignore[misc]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=2 * len(probes), thread_name_prefix="health")
        running = {name: self._pool.submit(probe) for name, probe in probes.items()}
        wait(running.values(), timeout=_DEADLINE_SECONDS)
        return {name: future.done() and future.result() for name, future in running.items()}

    def _redis_answers(self) -> bool:
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False


def _answers(engine: Engine) -> bool:
    try:
        with engine.connect():  # the pool pings a kept connection before handing it out
            return True
    except SQLAlchemyError:
        return False


@health.get("/healthz")
def healthz() -> tuple[Response, int]:
    """Say 200 while pages can be served, ``degraded`` where a part is missing, and 503 only when no database answers."""
    state = current_app.extensions["northline-health"].state()
    serving = state["database"] or any(answers for name, answers in state.items() if name.startswith("replica"))
    status = "ok" if all(state.values()) else "degraded" if serving else "down"
    return jsonify(status=status, servers={name: "ok" if answers else "does not answer" for name, answers in state.items()}), 200 if serving else 503
