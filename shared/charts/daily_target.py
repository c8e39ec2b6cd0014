"""A month day by day: what each day should bring, and what it brought."""

import math
from collections.abc import Sequence
from datetime import date, timedelta

from shared.charts.palette import ACCENT, QUIET, faded
from shared.charts.template import Figure, layout


def daily_target(first: date, target: Sequence[float], actual: Sequence[float], *, bars: bool, percent: bool = False, money: bool = False, height: int = 230) -> Figure:
    """Return the figure of one month: the target as a stepped line over all its days, the days so far as bars (a flow) or as a line.

    ``first`` is the first of the month; ``actual`` may be shorter than ``target``; NaN leaves a gap.
    """
    days = [(first + timedelta(days=number)).isoformat() for number in range(len(target))]
    form = "%{y:.1%}" if percent else "$%{y:,.0f}" if money else "%{y:,.1f}"
    so_far = [None if math.isnan(value) else value for value in actual]
    found: dict[str, object] = {"x": days[:len(actual)], "y": so_far, "name": "Actual", "hovertemplate": form}
    shape: dict[str, object] = {"type": "bar", "marker": {"color": faded(0.55)}} if bars else {"type": "scatter", "mode": "lines+markers", "line": {"color": ACCENT, "width": 2}, "marker": {"size": 4, "color": ACCENT}}
    goal: dict[str, object] = {"type": "scatter", "mode": "lines", "x": days, "y": list(target), "name": "Target", "hovertemplate": form, "line": {"color": QUIET, "width": 1.8, "shape": "hvh", "dash": "5px,3px"}}
    axis: dict[str, object] = {"nticks": 5, "rangemode": "tozero", "tickformat": ".0%" if percent else "~s", "tickprefix": "$" if money else ""}
    return {"data": [found | shape, goal], "layout": layout(height, xaxis={"type": "date", "tickformat": "%-d", "nticks": 10, "hoverformat": "%a %-d %b %Y"}, yaxis=axis)}
