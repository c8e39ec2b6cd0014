"""The branches: on a map coloured by pace, and in a list that says the same in words."""

import math
from collections.abc import Mapping, Sequence

import dash_leaflet as dl
from dash import html

from bi_app.shell.files import with_files
from bi_app.shell.lazy import lazy
from bi_app.shell.parts import card, empty
from bi_app.shell.tiles import delta
from bi_app.shell.topbar import STAGE_LABELS
from bi_app.visit import Visit
from shared.charts.bars import ranked
from shared.live.attributes import live_of, put
from shared.metrics import headline_words as words
from shared.metrics.format import write
from shared.metrics.headline import Headline, Wanted
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table
from shared.warehouse.branches import Branch
from shared.web import asset_url

TITLE = "Branches"
METRIC = "net_sales_amount"
_KEYS = (("good", "on pace"), ("warn", "90–99%"), ("bad", "below 90%"), ("none", "no target"))


def branches_wanted(visit: Visit) -> list[Wanted]:
    """Return what the map shows: net sales $ of every branch that the person may see, chosen or not, over the chosen days."""
    return [Wanted(METRIC, visit.period, branches=frozenset({branch.id})) for branch in visit.branches]


def branches_card(visit: Visit, lines: Sequence[tuple[Branch, Headline]], in_stage: Mapping[int, str]) -> html.Section:
    """Return the map with its list; a click on either filters the page by that branch.

    ``in_stage``: what each branch has open in the chosen stage of the pipeline, in place of its share of pace; empty where none is chosen.
    """
    title = f"{TITLE}: {STAGE_LABELS[visit.filters.stage].lower()}" if in_stage else TITLE
    keys = html.Span([html.Span("Colour, share of pace:" if in_stage else "Share of pace:"), *(html.Span([html.I(className=f"dot k-{status}"), text]) for status, text in _KEYS)], className="keys")
    if not lines:
        return card(5, TITLE, empty("No branch is assigned to you. An administrator can change that.", symbol="branch"))
    stand_in = html.Div(className="bone map-bone")
    section = card(5, title, lazy(visit, "branch-map", _map(visit, lines, in_stage), stand_in, "map-box"), _list(visit, lines, in_stage), sub=keys, name="branches")
    ordered = [(branch, headline, in_stage.get(branch.id, "")) for branch, headline in sorted(lines, key=lambda line: -_or_zero(line[1].value))]
    columns = (Column("Branch"), Column("Net sales", Unit.MONEY), Column("Change", Unit.PERCENT), Column("Target", Unit.MONEY), Column("Of pace", Unit.PERCENT, "The share of the target that is in, against the share of the working days that has passed."), Column("Open in this stage"))
    width = len(columns) - (0 if in_stage else 1)
    rows = tuple((branch.name, headline.value, headline.change, headline.goal.value if headline.goal else None, headline.pace, held)[:width] for branch, headline, held in ordered)
    figure = ranked([branch.name for branch, _, _ in ordered], [headline.value for _, headline, _ in ordered], Unit.MONEY)
    return with_files(section, Block("branches", title, "", figure, Table(columns[:width], rows)), (METRIC,))


def _map(visit: Visit, lines: Sequence[tuple[Branch, Headline]], in_stage: Mapping[int, str]) -> dl.Map:
    features, labels = [], []
    for branch, headline in lines:
        if branch.territory:
            features.append({"type": "Feature", "id": branch.id, "geometry": dict(branch.territory), "properties": {"id": branch.id, "name": branch.name, "status": headline.status, "words": said(branch, headline)}})
        if branch.latitude is not None and branch.longitude is not None:
            labels.append({"type": "Feature", "geometry": {"type": "Point", "coordinates": [branch.longitude, branch.latitude]},
                           "properties": {"id": branch.id, "name": branch.name, "value": headline.text, "share": in_stage.get(branch.id) or words.pace(headline)}})
    chosen = [branch.id for branch in visit.chosen] if visit.filters.branches else []
    here = "northlineMap."
    layers = [
        dl.Pane(dl.GeoJSON(url=asset_url("vendor/states.geojson"), style={"variable": here + "state"}, interactive=False), name="states", style={"zIndex": 300}),
        dl.Pane(dl.GeoJSON(data={"type": "FeatureCollection", "features": features}, style={"variable": here + "territory"}, hideout={"chosen": chosen}, zoomToBounds=True,
                           onEachFeature={"variable": here + "each"}, id="territories"), name="territories", style={"zIndex": 400}),
        dl.Pane(dl.GeoJSON(data={"type": "FeatureCollection", "features": labels}, pointToLayer={"variable": here + "label"}, interactive=False, id="branch-labels"), name="labels", style={"zIndex": 450, "pointerEvents": "none"}),
    ]
    return dl.Map(layers, center=[39.5, -98.35], zoom=4, zoomControl=False, attributionControl=False, scrollWheelZoom=False, dragging=False, doubleClickZoom=False, touchZoom=False, boxZoom=False,
                  keyboard=False, zoomSnap=0.05, eventHandlers={"moveend": {"variable": here + "moved"}}, zoomAnimation=False, fadeAnimation=False, className="map")


def _list(visit: Visit, lines: Sequence[tuple[Branch, Headline]], in_stage: Mapping[int, str]) -> html.Div:
    return html.Div([_line(visit, branch, headline, in_stage.get(branch.id, "")) for branch, headline in sorted(lines, key=lambda line: -_or_zero(line[1].value))], className="bl")


def _line(visit: Visit, branch: Branch, headline: Headline, held: str) -> html.A:
    chosen = visit.filters.branches == (branch.id,)
    return html.A([
        html.Span(className=f"dot {headline.status}", **{"data-base": "dot"}, **put("class=status")), html.Span(branch.name, className="name"), html.Span("" if held else words.pace(headline), className="pace", **put("text=pace")), html.Span() if held else delta(headline), html.Span(held or headline.text, className="amount", **put("text=text")),
    ], href=visit.filters.link(branches=() if chosen else (branch.id,)), className="bl-row on" if chosen else "bl-row", title=said(branch, headline),
        **{"data-nav": "", "data-branch": str(branch.id), **({"aria-current": "true"} if chosen else {}), **({} if held else live_of(headline, visit.scope))})


def said(branch: Branch, headline: Headline) -> str:
    """Return a branch's number and how it stands, in words."""
    return f"{branch.name}: {write(headline.value, Unit.MONEY)} net sales, {headline.status_words}"


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value
