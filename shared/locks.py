"""Locks in Redis that live as long as their holder: short-lived keys, renewed by a thread while they are held."""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

_SECONDS: Final = 5
"""A holder that died is waited for no longer than this."""
_RENEW_EVERY: Final = 1.5
_RENEW: Final = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('expire', KEYS[1], ARGV[2]) end return 0"
_RELEASE: Final = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
Attempt = Callable[[Callable[[], list[Any]], list[Any]], list[Any]]
"""Runs what it is given; answers with its second argument where that cannot be done."""


class Locks:
    """Locks of one process."""

    def __init__(self, redis: Any, attempt: Attempt) -> None:
        """``attempt`` runs a command and answers with the default where Redis is away: without Redis every lock is free."""
        self._redis, self._attempt = redis, attempt
        self._held: dict[str, str] = {}
        self._guard = threading.Lock()
        self._renewer: threading.Thread | None = None

    def take(self, name: str, token: str) -> bool:
        """Take the lock unless somebody holds it; say whether it was taken."""
        return bool(self.take_many([name], token))

    def take_many(self, names: list[str], token: str) -> list[str]:
        """Take those of the locks that nobody holds, in one round trip; return them."""
        with self._redis.pipeline(transaction=False) as commands:
            for name in names:
                commands.set(name, token, nx=True, ex=_SECONDS)
            answers = self._attempt(commands.execute, [True] * len(names))
        taken = [name for name, answer in zip(names, answers, strict=True) if answer]
        if taken:
            self._hold(taken, token)
        return taken

    def _hold(self, names: list[str], token: str) -> None:
        with self._guard:
            self._held |= dict.fromkeys(names, token)
            if self._renewer is None or not self._renewer.is_alive():
                self._renewer = threading.Thread(target=self._renew, name="cache locks", daemon=True)
                self._renewer.start()

    def release(self, name: str, token: str) -> None:
        """Give the lock back if ``token`` still holds it."""
        self.release_many([name], token)

    def release_many(self, names: list[str], token: str) -> None:
        """Give back those of the locks that ``token`` still holds, in one round trip."""
        with self._guard:
            for name in names:
                if self._held.get(name) == token:
                    del self._held[name]
        with self._redis.pipeline(transaction=False) as commands:
            for name in names:
                commands.eval(_RELEASE, 1, name, token)
            self._attempt(commands.execute, [])

    def _renew(self) -> None:
        while True:
            time.sleep(_RENEW_EVERY)
            with self._guard:
                held = dict(self._held)
                if not held:
                    self._renewer = None
                    return
            for name, token in held.items():
                self._attempt(lambda name=name, token=token: [self._redis.eval(_RENEW, 1, name, token, _SECONDS)], [])  # type: ignore[misc]
