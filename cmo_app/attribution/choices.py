"""What a reader of attribution chooses: conversion, level, lookback, half-life, the chain's memory, and one channel and model to look at."""

from dataclasses import dataclass

from dash import dcc, html
from dash.development.base_component import Component

from cmo_app.shell.parts import chosen_of, segments
from cmo_app.visit import Visit
from shared.metrics.attribution_answer import Found, ModelCredit
from shared.metrics.attribution_question import CONVERSIONS, HALF_LIVES, LEVELS, LOOKBACKS, AttributionQuestion

NAMES = ("conversion", "level", "lookback", "half_life", "order", "model", "measure", "key")
_LOOKBACKS = {"all" if days is None else str(days): "all days" if days is None else f"{days} days" for days in LOOKBACKS}
_HALF_LIVES = {str(days): f"{days} day{'' if days == 1 else 's'}" for days in HALF_LIVES}
_ORDERS = {"1": "one touch", "2": "two touches", "3": "three touches"}
_SHORT = {"last_paid_touch": "Last paid", "first_touch": "First", "last_touch": "Last", "position_based": "Position", "time_decay": "Decay"}
_DEFAULTS = {"conversion": "net_sale", "level": "channel", "lookback": "90", "half_life": "7", "order": "1", "model": "linear"}


@dataclass(frozen=True)
class Asked:
    """The question, and what of the answer is looked at."""

    question: AttributionQuestion
    model: str
    key: str
    """Empty: none chosen."""

    @property
    def conversions(self) -> str:
        """What is credited, in words, such as 'net sales'."""
        return CONVERSIONS[self.question.conversion].lower()

    @property
    def level(self) -> str:
        """What gets credit, in words, such as 'channel'."""
        return LEVELS[self.question.level].lower()

    @property
    def lookback(self) -> str:
        """The lookback in words, such as 'within 90 days'."""
        return "at any time before" if self.question.lookback is None else f"within {self.question.lookback} days before"

    def chosen_model(self, found: Found) -> ModelCredit:
        """The model that the reader looks at; linear where the address names none that there is."""
        return next((each for each in found.models if each.name == self.model), found.model("linear"))


def asked_of(visit: Visit) -> Asked:
    """Return what the address asks for; what it names wrongly is left at its default."""
    one = {name: chosen_of(visit, name, options, _DEFAULTS[name]) for name, options in (
        ("conversion", CONVERSIONS), ("level", LEVELS), ("lookback", _LOOKBACKS), ("half_life", _HALF_LIVES), ("order", _ORDERS))}
    question = AttributionQuestion(visit.period, one["conversion"], None if one["lookback"] == "all" else int(one["lookback"]), float(one["half_life"]), one["level"], int(one["order"]), visit.branch_set)  # type: ignore[arg-type]
    return Asked(question, visit.chosen.choice("model", _DEFAULTS["model"]), visit.chosen.choice("key"))


def short(model: ModelCredit) -> str:
    """A model's label where there is little room."""
    return _SHORT.get(model.name, model.label)


def bar(visit: Visit) -> Component:
    """Return the bar of choices."""
    return html.Div([
        segments(visit, "level", LEVELS, chosen_of(visit, "level", LEVELS, "channel"), "channel", "Credit goes to a"),
        _list(visit, "conversion", CONVERSIONS, "Conversion"), _slider(visit, "lookback", _LOOKBACKS, "Lookback"), _slider(visit, "half_life", _HALF_LIVES, "Decay half-life"),
        _list(visit, "order", _ORDERS, "Markov remembers"),
    ], className="bar-of-choices fields no-print")


def _list(visit: Visit, name: str, options: dict[str, str], label: str) -> Component:
    chosen = chosen_of(visit, name, options, _DEFAULTS[name])
    items = [html.Option(text, value=option, **({"selected": "selected"} if option == chosen else {})) for option, text in options.items()]
    return html.Label([html.Span(label), html.Select(items, **{"data-choice": name, "data-default": _DEFAULTS[name]})], className="field")


def _slider(visit: Visit, name: str, options: dict[str, str], label: str) -> Component:
    """A slider over a few named values."""
    keys, chosen = list(options), chosen_of(visit, name, options, _DEFAULTS[name])
    slider = dcc.Input(type="range", min=0, max=len(keys) - 1, step=1, value=keys.index(chosen))
    return html.Label([html.Span([label, html.Output(options[chosen], **{"data-of": name})], className="line"), slider], className="field",
                      **{"data-choice": name, "data-default": _DEFAULTS[name], "data-values": "|".join(options), "data-words": "|".join(options.values())})
