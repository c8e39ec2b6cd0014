"""Headlines of a page and what is said about them: asked together, and a page stands without them where they fail."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.metrics.comparison import Comparison, compare
from shared.metrics.headline import Headline, Wanted

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """Headlines in the order asked for; none where they could not be read."""

    headlines: tuple[Headline, ...]
    about: str
    """The days, and what they are compared with."""
    as_of: datetime | None
    degraded: str


def headlines_of(visit: Visit, sources: Sources, names: Sequence[str]) -> Found:
    """Return the headlines of the chosen period and branches; what keeps them away is logged and said."""
    words = visit.period.words
    try:
        found = tuple(sources.headlines([Wanted(name, visit.period, branches=visit.branch_set) for name in names], visit.scope))
    except Exception:  # whatever keeps these numbers away, the cards below may be read
        log.exception("headlines of %s could not be read", visit.path)
        return Found((), f"{words}.", None, "The headlines are not available just now. Nothing is lost; they are tried again when the page is loaded anew.")
    compared = f", compared with {found[0].comparison.words}" if found else ""
    return Found(found, f"{words}{compared}.", min(each.as_of for each in found) if found else None, next((each.degraded for each in found if each.degraded), ""))


def compared(visit: Visit, sources: Sources) -> Comparison:
    """Return what the chosen period is compared with."""
    return compare(visit.period, "previous", sources.reference.calendar())
