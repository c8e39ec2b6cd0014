"""The branches at ``/branches``: every branch side by side on one scale."""

from dash import html
from dash.development.base_component import Component

from cmo_app.branches import leaks, multiples, side_by_side
from cmo_app.branches import map as branch_map
from cmo_app.branches.measures import MEASURES, SCALES, measure_of, months_of
from cmo_app.page import Page, Sheet
from cmo_app.shell.cards import tried
from cmo_app.shell.parts import segments
from cmo_app.shell.reading import headlines_of
from cmo_app.sources import Sources
from cmo_app.visit import Visit


def draw(visit: Visit, sources: Sources) -> Sheet:
    """Return what the page says."""
    found, measure = headlines_of(visit, sources, ("net_sales_amount",)), measure_of(visit)
    cards = [
        tried(multiples.KEY, multiples.TITLE, lambda: multiples.card(visit, measure, months_of(visit, sources, measure))),
        tried(side_by_side.KEY, side_by_side.TITLE, lambda: side_by_side.card(visit, sources)), tried(leaks.KEY, leaks.TITLE, lambda: leaks.card(visit, sources)),
        tried(multiples.RANKS_KEY, multiples.RANKS_TITLE, lambda: multiples.ranks_card(visit, measure, months_of(visit, sources, measure)), 6), tried(branch_map.KEY, branch_map.TITLE, lambda: branch_map.card(visit, sources, measure), 6),
    ]
    return Sheet(found.about, found.as_of, cards, above=[_choices(visit, measure.name)], degraded=found.degraded, terms=(*side_by_side.METRICS, *leaks.CHAIN))


def _choices(visit: Visit, chosen: str) -> Component:
    return html.Div([segments(visit, "measure", MEASURES, chosen, "net_sales_amount", "Compare by"), segments(visit, "scale", SCALES, "index" if measure_of(visit).is_index else "value", "value", "Scale")], className="bar-of-choices no-print")


PAGE = Page("/branches", "Branches", "branch", draw, "How do the branches compare?", choices=("measure", "scale"), period="last_90_days", by_branch=False)
