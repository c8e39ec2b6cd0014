"""Marketing return at ``/roi``: what the money brought, what is still to come, and where the next dollar should go."""

from functools import cache

from cmo_app.page import Page, Sheet
from cmo_app.roi import cohorts, moves, next_dollar, plan, returns, simulator
from cmo_app.roi.facts import Facts
from cmo_app.shell.cards import tried
from cmo_app.shell.reading import headlines_of
from cmo_app.sources import Sources
from cmo_app.visit import Visit

LARGE = ("marketing_spend", "romi", "ltv_to_cac")
SMALL = ("cost_per_lead", "cac", "marketing_cost_share", "ltv")


def draw(visit: Visit, sources: Sources) -> Sheet:
    """Return what the page says."""
    found, facts = headlines_of(visit, sources, (*LARGE, *SMALL)), Facts(visit, sources)
    lines = cache(lambda: returns.lines_of(visit, sources))
    cards = [
        tried(next_dollar.KEY, next_dollar.TITLE, lambda: next_dollar.card(facts), 5), tried(simulator.KEY, simulator.TITLE, lambda: simulator.card(facts), 7),
        tried(returns.KEY, returns.TITLE, lambda: returns.card(visit, lines(), next((each.maturity for each in found.headlines if each.maturity), ""))), tried(returns.STEPS_KEY, returns.STEPS_TITLE, lambda: returns.steps_card(visit, lines())),
        tried(cohorts.KEY, cohorts.TITLE, lambda: cohorts.card(facts), 7), tried(plan.KEY, plan.TITLE, lambda: plan.card(visit, sources), 5),
    ]
    return Sheet(found.about, found.as_of, cards, found.headlines[: len(LARGE)], found.headlines[len(LARGE) :], degraded=found.degraded, terms=(*returns.METRICS, "net_amount_by_age", "media_spend"))


PAGE = Page("/roi", "Marketing ROI", "target", draw, "What does marketing return?", choices=("by", moves.NAME), period="last_365_days", live=("marketing_spend", "lead_net_amount"))
