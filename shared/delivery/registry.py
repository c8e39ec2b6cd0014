"""Everything that can be sent: one list for the site, where people choose, and for the worker, which draws."""

from collections.abc import Sequence

from shared.delivery.briefs import SOURCE as BRIEF
from shared.delivery.briefs import Briefs
from shared.delivery.pages import SOURCE as PAGE
from shared.delivery.pages import Pages, SentPage
from shared.delivery.reports import SOURCE as REPORT
from shared.delivery.reports import LibraryReports
from shared.delivery.sources import Sources
from shared.metrics.ask import Ask
from shared.metrics.headline import Headlines
from shared.metrics.reference import Reference
from shared.settings import Settings
from shared.warehouse.engines import Engines


def sources_over(engines: Engines, ask: Ask, headlines: Headlines, reference: Reference, settings: Settings, pages: Sequence[SentPage] | None = None) -> Sources:
    """Return every source, drawn through ``ask``; ``pages``: those of the site that asks, None for the worker."""
    reports = LibraryReports(engines, ask, headlines, reference, settings)
    return {PAGE: Pages(settings, reference, reports, pages).source, REPORT: reports.source, BRIEF: Briefs(ask, headlines, settings).source}
