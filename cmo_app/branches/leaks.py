"""What would each branch gain at the best branch's rates?  The leak map: one lever at a time, in dollars."""

import math

from dash import html

from cmo_app.page import Card
from cmo_app.shell.parts import empty
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.analysis.gaps import Gain, gains
from shared.charts.bars import ranked
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.metrics.question import Question
from shared.reports.document import Block, Column, Table

KEY, TITLE = "leaks", "What would each branch gain at the best branch's rates?"
CHAIN = ("leads", "set_leads", "issued_leads", "demo_leads", "net_sold_leads", "lead_net_amount")
STEPS = ("Set rate", "Issue rate", "Sit rate", "Close rate", "Average sale")
_DOES = ("set leads", "issued appointments", "sat leads", "closed demos", "sold as large")
"""What a branch would do as the best one does, per step."""


def card(visit: Visit, sources: Sources) -> Card:
    """Return the card for the leads of the chosen period."""
    answer = sources.ask(Question(CHAIN, visit.period, split=("branch",)), visit.scope)
    chains = {str(row["branch_label"]): tuple(float(row[name]) for name in CHAIN) for row in answer.frame.to_dict("records")}
    found = gains(chains)
    worth = [each for each in found if not math.isnan(each.amount) and each.amount > 0]
    if len(chains) < 2 or not worth:
        return Card(Block(KEY, TITLE), body=empty("Two branches with at least 30 leads that reached a stage are needed to compare.", symbol="branch"))
    by_unit = {unit: [each for each in found if each.unit == unit] for unit in chains}
    top = sorted(worth, key=lambda each: -each.amount)[:6]
    rows = tuple((each.unit, STEPS[each.step], each.own, each.best, each.best_unit, each.amount) for each in found if each.step < len(STEPS) - 1)
    sizes = tuple((each.unit, STEPS[each.step], None, None, each.best_unit, each.amount) for each in found if each.step == len(STEPS) - 1)
    table = Table((Column("Branch"), Column("Lever"), Column("Own rate", Unit.PERCENT), Column("Best rate", Unit.PERCENT), Column("Best branch"), Column("Gain", Unit.MONEY)), (*rows, *sizes))
    figure = ranked([f"{each.unit}, {STEPS[each.step].lower()}" for each in top], [each.amount for each in top], Unit.MONEY)
    return Card(Block(KEY, TITLE, says(top[0]), figure, table, f"Leads of {visit.period.words} and the net sales they have brought by now. One lever at a time, everything else as it was: net sales $ x (best rate / own rate - 1). "
                      "Gains of several levers multiply, they do not add up. A rate counts as the best where at least 30 cases stand behind it."), body=_matrix(by_unit))


def says(best: Gain) -> str:
    """Return the largest lever in words, with its arithmetic."""
    rate = (lambda value: write(value, Unit.MONEY)) if best.step == len(STEPS) - 1 else (lambda value: f"{value:.0%}")
    return f"If {best.unit} {_DOES[best.step]} like {best.best_unit} ({STEPS[best.step].lower()} {rate(best.best)} instead of {rate(best.own)}), these leads would have brought {write(best.amount, Unit.MONEY)} more."


def _matrix(by_unit: dict[str, list[Gain]]) -> html.Div:
    most = max((each.amount for line in by_unit.values() for each in line if not math.isnan(each.amount)), default=0.0)
    head = html.Tr([html.Th("Branch", scope="col"), *(html.Th(step, className="n", scope="col") for step in STEPS)])
    rows = [html.Tr([html.Td(unit, className="name"), *(_cell(each, most) for each in line)]) for unit, line in by_unit.items()]
    return html.Div(html.Table([html.Thead(head), html.Tbody(rows)], className="tb leaks"), className="scroll", tabIndex=0)


def _cell(gain: Gain, most: float) -> html.Td:
    if math.isnan(gain.amount):
        return html.Td("—", className="n", title="Too few cases to say")
    if gain.unit == gain.best_unit or gain.amount == 0:
        return html.Td("best" if gain.unit == gain.best_unit else "as the best", className="n is-best")
    share = gain.amount / most if most else 0.0
    return html.Td(html.Span(f"+{write(gain.amount, Unit.MONEY)}", style={"--w": f"{share * 100:.0f}%"}, className="leak"), className="n", title=says(gain))
