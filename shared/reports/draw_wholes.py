"""Figures of blocks that show parts of a whole or single numbers: pie, heat map, funnel, waterfall, gauge, bullet."""

import math
from typing import Any

from shared.charts.bars import AXES
from shared.charts.palette import ACCENT, BAD, GOOD, PAPER, QUIET, SERIES, faded
from shared.charts.template import Figure, layout
from shared.metrics.format import MISSING, write
from shared.metrics.headline import Headline
from shared.reports.block_numbers import OTHERS, TIMES, Numbers, Row, known
from shared.reports.draw_series import FOOT, LINE, point, value_axis

_STRONGEST = 0.7
"""Of the accent where text stands on it: it can be read in both themes."""
_STATUS = {"good": GOOD, "warn": "#e08c0b", "bad": BAD, "none": ACCENT}


def pie(numbers: Numbers, height: int) -> Figure:
    """Return shares of the whole, over all rows: what is not shown by itself is one part."""
    declared = numbers.metrics[0]
    rows = [row for row in numbers.rows if (known(row.values[0]) or 0.0) > 0]
    rest = numbers.totals[0] - sum(row.values[0] for row in rows) if numbers.totals and not math.isnan(numbers.totals[0]) else 0.0
    labels, values = [row.labels[0] for row in rows], [row.values[0] for row in rows]
    data = [point(numbers, row, 0, row.values[0]) for row in rows]
    if rest > max(1e-6, 1e-6 * abs(numbers.totals[0] if numbers.totals else 0.0)) and numbers.all_rows > len(rows):
        labels, values, data = [*labels, OTHERS], [*values, rest], [*data, ["", "", OTHERS, write(rest, declared.unit), "", ""]]
    colours = [SERIES[number % len(SERIES)] if label != OTHERS else QUIET for number, label in enumerate(labels)]
    trace = {"type": "pie", "hole": 0.58, "labels": labels, "values": values, "sort": False, "direction": "clockwise", "textinfo": "percent", "texttemplate": "%{percent:.0%}", "textposition": "inside", "insidetextorientation": "horizontal", "showlegend": True, "marker": {"colors": colours, "line": {"width": 2, "color": "#fefefe"}},
             "customdata": data, "hovertemplate": "%{label}: %{customdata[3]} (%{percent:.1%})<extra></extra>", "insidetextfont": {"size": 11.5, "color": "#fefefe"}}
    middle = {"text": write(numbers.totals[0], declared.unit) if numbers.totals else MISSING, "x": 0.5, "y": 0.5, "showarrow": False, "font": {"size": 17, "color": "#667085"}}
    return {"data": [trace], "layout": layout(height, margin={"l": 4, "r": 4, "t": 8, "b": 8}, annotations=[middle], hovermode="closest", uniformtext={"minsize": 10, "mode": "hide"}, showlegend=True, legend={"orientation": "v", "x": 1.02, "y": 0.5, "yanchor": "middle", "font": {"size": 12}})}


def heat_map(numbers: Numbers, height: int) -> Figure:
    """Return a field per row and column, the darker the more."""
    firsts, columns, by = numbers.grid()
    declared = numbers.metrics[0]

    def cell(first: Row, column: Row) -> Row | None:
        return by.get((first.keys[0], column.keys[1]))

    z = [[known(found.values[0]) if (found := cell(first, column)) else None for column in columns] for first in firsts]
    data = [[point(numbers, found, 0, found.values[0]) if (found := cell(first, column)) else ["", "", "", MISSING, "", ""] for column in columns] for first in firsts]
    across = [column.keys[1] if numbers.fields[1] in TIMES else column.labels[1] for column in columns]
    few = len(firsts) * len(columns) <= 160 and len(columns) <= 14
    trace: dict[str, Any] = {"type": "heatmap", "x": [column.labels[1].replace(" ", "<br>") if numbers.fields[1] in TIMES else column.labels[1] for column in columns] if len(set(across)) == len(across) else across, "y": [first.labels[0] for first in firsts], "z": z, "customdata": data, "xgap": 2, "ygap": 2,
                             "colorscale": [[0, faded(0.06)], [1, faded(_STRONGEST)]], "showscale": False, "hovertemplate": "%{y}, %{x}: %{customdata[3]}<extra></extra>", "hoverongaps": False}
    if few:
        trace |= {"text": [[each[3] for each in line] for line in data], "texttemplate": "%{text}", "textfont": {"size": 10.5}}
    title = {"type": "category", "side": "top", "showspikes": False, "tickangle": 0 if len(columns) <= (16 if numbers.fields[1] in TIMES else 8) else "auto"}
    high = max(height, FOOT + 6 + LINE * len(firsts))  # higher than its card: it is scrolled
    return {"data": [trace], "layout": layout(high, hovermode="closest", xaxis=title, yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "tickmode": "linear", "dtick": 1}, meta={"metric": declared.label})}


