"""What attribution says in sentences, with the arithmetic."""

from cmo_app.attribution.choices import Asked
from shared.metrics.attribution_answer import Decision, DecisionSide, Found, ModelCredit
from shared.metrics.format import write, write_exact
from shared.metrics.metric import Unit


def lower(label: str) -> str:
    """A model's label within a sentence: names of people keep their capital."""
    return label if label.startswith(("Markov", "Shapley")) else label.lower()


def money(cents: float) -> str:
    """Cents as dollars, as headlines write them."""
    return write(cents / 100, Unit.MONEY)


def exactly(found: Found, amount: int) -> str:
    """An amount to the last cent, or conversions to the last hundredth; ``amount`` in cents or hundredths."""
    return write_exact(amount / 100, Unit.MONEY) if found.cents else f"{amount / 100:,.2f}"


def decision(found: Found, each: Decision) -> str:
    """Return what hangs on the model, with the numbers of one model of each side."""
    keep, cut = each.first, each.second
    if each.kind == "keep_or_cut":
        return (f"{found.keys[keep.key].label} costs {money(found.keys[keep.key].spend)}. {_names(found, keep)} {_say(keep)} it pays: {_contribution(found, keep)}. "
                f"{_names(found, cut)} {_say(cut)} it does not: {_contribution(found, cut)}.")
    one, other, what = found.keys[keep.key].label, found.keys[cut.key].label, " of sales" if found.cents else f" per {write(1000.0, Unit.MONEY)}"
    return (f"{_names(found, keep)} {_say(keep)} {one} brings most for a dollar: {_return(found, keep, keep.key)}{what} against {_return(found, keep, cut.key)} for {other}. "
            f"{_names(found, cut)} {_say(cut)} {other} does: {_return(found, cut, cut.key)}{what} against {_return(found, cut, keep.key)} for {one}.")


def _say(side: DecisionSide) -> str:
    return "says" if len(side.models) == 1 else "say"


def _names(found: Found, side: DecisionSide) -> str:
    labels = [found.model(name).label for name in side.models]
    labels = [labels[0], *(lower(label) for label in labels[1:])]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def _contribution(found: Found, side: DecisionSide) -> str:
    model = found.model(side.models[0])
    credited, romi = model.cents[side.key], found.romi(model, side.key)
    return f"{money(credited)} credited x {found.margin:.0%} = {money(credited * found.margin)}, ROMI {write(romi if romi is not None else float('nan'), Unit.PERCENT)}"


def _return(found: Found, side: DecisionSide, key: int) -> str:
    model, spend = found.model(side.models[0]), found.keys[key].spend
    if found.cents:
        return write(model.cents[key] / spend, Unit.MONEY)
    return f"{model.hundredths[key] * 1000 / spend:,.2f}"


def credit(found: Found, asked: Asked, model: ModelCredit) -> str:
    """Return who gets most, by the chosen model, and where models differ most."""
    keyed = range(len(found.keys) - 1)
    if not keyed or not any(found.amounts(model)[place] for place in keyed):
        return f"Nothing touched these {asked.conversions} {asked.lookback}, so nobody gets credit."
    first = max(keyed, key=lambda place: found.amounts(model)[place])
    widest = max(keyed, key=lambda place: found.spread(place) or 0.0)
    shares = sorted((found.share(each, widest) or 0.0, lower(each.label)) for each in found.models)
    what = "net sales $" if asked.question.conversion == "net_sale" else "gross sales $" if found.cents else asked.conversions
    differ = f" Models differ most on {found.keys[widest].label}: {shares[0][0]:.1%} by {shares[0][1]}, {shares[-1][0]:.1%} by {shares[-1][1]}." if shares[-1][0] - shares[0][0] >= 0.0005 else " All models agree."
    return f"{found.keys[first].label} gets {found.share(model, first) or 0.0:.1%} of {what} by the {lower(model.label)} model.{differ}"


def cost(found: Found, asked: Asked) -> str:
    """Return how a cost per conversion comes about."""
    return f"The cost of the period divided by the {asked.conversions} that a model credits; {money(found.spend)} in all. What costs nothing costs {write(0.0, Unit.MONEY)}."


def romi(found: Found) -> str:
    """Return how ROMI comes about."""
    return f"(Credited sales $ x {found.margin:.0%} contribution margin - cost) / cost; {money(found.spend)} of cost in all. What costs nothing has no ROMI."


def ties(found: Found, asked: Asked) -> str:
    """Return that every model adds up, and to what."""
    total = found.cents or found.conversions * 100
    same = round(found.catalogue * 100) == total
    name = asked.conversions.capitalize() + (" $" if found.cents else "")
    if not same:
        return f"Every column adds up to {exactly(found, total)}, but {name} of the catalogue is {exactly(found, round(found.catalogue * 100))}: please tell whoever looks after this platform."
    bare = f" Nothing touched {found.unattributed:,} of {found.conversions:,} {asked.lookback}: they stand in the row Unattributed." if found.unattributed else ""
    return f"Every column adds up to {exactly(found, total)}, which is {name} of the period, {'to the cent' if found.cents else 'to the last one'}.{bare}"
