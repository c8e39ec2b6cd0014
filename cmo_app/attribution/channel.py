"""The card of one channel: what it costs and what comes back, by each model."""

from cmo_app.attribution import words
from cmo_app.attribution.choices import Asked
from cmo_app.page import Card
from cmo_app.shell.parts import empty, key, keys
from shared.charts.attribution import intervals
from shared.metrics.attribution_answer import Found
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table

KEY = "channel"


def place_of(found: Found, chosen: str) -> int | None:
    """The place of the key that the address names, else of the costliest; None: there is none."""
    named = [place for place, each in enumerate(found.keys) if each.key is not None and (each.key or "-") == chosen]
    keyed = [place for place, each in enumerate(found.keys) if each.key is not None]
    return named[0] if named else max(keyed, key=lambda place: found.keys[place].spend, default=None)


def card(found: Found, asked: Asked) -> Card:
    """Return the card of the chosen channel, source or campaign."""
    place = place_of(found, asked.key)
    if place is None:
        return Card(Block(KEY, f"What does one {asked.level} cost?"), body=empty(f"No {asked.level} has credit or cost in these days and branches."))
    one, title = found.keys[place], f"What does {found.keys[place].label} cost, and what comes back?"
    unit = Unit.MONEY if found.cents else Unit.NUMBER
    columns = (Column("Model"), Column("Credited $" if found.cents else "Credited", unit), Column("Conversions", Unit.NUMBER, "Credited conversions; parts add up."), Column("Share", Unit.PERCENT), Column("From", Unit.PERCENT, "Lower end of the 95% interval."),
               Column("To", Unit.PERCENT, "Upper end."), Column("Cost per conversion", Unit.MONEY, "Cost divided by credited conversions: CAC where conversions are net sales."), Column("ROMI", Unit.PERCENT))
    rows = tuple((model.label, found.amounts(model)[place], model.hundredths[place] / 100, found.share(model, place), model.low[place], model.high[place], found.cost_per_conversion(model, place), found.romi(model, place)) for model in found.models)
    figure = intervals([model.label for model in found.models], [found.share(model, place) for model in found.models], [model.low[place] for model in found.models], [model.high[place] for model in found.models], Unit.PERCENT)
    note = "Share of all credit, with the range in which it lies in 95 of 100 resampled companies. Open another by its name in the table above."
    if one.formerly:
        note += f" Formerly {', '.join(one.formerly)}."
    return Card(Block(KEY, title, _says(found, place, asked), figure, Table(columns, rows), note), keys=keys(key("Share", "c1", "dot"), key("95% interval", "c1", "band")))


def _says(found: Found, place: int, asked: Asked) -> str:
    one = found.keys[place]
    costs = [(value, words.lower(model.label)) for model in found.models if (value := found.cost_per_conversion(model, place)) is not None]
    thing = {"net_sale": "net sale", "gross_sale": "gross sale", "issued": "issued appointment", "demo": "demo"}[asked.question.conversion]
    if not one.spend:
        return f"{one.label} has no cost of its own in these days: every credited {thing} costs $0, and there is no ROMI." if costs else f"{one.label} has neither cost nor credit in these days."
    if not costs:
        return f"{write(one.spend / 100, Unit.MONEY)} spent in these days, and no {thing} credited by any model."
    low, high = min(costs), max(costs)
    spent = f"{write(one.spend / 100, Unit.MONEY)} spent. A {thing} costs {write(low[0], Unit.MONEY)} by {low[1]} and {write(high[0], Unit.MONEY)} by {high[1]}" if high[0] - low[0] >= 1 else f"{write(one.spend / 100, Unit.MONEY)} spent. A {thing} costs {write(low[0], Unit.MONEY)} by every model"
    returns = [value for model in found.models if (value := found.romi(model, place)) is not None]
    return f"{spent}; ROMI {write(min(returns), Unit.PERCENT)} to {write(max(returns), Unit.PERCENT)}." if returns else f"{spent}."
