"""Will we reach our targets?  Where the running month, quarter and year land, and how likely each target is, for all and for each branch."""

from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from cmo_app.forecast.choices import basis_of
from cmo_app.page import Card
from cmo_app.shell.cards import table as drawn_table
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.clock import now
from shared.forecast.gathering import BASES
from shared.forecast.outlook import Landing, Outlook
from shared.metrics.format import write
from shared.metrics.goal import goal
from shared.metrics.metric import Unit
from shared.metrics.period import Period, month_start, period
from shared.metrics.registry import metric
from shared.reports.document import Block, Column, Table

KEY, TITLE = "targets", "Will we reach our targets?"
PERIODS = {"mtd": "This month", "fiscal_qtd": "This quarter", "fiscal_ytd": "This year"}


@dataclass(frozen=True)
class Aims:
    """Where one branch, or all, land in each running period."""

    name: str
    landings: tuple[Landing, ...]
    note: str = ""


def card(visit: Visit, sources: Sources, outlook: Outlook) -> Card:
    """Return the card."""
    periods = [period(preset, visit.today, sources.settings.fiscal_year_start_month) for preset in PERIODS]
    basis = basis_of(visit)
    every = _aims(visit.branch_words, visit, sources, outlook, basis, periods, visit.branch_set)
    shown = [branch for branch in visit.shown if branch.id in outlook.visible]
    single = [_aims(branch.name, visit, sources, outlook, basis, periods, frozenset({branch.id})) for branch in shown] if len(shown) > 1 else []
    body = html.Div([html.Div([_box(title, landing) for title, landing in zip(PERIODS.values(), every.landings, strict=True)], className="aims"), drawn_table(_branches(single), name="likely") if single else None])
    note = "What came in until yesterday, and the forecast of the rest. The chance follows from how far such forecasts were off before. Sales of the last days may still be cancelled." if basis == "booked" else "What was installed until yesterday, and the forecast of the rest. The chance follows from how far such forecasts were off before."
    return Card(Block(KEY, TITLE, says(every), table=_table([every, *single]), note=note), body=body)


def _aims(name: str, visit: Visit, sources: Sources, outlook: Outlook, basis: str, periods: list[Period], wanted: frozenset[int] | None) -> Aims:
    declared, calendar = metric(BASES[basis]), sources.reference.calendar()
    branches = visit.scope.narrowed(wanted)
    found = []
    for each in periods:
        whole = each.whole
        targets = sources.reference.targets((declared.name,), month_start(whole.start), whole.end)
        aim = goal(declared, each, branches, targets, calendar, now(), sources.settings.company_time_zone) if targets else None
        found.append(outlook.landing(basis, each, aim.value if aim else None, wanted))
    return Aims(name, tuple(found))


def chance(share: float | None) -> str:
    """Return a probability as a person says it; an em dash where there is no target."""
    if share is None:
        return "—"
    return "under 1%" if share < 0.01 else "over 99%" if share > 0.99 else f"{share:.0%}"


def _brief(said: str) -> str:
    """For narrow columns."""
    return said.replace("under ", "< ").replace("over ", "> ")


def _box(title: str, landing: Landing) -> Component:
    low, high = landing.spread.band(80)
    lands = [html.H3([title, html.Span(landing.period.words)]), html.Div(write(landing.spread.mean, Unit.MONEY), className="value"), html.P(f"{write(low, Unit.MONEY)} to {write(high, Unit.MONEY)}", className="between")]
    if landing.goal is None or landing.probability is None:
        return html.Div([*lands, html.P("No target is set for all of it.", className="to-go")], className="aim-box")
    return html.Div([
        *lands, html.Span(html.I(style={"width": f"{landing.probability * 100:.0f}%"}), className="likely-bar", role="img", **{"aria-label": f"{chance(landing.probability)} likely"}),
        html.P([html.B(chance(landing.probability)), f" likely to reach {write(landing.goal, Unit.MONEY)}"], className="to-go"),
    ], className="aim-box")


def _branches(single: list[Aims]) -> Table:
    columns = (Column("Branch"), Column("Month", Unit.MONEY, "where the running month lands"), Column("Target", Unit.MONEY), Column("Likely"), Column("Quarter"), Column("Year"))
    return Table(columns, tuple((each.name, each.landings[0].spread.mean, each.landings[0].goal, *(_brief(chance(landing.probability)) for landing in each.landings)) for each in single))


def _table(every: list[Aims]) -> Table:
    columns = (Column("Who"), Column("Period"), Column("Came in so far", Unit.MONEY), Column("Lands at", Unit.MONEY), Column("80% from", Unit.MONEY), Column("to", Unit.MONEY), Column("Target", Unit.MONEY), Column("Probability", Unit.PERCENT))
    return Table(columns, tuple(
        (aims.name, landing.period.words, landing.so_far, landing.spread.mean, *landing.spread.band(80), landing.goal, landing.probability) for aims in every for landing in aims.landings))


def says(aims: Aims) -> str:
    """Return the answer in a sentence: the month first, then what is least and most likely of the rest."""
    month = aims.landings[0]
    lands = f"The month lands at {write(month.spread.mean, Unit.MONEY)}"
    if month.goal is None or month.gap is None:
        return f"{lands}. No target is set for it."
    told = f"{lands}, {write(abs(month.gap), Unit.MONEY)} {'above' if month.gap >= 0 else 'short of'} its target: {chance(month.probability)} likely to reach it."
    year = aims.landings[-1]
    return told if year.gap is None else f"{told} The year is {write(abs(year.gap), Unit.MONEY)} {'above' if year.gap >= 0 else 'short'} ({chance(year.probability)})."
