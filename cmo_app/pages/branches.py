"""The branches at ``/branches``: every branch side by side on one scale."""

from cmo_app.branches import side_by_side
from cmo_app.page import Page, Sheet
from cmo_app.shell.cards import tried
from cmo_app.shell.reading import headlines_of
from cmo_app.sources import Sources
from cmo_app.visit import Visit


def draw(visit: Visit, sources: Sources) -> Sheet:
    """Return what the page says."""
    found = headlines_of(visit, sources, ("net_sales_amount",))
    cards = [tried("side-by-side", side_by_side.TITLE, lambda: side_by_side.card(visit, sources))]
    return Sheet(found.about, found.as_of, cards, degraded=found.degraded, terms=side_by_side.METRICS)


PAGE = Page("/branches", "Branches", "branch", draw, "How do the branches compare?", by_branch=False)
