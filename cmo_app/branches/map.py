"""Where are they?  Territories, darker where the chosen measure of the chosen days is better."""

import math

import dash_leaflet as dl
from dash import html

from cmo_app.branches.measures import PER_REP, Measure
from cmo_app.page import Card
from cmo_app.shell.lazy import lazy
from cmo_app.shell.parts import empty
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.metrics.format import write
from shared.metrics.metric import Metric
from shared.metrics.question import Question
from shared.metrics.registry import metric
from shared.reports.document import Block, Column, Table
from shared.web import asset_url

KEY, TITLE = "map", "Where are they?"
_FAINT, _FULL = 0.16, 0.72


def card(visit: Visit, sources: Sources, measure: Measure) -> Card:
    """Return the map of the branches that have a territory or a place."""
    declared: Metric = metric("nsli") if measure.name == PER_REP else measure.metric
    answer = sources.ask(Question((declared.name,), visit.period, split=("branch",)), visit.scope)
    values = {int(row["branch"]): float(row[declared.name]) for row in answer.frame.to_dict("records")}
    drawn = [branch for branch in visit.branches if branch.territory or branch.latitude is not None]
    rows = tuple((branch.name, values.get(branch.id, math.nan)) for branch in visit.branches)
    table = Table((Column("Branch"), Column(declared.label, declared.unit)), rows)
    if not drawn:
        return Card(Block(KEY, TITLE, table=table), 6, body=empty("No branch has a territory or a place yet.", symbol="map"))
    known = [value for value in values.values() if not math.isnan(value)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    features, labels = [], []
    for branch in drawn:
        value = values.get(branch.id, math.nan)
        share = 0.5 if math.isnan(value) or high == low else (value - low) / (high - low)
        depth = _FAINT + (_FULL - _FAINT) * (share if measure.best_is_high else 1 - share)
        said = f"{branch.name}: {write(value, declared.unit)}"
        if branch.territory:
            features.append({"type": "Feature", "id": branch.id, "geometry": dict(branch.territory), "properties": {"words": said, "depth": round(depth, 3)}})
        if branch.latitude is not None and branch.longitude is not None:
            labels.append({"type": "Feature", "geometry": {"type": "Point", "coordinates": [branch.longitude, branch.latitude]}, "properties": {"name": branch.name, "value": write(value, declared.unit)}})
    here = "northlineBranches."
    layers = [
        dl.Pane(dl.GeoJSON(url=asset_url("vendor/states.geojson"), style={"variable": here + "state"}, interactive=False), name="states", style={"zIndex": 300}),
        dl.Pane(dl.GeoJSON(data={"type": "FeatureCollection", "features": features}, style={"variable": here + "territory"}, onEachFeature={"variable": here + "each"}, zoomToBounds=True, id="cmo-territories"), name="territories", style={"zIndex": 400}),
        dl.Pane(dl.GeoJSON(data={"type": "FeatureCollection", "features": labels}, pointToLayer={"variable": here + "label"}, interactive=False, id="cmo-labels"), name="labels", style={"zIndex": 450, "pointerEvents": "none"}),
    ]
    shown = dl.Map(layers, center=[39.5, -98.35], zoom=4, zoomControl=False, attributionControl=False, scrollWheelZoom=False, dragging=False, doubleClickZoom=False, touchZoom=False, boxZoom=False, keyboard=False, zoomSnap=0.05,
                   eventHandlers={"moveend": {"variable": here + "moved"}}, zoomAnimation=False, fadeAnimation=False, className="map")
    better = "higher" if measure.best_is_high else "lower"
    return Card(Block(KEY, TITLE, table=table, note=f"Darker is better ({better} {declared.label}), {visit.period.words}."), 6, body=html.Div(lazy(visit, "cmo-map", shown, "map-box"), role="img", **{"aria-label": f"Map of the branches by {declared.label}; the numbers stand below"}))
