"""Doors that were knocked on, by place, over the outlines of territories: for files, where no map can be moved about."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from shared.charts.palette import BAD, GOOD, QUIET, SERIES
from shared.charts.template import Figure, layout

CLASSES: tuple[tuple[str, float, str], ...] = (("6 leads per 100 doors and more", 0.06, GOOD), ("3 to 6", 0.03, SERIES[2]), ("Under 3", 0.0, BAD))
"""(words, least leads per door, colour), best first; bi_app/assets/scorecard.js colours the live map alike."""
_HEIGHT, _COLUMNS = 250, 3
_ROOM = 0.06


Place = tuple[float, float]
"""Longitude and latitude."""
Spot = tuple[float, float, int, int]
"""Longitude, latitude, doors, leads."""


def doors(branches: Mapping[str, tuple[Sequence[Place], Sequence[Spot]]]) -> Figure:
    """Return a panel per branch: the border of its territory and its own spots, each as large as the root of its doors, as on the live map."""
    rows = math.ceil(len(branches) / _COLUMNS) or 1
    traces: list[dict[str, object]] = []
    axes: dict[str, object] = {}
    titles: list[dict[str, object]] = []
    for number, (name, (border, spots)) in enumerate(branches.items()):
        row, column = divmod(number, _COLUMNS)
        place = "" if number == 0 else str(number + 1)
        every = [*border, *((spot[0], spot[1]) for spot in spots)]
        (west, east), (south, north) = _span([at for at, _ in every]), _span([at for _, at in every])
        left, top = column / _COLUMNS, 1 - row / rows
        on = {"type": "scatter", "xaxis": f"x{place}", "yaxis": f"y{place}", "hoverinfo": "skip"}
        traces.append({**on, "mode": "lines", "x": [at for at, _ in border], "y": [at for _, at in border], "line": {"width": 1.2, "color": QUIET, "dash": "dot"}})
        traces += [_spots(on, spots, number) for number in range(len(CLASSES))]
        quiet: dict[str, object] = {"visible": False, "showspikes": False}
        axes[f"xaxis{place}"] = {**quiet, "domain": [left, left + 1 / _COLUMNS - 0.03], "anchor": f"y{place}", "range": [west, east]}
        axes[f"yaxis{place}"] = {**quiet, "domain": [max(0.0, top - 0.97 / rows), top - 0.09 / rows], "anchor": f"x{place}", "range": [south, north], "scaleanchor": f"x{place}", "scaleratio": round(1 / math.cos(math.radians((south + north) / 2)), 4)}
        titles.append({"xref": "paper", "yref": "paper", "x": left, "y": top, "xanchor": "left", "yanchor": "top", "text": name, "showarrow": False, "font": {"size": 13, "color": "#667085"}})
    first_x, first_y = axes.pop("xaxis", {}), axes.pop("yaxis", {})
    return {"data": traces, "layout": layout(_HEIGHT * rows, annotations=titles, hovermode=False, xaxis=first_x, yaxis=first_y, **axes)}


def outer_border(outline: Mapping[str, Any] | None) -> list[Place]:
    """Return the border of the largest polygon (by corners) of a GeoJSON geometry; empty where it has none."""
    if not outline:
        return []
    rings = [outline["coordinates"][0]] if outline["type"] == "Polygon" else [polygon[0] for polygon in outline["coordinates"]] if outline["type"] == "MultiPolygon" else []
    return [(float(at[0]), float(at[1])) for at in max(rings, key=len, default=[])]


def _spots(on: Mapping[str, object], spots: Sequence[Spot], number: int) -> dict[str, object]:
    words, least, colour = CLASSES[number]
    most = CLASSES[number - 1][1] if number else math.inf
    own = [spot for spot in spots if least <= spot[3] / spot[2] < most]
    return {**on, "mode": "markers", "name": words, "x": [spot[0] for spot in own], "y": [spot[1] for spot in own], "marker": {"color": colour, "opacity": 0.75, "size": [2 + min(9.0, math.sqrt(spot[2])) for spot in own], "line": {"width": 0}}}


def _span(values: Sequence[float]) -> tuple[float, float]:
    """From the least to the greatest, with some room."""
    low, high = min(values), max(values)
    room = _ROOM * ((high - low) or 1.0)
    return low - room, high + room
