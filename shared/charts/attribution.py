"""Attribution: how far models differ, how sure one is, and who opens and who closes."""

from collections.abc import Sequence

from shared.charts.palette import ACCENT, PAPER, QUIET, SERIES, faded
from shared.charts.template import Figure, layout
from shared.metrics.format import write
from shared.metrics.metric import Unit

_ROW, _LINK = 42, 34
"""Pixels of one row, and of one node of a flow."""


def spread(labels: Sequence[str], models: Sequence[str], shares: Sequence[Sequence[float | None]], chosen: int) -> Figure:
    """Return a row per label: a dot for each model's share, a line from the least to the greatest, and the model ``chosen`` filled.

    ``shares[model][label]``, 0 .. 1; None: nothing to share.
    """
    columns = [[value for value in column if value is not None] for column in zip(*shares, strict=True)]
    lines = [{"type": "scatter", "mode": "lines", "x": [min(known), max(known)], "y": [label, label], "line": {"color": faded(0.28), "width": 8}, "hoverinfo": "skip"}
             for label, known in zip(labels, columns, strict=True) if known]
    order = [number for number in range(len(models)) if number != chosen] + [chosen]
    dots = [{"type": "scatter", "mode": "markers", "name": models[number], "x": list(shares[number]), "y": list(labels), "customdata": [write(value, Unit.PERCENT) if value is not None else "" for value in shares[number]],
             "marker": {"size": 13 if number == chosen else 8, "color": ACCENT if number == chosen else PAPER, "line": {"width": 1.5, "color": ACCENT if number == chosen else QUIET}},
             "hovertemplate": f"%{{y}}, {models[number].lower()}: %{{customdata}}<extra></extra>"} for number in order]
    return {"data": [*lines, *dots], "layout": layout(_ROW * max(2, len(labels)) + 34, hovermode="closest", xaxis={"tickformat": ".0%", "rangemode": "tozero", "nticks": 5, "showgrid": True, "gridcolor": "#eceef2", "showspikes": False},
                                                      yaxis=_rows())}


def intervals(labels: Sequence[str], values: Sequence[float | None], low: Sequence[float | None], high: Sequence[float | None], unit: Unit) -> Figure:
    """Return a row per model: its value and, where there is one, its interval."""
    spans = [{"type": "scatter", "mode": "lines", "x": [first, last], "y": [label, label], "line": {"color": faded(0.28), "width": 8}, "hoverinfo": "skip"}
             for label, first, last in zip(labels, low, high, strict=True) if first is not None and last is not None]
    said = ["" if value is None else write(value, unit) + ("" if first is None or last is None else f" ({write(first, unit)} to {write(last, unit)})") for value, first, last in zip(values, low, high, strict=True)]
    ends = [value for value in (*values, *low, *high) if value is not None]
    room = 0.04 * ((max(ends) - min(ends)) or abs(max(ends)) or 1.0) if ends else 0.0
    dots = {"type": "scatter", "mode": "markers", "x": list(values), "y": list(labels), "customdata": said, "marker": {"size": 11, "color": ACCENT}, "hovertemplate": "%{y}: %{customdata}<extra></extra>"}
    return {"data": [*spans, dots], "layout": layout(_ROW * max(2, len(labels)) + 34, hovermode="closest", yaxis=_rows(),
                                                     xaxis={"tickformat": ".0%" if unit is Unit.PERCENT else "~s", "nticks": 5, "showgrid": True, "gridcolor": "#eceef2", "showspikes": False, **({"range": [min(ends) - room, max(ends) + room]} if ends else {})})}


def opened_and_closed(openers: Sequence[str], closers: Sequence[str], flows: Sequence[tuple[int, int, int]]) -> Figure:
    """Return flows from who opens a journey (left) to who closes it (right): (place among openers, place among closers, conversions)."""
    left, right = len(openers), len(closers)
    colours = [SERIES[place % len(SERIES)] for place in range(left)] + [QUIET] * right
    sankey = {
        "type": "sankey", "arrangement": "snap", "textfont": {"size": 12.5},
        "node": {"label": [*openers, *closers], "color": colours, "pad": 14, "thickness": 12, "line": {"width": 0}, "hovertemplate": "%{label}: %{value:,.0f}<extra></extra>"},
        "link": {"source": [first for first, *_ in flows], "target": [left + last for _, last, _ in flows], "value": [count for *_, count in flows],
                 "color": [faded(0.16)] * len(flows), "hovertemplate": "%{source.label} opened, %{target.label} closed: %{value:,.0f}<extra></extra>"},
    }
    return {"data": [sankey], "layout": layout(_LINK * max(left, right, 4) + 40, hovermode="closest", margin={"l": 2, "r": 2, "t": 8, "b": 8})}


def _rows() -> dict[str, object]:
    return {"autorange": "reversed", "showgrid": False, "ticklabelstandoff": 10, "type": "category", "tickmode": "linear", "dtick": 1}
