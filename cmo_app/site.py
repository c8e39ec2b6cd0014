"""The Dash application of the CMO site: its first response carries the page's data and a first paint."""

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, html
from dash._utils import to_json
from dash.development.base_component import Component
from flask import Response, abort, g, request

from cmo_app.page import Page
from cmo_app.shell.frame import body, frame
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.clock import now
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.reports.document import Document
from shared.web.address import Address, asked_page, query_of
from shared.web.document import Parts, document, theme_of_request
from shared.web.islands import Islands
from shared.web.preference_pages import pace_here
from shared.web.prerender import plain
from shared.web.redraw import placed, redraw_answer
from shared.web.tokens_of_forms import form_token


class Site(Dash):
    """Dash with documents of our own around the pages in ``pages``."""

    pages: Mapping[str, Page]
    sources: Sources

    def interpolate_index(self, **parts: str) -> str:
        """Return the document of the page that is asked for; an unknown path is a 404."""
        page = self._page(request.path)
        inner = Parts(parts["metas"], parts["config"], parts["scripts"], parts["renderer"], parts["css"])
        return document(f"{page.title} · Northline CMO", self.get_layout(), to_json(self._callback_list), inner, figures=page.has_figures)

    def current_layout(self) -> Component:
        """Return the layout of the page that this request is about, with its data."""
        if g.get("person") is None:
            return html.Div()  # Dash 4.4 draws a layout once before its first request, whoever sends it
        path, query = asked_page()
        page = self.pages.get(path)
        if page is None:
            return html.Div()
        visit = self.visit(page, query, g.person, g.scope)
        return frame(list(self.pages.values()), page, visit, page.draw(visit, self.sources.at_once()))

    def visit(self, page: Page, query: Mapping[str, str], person: Person, scope: Scope, there: frozenset[str] = frozenset()) -> Visit:
        """Return who looks at what; reads the branches."""
        settings, today = self.sources.settings, self.sources.ask.today
        visible = tuple(branch for branch in self.sources.reference.branches() if scope.allows(branch.id))
        chosen = Address.read(query, scope, tuple(branch.id for branch in visible) if page.by_branch else (), today, page.choices, page.period)
        return Visit(page.path, person, scope, chosen, today, chosen.span(today, settings.fiscal_year_start_month), visible, settings.company_name, settings.company_time_zone, theme_of_request() or "light", form_token(), pace_here(page.path), there)

    def redrawn(self, view: Mapping[str, Any]) -> list[Component]:
        """Return the body of a page for other choices; ``view`` holds path and query as the browser has them."""
        page = self._page(str(view.get("path", "/")))
        visit = self.visit(page, query_of(str(view.get("search", ""))), g.person, g.scope, placed(view))
        return body(page, visit, page.draw(visit, self.sources.at_once()))

    def redrawn_quietly(self) -> Response:
        """Answer the browser's own wish for new numbers: the same as ``redrawn``, as JSON that patch.js puts in place without React."""
        return redraw_answer(self.redrawn)

    def document(self, path: str, query: Mapping[str, str], person: Person, scope: Scope) -> Document | None:
        """Return what the page at ``path`` says to this person, for a file; None where there is no such page."""
        page = self.pages.get(path)
        if page is None:
            return None
        visit = self.visit(page, query, person, scope)
        return page.draw(visit, self.sources.at_once()).document(page.title, visit, now())

    def _page(self, path: str) -> Page:
        page = self.pages.get(path)
        if page is None or not g.person.may_open(path):
            abort(404)
        return page


def register_redraw(app: Site) -> None:
    """Let the browser ask for a page with other choices, by a callback (which draws it anew) or quietly."""
    app.server.add_url_rule("/redraw", view_func=app.redrawn_quietly)

    @app.callback(Output("page", "children"), Input("view", "data"), prevent_initial_call=True)
    def redraw(view: dict[str, Any]) -> object:
        return Islands(adopt=False)(plain(app.redrawn(view)))
