"""Which branches bring it?  The coming thirteen weeks by branch, beside the thirteen before; branches add up to the company."""

import math
from datetime import timedelta

from dash import html

from cmo_app.forecast.choices import basis_of
from cmo_app.page import Card
from cmo_app.shell.cards import graph
from cmo_app.shell.parts import empty, key, keys
from cmo_app.visit import Visit
from shared.charts.ahead import intervals
from shared.forecast.outlook import Outlook
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table

KEY, TITLE = "by-branch", "Which branches bring it?"


def card(visit: Visit, outlook: Outlook) -> Card:
    """Return the card."""
    basis, names = basis_of(visit), {branch.id: branch.name for branch in visit.shown}
    branches = [branch for branch in outlook.branches(visit.branch_set) if branch in names]
    late = [name for branch, name in names.items() if branch not in outlook.run.branches]
    notes = [f"{names[branch]}: {words}." for branch, words in outlook.run.notes[basis].items() if branch in names] + [f"{name}: opened after this forecast was made; it is in the next one." for name in late]
    if len(branches) < 2:
        return Card(Block(KEY, TITLE, note=" ".join(notes)), 6, body=empty("There is nobody to compare with: you see one branch.", title="One branch", symbol="branch"))
    rows, told = [], []
    for branch in branches:
        ahead = outlook.ahead(basis, "week", frozenset({branch}))
        if ahead is None:
            continue
        count, low_high = len(ahead.buckets), ahead.total.band(80)
        before = outlook.came(basis, ahead.buckets[0].first - timedelta(weeks=count), ahead.buckets[0].first - timedelta(days=1), [branch])
        rows.append((names[branch], before, ahead.total.mean, *low_high))
        told.append((ahead.total.mean / before - 1 if before > 0 else math.nan, names[branch]))
    rows.sort(key=lambda row: -row[2])
    every = outlook.ahead(basis, "week", visit.branch_set)
    assert every is not None, "some branch has weeks ahead"
    table = Table((Column("Branch"), Column("13 weeks before", Unit.MONEY), Column("Next 13 weeks", Unit.MONEY), Column("80% from", Unit.MONEY), Column("to", Unit.MONEY)), tuple(rows),
                  ("All", sum(row[1] for row in rows), every.total.mean, *every.total.band(80)))
    figure = intervals([row[0] for row in rows], [row[2] for row in rows], [row[3] for row in rows], [row[4] for row in rows], [row[1] if row[1] > 0 else math.nan for row in rows])
    note = " ".join([*notes, "Branches add up to all of them to the cent; bands do not, for branches are not all off in the same direction."])
    return Card(Block(KEY, TITLE, says(rows, told, every.total.mean), figure, table, note), 6, keys(key("Forecast, 80% band", "c1", "dot"), key("13 weeks before", "fg-3")), body=html.Div(graph(figure, visit, f"figure-{KEY}", TITLE)))


def says(rows: list[tuple[str, float, float, float, float]], changes: list[tuple[float, str]], total: float) -> str:
    """Return the answer in a sentence."""
    first = rows[0]
    told = f"{first[0]} brings most, {write(first[2], Unit.MONEY)}" + (f" or {first[2] / total:.0%}." if total > 0 else ".")
    known = sorted(each for each in changes if not math.isnan(each[0]))
    if len(known) < 2:
        return told
    (worst, last), (best, most) = known[0], known[-1]
    return f"{told} Against the 13 weeks before, {most} does best ({best:+.0%}) and {last} worst ({worst:+.0%})."
