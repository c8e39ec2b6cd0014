"""The open pipeline: gross and weighted by stage, and how old it is."""

from dash import html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.analysis.ageing import BANDS
from shared.charts.bars import ranked
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.metrics.pipeline_board import Stage, pipeline_board
from shared.reports.document import Block, Column, Table

TITLE = "Open pipeline"


def pipeline_card(visit: Visit, sources: Sources) -> html.Section:
    """Return the stages as rows; a click on one filters the page by it."""
    stages = pipeline_board(sources.ask, visit.scope, visit.filters.branch_set)
    if not any(stage.count for stage in stages):
        return card(5, TITLE, empty("No appointment, quote, contract or job is open."))
    gross, weighted = sum(stage.amount for stage in stages), sum(stage.weighted for stage in stages)
    head = html.Div([html.Span("Stage"), html.Span("Open", className="r"), html.Span("Gross", className="r"), html.Span("Weighted", className="r"), html.Span("Age", className="age")], className="pl-row head")
    total = html.Div([html.Span("Total"), html.Span(""), html.Span(write(gross, Unit.MONEY), className="r"), html.Span(write(weighted, Unit.MONEY), className="r"), html.Span("", className="age")],
                     className="pl-row total")
    bands = html.Span([html.Span([html.I(className="dot", style={"--k": f"color-mix(in srgb,var(--c1) {90 - 24 * number}%,var(--surface))", "opacity": 1}), label])
                       for number, (label, _) in enumerate(BANDS)], className="keys small")
    section = card(5, TITLE, html.Div([head, *(_row(stage, visit) for stage in stages), total], className="pl"), bands, sub="As of now; weighted by what usually becomes of it", name="pipeline")
    columns = (Column("Stage"), Column("Open", Unit.COUNT), Column("Gross", Unit.MONEY), Column("Weighted", Unit.MONEY, "What is expected to become revenue."), *(Column(label, Unit.COUNT) for label, _ in BANDS), Column("How it is weighted"))
    table = Table(columns, tuple((stage.label, stage.count, stage.amount, stage.weighted, *stage.ages, stage.words) for stage in stages), ("Total", sum(stage.count for stage in stages), gross, weighted, *(None for _ in BANDS), None))
    says = f"{write(gross, Unit.MONEY)} is open, of which {write(weighted, Unit.MONEY)} is expected to become revenue."
    return with_files(section, Block("pipeline", TITLE, says, ranked([stage.label for stage in stages], [stage.weighted for stage in stages], Unit.MONEY), table, "The bars show the weighted amounts."))


def _row(stage: Stage, visit: Visit) -> html.A:
    chosen = visit.filters.stage == stage.key
    every = sum(stage.ages) or 1.0
    ages = [html.I(style={"width": f"{count / every:.1%}", "--o": f"{90 - 24 * number}%"}, title=f"{count:,.0f} {BANDS[number][0]}") for number, count in enumerate(stage.ages) if count]
    words = ", ".join(f"{count:,.0f} {BANDS[number][0]}" for number, count in enumerate(stage.ages) if count) or "nothing open"
    return html.A([
        html.Span(stage.label, className="name"), html.Span(write(stage.count, Unit.COUNT), className="r"), html.Span(write(stage.amount, Unit.MONEY), className="r"),
        html.Span(write(stage.weighted, Unit.MONEY), className="r strong", title=stage.words), html.Span(ages, className="age bands", title=words),
    ], href=visit.filters.link(stage="" if chosen else stage.key), className="pl-row on" if chosen else "pl-row", title=f"Show only this stage. {stage.words}",
        **{"data-nav": "", "aria-label": f"{stage.label}: {write(stage.count, Unit.COUNT)} open, {write(stage.amount, Unit.MONEY)} gross, {write(stage.weighted, Unit.MONEY)} weighted; {words}",
           **({"aria-current": "true"} if chosen else {})})
