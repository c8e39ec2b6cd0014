"""Reads what a client asks; None: it is not what docs/live.md says."""

from typing import Any, TypeGuard

from shared.live.reading import KEPT_EVENTS

Since = tuple[str, dict[str, int]]
"""Epoch and last numbers that a client has; an empty epoch: it says nothing."""


def topics_of(asked: dict[str, Any]) -> list[str] | None:
    """Return the topics that are named, each once."""
    topics = asked.get("topics")
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        return None
    return list(dict.fromkeys(topics))


def since_of(asked: dict[str, Any]) -> Since | None:
    """Return what the client has."""
    since = asked.get("since")
    if since is None:
        return "", {}
    if not isinstance(since, dict):
        return None
    epoch, seqs = since.get("epoch"), since.get("seqs")
    if not isinstance(epoch, str) or not isinstance(seqs, dict) or not all(_is_number(seq) and seq >= 0 for seq in seqs.values()):
        return None
    return epoch, seqs


def rewind_of(asked: dict[str, Any]) -> int | None:
    """Return how many of the last messages of each stream are wanted."""
    rewind = asked.get("rewind", 0)
    return rewind if _is_number(rewind) and 0 <= rewind <= KEPT_EVENTS else None


def pace_of(asked: dict[str, Any]) -> int | None:
    """Return milliseconds between two frames."""
    milliseconds = asked.get("ms")
    return milliseconds if _is_number(milliseconds) and 100 <= milliseconds <= 300_000 else None


def _is_number(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