def funnel(numbers: Numbers, height: int) -> Figure:
    """Return the metrics as stages, each with its share of the stage before it."""
    values = [known(value) or 0.0 for value in numbers.totals]
    shares = ["" if place == 0 or not values[place - 1] else f" · {value / values[place - 1]:.0%}" for place, value in enumerate(values)]
    texts = [write(value, declared.unit) + share for value, declared, share in zip(values, numbers.metrics, shares, strict=True)]
    trace = {"type": "funnel", "y": [declared.label for declared in numbers.metrics], "x": values, "text": texts, "texttemplate": "%{text}", "textposition": "auto", "insidetextfont": {"color": PAPER}, "outsidetextfont": {"color": ACCENT}, "marker": {"color": [faded(max(0.86, 1 - 0.05 * place)) for place in range(len(values))]},
             "connector": {"fillcolor": faded(0.08), "line": {"width": 0}}, "customdata": [[numbers.code(None, place), "", declared.label, text, "", ""] for place, (declared, text) in enumerate(zip(numbers.metrics, texts, strict=True))],
             "hovertemplate": "%{y}: %{customdata[3]}<extra></extra>"}
    return {"data": [trace], "layout": layout(height, hovermode="closest", funnelmode="stack", xaxis={"visible": False}, yaxis={"showgrid": False, "type": "category"})}


def waterfall(numbers: Numbers, height: int) -> Figure:
    """Return how the rows add up to the whole; what is not shown by itself is one step."""
    declared = numbers.metrics[0]
    rows = list(numbers.rows)
    shown = sum(known(row.values[0]) or 0.0 for row in rows)
    total = known(numbers.totals[0]) or 0.0 if numbers.totals else shown
    is_time = numbers.fields[0] in TIMES
    labels, values = [row.labels[0].replace(" ", "<br>") if is_time else row.labels[0] for row in rows], [known(row.values[0]) or 0.0 for row in rows]
    data = [point(numbers, row, 0, row.values[0]) for row in rows]
    if abs(total - shown) > max(1e-6, 1e-9 * abs(total)):
        labels, values, data = [*labels, OTHERS], [*values, total - shown], [*data, ["", "", OTHERS, write(total - shown, declared.unit), "", ""]]
    trace = {"type": "waterfall", "name": declared.label, "x": [*labels, "Total"], "y": [*values, total], "measure": ["relative"] * len(values) + ["total"], "customdata": [*data, [numbers.code(None), "", "Total", write(total, declared.unit), "", ""]],
             "increasing": {"marker": {"color": faded(0.6)}}, "decreasing": {"marker": {"color": BAD}}, "totals": {"marker": {"color": ACCENT}}, "connector": {"line": {"color": QUIET, "width": 1}}, "hovertemplate": "%{x}: %{customdata[3]}<extra></extra>"}
    return {"data": [trace], "layout": layout(height, hovermode="closest", xaxis={"type": "category", "showspikes": False, "tickangle": 0 if is_time or len(labels) < 6 else "auto"}, yaxis=value_axis(declared.unit))}


