"""The branches of a block on a map, with their numbers; a click filters the page by one."""

import dash_leaflet as dl
from dash import html
from dash.development.base_component import Component

from bi_app.reports.reading import with_click
from bi_app.shell.lazy import lazy
from bi_app.visit import Visit
from shared.metrics.format import write
from shared.reports.block_numbers import Numbers, known
from shared.web import asset_url


def branch_map(visit: Visit, numbers: Numbers, name: str) -> list[Component]:
    """Return the map and, beside it, the same in a list of links; territories are the darker the more, their numbers stand in the list and in what a pointer finds."""
    declared = numbers.metrics[0]
    by = {row.keys[0]: row for row in numbers.rows}
    top = max((abs(known(row.values[0]) or 0.0) for row in numbers.rows), default=0.0) or 1.0
    features, labels = [], []
    for branch in visit.branches:
        row = by.get(str(branch.id))
        if row is None:
            continue
        text, part = write(row.values[0], declared.unit), abs(known(row.values[0]) or 0.0) / top
        if branch.territory:
            features.append({"type": "Feature", "id": branch.id, "geometry": dict(branch.territory), "properties": {"id": branch.id, "name": branch.name, "part": part, "words": f"{branch.name}: {text} {declared.label}"}})
        if branch.latitude is not None and branch.longitude is not None:
            labels.append({"type": "Feature", "geometry": {"type": "Point", "coordinates": [branch.longitude, branch.latitude]}, "properties": {"id": branch.id, "name": branch.name, "value": "", "share": ""}})
    here = "northlineMap."
    layers = [
        dl.Pane(dl.GeoJSON(url=asset_url("vendor/states.geojson"), style={"variable": here + "state"}, interactive=False), name="states", style={"zIndex": 300}),
        dl.Pane(dl.GeoJSON(data={"type": "FeatureCollection", "features": features}, style={"variable": here + "shade"}, zoomToBounds=True, onEachFeature={"variable": here + "filters"}, id=f"rp-map-{name}"), name="territories", style={"zIndex": 400}),
        dl.Pane(dl.GeoJSON(data={"type": "FeatureCollection", "features": labels}, pointToLayer={"variable": here + "label"}, interactive=False, id=f"rp-labels-{name}"), name="labels", style={"zIndex": 450, "pointerEvents": "none"}),
    ]
    drawn = dl.Map(layers, center=[39.5, -98.35], zoom=4, zoomControl=False, attributionControl=False, scrollWheelZoom=False, dragging=False, doubleClickZoom=False, touchZoom=False, boxZoom=False, keyboard=False, zoomSnap=0.05,
                   eventHandlers={"moveend": {"variable": here + "moved"}}, zoomAnimation=False, fadeAnimation=False, className="map")
    rows = [html.A([html.Span(row.labels[0], className="name"), html.Span(write(row.values[0], declared.unit), className="amount num")], href=with_click(visit, numbers.choice(row)), className="rp-mapline", **{"data-nav": "", "data-branch": row.keys[0]}) for row in numbers.rows]
    return [lazy(visit, f"rp-mapbox-{name}", drawn, html.Div(className="bone map-bone"), "rp-map"), html.Div(rows, className="rp-maplist")]
