"""Which branch needs attention?  Each branch's share of its pace."""

from cmo_app.page import Card
from cmo_app.shell.parts import empty
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.charts.bars import ranked
from shared.metrics.format import write
from shared.metrics.headline import Headline, Wanted
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table
from shared.warehouse.branches import Branch

KEY, TITLE, METRIC = "attention", "Which branch needs attention?", "net_sales_amount"


def card(visit: Visit, sources: Sources) -> Card:
    """Return the card: the branch that is farthest behind comes first."""
    found = sources.headlines([Wanted(METRIC, visit.period, branches=frozenset({branch.id})) for branch in visit.shown], visit.scope)
    lines = [(branch, headline, _share(headline)) for branch, headline in zip(visit.shown, found, strict=True)]
    judged = sorted((line for line in lines if line[2] is not None), key=lambda line: line[2] or 0.0)
    if not judged:
        return Card(Block(KEY, TITLE), 6, body=empty("No branch has a target for these days, so none can be judged.", title="No targets", symbol="target"))
    rows = tuple((branch.name, headline.value, None if headline.goal is None else headline.goal.value, share) for branch, headline, share in lines)
    table = Table((Column("Branch"), Column("Net sales $", Unit.MONEY), Column("Target", Unit.MONEY), Column("Share of pace", Unit.PERCENT, "Share of the target over the share of the working days that has passed.")), rows)
    figure = ranked([branch.name for branch, *_ in judged], [share or 0.0 for *_, share in judged], Unit.PERCENT, chosen=0 if (judged[0][2] or 0) < 1 else None, line=1.0)
    without = [branch.name for branch, _, share in lines if share is None]
    note = "100% is on pace: the share of the target that is in equals the share of the working days that has passed." + (f" No target: {', '.join(without)}." if without else "")
    return Card(Block(KEY, TITLE, _says(judged[0]), figure, table, note), 6)


def _share(headline: Headline) -> float | None:
    return headline.pace if headline.pace is not None else headline.attainment


def _says(worst: tuple[Branch, Headline, float | None]) -> str:
    branch, headline, share = worst
    if share is None or headline.goal is None:
        return ""
    if share >= 1:
        return "Every branch is on or above its pace."
    due = headline.goal.value * headline.goal.elapsed_share if headline.pace is not None else headline.goal.value
    return f"{branch.name} is farthest behind: {share:.0%} of its pace, {write(due - headline.value, Unit.MONEY)} less than should be in by now."
