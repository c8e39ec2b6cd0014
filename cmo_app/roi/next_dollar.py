"""Where should the next dollar go?  What one more dollar a month brings on each source, with its interval."""

from cmo_app.page import Card
from cmo_app.roi.facts import Facts
from cmo_app.shell.parts import empty, key, keys
from shared.analysis.budget import NextDollar
from shared.analysis.response import Untold
from shared.charts.intervals import intervals
from shared.marketing.learnt import NONE_YET
from shared.metrics.catalogue.marketing import CONTRIBUTION_MARGIN
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table

KEY, TITLE = "next-dollar", "Where should the next dollar go?"
PAYS = 1 / CONTRIBUTION_MARGIN
"""Net sales $ that a dollar must bring to pay for itself."""
CAUTION = ("Learnt from weeks in which budgets moved, beside season and trend. Budgets were not set by lot: where one was raised because demand was about to rise, the source looks better than it is. "
           "Move in steps, and see.")


def card(facts: Facts) -> Card:
    """Return the card."""
    if facts.responses.last is None:
        return Card(Block(KEY, TITLE), 5, body=empty(NONE_YET, title="Not learnt yet"))
    found = facts.budget.next_dollar()
    untold = untold_words(facts)
    if not found:
        return Card(Block(KEY, TITLE), 5, body=empty(untold or "No money is spent on any source of these branches.", title="It cannot be told from these data"))
    rows = tuple((each.line.name, each.line.spend, each.net.middle, each.net.low, each.net.high, each.romi.middle) for each in found)
    table = Table((Column("Source"), Column("Spend a month", Unit.MONEY), Column("Net sales $ of the next dollar", Unit.MONEY), Column("80% from", Unit.MONEY), Column("to", Unit.MONEY), Column("ROMI of it", Unit.PERCENT)), rows)
    figure = intervals([each.line.name for each in found], [(each.net.low, each.net.middle, each.net.high) for each in found], Unit.MONEY, line=PAYS)
    return Card(Block(KEY, TITLE, says(found), figure, table, f"{CAUTION} {untold}".strip()), 5, keys(key("Net sales $ of one more dollar", "c1", "dot"), key("80% of what is likely", "c1", "band"), key(f"Pays for itself ({write(PAYS, Unit.MONEY)})", "fg-3", "dash")))


def says(found: tuple[NextDollar, ...]) -> str:
    """Return the answer in words; ``found``: the best first."""
    best, worst = found[0], found[-1]
    said = f"On {best.line.name}: one more dollar brings {write(best.net.middle, Unit.MONEY)} of net sales (80% between {write(best.net.low, Unit.MONEY)} and {write(best.net.high, Unit.MONEY)})."
    if len(found) == 1:
        return said
    verdict = f", less than the {write(PAYS, Unit.MONEY)} that pays for it" if worst.net.high < PAYS else "" if worst.net.low > PAYS else f"; {write(PAYS, Unit.MONEY)} would pay for it"
    return f"{said} Least on {worst.line.name}: {write(worst.net.middle, Unit.MONEY)}{verdict}."


def untold_words(facts: Facts) -> str:
    """Return which sources cannot be told, and why; empty: all can."""
    reasons = [f"{line.name}: {line.curve.words}" for line in facts.budget.lines if isinstance(line.curve, Untold) and (line.spend or line.leads)]
    return f"Cannot be told from these data: {' '.join(reasons)}" if reasons else ""
