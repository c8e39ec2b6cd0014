"""Attribution at ``/attribution``: which channel brought the sales, by every model."""

from cmo_app.attribution import channel, choices, credits, decisions, matrix, paths  # noqa: A004 - the trade's word
from cmo_app.page import Page, Sheet
from cmo_app.shell.cards import tried
from cmo_app.shell.parts import empty
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.metrics.ask import UnavailableError

_ABOUT = {"net_sale": "Net sales", "gross_sale": "Gross sales", "issued": "Appointments issued", "demo": "Demos"}


def draw(visit: Visit, sources: Sources) -> Sheet:
    """Return what the page says."""
    asked = choices.asked_of(visit)
    about = f"{_ABOUT[asked.question.conversion]} of {visit.period.words}, by touches {asked.lookback}. {visit.branch_words}."
    try:
        answer = sources.attribution(asked.question, visit.scope)
    except UnavailableError as error:
        return Sheet(about, None, [], above=[choices.bar(visit), empty(str(error), title="Not available just now", symbol="warning")])
    found = answer.found
    cards = [
        tried(decisions.KEY, decisions.TITLE, lambda: decisions.card(found, asked)),
        tried(credits.KEY, credits.TITLE, lambda: credits.card(found, asked, visit)),
        tried(matrix.KEY, matrix.TITLE, lambda: matrix.card(found, asked, visit)),
        tried(channel.KEY, "What does it cost?", lambda: channel.card(found, asked)),
        tried(paths.FLOW_KEY, paths.FLOW_TITLE, lambda: paths.flow_card(found, asked), 6),
        tried(paths.PATHS_KEY, paths.PATHS_TITLE, lambda: paths.paths_card(found, asked), 6),
    ]
    return Sheet(about, answer.as_of, cards, above=[choices.bar(visit)], degraded=answer.degraded, terms=("net_sales_amount", "marketing_spend", "touches"))


PAGE = Page("/attribution", "Attribution", "marketing", draw, "Which marketing brought the sales?", choices=choices.NAMES, period="last_365_days", live=("net_sales_amount", "touches", "marketing_spend"))
