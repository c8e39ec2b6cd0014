"""Who and where: the open items of one stage, by branch on the map and by representative in the table's place."""

from collections.abc import Mapping
from dataclasses import dataclass

from dash import html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty
from bi_app.shell.topbar import STAGE_LABELS
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.reports.document import Block, Column, Table

_SHOWN = 10


@dataclass(frozen=True)
class Held:
    """What one representative has open in a stage; ``amount`` is zero for appointments, which have no dollars yet."""

    name: str
    branch: str
    count: float
    amount: float


def held(visit: Visit, sources: Sources) -> list[Held]:
    """Return the open items of the chosen stage by representative, the largest first."""
    question = Question(("open_items", "open_amount"), Period(visit.today, visit.today), split=("rep", "branch"), where=(("stage", (visit.filters.stage,)),), branches=visit.filters.branch_set)
    frame = sources.ask(question, visit.scope).frame
    found = [Held(str(row["rep_label"]), str(row["branch_label"]), float(row["open_items"]), float(row["open_amount"])) for _, row in frame.iterrows() if row["open_items"] > 0]
    return sorted(found, key=lambda each: (-each.amount, -each.count, each.name))


def open_by_branch(visit: Visit, sources: Sources) -> Mapping[int, str]:
    """Return what each branch has open in the chosen stage, as it stands on the map: dollars, or a count where a stage has none."""
    question = Question(("open_items", "open_amount"), Period(visit.today, visit.today), split=("branch",), where=(("stage", (visit.filters.stage,)),))
    frame = sources.ask(question, visit.scope).frame
    return {int(row["branch"]): write(row["open_amount"], Unit.MONEY) if row["open_amount"] else f"{row['open_items']:,.0f} open" for _, row in frame.iterrows()}


def stage_card(visit: Visit, sources: Sources) -> html.Section:
    """Return the card that stands in the leaderboard's place while a stage is chosen."""
    label = STAGE_LABELS[visit.filters.stage]
    title, sub = f"{label}: who holds them", "Open as of now, the largest first"
    found = held(visit, sources)
    if not found:
        return card(7, title, empty("Nothing is open in this stage for the chosen branches."), sub=sub)
    has_money = any(each.amount for each in found)
    most = max(each.amount if has_money else each.count for each in found)
    head = html.Tr([html.Th("Representative"), html.Th("", className="x-s"), html.Th("Open", className="n"), html.Th("Gross", className="n") if has_money else None])
    rows = [html.Tr([
        html.Td(html.Div([html.Span("".join(word[0] for word in each.name.split()[:2]).upper(), className="ava"), html.Div([each.name, html.Small(each.branch)])], className="who")),
        html.Td(html.Div(html.Div(html.I(style={"width": f"{(each.amount if has_money else each.count) / most:.0%}"}), className="bar"), className="nsli"), className="x-s wide"),
        html.Td(f"{each.count:,.0f}", className="n"), html.Td(write(each.amount, Unit.MONEY), className="n strong") if has_money else None,
    ]) for each in found[:_SHOWN]]
    rest = found[_SHOWN:]
    more = html.P(f"and {len(rest)} more with {sum(each.count for each in rest):,.0f} open", className="note more") if rest else None
    section = card(7, title, html.Table([html.Thead(head), html.Tbody(rows)], className="tb"), more, sub=sub, name="stage")
    table = Table((Column("Representative"), Column("Branch"), Column("Open", Unit.COUNT), Column("Gross", Unit.MONEY)), tuple((each.name, each.branch, each.count, each.amount if has_money else None) for each in found))
    return with_files(section, Block("stage", title, "", None, table, f"{sub}."))
