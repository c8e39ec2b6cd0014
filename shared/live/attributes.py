"""Attributes of elements that live messages change; put.js and live.js read them."""

from typing import Final

from shared.live.topic import number_topic
from shared.metrics.headline import Headline
from shared.metrics.scope import Scope

RUNNING_LIMIT: Final = 60
"""Seconds after which a number of a running period is shown as late; five times that, as much too late."""
CLOSED_LIMIT: Final = 3600
"""The same for a period that is over: only corrections change it."""
CALLBACKS: Final = (("message", "live-socket", "message"), ("state", "live-socket", "state"), ("poll", "live-poll", "n_intervals"))
"""Functions of ``live`` in live.js, with the component and property that each is called for."""


def live_of(headline: Headline, scope: Scope) -> dict[str, str]:
    """Return the attributes of an element that shows ``headline``; none where nobody asked for it in so many words."""
    if headline.wanted is None:
        return {}
    limit = RUNNING_LIMIT if headline.period.whole_end is not None else CLOSED_LIMIT
    return {"data-live": number_topic(headline.wanted, scope), "data-at": headline.as_of.isoformat(), "data-limit": str(limit)}


def put(*rules: str) -> dict[str, str]:
    """Return the attribute that says which field of a message goes where in an element, such as ``text=share``."""
    return {"data-put": " ".join(rules)}
