"""Who gets the credit?  How far the models differ, as a figure."""

from cmo_app.attribution import words
from cmo_app.attribution.choices import Asked, short
from cmo_app.page import Card
from cmo_app.shell.parts import empty, key, keys, segments
from cmo_app.visit import Visit
from shared.charts.attribution import spread
from shared.metrics.attribution_answer import Found
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table

KEY, TITLE = "credit", "Who gets the credit?"
_SHOWN = 10
"""Keys in the figure."""


def card(found: Found, asked: Asked, visit: Visit) -> Card:
    """Return the card."""
    if not any(any(found.amounts(model)) for model in found.models):
        return Card(Block(KEY, TITLE), body=empty(f"There are no {asked.conversions} in these days and branches yet."))
    model = asked.chosen_model(found)
    places = sorted(range(len(found.keys)), key=lambda place: -found.amounts(model)[place])[:_SHOWN]
    places = [place for place in places if any(found.amounts(each)[place] for each in found.models)]
    figure = spread([found.keys[place].label for place in places], [each.label for each in found.models], [[found.share(each, place) for place in places] for each in found.models], found.models.index(model))
    left = len(found.keys) - len(places)
    note = f"The {len(places)} with most credit by the chosen model; {left} more stand below." if left > 1 else ""
    options = {each.name: short(each) for each in found.models}
    return Card(Block(KEY, TITLE, words.credit(found, asked, model), figure, _shares(found), note), keys=keys(key(model.label, "c1", "dot"), key("The other models", "fg-3", "dot"), key("From the least to the most", "c1", "band")),
                controls=segments(visit, "model", options, model.name, "linear", "Model"))


def _shares(found: Found) -> Table:
    columns = (Column("Name"), *(Column(model.label, Unit.PERCENT, model.meaning) for model in found.models), Column("Spread", Unit.PERCENT, "The greatest less the smallest share of all models."))
    return Table(columns, tuple((each.label, *(found.share(model, place) for model in found.models), found.spread(place)) for place, each in enumerate(found.keys)))
