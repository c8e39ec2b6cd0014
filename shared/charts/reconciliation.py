"""Open cases over time."""

from collections.abc import Sequence
from datetime import date

from shared.charts.palette import ACCENT, QUIET, faded
from shared.charts.template import Figure, layout


def open_trend(days: Sequence[tuple[date, int, float]], height: int = 250) -> Figure:
    """Return the figure of open cases (left) and dollars at risk (right) at the end of each day."""
    axis = [each.isoformat() for each, _, _ in days]
    traces = [
        {"type": "scatter", "mode": "lines", "x": axis, "y": [amount for _, _, amount in days], "yaxis": "y2", "name": "At risk", "line": {"color": QUIET, "width": 1.4, "dash": "dot"}, "hovertemplate": "$%{y:,.0f}"},
        {"type": "scatter", "mode": "lines", "x": axis, "y": [count for _, count, _ in days], "name": "Open cases", "line": {"color": ACCENT, "width": 2.4, "shape": "hv"}, "fill": "tozeroy", "fillcolor": faded(0.12), "hovertemplate": "%{y:,}"},
    ]
    highest, dollars = max(count for _, count, _ in days), max(amount for _, _, amount in days)
    return {"data": traces, "layout": layout(height, xaxis={"type": "date", "tickformat": "%-d %b", "nticks": 7, "tickangle": 0, "hoverformat": "%-d %b %Y"}, yaxis={"range": [0, highest * 1.12 or 1], "nticks": 5},
                                             yaxis2={"overlaying": "y", "side": "right", "range": [0, dollars * 1.12 or 1], "showgrid": False, "tickprefix": "$", "tickformat": "~s", "nticks": 5})}
