"""The matrix of models: a row per channel, a column per model, and what every column adds up to."""

from collections.abc import Callable
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from cmo_app.attribution import words
from cmo_app.attribution.choices import Asked, short
from cmo_app.page import Card
from cmo_app.shell.parts import chosen_of, segments
from cmo_app.visit import Visit
from shared.metrics.attribution_answer import Found, ModelCredit
from shared.metrics.format import MISSING, write
from shared.metrics.metric import Unit
from shared.reports.document import Amount, Block, Cell, Column, Table

KEY, TITLE = "models", "Every model side by side"
_WIDE = 0.02
"""A row whose shares lie farther apart is marked."""


@dataclass(frozen=True)
class Measure:
    """What stands in the cells."""

    label: str
    unit: Unit
    value: Callable[[Found, ModelCredit, int], float | None]
    """Of one model and place; None: missing."""
    adds_up: bool = True


_DOLLARS: dict[str, Measure] = {
    "share": Measure("Share", Unit.PERCENT, Found.share),
    "amount": Measure("Dollars", Unit.MONEY, lambda found, model, place: found.amounts(model)[place]),
    "cost": Measure("Cost per sale", Unit.MONEY, Found.cost_per_conversion, adds_up=False),
    "romi": Measure("ROMI", Unit.PERCENT, Found.romi, adds_up=False),
}
_COUNTS: dict[str, Measure] = {
    "share": _DOLLARS["share"], "amount": Measure("Number", Unit.NUMBER, _DOLLARS["amount"].value), "cost": Measure("Cost of one", Unit.MONEY, Found.cost_per_conversion, adds_up=False),
}


def card(found: Found, asked: Asked, visit: Visit) -> Card:
    """Return the card."""
    measures = _DOLLARS if found.cents else _COUNTS
    options = {name: each.label for name, each in measures.items()}
    chosen = chosen_of(visit, "measure", options, "share")
    note = ". ".join(f"{each.label}: {each.meaning[0].lower()}{each.meaning[1:].rstrip('.')}" for each in found.models) + "."
    return Card(Block(KEY, TITLE, _says(found, asked, chosen), table=_numbers(found, measures[chosen]), note=note), body=_matrix(found, asked, measures[chosen], visit), controls=segments(visit, "measure", options, chosen, "share", "Show"))


def _says(found: Found, asked: Asked, chosen: str) -> str:
    return {"cost": words.cost(found, asked), "romi": words.romi(found)}.get(chosen, words.ties(found, asked))


def _numbers(found: Found, measure: Measure) -> Table:
    """What the matrix shows; below shares and amounts what each model hands out in all, which is equal in every column."""
    total = Amount((found.cents or found.conversions * 100) / 100, Unit.MONEY if found.cents else Unit.NUMBER)
    rows: list[tuple[Cell, ...]] = [(each.label, _apart(found, place, measure), *(measure.value(found, model, place) for model in found.models)) for place, each in enumerate(found.keys)]
    totals: tuple[Cell, ...] = ("All", None, *(total for _ in found.models)) if measure.adds_up else ()
    apart = Column("Apart", Unit.POINTS if measure.unit is Unit.PERCENT else measure.unit, "How far the models are apart: the greatest less the smallest of a row; of shares in points.")
    return Table((Column("Name"), apart, *(Column(model.label, measure.unit, model.meaning) for model in found.models)), tuple(rows), totals)


def _apart(found: Found, place: int, measure: Measure) -> float | None:
    known = [value for model in found.models if (value := measure.value(found, model, place)) is not None]
    return (max(known) - min(known)) * (100 if measure.unit is Unit.PERCENT else 1) if known else None


def _matrix(found: Found, asked: Asked, measure: Measure, visit: Visit) -> Component:
    apart = html.Th("Apart", className="n", title="How far the models are apart: the greatest less the smallest of a row", scope="col")
    head = html.Tr([html.Th(asked.level.capitalize(), scope="col"), apart, *(html.Th(short(model), className="n", title=f"{model.label}. {model.meaning}", scope="col") for model in found.models)])
    places = [place for place, each in enumerate(found.keys) if each.key is not None or found.unattributed or len(found.keys) == 1]
    most = max((abs(value) for model in found.models for place in places if (value := measure.value(found, model, place)) is not None), default=0.0) or 1.0
    sums = [sum(model.cents if found.cents else model.hundredths) for model in found.models]
    foot = html.Tfoot(html.Tr([html.Td("All"), html.Td(), *(html.Td(words.exactly(found, each), className="n") for each in sums)])) if measure.adds_up else None
    return html.Div(html.Table([html.Thead(head), html.Tbody([_row(found, place, measure, most, visit) for place in places]), foot], className="tb"), className="scroll matrix", tabIndex=0)


def _row(found: Found, place: int, measure: Measure, most: float, visit: Visit) -> Component:
    one, gap = found.keys[place], _apart(found, place, measure)
    name: Component = html.Span(one.label) if one.key is None else html.A(one.label, href=visit.chosen.choosing(key=one.key or "-"), title=f"What {one.label} costs, and what comes back", **{"data-nav": ""})
    formerly = html.Small(f"formerly {', '.join(one.formerly)}") if one.formerly else None
    said = "" if gap is None else f"{gap:.1f} pt" if measure.unit is Unit.PERCENT else write(gap, measure.unit)
    is_wide = gap is not None and (found.spread(place) or 0.0) >= _WIDE
    return html.Tr([html.Td([name, formerly], className="name"), html.Td(said, className="n wide" if is_wide else "n"), *(_cell(found, model, place, measure, most) for model in found.models)])


def _cell(found: Found, model: ModelCredit, place: int, measure: Measure, most: float) -> html.Td:
    value = measure.value(found, model, place)
    credited = words.exactly(found, (model.cents if found.cents else model.hundredths)[place])
    bar = html.Span(html.I(style={"width": f"{min(1.0, abs(value or 0.0) / most):.0%}"}, className="bad" if (value or 0.0) < 0 else ""), className="gauge")
    return html.Td([html.Span(MISSING if value is None else write(value, measure.unit)), bar], className="n", title=f"{model.label}: {credited} credited")
