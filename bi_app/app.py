"""Makes the BI site: the list of its pages, and what they are handed."""

from pathlib import Path
from typing import Any

from dash import Input, Output

from bi_app.behind import Behind
from bi_app.glass import register_glass
from bi_app.glass_files import rows_finder
from bi_app.page import Page
from bi_app.pages.alerts import PAGE as ALERTS
from bi_app.pages.compare import PAGE as COMPARE
from bi_app.pages.deliveries import PAGE as DELIVERIES
from bi_app.pages.executive import PAGE as EXECUTIVE
from bi_app.pages.live import PAGE as LIVE
from bi_app.pages.reconciliation import PAGE as RECONCILIATION
from bi_app.pages.reports import PAGES as REPORTS
from bi_app.pages.scorecards import PAGES as SCORECARDS
from bi_app.pages.targets import PAGE as TARGETS
from bi_app.pages.trends import PAGE as TRENDS
from bi_app.shell.live import register_live
from bi_app.site import Site, build
from bi_app.sources import Sources
from shared.cache import Cache
from shared.delivery.registry import sources_over
from shared.forecast.reading import Forecasts
from shared.metrics.ask import CachedAsk
from shared.metrics.glass_box import GlassBoxes
from shared.metrics.headline import Headlines
from shared.metrics.reference import Reference
from shared.metrics.remembered import Remembered
from shared.settings import Settings
from shared.warehouse.annotations import Annotations
from shared.warehouse.engines import Engines
from shared.web import install, install_api
from shared.web.delivery_pages import install_delivery
from shared.web.export_pages import install_exports
from shared.web.internal_pages import install_internal
from shared.web.islands import Islands
from shared.web.prerender import plain
from shared.web.vitals_pages import install_vitals

PAGES: tuple[Page, ...] = (EXECUTIVE, LIVE, TRENDS, COMPARE, *REPORTS, DELIVERIES, ALERTS, RECONCILIATION, *SCORECARDS, TARGETS)


def create_app(settings: Settings, engines: Engines, ask: CachedAsk, reference: Reference | None = None) -> Site:
    """Return the BI site; its Flask server is ``app.server``.  One per process, because Dash keeps component registries per process."""
    known = reference or Reference(engines)
    headlines, behind = Headlines(ask, known, settings), Behind(engines, settings)
    sources = Sources(settings, ask, headlines, known, GlassBoxes(ask, headlines, known, engines), annotations=Annotations(engines), remembered=Remembered(Cache(settings)), behind=behind, forecasts=Forecasts(engines))
    app = build("bi_app", PAGES, sources, str(Path(__file__).parent / "assets"), _register_shell)
    install(app.server, settings=settings, engines=engines, site="bi", csp_hashes=app.csp_hashes, page_paths=lambda: tuple(app.pages))
    install_api(app.server, ask, known)
    install_vitals(app.server, behind.signs)
    install_delivery(app.server, sources_over(engines, ask, headlines, known, settings, [each for page in PAGES if page.is_in_navigation for each in page.sent]))
    install_exports(app.server, app.document, rows_finder(app))
    install_internal(app.server, app.sent_document)
    return app


def _register_shell(app: Site) -> None:
    @app.callback(Output("page", "children"), Input("view", "data"), prevent_initial_call=True)
    def redraw(view: dict[str, Any]) -> object:
        return Islands(adopt=False)(plain(app.redrawn(view)))

    register_glass(app)
    register_live(app)
