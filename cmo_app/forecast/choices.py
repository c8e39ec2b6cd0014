"""What a reader of the forecast chooses: the kind of revenue, the grain, and the levers of a scenario."""

from typing import cast

from dash import html
from dash.development.base_component import Component

from cmo_app.shell.parts import chosen_of, segments
from cmo_app.visit import Visit
from shared.forecast.outlook import Grain

BASES = {"booked": "Booked", "installed": "Installed"}
GRAINS = {"day": "Days", "week": "Weeks", "month": "Months"}
MEANINGS = {"booked": "Booked revenue: net sales on the day of sale.", "installed": "Installed revenue: contracts on the day their job was completed."}
SPANS: dict[Grain, str] = {"day": "91 days", "week": "13 weeks", "month": "12 months"}
"""How far each grain reaches at most."""


def basis_of(visit: Visit) -> str:
    """The chosen kind of revenue."""
    return chosen_of(visit, "basis", BASES, "booked")


def grain_of(visit: Visit) -> Grain:
    """The chosen grain."""
    return cast("Grain", chosen_of(visit, "by", GRAINS, "week"))


def bar(visit: Visit) -> Component:
    """Return the choice that every card follows."""
    return html.Div(segments(visit, "basis", BASES, basis_of(visit), "booked", "Which revenue"), className="bar-of-choices no-print")


def grains(visit: Visit) -> Component:
    """Return the choice of the grain."""
    return segments(visit, "by", GRAINS, grain_of(visit), "week", "By")
