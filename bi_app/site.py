"""The Dash application of the BI site: its first response carries the page's data, callbacks and a first paint."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dash import Dash, html
from dash._utils import to_json
from dash.development.base_component import Component
from flask import Response, abort, g, request

from bi_app.filters import filters_of
from bi_app.page import Page
from bi_app.shell.files import document as document_of
from bi_app.shell.frame import frame, page_body
from bi_app.shell.lazy import keep_out_of_documents
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.clock import now
from shared.delivery.pages import sent_page
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.reports.document import Document
from shared.web.address import DEFAULT_PERIOD, asked_page, pattern_of, query_of
from shared.web.compression import compressed_server
from shared.web.document import Parts, theme_of_request
from shared.web.document import document as whole_document
from shared.web.preference_pages import pace_here
from shared.web.redraw import placed, redraw_answer
from shared.web.tokens_of_forms import form_token


class Site(Dash):
    """Dash with documents of our own."""

    pages: Mapping[str, Page]
    sources: Sources

    def interpolate_index(self, **parts: str) -> str:
        """Return the document of the page that is asked for; an unknown path is a 404, not an empty page."""
        page = self.page_at(request.path)
        if page is None:
            abort(404)
        inner = Parts(parts["metas"], parts["config"], parts["scripts"], parts["renderer"], parts["css"])
        title = page.named(request.path) if page.named else page.title
        return whole_document(f"{title} · Northline BI", self.get_layout(), to_json(self._callback_list), inner, figures=page.has_figures)

    def page_at(self, path: str) -> Page | None:
        """Return the page at ``path``, which may be one of many alike; None: there is none."""
        return self.pages.get(pattern_of(path, self.pages) or "")

    def current_layout(self) -> Component:
        """Return the layout of the page that this request is about, with its data."""
        if g.get("person") is None:
            return html.Div()  # Dash 4.4 draws a layout once before its first request, whoever sends it
        path, query = asked_page()
        page = self.page_at(path) if g.person.may_open(path) else None
        return frame([each for each in self.pages.values() if each.is_in_navigation], page, self.visit(path, query), self.sources.at_once()) if page else html.Div()

    def visit(self, path: str, query: Mapping[str, str], there: frozenset[str] = frozenset(), person: Person | None = None, scope: Scope | None = None) -> Visit:
        """Return who looks at what (whoever asks, unless told otherwise); reads the branches."""
        person, scope = person or g.person, scope or g.scope
        assert person is not None
        assert scope is not None
        sources, today = self.sources, self.sources.ask.today
        every = sources.reference.branches()
        visible = tuple(branch for branch in every if scope.allows(branch.id))
        page = self.page_at(path)
        choices, default = (page.choices, page.period(sources, path)) if page else ((), DEFAULT_PERIOD)
        filters = filters_of(query, scope, tuple(branch.id for branch in visible), today, choices, default)
        return Visit(
            path, person, scope, filters, today, filters.span(today, sources.settings.fiscal_year_start_month), visible, sources.settings.company_name,
            theme_of_request() or "light", form_token(), pace_here(path), there, bool(page and page.on_schedule),
        )

    def redrawn(self, view: Mapping[str, Any]) -> list[Component]:
        """Return the body of a page for other filters; ``view`` holds path and query as the browser has them."""
        path = str(view.get("path", "/"))
        page = self.page_at(path)
        if page is None or not g.person.may_open(path):
            abort(404)
        return page_body(page, self.visit(path, query_of(str(view.get("search", ""))), placed(view)), self.sources.at_once())

    def redrawn_quietly(self) -> Response:
        """Answer the browser's own wish for new numbers: the same as ``redrawn``, as JSON that patch.js puts in place without React."""
        return redraw_answer(self.redrawn)

    def document(self, path: str, query: Mapping[str, str], person: Person, scope: Scope) -> Document | None:
        """Return what the page at ``path`` says to this person, for a file: its own document, or the page drawn once more as it stands on the screen.  None where there is no such page.  In a request of theirs."""
        page = self.page_at(path)
        if page is None or not person.may_open(path):
            return None
        return _document(page, self.visit(path, query, person=person, scope=scope), self.sources.at_once())

    def sent_document(self, path: str, query: Mapping[str, str], person: Person, scope: Scope) -> Document | None:
        """Return what the page at ``path`` says in ``scope``, for a mail: as ``document``, without what is one person's own, and it names what of its numbers is not as it stands now."""
        page = self.page_at(path)
        if page is None or not person.may_open(path) or not page.on_schedule:
            return None
        degraded: list[str] = []
        visit = self.visit(path, {name: value for name, value in query.items() if name not in page.personal}, person=person, scope=scope)
        found = _document(page, visit, self.sources.heard(degraded))
        named = sent_page(page.sent, path, query)  # one of many alike has a title of its own
        return found and replace(found, title=named.label if named else found.title, problems=(*found.problems, *dict.fromkeys(degraded)))


def _document(page: Page, visit: Visit, sources: Sources) -> Document | None:
    if page.document is not None:
        return page.document(visit, sources)
    return document_of(page.title, visit.company, page.layout(visit, sources), now())


def build(name: str, pages: Sequence[Page], sources: Sources, assets: str, register: Callable[[Site], None]) -> Site:
    """Return the application with ``pages``; ``register`` adds the callbacks of the shell."""
    keep_out_of_documents()
    app = Site(
        name, server=compressed_server(name), assets_folder=assets, title="Northline BI", update_title=None, compress=True, use_pages=False, pages_folder="", serve_locally=True, suppress_callback_exceptions=True,
        meta_tags=[{"name": "viewport", "content": "width=device-width,initial-scale=1,viewport-fit=cover"}, {"name": "robots", "content": "noindex"}],
    )
    app.pages, app.sources = {page.path: page for page in pages}, sources
    app.layout = app.current_layout
    app.server.add_url_rule("/redraw", view_func=app.redrawn_quietly)
    register(app)
    for page in pages:
        page.register(app, sources)
    return app

