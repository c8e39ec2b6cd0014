"""Today's numbers: tiles, and the branches beside each other."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from bi_app.shell import tiles
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty
from bi_app.visit import Visit
from shared.live.attributes import live_of, put
from shared.metrics import headline_words as words
from shared.metrics.headline import Headline, Wanted
from shared.metrics.period import period
from shared.reports.document import Block, Column, Table
from shared.warehouse.branches import Branch

TILES = {"net_sales_amount": "sold, cancellations taken off", "gross_sales": "contracts signed", "leads": "came in", "appointments_set": "by phone, door and web",
         "issued": "appointments run today", "demos": "pitched", "jobs_completed": "installed", "tickets_opened": "service"}
"""Metric -> a word about it; two rows of four."""
BRANCH_METRICS = ("net_sales_amount", "leads", "appointments_set")


def tiles_wanted(visit: Visit, fiscal_start_month: int) -> list[Wanted]:
    """Return what the tiles show: always today, for the chosen branches."""
    return [Wanted(name, period("today", visit.today, fiscal_start_month), branches=visit.filters.branch_set) for name in TILES]


def branches_wanted(visit: Visit, fiscal_start_month: int) -> list[Wanted]:
    """Return what the rows of the branches show, branch by branch."""
    today = period("today", visit.today, fiscal_start_month)
    return [Wanted(name, today, branches=frozenset({branch.id})) for branch in visit.chosen for name in BRANCH_METRICS]


def tile_row(visit: Visit, found: Sequence[Headline]) -> list[Component]:
    """Return the tiles."""
    return [tiles.large_tile(visit, each, each.metric.label, note, f"{each.metric.name}@today", tiles.spark(each.series, words.judged(each), "spark=spark")) for each, note in zip(found, TILES.values(), strict=True)]


def branches_card(visit: Visit, found: Sequence[Headline]) -> html.Section:
    """Return a table with a row per branch."""
    if not visit.chosen:
        return card(4, "Branches today", empty("No branch is assigned to you. An administrator can change that.", symbol="branch"))
    width = len(BRANCH_METRICS)
    head = html.Tr([html.Th("Branch"), *(html.Th(each.metric.label, className="n") for each in found[:width])])
    rows = [_row(visit, branch, found[width * number : width * (number + 1)]) for number, branch in enumerate(visit.chosen)]
    section = card(4, "Branches today", html.Table([html.Thead(head), html.Tbody(rows)], className="tb pulse-tb"), sub="Each number moves the moment a row is committed", name="pulse-branches")
    columns = (Column("Branch"), *(Column(each.metric.label, each.metric.unit, each.metric.meaning) for each in found[:width]))
    table = Table(columns, tuple((branch.name, *(each.value for each in found[width * number : width * (number + 1)])) for number, branch in enumerate(visit.chosen)))
    return with_files(section, Block("branches-today", "Branches today", "", None, table), BRANCH_METRICS)


def _row(visit: Visit, branch: Branch, found: Sequence[Headline]) -> html.Tr:
    return html.Tr([html.Td(branch.name, className="name"), *(html.Td(html.Span(each.text, className="amount", **put("text=text")), className="n", **live_of(each, visit.scope)) for each in found)])