def gauge(numbers: Numbers, height: int) -> Figure:
    """Return one number on an arc up to its target, or up to the number that it is compared with."""
    headline = numbers.headlines[0]
    value, aim, words = known(headline.value), *_aim(headline)
    top = max(value or 0.0, aim or 0.0) * 1.2 or 1.0
    axis = AXES.get(headline.metric.unit, {"tickformat": "~s"})
    arc: dict[str, Any] = {"axis": {"range": [min(0.0, value or 0.0), top], "nticks": 5, "tickfont": {"size": 11, "color": "#667085"}, **axis}, "bar": {"color": _STATUS[headline.status], "thickness": 0.62}, "bgcolor": faded(0.08), "borderwidth": 0}
    if aim is not None:
        arc["threshold"] = {"line": {"color": QUIET, "width": 3}, "thickness": 0.9, "value": aim}
    trace = {"type": "indicator", "mode": "gauge", "value": value if value is not None else 0.0, "gauge": arc, "customdata": [[numbers.code(None), "", headline.metric.label, f"{headline.text}, {words}", "", ""]], "domain": {"x": [0, 1], "y": [0.06, 1]}}
    texts = [{"text": headline.text, "x": 0.5, "y": 0.2, "showarrow": False, "font": {"size": 26, "color": "#667085", "weight": 600}}, {"text": words, "x": 0.5, "y": 0, "showarrow": False, "font": {"size": 12, "color": "#667085"}}]
    return {"data": [trace], "layout": layout(height, margin={"l": 24, "r": 24, "t": 22, "b": 8}, annotations=[{**each, "xref": "paper", "yref": "paper"} for each in texts])}


def bullet(numbers: Numbers, height: int) -> Figure:
    """Return each number as a bar towards its target (a mark), as a share of it, so that different units stand side by side."""
    lines = [(headline, known(headline.value), *_aim(headline)) for headline in numbers.headlines]
    scale = [aim or value or 1.0 for _, value, aim, _ in lines]
    shares = [None if value is None else value / by for (_, value, _, _), by in zip(lines, scale, strict=True)]
    names = [headline.metric.label for headline, *_ in lines]
    top = max([1.15, *(min(share, 2.0) * 1.05 for share in shares if share is not None)])
    data = [[numbers.code(None, place), "", headline.metric.label, f"{headline.text}, {words}", "", ""] for place, (headline, _, _, words) in enumerate(lines)]
    traces = [
        {"type": "bar", "orientation": "h", "showlegend": False, "name": "", "x": [top] * len(lines), "y": names, "marker": {"color": faded(0.08)}, "width": 0.62, "hoverinfo": "skip"},
        {"type": "bar", "orientation": "h", "showlegend": False, "name": "Now", "x": shares, "y": names, "width": 0.28, "marker": {"color": [_STATUS[headline.status] for headline, *_ in lines]}, "customdata": data, "hovertemplate": "%{y}: %{customdata[3]}<extra></extra>"},
        {"type": "scatter", "mode": "markers", "showlegend": False, "name": "Target", "x": [1.0 if aim is not None else None for _, _, aim, _ in lines], "y": names, "marker": {"symbol": "line-ns", "size": 24, "line": {"width": 3, "color": QUIET}}, "hoverinfo": "skip"},
    ]
    texts = [{"xref": "paper", "x": 1, "xanchor": "right", "y": name, "text": headline.text, "showarrow": False, "font": {"size": 12.5, "color": "#667085"}} for name, (headline, *_) in zip(names, lines, strict=True)]
    return {"data": traces, "layout": layout(max(height, FOOT + LINE * len(lines)), barmode="overlay", hovermode="closest", annotations=texts, xaxis={"tickformat": ".0%", "range": [0, top * 1.28], "tickvals": [0, 0.5, 1], "showspikes": False}, yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "tickmode": "linear", "dtick": 1})}


def _aim(headline: Headline) -> tuple[float | None, str]:
    """The target, or else what the number is compared with."""
    unit = headline.metric.unit
    if headline.goal is not None and headline.goal.value:
        return headline.goal.value, f"target {write(headline.goal.value, unit)}"
    before = known(headline.previous)
    return (before, f"before {write(before, unit)}") if before else (None, "no target")
