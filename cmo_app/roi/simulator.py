"""What if the budget moved?  A slider per source, and what the moves would bring in words."""

import math
from collections.abc import Mapping

from dash import dcc, html
from dash.development.base_component import Component

from cmo_app.page import Card
from cmo_app.roi import moves as moved
from cmo_app.roi.facts import Facts
from cmo_app.roi.next_dollar import untold_words
from cmo_app.shell.parts import empty
from cmo_app.visit import Visit
from shared.analysis.budget import Budget, Line, Outcome, Range
from shared.marketing.learnt import NONE_YET
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table

KEY, TITLE = "simulator", "What if the budget moved?"
_NOTE = ("Dollars a month, on top of a usual month of the last year. Net sales are those that the leads bring in the end. Beyond half of its money more or less, a source's curve is a guess, so sliders end there. "
         "The best use moves each source by at most 30% and keeps the total.")


def card(facts: Facts) -> Card:
    """Return the card."""
    if facts.responses.last is None:
        return Card(Block(KEY, TITLE), 7, body=empty(NONE_YET, title="Not learnt yet"))
    budget = facts.budget
    if not budget.told:
        return Card(Block(KEY, TITLE), 7, body=empty(untold_words(facts) or "No money is spent on any source of these branches.", title="It cannot be told from these data"))
    chosen = moved.read(facts.visit.chosen.choice(moved.NAME), budget)
    outcome = budget.outcome(moved.factors(chosen, budget))
    body = html.Div([_presets(facts.visit, budget, chosen), html.Div([_slider(each.line, chosen.get(each.line.key, 0.0)) for each in budget.next_dollar()], className="sliders")], className="simulator")
    return Card(Block(KEY, TITLE, says(chosen, budget, outcome), table=_table(chosen, budget), note=_NOTE), 7, body=body)


def says(chosen: Mapping[str, float], budget: Budget, outcome: Outcome) -> str:
    """Return what the moves would bring."""
    if not chosen:
        spend = sum(line.spend for line in budget.told)
        return f"{write(spend, Unit.MONEY)} a month can be moved. Move a slider, or begin with one of these."
    gain = f"{_signed(outcome.net.middle)} net sales a month in the end, {_between(outcome.net)}"
    cost = "" if abs(outcome.spend) < 1 else f" for {'+' if outcome.spend > 0 else ''}{write(outcome.spend, Unit.MONEY)} of spend"
    kept = f" After what they cost to deliver{' and the spend' if cost else ''}, {_signed(outcome.contribution.middle)} a month is left"
    return f"{moved.words(chosen, budget)}: {gain}{cost}.{kept} ({_chance(outcome.chance)})."


def _between(found: Range) -> str:
    return f"80% between {_signed(found.low)} and {_signed(found.high)}"


def _signed(value: float) -> str:
    """An estimate in two figures: more would promise what nobody knows."""
    digits = 1 - math.floor(math.log10(abs(value))) if value else 0
    rough = round(value, min(digits, 0))
    return f"+{write(rough, Unit.MONEY)}" if rough > 0 else write(rough, Unit.MONEY)


def _chance(share: float) -> str:
    if share >= 0.995:
        return "a gain in nearly every case"
    return "a gain in hardly any case" if share <= 0.005 else f"a gain in {share * 100:.0f} of 100 cases"


def _presets(visit: Visit, budget: Budget, chosen: Mapping[str, float]) -> Component:
    example, best = moved.example(budget), moved.best(budget)
    found = [(moved.words(example, budget), example)] * bool(example) + [("Best use of the same money", best)] * bool(best)
    links = [html.A(text, href=visit.chosen.choosing(**{moved.NAME: moved.write_moves(moves)}), className="button", **{"data-nav": "", **({"aria-current": "true"} if moves == chosen else {})}) for text, moves in found]
    if chosen:
        links.append(html.A("As it is", href=visit.chosen.choosing(**{moved.NAME: None}), className="button", **{"data-nav": ""}))
    return html.Div(links, className="presets no-print")


def _slider(line: Line, amount: float) -> Component:
    farthest = moved.reach(line)
    step = max(1, 10 ** (len(str(farthest)) - 2))
    edge, value = farthest // step * step, round(amount)
    slider, field = dcc.Input(type="range", min=-edge, max=edge, step=step, value=value), dcc.Input(type="number", min=-farthest, max=farthest, step="any", value=value)
    head = html.Div([html.Span(line.name), html.Span(write(line.spend + amount, Unit.MONEY), className="now", title=f"{write(line.spend, Unit.MONEY)} in a usual month of the last year")], className="line")
    return html.Div([
        html.Label([head, slider], className="slide"), html.Label([html.Span(f"{line.name}, dollars a month more or less", className="said"), field]),
    ], className=f"field{' is-moved' if amount else ''}", **{"data-choice": moved.NAME, "data-part": line.key, "data-default": "0"})


def _table(chosen: Mapping[str, float], budget: Budget) -> Table:
    columns = (Column("Source"), Column("Spend a month", Unit.MONEY), Column("Change", Unit.MONEY), Column("Leads a month", Unit.COUNT), Column("Leads more", Unit.NUMBER), Column("Net sales $ more", Unit.MONEY), Column("80% from", Unit.MONEY), Column("to", Unit.MONEY))
    rows = []
    for line in budget.told:
        alone = budget.outcome(moved.factors({key: amount for key, amount in chosen.items() if key == line.key}, budget))
        rows.append((line.name, line.spend, chosen.get(line.key, 0.0), line.leads, alone.leads.middle, alone.net.middle, alone.net.low, alone.net.high))
    outcome = budget.outcome(moved.factors(chosen, budget))
    return Table(columns, tuple(rows), ("All", sum(line.spend for line in budget.told), outcome.spend, sum(line.leads for line in budget.told), outcome.leads.middle, outcome.net.middle, outcome.net.low, outcome.net.high))
