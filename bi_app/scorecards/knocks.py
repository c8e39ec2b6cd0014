"""Doors on the map: where canvassers knocked, and where it brought leads."""

from collections.abc import Sequence

import dash_leaflet as dl
from dash import html

from bi_app.behind import Behind
from bi_app.shell.files import with_files
from bi_app.shell.lazy import lazy
from bi_app.shell.parts import card, empty
from bi_app.visit import Visit
from shared.charts.doors import doors, outer_border
from shared.charts.template import Figure
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table
from shared.warehouse.departments import Spot
from shared.web import asset_url

TITLE = "Doors on the map"
_KEYS = (("good", "6 and more"), ("warn", "3 to 6"), ("bad", "under 3 leads"))


def knocks_card(visit: Visit, behind: Behind) -> html.Section:
    """Return the map of the period's knocks over the territories of the chosen branches."""
    spots = behind.knocks(visit)
    if not spots:
        return card(4, TITLE, empty("No door was knocked on in these days.", symbol="map"))
    features = [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [spot.longitude, spot.latitude]},
                 "properties": {"doors": spot.doors, "leads": spot.leads, "words": f"{spot.territory or 'No territory'}: {spot.doors:,} doors, {spot.leads:,} leads"}} for spot in spots]
    borders = [{"type": "Feature", "geometry": dict(branch.territory), "properties": {"name": branch.name}} for branch in visit.chosen if branch.territory]
    here = "northlineKnocks."
    layers = [
        dl.Pane(dl.GeoJSON(url=asset_url("vendor/states.geojson"), style={"variable": here + "state"}, interactive=False), name="states", style={"zIndex": 300}),
        dl.Pane(dl.GeoJSON(data={"type": "FeatureCollection", "features": borders}, style={"variable": here + "territory"}, interactive=False), name="territories", style={"zIndex": 400}),
        dl.Pane(dl.GeoJSON(data={"type": "FeatureCollection", "features": features}, pointToLayer={"variable": here + "spot"}, zoomToBounds=True, id="knocks"), name="spots", style={"zIndex": 450}),
    ]
    drawn = dl.Map(layers, center=[39.5, -98.35], zoom=4, attributionControl=False, scrollWheelZoom=False, zoomSnap=0.25, zoomAnimation=False, fadeAnimation=False, className="map")
    keys = html.Span([html.Span("Leads per 100 doors:"), *(html.Span([html.I(className=f"dot k-{status}"), text]) for status, text in _KEYS)], className="keys")
    count = sum(spot.doors for spot in spots)
    section = card(4, TITLE, lazy(visit, "sc-map", drawn, html.Div(className="bone map-bone"), "map-box sc-map"), sub=keys, side=html.Span(f"{count:,} doors", className="note"), name="sc-knocks")
    return with_files(section, Block("doors", TITLE, f"{count:,} doors in {len(spots):,} places of about a kilometre.", _figure(visit, spots), _numbers(spots), "Colour: leads per 100 doors; size: doors."), ("doors", "leads_per_100_doors"))


def _figure(visit: Visit, spots: Sequence[Spot]) -> Figure | None:
    """A panel per branch that has an outline; None where none has."""
    panels = {branch.name: (border, [(spot.longitude, spot.latitude, spot.doors, spot.leads) for spot in spots if spot.branch_id == branch.id]) for branch in visit.chosen if (border := outer_border(branch.territory))}
    return doors(panels) if panels else None


def _numbers(spots: Sequence[Spot]) -> Table:
    columns = (Column("Territory"), Column("Latitude", Unit.NUMBER), Column("Longitude", Unit.NUMBER), Column("Doors", Unit.COUNT), Column("Leads", Unit.COUNT), Column("Leads per 100 doors", Unit.NUMBER))
    return Table(columns, tuple((spot.territory or "No territory", spot.latitude, spot.longitude, spot.doors, spot.leads, 100 * spot.leads / spot.doors) for spot in spots))
