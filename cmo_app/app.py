"""Makes the CMO site."""

from pathlib import Path

from dash import Dash
from dash.development.base_component import Component

from cmo_app.live import register_live
from cmo_app.page import View, page
from cmo_app.site import Site
from shared.metrics.ask import PageAsk
from shared.metrics.headline import Headlines
from shared.metrics.reference import Reference
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.web import install
from shared.web.compression import compressed_server


def create_app(settings: Settings, engines: Engines, ask: PageAsk, reference: Reference | None = None) -> Dash:
    """Return the CMO site; its Flask server is ``app.server``.  One per process."""
    known = reference or Reference(engines)
    headlines = Headlines(ask, known, settings)
    app = Site("cmo_app", server=compressed_server("cmo_app"), assets_folder=str(Path(__file__).parent / "assets"), title="Northline CMO", update_title=None, compress=True, use_pages=False, pages_folder="",
               suppress_callback_exceptions=True, meta_tags=[{"name": "viewport", "content": "width=device-width,initial-scale=1,viewport-fit=cover"}, {"name": "robots", "content": "noindex"}])

    def draw(query: dict[str, str]) -> Component:
        return page(View.of(query, ask.today, settings), headlines.on(ask.at_once()), known)  # one look for the whole page

    app.draw = draw
    app.layout = app.current_layout
    register_live(app)
    install(app.server, settings=settings, engines=engines, site="cmo", csp_hashes=app.csp_hashes, page_paths=lambda: ("/",))
    return app
