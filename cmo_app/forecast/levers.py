"""The levers of a scenario as they stand in the address, and the fields that set them."""

import math
from dataclasses import dataclass

from dash import dcc, html
from dash.development.base_component import Component

from cmo_app.visit import Visit
from shared.analysis.scenario import Funnel, Levers

EDGE = 50
"""Per cent by which a lever can be moved either way."""


@dataclass(frozen=True)
class Lever:
    """One lever."""

    name: str
    """In the address."""
    field: str
    """Of ``Levers``."""
    label: str
    of_funnel: str = ""
    """The rate of ``Funnel`` that it moves; empty: none."""


LEVERS = (
    Lever("spend", "spend", "Marketing spend"), Lever("set", "set_rate", "Appointments per lead", "set_rate"), Lever("issue", "issue_rate", "Issue rate", "issue_rate"), Lever("sit", "sit_rate", "Sit rate", "sit_rate"),
    Lever("close", "close_rate", "Net close rate", "close_rate"), Lever("sale", "average_sale", "Net average sale", "average_sale"), Lever("crews", "crews", "Crew capacity"),
)
CHOICES = tuple(lever.name for lever in LEVERS)


def change_of(visit: Visit, lever: Lever) -> int:
    """Per cent more (negative: less); 0 where the address says nothing that can be."""
    text = visit.chosen.choice(lever.name)
    try:
        value = round(float(text or 0))
    except (ValueError, OverflowError):
        return 0
    return value if -EDGE <= value <= EDGE else 0


def levers_of(visit: Visit) -> Levers:
    """The levers that the address sets."""
    return Levers(**{lever.field: 1 + change_of(visit, lever) / 100 for lever in LEVERS})


def fields(visit: Visit, funnel: Funnel) -> Component:
    """Return a slider and a field per lever, which move together."""
    return html.Div([_field(lever, change_of(visit, lever), getattr(funnel, lever.of_funnel) if lever.of_funnel else math.nan) for lever in LEVERS], className="levers no-print")


def _field(lever: Lever, change: int, today: float) -> Component:
    slider, number = dcc.Input(type="range", min=-EDGE, max=EDGE, step=5, value=change), dcc.Input(type="number", min=-EDGE, max=EDGE, step="any", value=change)
    holder = {"data-choice": lever.name, "data-default": "0"}
    return html.Div([
        html.Label([html.Span([lever.label, html.Small(_now(lever, change, today))], className="line"), slider], className="slide", **holder),
        html.Label([html.Span(f"{lever.label}, per cent more or less", className="said"), number, html.Span("%", **{"aria-hidden": "true"})], className="exact", **holder),
    ], className=f"field lever{' is-moved' if change else ''}")


def _now(lever: Lever, change: int, today: float) -> str:
    """What the rate is, and what it becomes."""
    if math.isnan(today):
        return f"{change:+d}%" if change else "as today"
    after = today * (1 + change / 100)
    if lever.field == "average_sale":
        return f"${today:,.0f} → ${after:,.0f}" if change else f"${today:,.0f}"
    if lever.field == "set_rate":  # not a share: a lead may be set twice
        return f"{today:.2f} → {after:.2f}" if change else f"{today:.2f}"
    return f"{today:.0%} → {min(after, max(1.0, today)):.0%}" if change else f"{today:.0%}"
