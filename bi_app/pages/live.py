"""Today's pulse at ``/live``: what happens as it happens, and how today stands."""

import logging
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from bi_app.page import Page
from bi_app.pulse import stream, today
from bi_app.shell.parts import drawn, icon
from bi_app.shell.said import Said, saying
from bi_app.shell.topbar import chips, topbar
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.metrics.headline import Headline
from shared.reports.headline_block import headline_block

TITLE = "Live"
log = logging.getLogger(__name__)


class _AwayError(RuntimeError):
    """The headlines of the page could not be read, which was logged."""


def layout(visit: Visit, sources: Sources) -> Component:
    """Return the page with today's numbers; messages move them from then on."""
    found = _headlines(visit, sources)
    count = len(today.TILES)
    moment = min(each.as_of for each in found).astimezone(ZoneInfo(sources.settings.company_time_zone)) if found else None
    degraded = next((each.degraded for each in found or () if each.degraded), "")
    tv = html.Button([icon("screen"), html.Span("TV mode")], className="ib tv-start no-print", type="button", title="Full screen, turning from one part to the next; Esc ends it", **{"data-do": "tv"})
    return html.Div([
        topbar(TITLE, visit, "", moment, periods=False, more=tv, files=True), html.Div(degraded, className="banner", role="status") if degraded else None,
        chips(visit),
        html.Div([
            *([drawn(12, "Today", _fail)] if found is None else [_tiles(visit, found[:count])]),
            html.Div([
                drawn(8, "The last hour", lambda: stream.minutes_card(visit)), drawn(4, "As it happens", lambda: stream.stream_card(visit)),
                drawn(4, "Sold in the last hour", lambda: stream.sold_card(visit)), drawn(4, "Branches today", lambda: _fail() if found is None else today.branches_card(visit, found[count:])),
            ], className="pulse-grid s12 tv-part"),
        ], className="grid pulse"),
    ], **{"data-still": ""})


def _tiles(visit: Visit, found: list[Headline]) -> Component:
    said = Said(headline_block(found, "today", "Today"), tuple(today.TILES))
    return saying(html.Div(today.tile_row(visit, found), className="pulse-tiles s12 tv-part"), said)


def _headlines(visit: Visit, sources: Sources) -> list[Headline] | None:
    fiscal = sources.settings.fiscal_year_start_month
    try:
        return sources.headlines([*today.tiles_wanted(visit, fiscal), *today.branches_wanted(visit, fiscal)], visit.scope)
    except Exception:  # the stream can be shown all the same
        log.exception("today's headlines could not be read")
        return None


def _fail() -> Component:
    raise _AwayError("today's headlines were asked for, and failed")


PAGE = Page("/live", "Live", "live", layout, on_schedule=(("", TITLE),))
