"""How much of the period's revenue is firm, and how much may still be cancelled freely."""

import math
from datetime import timedelta

from dash import html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.reports.document import Block, Column, Table

TITLE = "Firm and soft revenue"
_TRAILING = 90


def firmness_card(visit: Visit, sources: Sources) -> html.Section:
    """Return the card: a bar of both, and what usually survives of the soft part."""
    trailing = Period(visit.today - timedelta(days=_TRAILING), visit.today - timedelta(days=1))
    both, lost = sources.ask.many([
        Question(("firm_amount", "soft_amount"), visit.period, branches=visit.filters.branch_set), Question(("rescission_rate",), trailing, branches=visit.filters.branch_set),
    ], visit.scope)
    firm, soft, rate = both.value("firm_amount"), both.value("soft_amount"), lost.value("rescission_rate")
    sub = "Soft: still inside the rescission window"
    if firm + soft <= 0:
        return card(3, TITLE, empty("Nothing was sold in these days."), sub=sub)
    part = firm / (firm + soft)
    bar = html.Div([html.I(className="firm", style={"width": f"{part:.1%}"}), html.I(className="soft", style={"width": f"{1 - part:.1%}"})], className="two", role="img",
                   **{"aria-label": f"{part:.0%} firm, {1 - part:.0%} soft"})
    lines = [_line("firm", "Firm", firm, part), _line("soft", "Soft", soft, 1 - part)]
    large = html.Div([html.B(f"{part:.0%}"), html.Span("is firm")], className="ff")
    section = card(3, TITLE, large, bar, html.Div(lines, className="fs"), html.P(_words(soft, rate), className="say"), sub=sub, name="firmness")
    table = Table((Column("Revenue"), Column("Amount", Unit.MONEY), Column("Share", Unit.PERCENT)), (("Firm", firm, part), ("Soft", soft, 1 - part)), ("Both", firm + soft, 1.0))
    return with_files(section, Block("firmness", TITLE, f"{part:.0%} is firm. {_words(soft, rate)}", None, table, f"{sub}."), ("firm_amount", "soft_amount", "rescission_rate"))


def _line(name: str, label: str, amount: float, part: float) -> html.Button:
    return html.Button([html.Span(className=f"sw {name}"), html.Span(label, className="name"), html.Span(f"{part:.0%}", className="part"), html.Span(write(amount, Unit.MONEY), className="amount")],
                       className="fs-row", type="button", **{"data-glass": f"{name}_amount", "aria-haspopup": "dialog"})


def _words(soft: float, rate: float) -> str:
    """Return what is expected to survive of the soft part: as much as of the last 90 days' contracts."""
    if soft <= 0:
        return "Every contract of these days has passed its rescission window."
    if math.isnan(rate):
        return "There are no contracts of the last 90 days to tell how much of it survives."
    return f"Of contracts of the last {_TRAILING} days {rate:.1%} were rescinded: about {write(soft * (1 - rate), Unit.MONEY)} of the soft part should stand."
