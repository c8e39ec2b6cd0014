"""From lead to installed job: what became of the period's leads, or what happened in the period."""

import math
from dataclasses import dataclass

from dash import html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.charts.bars import ranked
from shared.metrics.format import MISSING
from shared.metrics.metric import Unit
from shared.metrics.question import Question
from shared.reports.document import Block, Column, Table

TITLE = "Lead to installed"
COHORT = {"leads": "Leads", "contacted_leads": "Contacted", "set_leads": "Set", "issued_leads": "Issued", "demo_leads": "Demo",
          "sold_leads": "Gross sale", "net_sold_leads": "Net sale", "installed_leads": "Installed"}
EVENT = {"leads": "Leads", "appointments_set": "Set", "issued": "Issued", "demos": "Demo", "gross_sales": "Gross sale", "net_sales": "Net sale", "jobs_completed": "Installed"}
_LEAST_WIDTH = 1.5


@dataclass(frozen=True)
class Step:
    """One bar: how many, how many of the step before, and of the first."""

    label: str
    count: float
    of_before: float
    of_first: float


def steps(labels: list[str], counts: list[float]) -> list[Step]:
    """Return the bars; a rate is NaN for the first step and where the step before is empty."""
    found = []
    for number, (label, count) in enumerate(zip(labels, counts, strict=True)):
        before = counts[number - 1] if number else float("nan")
        found.append(Step(label, count, count / before if number and before else float("nan"), count / counts[0] if counts[0] else float("nan")))
    return found


def funnel_card(visit: Visit, sources: Sources) -> html.Section:
    """Return the funnel of the chosen period on the chosen basis."""
    is_cohort = visit.filters.basis == "cohort"
    names = COHORT if is_cohort else EVENT
    answer = sources.ask(Question(tuple(names), visit.period, branches=visit.filters.branch_set), visit.scope)
    found = steps(list(names.values()), [answer.value(name) for name in names])
    said = "What became of these days' leads" if is_cohort else "What happened in these days"
    if not any(step.count for step in found):
        return card(4, TITLE, empty("No lead came in and nothing was sold in these days.", action=None), sub=said, side=_switch(visit))
    head = [html.Div(), html.Div(), html.Div(), html.Div("of step", className="p h"), html.Div("of leads", className="p h q")]
    rows = [cell for number, step in enumerate(found) for cell in _row(step, number, max(each.count for each in found))]
    section = card(4, TITLE, html.Div(head + rows, className=f"fn n{len(found)}", role="list"), sub=said, side=_switch(visit), name="funnel")
    table = Table((Column("Step"), Column("Count", Unit.COUNT), Column("Of the step before", Unit.PERCENT), Column("Of all leads", Unit.PERCENT)), tuple((step.label, step.count, step.of_before, step.of_first) for step in found))
    return with_files(section, Block("funnel", TITLE, f"{said}.", ranked([step.label for step in found], [step.count for step in found], Unit.COUNT), table), tuple(names))


def _row(step: Step, number: int, most: float) -> list[html.Div]:
    width = max(_LEAST_WIDTH, step.count / most * 100) if most else _LEAST_WIDTH
    bar = html.Div(className="b", style={"width": f"{width:.1f}%", "--o": str(100 - number * 8)})
    return [html.Div(step.label, className="t", role="listitem"), html.Div(f"{step.count:,.0f}", className="c"), html.Div(bar, className="bw"),
            html.Div("" if number == 0 else share(step.of_before), className="p", title="" if number == 0 else f"{share(step.of_before)} of the step before"),
            html.Div("" if number == 0 else share(step.of_first), className="p q", title="" if number == 0 else f"{share(step.of_first)} of all leads")]


def share(value: float) -> str:
    """Return a share with one decimal, an em dash where there is none."""
    return MISSING if math.isnan(value) else f"{value:.1%}"


def _switch(visit: Visit) -> html.Nav:
    options = {"cohort": ("Cohort", "What became of the leads that came in these days"), "event": ("Event", "What happened in these days")}
    return html.Nav([html.A(label, href=visit.filters.link(basis=basis), title=title, **{"data-nav": "", **({"aria-current": "true"} if visit.filters.basis == basis else {})})
                     for basis, (label, title) in options.items()], className="seg small", **{"aria-label": "Basis of the funnel"})
