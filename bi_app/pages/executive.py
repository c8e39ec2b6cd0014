"""The executive dashboard at ``/``."""

from dash import html
from dash.development.base_component import Component

from bi_app.page import Page
from bi_app.shell.topbar import chips, topbar
from bi_app.sources import Sources
from bi_app.visit import Visit

TITLE = "Executive overview"


def layout(visit: Visit, sources: Sources) -> Component:
    """Return the page with its numbers."""
    return html.Div([topbar(TITLE, visit, "", "Exact now"), chips(visit), html.Div([], className="grid")])


PAGE = Page("/", "Executive", "executive", layout)
