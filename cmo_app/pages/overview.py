"""The overview at ``/``: how the business does, what has changed, and one figure per question."""

from cmo_app.overview import attention, channels, demand, funnel, payoff, since, target, warnings
from cmo_app.page import Card, Page, Sheet
from cmo_app.shell.cards import tried
from cmo_app.shell.reading import headlines_of
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.metrics.headline import Headline

LARGE = (target.METRIC, "leads", "romi")
SMALL = ("cost_per_lead", "marketing_cost_share", "cac", "net_close_rate")


def draw(visit: Visit, sources: Sources) -> Sheet:
    """Return what the page says."""
    found = headlines_of(visit, sources, (*LARGE, *SMALL))
    cards = [
        tried(target.KEY, target.TITLE, lambda: _target(visit, sources, found.headlines), 8), tried(channels.KEY, channels.TITLE, lambda: channels.card(visit, sources), 4),
        tried(since.KEY, since.TITLE, lambda: since.card(visit, sources, found.headlines), 6), tried(warnings.KEY, warnings.TITLE, lambda: warnings.card(visit, sources), 6),
        tried(payoff.KEY, payoff.TITLE, lambda: payoff.card(visit, sources), 6), tried(demand.KEY, demand.TITLE, lambda: demand.card(visit, sources), 6),
        tried(attention.KEY, attention.TITLE, lambda: attention.card(visit, sources), 6), tried(funnel.KEY, funnel.TITLE, lambda: funnel.card(visit, sources), 6),
    ]
    return Sheet(found.about, found.as_of, cards, found.headlines[: len(LARGE)], found.headlines[len(LARGE) :], degraded=found.degraded, terms=tuple(funnel.STAGES))


class _NoHeadlinesError(RuntimeError):
    """The headlines could not be read, which was logged and is said above."""


def _target(visit: Visit, sources: Sources, headlines: tuple[Headline, ...]) -> Card:
    if not headlines:
        raise _NoHeadlinesError("the target card needs its headline")
    return target.card(visit, sources, headlines[0])


PAGE = Page("/", "Overview", "executive", draw, "How are we doing?")
