"""A running period against its target: what has come in so far, and where it goes."""

import math
from collections.abc import Sequence
from datetime import date

from shared.charts.bars import AXES
from shared.charts.palette import ACCENT, PAPER, QUIET, faded
from shared.charts.template import Figure, layout
from shared.metrics.metric import Unit


def progress(days: Sequence[date], actual: Sequence[float], target: Sequence[float], ahead: Sequence[tuple[date, float, float, float]], unit: Unit, height: int = 300) -> Figure:
    """Return running totals over the days of a period.

    ``actual`` may be shorter than ``days``; ``target`` is empty where there is none; ``ahead``: (day, expected, low, high) of days to come, the first of them the last of ``actual``.
    """
    stamps = [day.isoformat() for day in days]
    form = "$%{y:,.0f}" if unit is Unit.MONEY else "%{y:,.0f}"
    traces: list[dict[str, object]] = []
    if ahead:
        later = [day.isoformat() for day, *_ in ahead]
        if any(high > low for _, _, low, high in ahead):
            traces += [{"type": "scatter", "mode": "lines", "x": later, "y": [high for *_, high in ahead], "line": {"width": 0, "color": faded(0)}, "hoverinfo": "skip", "name": "High"},
                       {"type": "scatter", "mode": "lines", "x": later, "y": [low for _, _, low, _ in ahead], "line": {"width": 0, "color": faded(0)}, "fill": "tonexty", "fillcolor": faded(0.13), "hoverinfo": "skip", "name": "80% band"}]
        traces.append({"type": "scatter", "mode": "lines", "x": later, "y": [expected for _, expected, *_ in ahead], "name": "Expected", "line": {"color": ACCENT, "width": 2.2, "dash": "6px,4px"}, "hovertemplate": form})
    if target:
        traces.append({"type": "scatter", "mode": "lines", "x": stamps, "y": list(target), "name": "Target", "line": {"color": QUIET, "width": 1.8, "dash": "2px,3px"}, "hovertemplate": form})
    traces.append({"type": "scatter", "mode": "lines", "x": stamps[: len(actual)], "y": [None if math.isnan(value) else value for value in actual], "name": "So far", "line": {"color": ACCENT, "width": 2.8}, "fill": "tozeroy", "fillcolor": faded(0.07), "hovertemplate": form})
    if actual:
        traces.append({"type": "scatter", "mode": "markers", "x": [stamps[len(actual) - 1]], "y": [actual[-1]], "name": "Today", "hoverinfo": "skip", "marker": {"size": 10, "color": PAPER, "line": {"width": 2.6, "color": ACCENT}}})
    return {"data": traces, "layout": layout(height, xaxis={"type": "date", "tickformat": "%-d %b", "hoverformat": "%a %-d %b %Y", "nticks": 7, "tickangle": 0}, yaxis={**AXES.get(unit, {}), "nticks": 5, "rangemode": "tozero"})}
