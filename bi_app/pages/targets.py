"""Targets at ``/targets``: a year of one KPI by branch and month, edited in place, and who looks after it."""

from itertools import groupby
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from bi_app.page import Page
from bi_app.shell.parts import card, drawn, empty, icon, popover
from bi_app.shell.topbar import chips, topbar
from bi_app.sources import Sources
from bi_app.targets.care import care_card
from bi_app.targets.changes import changes_card
from bi_app.targets.daily import daily_card, pace_tiles
from bi_app.targets.grid import grid_card
from bi_app.targets.year import Year, chosen_kpi, chosen_year, read_year
from bi_app.visit import Visit
from shared.clock import now
from shared.metrics.metric import Metric
from shared.metrics.registry import metrics

TITLE = "Targets"


def layout(visit: Visit, sources: Sources) -> Component:
    """Return the page of the chosen KPI and year."""
    zone = ZoneInfo(sources.settings.company_time_zone)
    year = read_year(visit, sources.reference.calendar())
    return html.Div([
        topbar(TITLE, visit, "", now().astimezone(zone), periods=False, files=True), chips(visit), _choices(visit),
        html.Div(_cards(visit, sources, year, zone), className="grid targets"),
    ], **{"data-still": ""})


def _cards(visit: Visit, sources: Sources, year: Year, zone: ZoneInfo) -> list[Component]:
    if not year.scopes:
        way_out = "Choose a KPI that belongs to branches, or ask somebody who sees the whole company." if visit.branches else "An administrator can give your account a branch."
        return [card(12, year.kpi.label, empty(way_out, title="There is nothing here for you to see", symbol="lock"))]
    return [
        drawn(12, "Targets by month", lambda: grid_card(visit, year)),
        drawn(4, "Pace", lambda: pace_tiles(visit, sources, year)), drawn(8, "Day by day", lambda: daily_card(visit, sources, year)),
        drawn(6, "What changed", lambda: changes_card(visit, year, zone)), drawn(6, "Owner, notes and check-ins", lambda: care_card(visit, year)),
    ]


def _choices(visit: Visit) -> html.Div:
    """The KPI and the year."""
    kpi, year = chosen_kpi(visit), chosen_year(visit)
    items: list[Component] = []
    for department, members in groupby(metrics().values(), key=lambda each: each.department):
        items += [html.H3(department.capitalize()), *[_kpi(visit, each, kpi) for each in members]]
    years = [html.A(str(each), href=visit.filters.choosing(year=str(each)), **{"data-nav": "", **({"aria-current": "true"} if each == year else {})}) for each in range(year - 1, year + 2)]
    return html.Div([
        popover([icon("target"), html.B(kpi.label), icon("chevron")], items, label=f"KPI: {kpi.label}", name="ib", panel="tg-list from-left"),
        html.Nav(years, className="seg", **{"aria-label": "Year"}), html.Span(kpi.meaning, className="note tg-meaning"),
    ], className="tg-choices")


def _kpi(visit: Visit, each: Metric, chosen: Metric) -> html.A:
    return html.A(each.label, href=visit.filters.choosing(kpi=each.name), className="item", title=each.meaning, **{"data-nav": "", **({"aria-current": "true"} if each is chosen else {})})


PAGE = Page("/targets", TITLE, "target", layout, group="Settings", choices=("kpi", "year", "month"), on_schedule=(("", TITLE),))
"""The page."""
