"""How ripe are the leads?  Net sales by the month in which the leads came: so far, and what they will come to."""

import math
from dataclasses import dataclass
from datetime import date

from cmo_app.page import Card
from cmo_app.roi.facts import Facts
from cmo_app.roi.returns import said
from cmo_app.shell.parts import empty, key, keys
from shared.analysis.maturity import Estimate
from shared.analysis.payback import Payback, payback
from shared.charts.bars import ripening
from shared.metrics.catalogue.marketing import CONTRIBUTION_MARGIN
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.metrics.period import Period, month_end
from shared.metrics.question import Question
from shared.reports.document import Block, Column, Table

KEY, TITLE = "cohorts", "How much is still to come?"
_SHOWN, _RIPE = 13, 0.9
_Z80 = 1.2816


@dataclass(frozen=True)
class Month:
    """Leads of one month."""

    first: date
    estimate: Estimate | None
    """None: too few cohorts to tell how they ripen."""
    so_far: float
    leads: float
    spend: float
    payback: Payback

    @property
    def is_ripe(self) -> bool:
        """Whether nine tenths of what it brings have come, and it is over."""
        return self.estimate is not None and self.estimate.share >= _RIPE

    @property
    def end(self) -> float:
        """What it will come to; NaN where that cannot be said."""
        return self.estimate.ultimate if self.estimate is not None else math.nan

    @property
    def give_or_take(self) -> float:
        """Half of the 80 % interval around ``end``."""
        return _Z80 * self.estimate.error if self.estimate is not None else math.nan

    @property
    def romi(self) -> float:
        """In the end; NaN without spend or estimate."""
        return (CONTRIBUTION_MARGIN * self.end - self.spend) / self.spend if self.spend else math.nan


def card(facts: Facts) -> Card:
    """Return the card: thirteen months, whatever period is chosen."""
    months = months_of(facts)
    if not months:
        return Card(Block(KEY, TITLE), 7, body=empty("No lead came in the last thirteen months."))
    columns = (Column("Month of the leads"), Column("Leads", Unit.COUNT), Column("Spend", Unit.MONEY), Column("Net sales $ so far", Unit.MONEY), Column("Come by now", Unit.PERCENT), Column("In the end", Unit.MONEY), Column("Give or take (80%)", Unit.MONEY), Column("ROMI in the end", Unit.PERCENT), Column("Paid back after"))
    rows = tuple((month.first, month.leads, month.spend, month.so_far, month.estimate.share if month.estimate else None, month.end, month.give_or_take, month.romi, said(month.payback)) for month in reversed(months))
    figure = ripening([month.first for month in months], [month.so_far for month in months], [month.is_ripe for month in months], Unit.MONEY,
                      developed=[math.nan if month.is_ripe else month.end for month in months], errors=[math.nan if month.is_ripe else month.give_or_take for month in months],
                      line=[month.spend / CONTRIBUTION_MARGIN for month in months], height=300)
    shown = keys(key("Ripe", "c1", "dot"), key("Still ripening", "c1", "band"), key("Expected in the end, 80%", "c1", "dot"), key("Pays for itself", "fg-3", "dash"))
    return Card(Block(KEY, TITLE, says(months), figure, Table(columns, rows), _note(facts)), 7, shown)


def months_of(facts: Facts) -> tuple[Month, ...]:
    """Return the last thirteen months with leads, oldest first."""
    ripe = facts.ripeness
    known = sorted(ripe.months)[-_SHOWN:]
    if not known:
        return ()
    spend = facts.sources.ask(Question(("marketing_spend",), Period(known[0], min(month_end(known[-1]), facts.visit.today)), "month", branches=facts.visit.branch_set), facts.visit.scope).frame
    cost = {bucket: float(value) for bucket, value in zip(spend["bucket"], spend["marketing_spend"], strict=True)}
    found = []
    for first in known:
        rows, gained = ripe.months[first], dict[int, float]()
        for row in rows:
            for age, amount in ripe.cohorts[row].gained.items():
                gained[age] = gained.get(age, 0.0) + amount
        estimate = ripe.maturity.estimate(rows) if ripe.maturity is not None else None
        found.append(Month(first, estimate, sum(gained.values()), sum(ripe.cohorts[row].leads for row in rows), cost.get(first, 0.0), payback(gained, cost.get(first, 0.0), CONTRIBUTION_MARGIN)))
    return tuple(found)


def says(months: tuple[Month, ...]) -> str:
    """Return the answer in words."""
    young = [month for month in months if not month.is_ripe and month.estimate is not None]
    lost = [month for month in months if month.is_ripe and month.spend and month.romi < 0]
    bad = f" {_names(lost)} did not pay for {'itself' if len(lost) == 1 else 'themselves'}." if lost else ""
    if not young:
        return ("Every month shown is ripe: nearly all of its sales have come." if any(month.estimate for month in months) else "There are too few weeks of leads to say how they ripen.") + bad
    newest = young[-1]
    assert newest.estimate is not None
    end = f"expected to end at {write(newest.end, Unit.MONEY)}, give or take {write(newest.give_or_take, Unit.MONEY)}" if not math.isnan(newest.end) else "too young to say where they end"
    return f"Leads of {newest.first:%B} have brought {write(newest.so_far, Unit.MONEY)} so far, {newest.estimate.share:.0%} of what is to come in the end; they are {end}.{bad}"


def _names(months: list[Month]) -> str:
    names = [f"{month.first:%B %Y}" for month in months]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _note(facts: Facts) -> str:
    maturity = facts.ripeness.maturity
    if maturity is None:
        return "Too few weeks of leads have ripened to say how the others will."
    ninth = maturity.reaches(0.9)
    return (f"Net of cancellations: a contract counts from the day it was signed and leaves when it is called off. {f'Nine tenths of what leads bring have come after {ninth + 1} days. ' if ninth is not None else ''}"
            "In the end: chain ladder over weeks of leads, with Mack's error; leads younger than a week at what a lead brings on average. Pays for itself: spend / contribution margin.")
