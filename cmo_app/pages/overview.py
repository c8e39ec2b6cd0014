"""The overview at ``/``: how the business does, what has changed, and one figure per question."""

from cmo_app.page import Page, Sheet
from cmo_app.shell.reading import headlines_of
from cmo_app.sources import Sources
from cmo_app.visit import Visit

LARGE = ("net_sales_amount", "leads", "romi")
SMALL = ("cost_per_lead", "marketing_cost_share", "cac", "net_close_rate")


def draw(visit: Visit, sources: Sources) -> Sheet:
    """Return what the page says."""
    found = headlines_of(visit, sources, (*LARGE, *SMALL))
    return Sheet(found.about, found.as_of, [], found.headlines[: len(LARGE)], found.headlines[len(LARGE) :], degraded=found.degraded)


PAGE = Page("/", "Overview", "executive", draw, "How are we doing?")
