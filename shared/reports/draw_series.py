"""Figures of blocks whose numbers stand side by side: lines, areas, bars, stacks, two axes."""

from collections.abc import Sequence
from typing import Any

from shared.charts.bars import AXES
from shared.charts.palette import QUIET, SERIES, faded
from shared.charts.template import Figure, layout
from shared.metrics.format import write
from shared.metrics.metric import Metric, Unit
from shared.reports.block_numbers import OTHERS, TIMES, Numbers, Row, known

_HOVER_DAY = {"day": "%a %-d %b %Y", "week": "Week of %-d %b %Y", "month": "%B %Y", "quarter": "Quarter from %B %Y", "year": "%Y"}
_TICKS = {"day": "%-d %b", "week": "%-d %b", "month": "%b\n%Y", "quarter": "%b\n%Y", "year": "%Y"}
_LONG_LABELS = 9
"""Characters of an average label above which bars lie."""
LINE, FOOT = 19, 34
"""Pixels that a lying bar needs to be read with its name, and an axis below."""
_MANY_MARKS = 25


def point(numbers: Numbers, row: Row, metric: int, value: float) -> list[str]:
    """Return what a mark carries for a click and a hover: glass code, filter, label and text, and of a series filter and label."""
    series = [numbers.choice(row, 1), row.labels[1]] if len(numbers.fields) > 1 else ["", ""]
    return [numbers.code(row, metric), numbers.choice(row) or days_of(numbers, row), row.labels[0], write(value, numbers.metrics[metric].unit), *series]


def days_of(numbers: Numbers, row: Row) -> str:
    """Return the filter that a click on a span of time means; empty: the row is none."""
    return f"period={row.span}" if numbers.fields and numbers.fields[0] in TIMES and row.span else ""


def value_axis(unit: Unit) -> dict[str, object]:
    """Return how an axis of numbers is written."""
    return {**AXES.get(unit, {"tickformat": "~s"}), "rangemode": "tozero", "zeroline": True, "zerolinecolor": QUIET, "zerolinewidth": 1}


def place_axis(numbers: Numbers) -> dict[str, object]:
    """Return the axis of the first field: days, or names in their order."""
    name = numbers.fields[0]
    if name in TIMES:
        return {"type": "date", "tickformat": _TICKS[name], "hoverformat": _HOVER_DAY[name], "nticks": 8, "tickangle": 0}
    return {"type": "category", "tickangle": 0 if len(numbers.labels) < 9 else "auto", "showspikes": False}


def places(numbers: Numbers, rows: Sequence[Row]) -> list[str]:
    """Return where rows stand on the axis of the first field."""
    return [row.keys[0] if numbers.fields[0] in TIMES else row.labels[0] for row in rows]


def named_series(numbers: Numbers) -> list[tuple[str, int, list[Row]]]:
    """Return (name, metric, rows) of each series: one per key of the second field, or one per metric."""
    if len(numbers.fields) < 2:
        return [(declared.label, place, list(numbers.rows)) for place, declared in enumerate(numbers.metrics)]
    _, columns, by = numbers.grid()
    firsts = list(dict.fromkeys(row.keys[0] for row in numbers.rows))
    return [(column.labels[1], 0, [by[first, column.keys[1]] for first in firsts if (first, column.keys[1]) in by]) for column in columns]


def line(numbers: Numbers, height: int) -> Figure:
    """Return lines over time, one per metric or per key of the series; what they are compared with is dotted."""
    return _over_time(numbers, height, is_area=False)


def area(numbers: Numbers, height: int) -> Figure:
    """Return filled lines over time; several stand on each other."""
    return _over_time(numbers, height, is_area=True)


def _over_time(numbers: Numbers, height: int, *, is_area: bool) -> Figure:
    traces: list[dict[str, Any]] = []
    series = named_series(numbers)
    for number, (name, metric, rows) in enumerate(series):
        values, colour = [row.values[metric] for row in rows], _colour(name, number)
        trace: dict[str, Any] = {"type": "scatter", "mode": "lines+markers" if len(rows) < 3 else "lines", "name": name, "x": places(numbers, rows), "y": [known(value) for value in values],
                                 "line": {"color": colour, "width": 2.2}, "customdata": [point(numbers, row, metric, value) for row, value in zip(rows, values, strict=True)], "hovertemplate": "%{customdata[3]}"}
        if is_area and len(series) > 1:
            trace |= {"stackgroup": "all", "line": {"color": colour, "width": 1.2}}
        elif is_area:
            trace |= {"fill": "tozeroy", "fillgradient": {"type": "vertical", "colorscale": [[0, faded(0)], [1, faded(0.24)]]}}
        traces.append(trace)
        if len(series) == 1 and rows and rows[0].before:
            before = [row.before[metric] for row in rows]
            traces.append({"type": "scatter", "mode": "lines", "name": "Before", "x": places(numbers, rows), "y": [known(value) for value in before], "line": {"color": QUIET, "width": 1.4, "dash": "dot"},
                           "customdata": [["", "", row.labels[0], write(value, numbers.metrics[metric].unit), "", ""] for row, value in zip(rows, before, strict=True)], "hovertemplate": "%{customdata[3]}"})
    return {"data": traces, "layout": layout(height, xaxis=place_axis(numbers), yaxis=value_axis(numbers.metrics[0].unit))}


def bar(numbers: Numbers, height: int) -> Figure:
    """Return bars side by side; they lie where their names are long."""
    return _bars(numbers, height, is_stacked=False)


def stacked(numbers: Numbers, height: int) -> Figure:
    """Return bars whose parts stand on each other."""
    return _bars(numbers, height, is_stacked=True)


