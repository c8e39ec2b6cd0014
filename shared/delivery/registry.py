"""Everything that can be sent: one list for the site, where people choose, and for the worker, which draws."""

from shared.delivery.briefs import SOURCE as BRIEF
from shared.delivery.briefs import Briefs
from shared.delivery.sources import Sources
from shared.metrics.ask import Ask
from shared.metrics.headline import Headlines
from shared.settings import Settings


def sources_over(ask: Ask, headlines: Headlines, settings: Settings) -> Sources:
    """Return every source, drawn through ``ask``."""
    return {BRIEF: Briefs(ask, headlines, settings).source}
