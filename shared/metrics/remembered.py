"""The door to what takes long to work out of numbers: once per numbers and settings, kept in this process and in Redis."""

import hashlib
import logging
from collections.abc import Callable
from typing import Any

import orjson

from shared.cache import Cache
from shared.metrics.memory import Memory

log = logging.getLogger(__name__)
_KEPT = 256
_EDITION = 3
"""Raised when what is kept changes: its shape, or how it is worked out."""


class Remembered:
    """Findings by what they were made of: a series that has changed has another key, so nothing is ever out of date.  Safe to share between threads."""

    def __init__(self, cache: Cache | None = None) -> None:
        """Without ``cache``, this process remembers for itself."""
        self._cache, self._memory = cache, Memory[dict[str, Any]](_KEPT)

    def __call__(self, name: str, made_of: object, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what ``work`` returns (JSON; NaN becomes None) for ``made_of`` (anything that orjson writes)."""
        digest = hashlib.blake2b(orjson.dumps([_EDITION, made_of], option=orjson.OPT_NON_STR_KEYS), digest_size=16).hexdigest()
        key = f"found:{name}:{digest}"
        found = self._memory.get(key)
        if found is None:
            def compute() -> bytes:
                return orjson.dumps(work(), option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)

            found = orjson.loads(self._cache.fetch(key, key, compute).value if self._cache else compute())
            self._memory.put(key, found)
        return found
