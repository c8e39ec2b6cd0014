"""Bars: things in order of a number, months that ripen, shares of a pace."""

import math
from collections.abc import Sequence
from datetime import date

from shared.charts.palette import ACCENT, BAD, QUIET, faded
from shared.charts.template import Figure, layout
from shared.metrics.format import write
from shared.metrics.metric import Unit

AXES: dict[Unit, dict[str, object]] = {Unit.MONEY: {"tickprefix": "$", "tickformat": "~s"}, Unit.PERCENT: {"tickformat": ".0%"}, Unit.COUNT: {"tickformat": "~s"}}
"""How an axis of a unit is written."""
_ROW, _NUMBERS = 40, 0.3
"""Pixels of one bar with its room, and how much of the bars' width is kept free for their numbers."""


def ranked(labels: Sequence[str], values: Sequence[float], unit: Unit, *, before: Sequence[float] = (), chosen: int | None = None, line: float | None = None) -> Figure:
    """Return lying bars in the order given, the first on top, each with its number at its end.

    ``before``: an earlier value of each, as a tick across its row; ``chosen``: the place that is highlighted (None: all alike); ``line``: a value to hold them against.
    Missing values have no bar.
    """
    colours = [ACCENT if chosen in {None, place} else faded(0.38) for place in range(len(values))]
    plain = [None if math.isnan(value) else value for value in values]
    said = [write(value, unit) for value in values]
    traces: list[dict[str, object]] = [{"type": "bar", "orientation": "h", "x": plain, "y": list(labels), "name": "Now", "marker": {"color": colours}, "customdata": said, "hovertemplate": "%{y}: %{customdata}<extra></extra>"}]
    if before:
        traces.append({"type": "scatter", "mode": "markers", "x": [None if math.isnan(value) else value for value in before], "y": list(labels), "name": "Before", "customdata": [write(value, unit) for value in before],
                       "marker": {"symbol": "line-ns", "size": 20, "line": {"width": 2, "color": QUIET}}, "hovertemplate": "%{y} before: %{customdata}<extra></extra>"})
    known = [value for value in (*values, *before) if not math.isnan(value)]
    low, high = min([0.0, *known]), max([0.0, *known, *([line] if line is not None else [])])
    room = (high - low) or 1.0
    shapes = [] if line is None else [{"type": "line", "x0": line, "x1": line, "y0": 0, "y1": 1, "yref": "paper", "line": {"color": QUIET, "width": 1.5, "dash": "dot"}}]
    numbers = [{"xref": "paper", "x": 1, "xanchor": "right", "y": label, "text": text, "showarrow": False, "font": {"size": 12.5, "color": "#667085"}} for label, text in zip(labels, said, strict=True)]
    return {"data": traces, "layout": layout(
        _ROW * max(2, len(labels)) + 16, hovermode="closest", bargap=0.42, shapes=shapes, annotations=numbers,
        xaxis={"visible": False, "range": [low, high + _NUMBERS * room], "showspikes": False}, yaxis={"autorange": "reversed", "showgrid": False, "ticklabelstandoff": 10, "type": "category", "tickmode": "linear", "dtick": 1})}


def ripening(months: Sequence[date], values: Sequence[float], is_ripe: Sequence[bool], unit: Unit, *, developed: Sequence[float] = (), errors: Sequence[float] = (), line: Sequence[float] = (), height: int = 270) -> Figure:
    """Return a bar per month; months that still change by themselves are hatched, and ``developed`` says where each is expected to end, give or take ``errors``.

    ``line``: what each month is held against, as a tick across its bar.
    """
    form = "%{customdata}"
    marker = {"color": [ACCENT if ripe else faded(0.28) for ripe in is_ripe], "pattern": {"shape": ["" if ripe else "/" for ripe in is_ripe], "fgcolor": ACCENT, "size": 6, "solidity": 0.25}}
    days = [month.isoformat() for month in months]
    traces: list[dict[str, object]] = [{"type": "bar", "name": "So far", "x": days, "y": [None if math.isnan(value) else value for value in values], "marker": marker, "customdata": [write(value, unit) for value in values], "hovertemplate": form}]
    if developed:
        ends: dict[str, object] = {"type": "scatter", "mode": "markers", "name": "Expected in the end", "x": days, "y": [None if math.isnan(value) else value for value in developed], "marker": {"symbol": "diamond-open", "size": 9, "color": ACCENT, "line": {"width": 2}},
                                   "customdata": [write(value, unit) for value in developed], "hovertemplate": form}
        if errors:
            ends["error_y"] = {"type": "data", "array": [None if math.isnan(value) else value for value in errors], "color": ACCENT, "thickness": 1.8, "width": 5}
        traces.append(ends)
    if line:
        traces.append(_ticks(days, line, unit, "Pays for itself"))
    return {"data": traces, "layout": layout(height, xaxis={"type": "date", "tickformat": "%b\n%Y", "hoverformat": "%B %Y", "nticks": 8, "tickangle": 0}, yaxis={**AXES.get(unit, {"tickformat": "~g"}), "nticks": 5, "zeroline": True, "zerolinecolor": QUIET})}


def against(months: Sequence[date], values: Sequence[float], planned: Sequence[float], unit: Unit, *, height: int = 270) -> Figure:
    """Return a bar per month and its plan as a tick across it; months without a plan have none."""
    days = [month.isoformat() for month in months]
    bars: dict[str, object] = {"type": "bar", "name": "Actual", "x": days, "y": list(values), "marker": {"color": ACCENT}, "customdata": [write(value, unit) for value in values], "hovertemplate": "%{customdata}"}
    return {"data": [bars, _ticks(days, planned, unit, "Planned")],
            "layout": layout(height, xaxis={"type": "date", "tickformat": "%b", "hoverformat": "%B %Y", "nticks": 12, "tickangle": 0}, yaxis={**AXES.get(unit, {"tickformat": "~g"}), "nticks": 5, "rangemode": "tozero"})}


def _ticks(days: Sequence[str], values: Sequence[float], unit: Unit, name: str) -> dict[str, object]:
    return {"type": "scatter", "mode": "markers", "name": name, "x": list(days), "y": [None if math.isnan(value) else value for value in values], "marker": {"symbol": "line-ew", "size": 22, "line": {"width": 2.5, "color": QUIET}},
            "customdata": [write(value, unit) for value in values], "hovertemplate": "%{customdata}"}


def gaps(labels: Sequence[str], values: Sequence[float], unit: Unit) -> Figure:
    """Return lying bars of what is won (right) or lost (left of zero), the first on top."""
    figure = ranked(labels, values, unit)
    data = figure["data"]
    assert isinstance(data, list)
    data[0]["marker"] = {"color": [ACCENT if value >= 0 else BAD for value in values]}
    return figure
