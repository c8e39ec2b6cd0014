"""Branches side by side: one panel each on one scale, and their ranks over time."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from shared.charts.bars import AXES
from shared.charts.palette import ACCENT, PAPER, QUIET, SERIES, faded
from shared.charts.template import Figure, layout
from shared.metrics.format import write
from shared.metrics.metric import Unit

_COLUMNS = 3
_EDGE = timedelta(days=8)
"""Room before the first and after the last month."""


def scale(series: Mapping[str, Sequence[float]], others: Sequence[float] = ()) -> tuple[float, float]:
    """Return the range that holds every series: from zero where nothing is below it, with a little room above."""
    known = [value for values in (*series.values(), others) for value in values if not math.isnan(value)]
    low, high = min([0.0, *known]), max([0.0, *known])
    return low, high + 0.06 * ((high - low) or 1.0)


def panel(months: Sequence[date], values: Sequence[float], company: Sequence[float], unit: Unit, span: tuple[float, float], height: int = 132) -> Figure:
    """Return one branch's months as a line over ``span``, the scale of all panels; ``company`` is the grey line behind (empty: none)."""
    return {"data": _lines(months, values, company, unit, ""), "layout": layout(height, xaxis={"type": "date", "tickformat": "%b", "hoverformat": "%B %Y", "nticks": 3, "tickangle": 0}, yaxis={**AXES.get(unit, {"tickformat": "~g"}), "range": list(span), "nticks": 3})}


def panels(months: Sequence[date], series: Mapping[str, Sequence[float]], company: Sequence[float], unit: Unit) -> Figure:
    """Return all panels in one figure, for a file: three in a row, on one scale."""
    rows, span = math.ceil(len(series) / _COLUMNS) or 1, scale(series, company)
    traces: list[dict[str, object]] = []
    axes: dict[str, object] = {}
    titles: list[dict[str, object]] = []
    for number, (name, values) in enumerate(series.items()):
        row, column = divmod(number, _COLUMNS)
        place = "" if number == 0 else str(number + 1)
        left, top = column / _COLUMNS, 1 - row / rows
        wide, tall = 1 / _COLUMNS - 0.05, 1 / rows * 0.7
        traces += _lines(months, values, company, unit, place)
        axes[f"xaxis{place}"] = {"domain": [left, left + wide], "anchor": f"y{place}", "type": "date", "tickformat": "%b", "nticks": 4, "showgrid": False, "zeroline": False, "tickangle": 0}
        axes[f"yaxis{place}"] = {"domain": [max(0.0, top - 0.12 / rows - tall), top - 0.12 / rows], "anchor": f"x{place}", "range": list(span), "nticks": 4, "gridcolor": "#eceef2", "zeroline": False, **AXES.get(unit, {"tickformat": "~g"})}
        titles.append({"xref": "paper", "yref": "paper", "x": left, "y": top, "xanchor": "left", "yanchor": "top", "text": name, "showarrow": False, "font": {"size": 13, "color": "#667085"}})
    first_x, first_y = axes.pop("xaxis", {}), axes.pop("yaxis", {})
    return {"data": traces, "layout": layout(210 * rows, annotations=titles, xaxis=first_x, yaxis=first_y, **axes)}


def _lines(months: Sequence[date], values: Sequence[float], company: Sequence[float], unit: Unit, place: str) -> list[dict[str, object]]:
    days = [month.isoformat() for month in months]
    on = {"xaxis": f"x{place}", "yaxis": f"y{place}", "type": "scatter", "x": days}
    quiet: dict[str, object] = {**on, "mode": "lines", "name": "Company", "y": _plain(company), "line": {"width": 1.4, "color": QUIET, "dash": "dot"}, "customdata": [write(value, unit) for value in company], "hovertemplate": "%{customdata}"}
    own: dict[str, object] = {**on, "mode": "lines", "name": "Branch", "y": _plain(values), "line": {"width": 2.4, "color": ACCENT}, "fill": "tozeroy", "fillcolor": faded(0.07), "customdata": [write(value, unit) for value in values], "hovertemplate": "%{customdata}"}
    return [quiet, own] if company else [own]


def ranks(months: Sequence[date], places: Mapping[str, Sequence[float]], height: int = 0) -> Figure:
    """Return a line of ranks per branch, the first place on top, named at its end; NaN where a branch had none."""
    traces: list[dict[str, object]] = []
    labels: list[dict[str, object]] = []
    for number, (name, ranked) in enumerate(places.items()):
        colour = SERIES[number % len(SERIES)]
        traces.append({"type": "scatter", "mode": "lines+markers", "name": name, "x": [month.isoformat() for month in months], "y": _plain(ranked), "line": {"width": 2.6, "color": colour, "shape": "spline", "smoothing": 0.6},
                       "marker": {"size": 11, "color": PAPER, "line": {"width": 2.6, "color": colour}}, "hovertemplate": f"{name}: place %{{y}}<extra></extra>"})
        if ranked and not math.isnan(ranked[-1]):
            labels.append({"x": months[-1].isoformat(), "y": ranked[-1], "text": name, "xanchor": "left", "xshift": 12, "showarrow": False, "font": {"size": 12.5, "color": "#667085"}})
    most = max((len(places), 1))
    room = max((len(name) for name in places), default=0) * 7 + 18
    return {"data": traces, "layout": layout(
        height or 46 * most + 50, hovermode="closest", annotations=labels, margin={"l": 0, "r": room, "t": 4, "b": 0}, xaxis={"type": "date", "tickformat": "%b", "nticks": max(2, len(months)), "tickangle": 0, "showspikes": False, "range": [(months[0] - _EDGE).isoformat(), (months[-1] + _EDGE).isoformat()] if months else None},
        yaxis={"range": [most + 0.5, 0.5], "tickmode": "linear", "dtick": 1, "showgrid": False, "tickformat": "d"})}


def _plain(values: Sequence[float]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values]
