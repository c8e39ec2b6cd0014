"""Seasons: indices as bars around the average, and a series taken apart into trend, season and remainder."""

import math
from collections.abc import Mapping, Sequence
from datetime import date

from shared.charts.palette import ACCENT, QUIET, SERIES
from shared.charts.template import Figure, layout
from shared.charts.trends import hover, plain
from shared.metrics.metric import Unit

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def index_bars(found: Mapping[int, float], names: Sequence[str], now: int, height: int = 190) -> Figure:
    """Return bars of how far each of ``names`` is from the average (its index less 1); ``found`` has the indices in the order of ``names``, ``now`` is the place that is highlighted."""
    values = [value - 1 for value in found.values()]
    colours = [ACCENT if place == now else QUIET for place in range(len(values))]
    bars = {"type": "bar", "x": list(names), "y": plain(values), "marker": {"color": colours}, "hovertemplate": "%{y:+.0%} against the average<extra></extra>"}
    known = [abs(value) for value in values if not math.isnan(value)]
    edge = max(known, default=0.1) * 1.15 or 0.1
    return {"data": [bars], "layout": layout(height, xaxis={"showspikes": False, "type": "category"}, yaxis={"tickformat": "+.0%", "range": [-edge, edge], "nticks": 5, "zeroline": True, "zerolinecolor": QUIET, "zerolinewidth": 1},
                                             hovermode="closest")}


def decomposition(buckets: Sequence[date], parts: Mapping[str, Sequence[float]], unit: Unit, height: int = 330) -> Figure:
    """Return ``parts`` (name -> values by bucket) as rows above each other over one time axis; the last row is bars around zero."""
    days, count = [day.isoformat() for day in buckets], len(parts)
    traces: list[dict[str, object]] = []
    axes: dict[str, object] = {}
    labels: list[dict[str, object]] = []
    for number, (name, values) in enumerate(parts.items()):
        place = "" if number == 0 else str(number + 1)
        top = 1 - number / count
        common: dict[str, object] = {"name": name, "x": days, "y": plain(values), "yaxis": f"y{place}", "hovertemplate": hover(unit)}
        if number == count - 1:
            traces.append({"type": "bar", "marker": {"color": QUIET}, **common})
        else:
            traces.append({"type": "scatter", "mode": "lines", "line": {"width": 1.8, "color": SERIES[number]}, **common})
        axes[f"yaxis{place}"] = {"domain": [top - 0.76 / count, top - 0.1 / count], "showgrid": True, "gridcolor": "#eceef2", "zeroline": False, "nticks": 3, "automargin": True, "fixedrange": True,
                                 "ticklabelstandoff": 8, **({"tickprefix": "$", "tickformat": "~s"} if unit is Unit.MONEY else {"tickformat": ".0~%"} if unit is Unit.PERCENT else {"tickformat": "~s"})}
        labels.append({"xref": "paper", "yref": "paper", "x": 0, "y": top - 0.09 / count, "xanchor": "left", "yanchor": "bottom", "text": name, "showarrow": False, "font": {"size": 11.5, "color": "#667085"}})
    first = axes.pop("yaxis")
    return {"data": traces, "layout": layout(height, margin={"l": 0, "r": 0, "t": 18, "b": 0}, annotations=labels, xaxis={"type": "date", "tickformat": "%b\n%Y", "nticks": 8, "tickangle": 0, "anchor": "free", "position": 0}, yaxis=first, **axes)}
