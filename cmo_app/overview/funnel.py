"""Where do we lose customers?  What became of the period's leads."""

import math
from itertools import pairwise

from cmo_app.page import Card
from cmo_app.shell.parts import empty
from cmo_app.shell.reading import compared
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.charts.bars import ranked
from shared.metrics.metric import Unit
from shared.metrics.question import Question
from shared.reports.document import Block, Column, Table

KEY, TITLE = "funnel", "Where do we lose customers?"
STAGES = {"leads": "Leads", "set_leads": "Appointment set", "issued_leads": "Issued", "demo_leads": "Demo", "sold_leads": "Signed", "net_sold_leads": "Net sale"}
"""Metric -> label; each stage is a part of the one before."""


def card(visit: Visit, sources: Sources) -> Card:
    """Return the card."""
    before = compared(visit, sources)
    now, then = sources.ask.many([Question(tuple(STAGES), span, branches=visit.branch_set) for span in (visit.period, before.period)], visit.scope)
    counts, earlier = [now.value(name) for name in STAGES], [then.value(name) for name in STAGES]
    if not counts[0]:
        return Card(Block(KEY, TITLE), 6, body=empty("No lead came in during these days."))
    rates, old = _rates(counts), _rates(earlier)
    labels = list(STAGES.values())
    rows = tuple((label, count, rate, was, count / counts[0]) for label, count, rate, was in zip(labels, counts, rates, old, strict=True))
    table = Table((Column("Stage"), Column("Leads", Unit.COUNT), Column("Of the stage before", Unit.PERCENT), Column("Before", Unit.PERCENT), Column("Of all leads", Unit.PERCENT)), rows)
    named = [label if math.isnan(rate) else f"{label}  {rate:.0%}" for label, rate in zip(labels, rates, strict=True)]
    return Card(Block(KEY, TITLE, _says(labels, counts, rates, old), ranked(named, counts, Unit.COUNT), table, f"Leads of these days and what became of them by now; beside each stage its share of the one before. Young leads still move on, so later stages are low at first. Compared with {before.words}."), 6)


def _rates(counts: list[float]) -> list[float]:
    """Each stage as a share of the one before; NaN for the first and where that is empty."""
    return [math.nan, *(count / above if above else math.nan for above, count in pairwise(counts))]


def _says(labels: list[str], counts: list[float], rates: list[float], old: list[float]) -> str:
    changes = [(now - was, label) for label, now, was in zip(labels, rates, old, strict=True) if not math.isnan(now - was)]
    sold = f"Of 100 leads, {counts[-1] / counts[0] * 100:.0f} have bought by now."
    if not changes:
        return sold
    change, label = min(changes)
    worst = f' The step to "{label.lower()}" fell most: {abs(change) * 100:.1f} points.' if change < 0 else " No step is lower than before."
    return sold + worst
