"""Everything that can be sent: one list for the site, where people choose, and for the worker, which draws."""

from shared.delivery.briefs import SOURCE as BRIEF
from shared.delivery.briefs import Briefs
from shared.delivery.reports import SOURCE as REPORT
from shared.delivery.reports import LibraryReports
from shared.delivery.sources import Sources
from shared.metrics.ask import Ask
from shared.metrics.headline import Headlines
from shared.metrics.reference import Reference
from shared.settings import Settings
from shared.warehouse.engines import Engines


def sources_over(engines: Engines, ask: Ask, headlines: Headlines, reference: Reference, settings: Settings) -> Sources:
    """Return every source, drawn through ``ask``."""
    return {REPORT: LibraryReports(engines, ask, headlines, reference, settings).source, BRIEF: Briefs(ask, headlines, settings).source}
