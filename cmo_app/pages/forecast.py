"""The forecast at ``/forecast``: where revenue is heading, how sure that is, and what would change it."""

from cmo_app.forecast import by_branch, choices, coming, known, levers, record, said, scenario, targets
from cmo_app.page import Card, Page, Sheet
from cmo_app.shell.cards import tried
from cmo_app.shell.parts import empty
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.forecast.gathering import BASES
from shared.forecast.outlook import Outlook
from shared.forecast.reading import Missing
from shared.reports.document import Block


def draw(visit: Visit, sources: Sources) -> Sheet:
    """Return what the page says."""
    found = sources.forecasts.outlook(sources.ask, visit.scope) if sources.forecasts is not None else Missing("No forecast is kept here.")
    terms = (*BASES.values(), "open_appointments", "open_quotes_amount", "backlog_amount")
    if isinstance(found, Missing):
        return Sheet("Booked and installed revenue ahead.", None, [Card(Block("none-yet", "No forecast yet", found.words), body=empty(found.words, title="No forecast yet"))], terms=terms)
    return Sheet(_about(visit, found), found.run.made_at, _cards(visit, sources, found), above=[choices.bar(visit)], terms=terms)


def _cards(visit: Visit, sources: Sources, outlook: Outlook) -> list[Card]:
    basis = choices.basis_of(visit)
    earlier = sources.forecasts.before(outlook.run) if sources.forecasts is not None else None
    return [
        tried(targets.KEY, targets.TITLE, lambda: targets.card(visit, sources, outlook)),
        tried(coming.KEY, coming.TITLE, lambda: coming.card(visit, outlook)),
        tried(by_branch.KEY, by_branch.TITLE, lambda: by_branch.card(visit, outlook), 6),
        tried(said.KEY, said.TITLE, lambda: said.card(visit, outlook, earlier), 6),
        tried(scenario.KEY, scenario.TITLE, lambda: scenario.card(visit, sources, outlook)),
        tried(known.KEY, known.TITLE, lambda: known.card(visit, sources, outlook), 6),
        tried(known.DELAY_KEY, known.DELAY_TITLES[basis], lambda: known.delay_card(visit, outlook), 6),
        tried(record.KEY, record.TITLE, lambda: record.card(visit, outlook)),
    ]


def _about(visit: Visit, outlook: Outlook) -> str:
    stale = "" if (visit.today - outlook.run.origin).days <= 2 else f" It is {(visit.today - outlook.run.origin).days - 1} days old: the training has not got through since."
    return f"{choices.MEANINGS[choices.basis_of(visit)]} Forecast from the end of {outlook.run.origin:%-d %B %Y}.{stale}"


PAGE = Page("/forecast", "Forecast", "trends", draw, "Where are we heading?", choices=("basis", "by", *levers.CHOICES), periods={}, live=("net_sales_amount", "installed_amount"))
