"""Side by side at ``/compare``: any metrics of branches or representatives on one scale."""

from collections.abc import Sequence
from typing import cast
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from bi_app.compare.board import board_card, choices
from bi_app.compare.reading import By, chosen_metrics, read_places
from bi_app.compare.table import NORMS, Norm, Place, order, table
from bi_app.page import Page
from bi_app.shell import tiles
from bi_app.shell.parts import card, drawn, empty
from bi_app.shell.said import Said, saying
from bi_app.shell.topbar import chips, topbar
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.metrics.headline import Headline, Wanted
from shared.metrics.metric import Metric
from shared.reports.headline_block import headline_block

TITLE = "Compare"
_MOST_LIVE = 48
"""Cells that move by themselves at most; a larger table is read anew with the page."""


def layout(visit: Visit, sources: Sources) -> Component:
    """Return the page for the choices in the address."""
    by: By = "rep" if visit.filters.choice("by") == "rep" else "branch"
    norm = cast("Norm", visit.filters.choice("norm")) if visit.filters.choice("norm") in NORMS else "value"
    wanted = chosen_metrics(visit, by)
    places, company = read_places(visit, sources, by, wanted)
    known = {place.key for place in places}
    picked = [key for key in visit.filters.choice("who").split(",") if key in known]
    shown = [place for place in places if not picked or place.key in picked]
    live_cells = [(place, declared) for place in shown for declared in wanted] if by == "branch" and norm == "value" and len(shown) * len(wanted) <= _MOST_LIVE else []
    overall = [Wanted(declared.name, visit.period, branches=visit.filters.branch_set) for declared in wanted]
    headlines = sources.headlines([*overall, *(Wanted(declared.name, visit.period, branches=frozenset({int(place.key)})) for place, declared in live_cells)], visit.scope)
    moving = {(place.key, declared.name): found for (place, declared), found in zip(live_cells, headlines[len(wanted):], strict=True)}
    moment = min(each.as_of for each in headlines).astimezone(ZoneInfo(sources.settings.company_time_zone)) if headlines else None
    return html.Div([
        topbar(TITLE, visit, "", moment, files=True), chips(visit), choices(visit, by, norm, wanted, places, picked),
        html.Div([
            drawn(12, "Together", lambda: _together(visit, headlines[:len(wanted)])),
            drawn(12, "Side by side", lambda: _board(visit, by, norm, wanted, shown, company, moving)),
        ], className="grid compare"),
    ])


def _together(visit: Visit, headlines: Sequence[Headline]) -> Component:
    """All of the chosen branches together, live."""
    strip = html.Section([tiles.strip_tile(visit, headline) for headline in headlines], className="card-x strip s12", **{"aria-label": f"{visit.branch_words} together"})
    return saying(strip, Said(headline_block(headlines, "together", f"{visit.branch_words} together"), tuple(each.metric.name for each in headlines)))


def _board(visit: Visit, by: By, norm: Norm, wanted: Sequence[Metric], shown: Sequence[Place], company: dict[str, float], moving: dict[tuple[str, str], Headline]) -> Component:
    if not shown:
        return card(12, "Side by side", empty("Nothing happened in these days. Choose a longer period or other branches.", symbol="people"))
    rows = table(shown, wanted, company, norm)
    name, _, way = visit.filters.choice("sort").partition(".")
    sort = name if name in {declared.name for declared in wanted} else "" if name == "name" else wanted[0].name
    falling = way != "up" if sort else way == "down"
    places = order(rows, shown, sort, falling=falling)
    return board_card(visit, by, norm, [shown[number] for number in places], [rows[number] for number in places], moving, sort, falling=falling)


PAGE = Page("/compare", TITLE, "people", layout, group="Analysis", has_figures=False, choices=("by", "norm", "metrics", "who", "sort"), on_schedule=(("", TITLE),))
"""The page."""
