"""Where live messages stand in Redis; docs/live.md says who reads and writes what."""

from typing import Final

LIVE_DATABASE: Final = 2

EPOCH: Final = "live:epoch"
"""Random text, made with the first message: another one means that Redis was emptied and sequence numbers begin anew."""
FENCE: Final = "live:fence"
"""The greatest leadership number that has published; whoever comes with a smaller one is refused."""
SEQUENCES: Final = "live:sequences"
"""Hash: topic -> number of its last message."""
LATEST: Final = "live:latest"
"""Hash: topic -> its last message, as JSON."""
WANTED: Final = "live:wanted"
"""Sorted set: topic -> second (of Redis's clock) until which some gateway wants it."""
PRESENCE: Final = "live:presence"
"""Sorted set: JSON of a visitor (``page``, ``person``, ``name``, ``since``, ``connection``) -> second until which the gateway vouches for it."""

VOID: Final = "live:void"
"""Sorted set: person id -> clock second up to which issued tickets are void, because rights changed or a session ended."""

FEED: Final = "live:feed"
"""Pub/Sub channel: one JSON batch per publication, ``{"v", "epoch", "batch", "messages"}``."""
WANTS: Final = "live:wants"
"""Pub/Sub channel: topics that a gateway has just begun to want, as a JSON list: the live worker computes them at once."""
CONTROL: Final = "live:control"
"""Pub/Sub channel: orders to gateways, ``{"close": {"person": id}}``: what that person may see has changed."""
TOLD: Final = "live:told"
"""Sorted set: identities of events that were published, so that none is published twice."""
STATS: Final = "live:stats"
"""Hash: how the live worker does (``rounds``, ``topics``, ``milliseconds`` of the last round, ``leader_since``, ``fence``)."""
BATCH: Final = "live:batch"
"""Counter of batches: a gateway that sees a gap reads ``LATEST`` again."""


def log_of(topic: str) -> str:
    """The capped stream of a topic's messages; entry ``<seq>-0`` holds the message under ``m``."""
    return f"live:log:{topic}"


def used_ticket(identity: str) -> str:
    """Set while a ticket that has been used could still be presented again."""
    return f"live:ticket:{identity}"
