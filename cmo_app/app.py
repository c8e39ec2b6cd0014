"""Makes the CMO site: the list of its pages, and what they are handed."""

from pathlib import Path

from cmo_app.page import Page
from cmo_app.pages.attribution import PAGE as ATTRIBUTION
from cmo_app.pages.branches import PAGE as BRANCHES
from cmo_app.pages.forecast import PAGE as FORECAST
from cmo_app.pages.overview import PAGE as OVERVIEW
from cmo_app.pages.roi import PAGE as ROI
from cmo_app.shell.lazy import keep_out_of_documents
from cmo_app.shell.live import register_live
from cmo_app.site import Site, register_redraw
from cmo_app.sources import Sources
from shared.cache import Cache
from shared.forecast.reading import Forecasts
from shared.marketing.learnt import LearntResponses
from shared.metrics.ask import PageAsk
from shared.metrics.attribution import AskAttribution
from shared.metrics.headline import Headlines
from shared.metrics.reference import Reference
from shared.metrics.remembered import Remembered
from shared.people.last_seen import LastSeen
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.web import install
from shared.web.compression import compressed_server
from shared.web.export_pages import install_exports

PAGES: tuple[Page, ...] = (OVERVIEW, BRANCHES, ROI, ATTRIBUTION, FORECAST)


def create_app(settings: Settings, engines: Engines, ask: PageAsk, reference: Reference | None = None) -> Site:
    """Return the CMO site; its Flask server is ``app.server``.  One per process, because Dash keeps component registries per process."""
    keep_out_of_documents()
    known = reference or Reference(engines)
    app = Site("cmo_app", server=compressed_server("cmo_app"), assets_folder=str(Path(__file__).parent / "assets"), title="Northline CMO", update_title=None, compress=True, use_pages=False, pages_folder="", serve_locally=True,
               suppress_callback_exceptions=True, meta_tags=[{"name": "viewport", "content": "width=device-width,initial-scale=1,viewport-fit=cover"}, {"name": "robots", "content": "noindex"}])
    app.pages = {page.path: page for page in PAGES}
    app.sources = Sources(settings, ask, Headlines(ask, known, settings), known, Remembered(Cache(settings)), LastSeen(engines, "cmo:/"), engines,
                          attribution=AskAttribution(engines, Cache(settings), settings), responses=LearntResponses(engines), forecasts=Forecasts(engines))
    app.layout = app.current_layout
    register_redraw(app)
    register_live(app)
    install(app.server, settings=settings, engines=engines, site="cmo", csp_hashes=app.csp_hashes, page_paths=lambda: tuple(app.pages))
    install_exports(app.server, app.document)
    return app
