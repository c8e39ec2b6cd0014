"""Forecasts: what came and what is expected with its bands, intervals side by side, what was said against what came, errors by distance, delays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shared.charts.bars import AXES
from shared.charts.palette import ACCENT, PAPER, QUIET, faded
from shared.charts.template import Figure, layout
from shared.metrics.metric import Unit

_FORM = "$%{y:,.0f}"
_MONEY = {**AXES[Unit.MONEY], "nticks": 5, "zeroline": True, "zerolinecolor": QUIET}
_FORMATS = {"day": ("%-d %b", "%a %-d %b %Y"), "week": ("%-d %b", "Week of %-d %b %Y"), "month": ("%b\n%Y", "%B %Y")}
_ROW = 46


@dataclass(frozen=True)
class Expected:
    """One coming day, week or month: what is expected, with bands of 80 and 95 percent."""

    first: date
    mean: float
    low: float
    high: float
    lower: float
    higher: float


def fan(past: Sequence[tuple[date, float]], ahead: Sequence[Expected], grain: str, *, so_far: float = math.nan, height: int = 330) -> Figure:
    """Return the line of what came, going on as a dashed line within its bands; ``so_far``: a mark in the first coming bucket, which is running (NaN: it is not)."""
    begin = [Expected(past[-1][0], *[past[-1][1]] * 5)] if past else []  # bands open from the last value that came
    rows = [*begin, *ahead]
    stamps = [row.first.isoformat() for row in rows]
    traces: list[dict[str, object]] = [
        _band(stamps, [row.lower for row in rows], [row.higher for row in rows], 0.08, "95% band"), _band(stamps, [row.low for row in rows], [row.high for row in rows], 0.15, "80% band"),
        {"type": "scatter", "mode": "lines", "x": [day.isoformat() for day, _ in past], "y": [round(value, 2) for _, value in past], "name": "Came in", "line": {"color": ACCENT, "width": 2.4}, "hovertemplate": _FORM},
        {"type": "scatter", "mode": "lines", "x": stamps[len(begin):], "y": [round(each.mean, 2) for each in ahead], "name": "Forecast", "line": {"color": ACCENT, "width": 2.2, "dash": "5px,4px"},
         "customdata": [[round(each.low), round(each.high)] for each in ahead], "hovertemplate": "$%{y:,.0f} (80%: $%{customdata[0]:,.0f} to $%{customdata[1]:,.0f})"},
    ]
    if ahead and not math.isnan(so_far):
        traces.append({"type": "scatter", "mode": "markers", "x": [ahead[0].first.isoformat()], "y": [round(so_far, 2)], "name": "So far", "hovertemplate": _FORM, "marker": {"size": 9, "symbol": "diamond", "color": PAPER, "line": {"width": 2, "color": ACCENT}}})
    ticks, hover = _FORMATS[grain]
    return {"data": traces, "layout": layout(height, xaxis={"type": "date", "tickformat": ticks, "hoverformat": hover, "nticks": 8, "tickangle": 0}, yaxis={**_MONEY, "rangemode": "tozero"})}


def _band(stamps: Sequence[str], low: Sequence[float], high: Sequence[float], alpha: float, name: str) -> dict[str, object]:
    return {"type": "scatter", "mode": "lines", "x": [*stamps, *reversed(stamps)], "y": [round(value, 2) for value in (*high, *reversed(low))], "fill": "toself", "fillcolor": faded(alpha), "line": {"width": 0, "color": faded(0)},
            "hoverinfo": "skip", "name": name}


def intervals(labels: Sequence[str], means: Sequence[float], lows: Sequence[float], highs: Sequence[float], before: Sequence[float]) -> Figure:
    """Return a row per label: a bar from ``lows`` to ``highs``, a point at the mean, and a tick where ``before`` was (NaN: none)."""
    spans = {"type": "bar", "orientation": "h", "y": list(labels), "base": [round(low, 2) for low in lows], "x": [round(high - low, 2) for low, high in zip(lows, highs, strict=True)], "name": "80% band",
             "marker": {"color": faded(0.2)}, "hoverinfo": "skip"}
    points = {"type": "scatter", "mode": "markers", "y": list(labels), "x": [round(mean, 2) for mean in means], "name": "Forecast", "marker": {"size": 11, "color": ACCENT, "line": {"width": 2, "color": PAPER}},
              "customdata": [[round(low), round(high)] for low, high in zip(lows, highs, strict=True)], "hovertemplate": "%{y}: $%{x:,.0f} (80%: $%{customdata[0]:,.0f} to $%{customdata[1]:,.0f})<extra></extra>"}
    ticks = {"type": "scatter", "mode": "markers", "y": list(labels), "x": [None if math.isnan(value) else round(value, 2) for value in before], "name": "Before",
             "marker": {"symbol": "line-ns", "size": 20, "line": {"width": 2, "color": QUIET}}, "hovertemplate": "%{y} before: $%{x:,.0f}<extra></extra>"}
    return {"data": [spans, ticks, points], "layout": layout(
        _ROW * max(2, len(labels)) + 30, hovermode="closest", bargap=0.62, barcornerradius=7, xaxis={**AXES[Unit.MONEY], "nticks": 5, "showgrid": True, "gridcolor": "#eceef2", "rangemode": "tozero", "showspikes": False},
        yaxis={"autorange": "reversed", "showgrid": False, "ticklabelstandoff": 10, "type": "category", "tickmode": "linear", "dtick": 1})}


def kept(weeks: Sequence[date], said: Sequence[float], low: Sequence[float], high: Sequence[float], came: Sequence[float], height: int = 260) -> Figure:
    """Return bars of what came in each week, with what was said of it as a point within its band."""
    stamps = [week.isoformat() for week in weeks]
    bars = {"type": "bar", "x": stamps, "y": [round(value, 2) for value in came], "name": "Came in", "marker": {"color": faded(0.38)}, "hovertemplate": _FORM}
    points = {"type": "scatter", "mode": "markers", "x": stamps, "y": [round(value, 2) for value in said], "name": "Said", "marker": {"size": 11, "color": ACCENT, "line": {"width": 2, "color": PAPER}}, "hovertemplate": _FORM,
              "error_y": {"type": "data", "symmetric": False, "array": [round(top - value, 2) for top, value in zip(high, said, strict=True)], "arrayminus": [round(value - bottom, 2) for value, bottom in zip(said, low, strict=True)],
                          "color": ACCENT, "thickness": 2, "width": 6}}
    return {"data": [bars, points], "layout": layout(height, bargap=0.45, xaxis={"type": "date", "tickvals": stamps, "tickformat": "%-d %b", "hoverformat": "Seven days from %-d %b %Y", "showspikes": False}, yaxis={**_MONEY, "rangemode": "tozero"})}


def errors(labels: Sequence[str], ours: Sequence[float], naive: Sequence[float], height: int = 260) -> Figure:
    """Return mean errors as shares of what came by distance: the method's, and the seasonal naive's above it."""
    lines: list[dict[str, object]] = [
        {"type": "scatter", "mode": "lines+markers", "x": list(labels), "y": [None if math.isnan(value) else round(value, 4) for value in values], "name": name, "line": line, "marker": {"size": 6}, "hovertemplate": "%{y:.1%}"}
        for name, values, line in (("Seasonal naive", naive, {"color": QUIET, "width": 1.8, "dash": "2px,3px"}), ("Forecast", ours, {"color": ACCENT, "width": 2.4}))
    ]
    return {"data": lines, "layout": layout(height, xaxis={"type": "category", "nticks": 13, "tickangle": 0}, yaxis={"tickformat": ".0%", "rangemode": "tozero", "nticks": 5})}


def delays(shares: Sequence[float], height: int = 260) -> Figure:
    """Return bars of the share that arrives so many weeks later, from the same week on."""
    labels = ["same" if week == 0 else str(week) for week in range(len(shares))]
    return {"data": [{"type": "bar", "x": labels, "y": [round(share, 4) for share in shares], "name": "Arrives", "marker": {"color": ACCENT}, "hovertemplate": "%{y:.0%}"}],
            "layout": layout(height, bargap=0.3, xaxis={"type": "category", "title": {"text": "weeks later", "font": {"size": 12}}, "tickangle": 0, "nticks": 14, "showspikes": False}, yaxis={"tickformat": ".0%", "rangemode": "tozero", "nticks": 5})}
