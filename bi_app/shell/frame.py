"""A whole page: sidebar, top bar, body, and what floats above them."""

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from bi_app.page import Page
from bi_app.shell.live import plumbing
from bi_app.shell.sidebar import sidebar, tabbar
from bi_app.sources import Sources
from bi_app.visit import Visit


def frame(pages: Sequence[Page], page: Page, visit: Visit, sources: Sources) -> html.Div:
    """Return everything inside <body>, with the data of ``page``."""
    allowed = [each for each in pages if visit.person.may_open(each.path)]
    offline = html.Div(["The last request did not get through; what you see is what was loaded before.", html.Button("Try again", className="button", type="button", **{"data-do": "retry"})],
                       id="offline", className="banner bad", hidden=True, role="alert")
    return html.Div([
        html.A("Skip to the numbers", href="#page", className="skip"),
        sidebar(allowed, visit, page.below),
        html.Main([offline, html.Div(page_body(page, visit, sources), id="page")], className="main", id="main", tabIndex=-1),
        tabbar(allowed, visit),
        *plumbing(), dcc.Store(id="view"), dcc.Store(id="glass-ask"),
        dbc.Offcanvas(html.Div(id="glass-body"), id="glass", title="", placement="end", is_open=False, class_name="sheet", scrollable=True),
    ], className="shell")


def page_body(page: Page, visit: Visit, sources: Sources) -> list[Component]:
    """Return what changes with the filters: everything that ``page`` draws."""
    return [html.Div(page.layout(visit, sources), **{"data-query": visit.filters.query(), **({"data-passing": ""} if not page.is_in_navigation or any(visit.filters.choice(name, "") for name in page.passing) else {})})]