def _colour(name: str, number: int) -> str:
    return QUIET if name == OTHERS else SERIES[number % len(SERIES)]


def _bars(numbers: Numbers, height: int, *, is_stacked: bool) -> Figure:
    labels, series = numbers.labels, named_series(numbers)
    lies = numbers.fields[0] not in TIMES and bool(labels) and sum(map(len, labels)) / len(labels) > _LONG_LABELS
    traces: list[dict[str, Any]] = []
    for number, (name, metric, rows) in enumerate(series):
        values, at = [known(row.values[metric]) for row in rows], places(numbers, rows)
        traces.append({"type": "bar", "name": name, **({"x": values, "y": at, "orientation": "h"} if lies else {"x": at, "y": values}), "marker": {"color": _colour(name, number)},
                       "customdata": [point(numbers, row, metric, row.values[metric]) for row in rows], "hovertemplate": "%{customdata[3]}" if not lies or len(series) > 1 else "%{y}: %{customdata[3]}<extra></extra>"})
        if len(series) == 1 and rows and rows[0].before:
            before = [known(row.before[metric]) for row in rows]
            traces.append({"type": "scatter", "mode": "markers", "name": "Before", **({"x": before, "y": at} if lies else {"x": at, "y": before}),
                           "marker": {"symbol": "line-ns" if lies else "line-ew", "size": 18, "line": {"width": 2, "color": QUIET}}, "customdata": [write(row.before[metric], numbers.metrics[metric].unit) for row in rows],
                           "hovertemplate": "%{customdata}"})
    values_axis = value_axis(numbers.metrics[0].unit)
    axes: dict[str, Any] = {"xaxis": place_axis(numbers), "yaxis": values_axis}
    if lies:
        height = max(height, FOOT + LINE * len(labels))  # higher than its card: it is scrolled
        axes = {"xaxis": {**values_axis, "showgrid": True, "gridcolor": "#eceef2", "showspikes": False, "nticks": 5}, "yaxis": {"type": "category", "range": [len(labels) - 0.5, -0.5], "showgrid": False, "tickmode": "linear", "dtick": 1}}
    return {"data": traces, "layout": layout(height, barmode="relative" if is_stacked else "group", hovermode="y unified" if lies and len(series) > 1 else "closest" if lies else "x unified", **axes)}


def combo(numbers: Numbers, height: int) -> Figure:
    """Return the first metric as bars and the second as a line with an axis of its own."""
    bars, over = numbers.metrics[0], numbers.metrics[1]
    rows, at = numbers.rows, places(numbers, numbers.rows)
    traces: list[dict[str, Any]] = [
        {"type": "bar", "name": bars.label, "x": at, "y": [known(row.values[0]) for row in rows], "marker": {"color": SERIES[0], "opacity": 0.45}, "customdata": [point(numbers, row, 0, row.values[0]) for row in rows], "hovertemplate": "%{customdata[3]}"},
        {"type": "scatter", "mode": "lines+markers", "name": over.label, "x": at, "y": [known(row.values[1]) for row in rows], "yaxis": "y2", "line": {"color": SERIES[2], "width": 2.2}, "marker": {"size": 6, "color": SERIES[2]},
         "customdata": [point(numbers, row, 1, row.values[1]) for row in rows], "hovertemplate": "%{customdata[3]}"},
    ]
    second = {**value_axis(over.unit), "overlaying": "y", "side": "right", "tickmode": "auto", "showgrid": False, "automargin": True, "nticks": 6, "fixedrange": True}
    return {"data": traces, "layout": layout(height, xaxis=place_axis(numbers), yaxis=value_axis(bars.unit), yaxis2=second)}


def scatter(numbers: Numbers, height: int) -> Figure:
    """Return one mark per row: the first metric across, the second up, the third (if any) as the size."""
    across, up = numbers.metrics[0], numbers.metrics[1]
    rows = [row for row in numbers.rows if known(row.values[0]) is not None and known(row.values[1]) is not None]
    sizes = [abs(known(row.values[2]) or 0.0) for row in rows] if len(numbers.metrics) > 2 else []
    top = max(sizes, default=0.0) or 1.0
    least, more = (6, 18) if len(rows) > _MANY_MARKS else (8, 26)
    trace = {"type": "scatter", "mode": "markers+text" if len(rows) <= 12 else "markers", "name": "", "x": [row.values[0] for row in rows], "y": [row.values[1] for row in rows], "text": [row.labels[0] for row in rows], "cliponaxis": False,
             "textposition": "top center", "textfont": {"size": 11, "color": "#667085"}, "marker": {"color": SERIES[0], "opacity": 0.6, "size": [least + more * (size / top) ** 0.5 for size in sizes] or least + 3},
             "customdata": [[*point(numbers, row, 1, row.values[1])[:3], _said(numbers.metrics, row), "", ""] for row in rows], "hovertemplate": "%{customdata[2]}<br>%{customdata[3]}<extra></extra>"}
    title = {"standoff": 8, "font": {"size": 12, "color": "#667085"}}
    return {"data": [trace], "layout": layout(height, hovermode="closest", xaxis={**AXES.get(across.unit, {"tickformat": "~s"}), "showgrid": True, "gridcolor": "#eceef2", "title": {**title, "text": across.label}, "showspikes": False},
                                              yaxis={**AXES.get(up.unit, {"tickformat": "~s"}), "title": {**title, "text": up.label}})}


def _said(metrics: Sequence[Metric], row: Row) -> str:
    return "<br>".join(f"{declared.label}: {write(value, declared.unit)}" for declared, value in zip(metrics, row.values, strict=True))
