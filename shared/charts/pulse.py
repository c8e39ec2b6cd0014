"""Two figures of the last hour; the browser fills them as messages come."""

from shared.charts.palette import ACCENT, BAD, QUIET, SERIES, faded
from shared.charts.template import Figure, layout

KINDS: dict[str, str] = {"sold": "c1", "set": "c2", "installed": "c3", "ticket": "c4", "rescinded": "neg"}
"""Kind of event -> name of its colour in CSS, in the order in which they stand on each other."""
_COLOURS = dict(zip(KINDS, (*SERIES[:4], BAD), strict=True))


def last_hour(height: int) -> Figure:
    """Return stacked bars of events per minute, one trace per kind in the order of ``KINDS``, without any yet; x is a moment."""
    traces = [{"type": "bar", "name": kind, "x": [], "y": [], "marker": {"color": colour}, "hovertemplate": "%{y} " + kind + "<extra></extra>"} for kind, colour in _COLOURS.items()]
    return {"data": traces, "layout": layout(height, barmode="stack", bargap=0.15, barcornerradius=2, xaxis={"type": "date", "tickformat": "%H:%M", "nticks": 7, "showspikes": False},
                                             yaxis={"rangemode": "tozero", "tickformat": "d", "nticks": 4})}


def sold_so_far(height: int) -> Figure:
    """Return a line of dollars that adds up over the hour, without any yet; x is a moment."""
    line = {"type": "scatter", "mode": "lines", "name": "Sold", "x": [], "y": [], "line": {"color": ACCENT, "width": 2.4, "shape": "hv"}, "fill": "tozeroy", "fillcolor": faded(0.13),
            "hovertemplate": "$%{y:,.0f}<extra></extra>"}
    return {"data": [line], "layout": layout(height, xaxis={"type": "date", "tickformat": "%H:%M", "nticks": 4, "spikecolor": QUIET}, yaxis={"tickprefix": "$", "tickformat": "~s", "rangemode": "tozero", "nticks": 4})}
