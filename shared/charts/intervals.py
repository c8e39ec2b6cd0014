"""Numbers that are not known exactly: a dot with its interval for each."""

from collections.abc import Sequence

from shared.charts.palette import ACCENT, QUIET, faded
from shared.charts.template import Figure, layout
from shared.metrics.format import write
from shared.metrics.metric import Unit

_ROW = 40


def intervals(labels: Sequence[str], ranges: Sequence[tuple[float, float, float]], unit: Unit, *, line: float | None = None) -> Figure:
    """Return a row per label, the first on top: (low, middle, high) as a band with a dot and its number; ``line``: a value to hold them against."""
    lows, middles, highs = ([each[place] for each in ranges] for place in range(3))
    said = [f"{write(middle, unit)}, 80% between {write(low, unit)} and {write(high, unit)}" for low, middle, high in ranges]
    traces: list[dict[str, object]] = [
        {"type": "bar", "orientation": "h", "x": [high - low for low, high in zip(lows, highs, strict=True)], "base": lows, "y": list(labels), "width": 0.26, "marker": {"color": faded(0.28)}, "hoverinfo": "skip"},
        {"type": "scatter", "mode": "markers", "x": middles, "y": list(labels), "marker": {"size": 11, "color": ACCENT}, "customdata": said, "hovertemplate": "%{y}: %{customdata}<extra></extra>"}]
    low, high = min([0.0, *lows]), max([0.0, *highs, *([line] if line is not None else [])])
    room = (high - low) or 1.0
    shapes = [] if line is None else [{"type": "line", "x0": line, "x1": line, "y0": 0, "y1": 1, "yref": "paper", "line": {"color": QUIET, "width": 1.5, "dash": "dot"}}]
    numbers = [{"xref": "paper", "x": 1, "xanchor": "right", "y": label, "text": write(middle, unit), "showarrow": False, "font": {"size": 12.5, "color": "#667085"}} for label, middle in zip(labels, middles, strict=True)]
    return {"data": traces, "layout": layout(
        _ROW * max(2, len(labels)) + 16, hovermode="closest", shapes=shapes, annotations=numbers, barcornerradius=5,
        xaxis={"visible": False, "range": [low, high + 0.34 * room], "showspikes": False}, yaxis={"autorange": "reversed", "showgrid": False, "ticklabelstandoff": 10, "type": "category", "tickmode": "linear", "dtick": 1})}
