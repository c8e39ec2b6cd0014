"""Figures of the scorecards: a metric over months or weeks beside the year before, and how many are still open after a time."""

import math
from collections.abc import Sequence
from datetime import date

from shared.analysis.survival import Survival
from shared.charts.palette import ACCENT, PAPER, QUIET, faded
from shared.charts.template import Figure, layout
from shared.metrics.metric import Unit

SO_FAR = "So far"
"""Name of the trace whose only point live messages move."""
_FORMATS = {Unit.MONEY: ("$%{y:,.0f}", {"tickprefix": "$", "tickformat": "~s"}), Unit.PERCENT: ("%{y:.1%}", {"tickformat": ".0%"}), Unit.COUNT: ("%{y:,.0f}", {"tickformat": "~s"})}


def trend(buckets: Sequence[date], values: Sequence[float], prior: Sequence[float], unit: Unit, height: int, *, months: bool, so_far: tuple[date, float] | None = None) -> Figure:
    """Return ``values`` over ``buckets`` (their first days) as a line, ``prior`` (the same buckets a year earlier) dotted behind.

    ``so_far``: the running bucket and its value, drawn apart because it is not over.  NaN leaves a gap.
    """
    hover, axis = _FORMATS.get(unit, ("%{y:,.2f}", {"tickformat": "~g"}))
    days = [day.isoformat() for day in buckets]
    is_sum = unit in {Unit.MONEY, Unit.COUNT}
    traces: list[dict[str, object]] = [
        {"type": "scatter", "mode": "lines", "name": "Prior year", "x": days, "y": _plain(prior), "line": {"color": QUIET, "width": 1.5, "dash": "dot"}, "hovertemplate": hover},
        {"type": "scatter", "mode": "lines+markers", "name": "Actual", "x": days, "y": _plain(values), "line": {"color": ACCENT, "width": 2.4}, "marker": {"size": 6, "color": ACCENT, "line": {"width": 1.5, "color": PAPER}},
         "hovertemplate": hover, **({"fill": "tozeroy", "fillgradient": {"type": "vertical", "colorscale": [[0, faded(0)], [1, faded(0.18)]]}} if is_sum else {})},
    ]
    if so_far is not None and not math.isnan(so_far[1]):
        traces.append({"type": "scatter", "mode": "markers", "name": SO_FAR, "x": [so_far[0].isoformat()], "y": [so_far[1]], "hovertemplate": hover,
                       "marker": {"size": 10, "symbol": "diamond", "color": PAPER, "line": {"width": 2, "color": ACCENT}}})
    return {"data": traces, "layout": layout(
        height, xaxis={"type": "date", "tickformat": "%b\n%Y" if months else "%-d %b", "hoverformat": "%B %Y" if months else "Week of %-d %b %Y", "nticks": 8, "tickangle": 0},
        yaxis={**axis, "nticks": 5, "rangemode": "tozero" if is_sum else "normal"})}


def still_open(curve: Survival, height: int) -> Figure:
    """Return the share of tickets that are still open after so many hours as steps, with its 95 % band, and the median where it is known."""
    times, shares = [0.0, *(step.time for step in curve.steps)], [1.0, *(step.share for step in curve.steps)]
    low, high = [1.0, *(step.low for step in curve.steps)], [1.0, *(step.high for step in curve.steps)]
    rounded = [round(time, 2) for time in times]
    base = {"type": "scatter", "mode": "lines", "x": rounded}
    traces: list[dict[str, object]] = [
        {**base, "y": _plain(high), "line": {"width": 0, "shape": "hv", "color": faded(0)}, "hoverinfo": "skip", "name": "95% high"},
        {**base, "y": _plain(low), "line": {"width": 0, "shape": "hv", "color": faded(0)}, "fill": "tonexty", "fillcolor": faded(0.13), "hoverinfo": "skip", "name": "95% band"},
        {**base, "y": _plain(shares), "line": {"width": 2.4, "shape": "hv", "color": ACCENT}, "name": "Still open", "hovertemplate": "%{y:.0%}"},
    ]
    if not math.isnan(curve.median):
        traces.append({"type": "scatter", "mode": "lines", "x": [curve.median, curve.median], "y": [0, 0.5], "line": {"color": QUIET, "width": 1.4, "dash": "dot"}, "hoverinfo": "skip", "name": "Median"})
    return {"data": traces, "layout": layout(height, xaxis={"ticksuffix": " h", "rangemode": "tozero", "nticks": 7, "hoverformat": ",.0f"}, yaxis={"tickformat": ".0%", "range": [0, 1.02], "nticks": 5})}


def _plain(values: Sequence[float]) -> list[float | None]:
    return [None if math.isnan(value) else round(value, 6) for value in values]
