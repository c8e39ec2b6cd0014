"""A line over time with what was expected of it, last year, odd days, lasting shifts and what happened; and the same small, many times on one scale."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from shared.charts.palette import ACCENT, BAD, PAPER, QUIET, SERIES, faded
from shared.charts.template import Figure, layout
from shared.metrics.metric import Unit

MAIN, ODD = "Actual", "Out of the ordinary"
_TICKS: dict[Unit, dict[str, object]] = {Unit.MONEY: {"tickprefix": "$", "tickformat": "~s"}, Unit.PERCENT: {"tickformat": ".0~%"}}
_HOVER = {"day": "%a %-d %b %Y", "week": "Week of %-d %b %Y", "month": "%B %Y", "quarter": "Quarter from %B %Y"}


@dataclass(frozen=True)
class Line:
    """Values by bucket; every list is as long as ``buckets``, NaN leaves a gap."""

    buckets: Sequence[date]
    values: Sequence[float]
    prior: Sequence[float] = ()
    expected: Sequence[float] = ()
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    odd: Sequence[date] = ()
    """Buckets that are out of the ordinary."""
    excused: Sequence[date] = ()
    """Buckets that were, and that somebody expected."""
    shifts: Sequence[tuple[date, float, float]] = ()
    """(first bucket of the new level, level before, level after)."""
    events: Sequence[tuple[date, date, str]] = ()
    """(first day, last day, words)."""
    is_running: bool = False
    """True: the last bucket is not over."""
    prior_words: str = "Prior year"
    chosen: date | None = None
    texts: Sequence[str] = field(default=())
    """The values as people read them."""


def trend_line(line: Line, unit: Unit, grain: str, height: int = 340) -> Figure:
    """Return the figure; odd points carry their bucket as ``customdata``, so that a click can tell which."""
    days = [day.isoformat() for day in line.buckets]
    closed = len(days) - (1 if line.is_running and days else 0)
    traces: list[dict[str, object]] = []
    if line.low:
        traces += _band(line, days)
    if line.prior:
        traces.append({"type": "scatter", "mode": "lines", "name": line.prior_words, "x": days, "y": plain(line.prior), "line": {"color": QUIET, "width": 1.4, "dash": "dot"}, "hovertemplate": hover(unit)})
    traces.append({"type": "scatter", "mode": "lines", "name": MAIN, "x": days[:closed], "y": plain(line.values[:closed]), "line": {"color": ACCENT, "width": 2.2}, "hovertemplate": hover(unit), "customdata": days[:closed]})
    if closed < len(days):
        traces.append({"type": "scatter", "mode": "lines+markers", "name": "So far", "x": days[max(0, closed - 1):], "y": plain(line.values[max(0, closed - 1):]), "line": {"color": ACCENT, "width": 1.6, "dash": "4px,3px"},
                       "marker": {"size": [0, 8] if closed else [8], "symbol": "diamond", "color": PAPER, "line": {"width": 2, "color": ACCENT}}, "hovertemplate": hover(unit)})
    known = dict(zip(line.buckets, line.values, strict=True))
    traces += [
        _marks(line.excused, known, "Expected by somebody", unit, {"size": 10, "symbol": "circle-open", "color": QUIET, "line": {"width": 2}}),
        _marks(line.odd, known, ODD, unit, {"size": 11, "symbol": "circle", "color": BAD, "line": {"width": 2, "color": PAPER}}),
    ]
    return {"data": traces, "layout": layout(
        height, margin={"l": 0, "r": 8, "t": 20 if line.events else 6, "b": 0}, shapes=_shapes(line), annotations=_labels(line),
        xaxis={"type": "date", "tickformat": "%b\n%Y", "nticks": 9, "tickangle": 0, "hoverformat": _HOVER[grain]},
        yaxis=axis(unit, [*line.values, *line.prior, *line.low, *line.high]),
    )}


def small_line(buckets: Sequence[date], values: Sequence[float], unit: Unit, top: float, bottom: float, colour: int, grain: str) -> Figure:
    """Return one of many small figures, all from ``bottom`` to ``top``."""
    days = [day.isoformat() for day in buckets]
    trace = {"type": "scatter", "mode": "lines", "name": "", "x": days, "y": plain(values), "line": {"color": SERIES[colour % len(SERIES)], "width": 1.8}, "hovertemplate": hover(unit)}
    return {"data": [trace], "layout": layout(120, xaxis={"type": "date", "tickformat": "%b %y", "nticks": 4, "tickangle": 0, "showspikes": False, "hoverformat": _HOVER[grain]},
                                              yaxis={**_TICKS.get(unit, {"tickformat": "~s"}), "range": [bottom, top], "nticks": 3})}


def together(small: Sequence[tuple[str, Figure]], height: int = 340) -> Figure:
    """Return small figures, each with its name, as one: their lines over each other, with the axes of the first and a colour each."""
    looks = [{"width": 2, "color": SERIES[number % len(SERIES)], **({"dash": "dash"} if number >= len(SERIES) else {})} for number in range(len(small))]
    traces = [{**trace, "name": name, "line": look} for (name, figure), look in zip(small, looks, strict=True) if isinstance(found := figure["data"], list) for trace in found]
    first = small[0][1]["layout"] if small else {}
    return {"data": traces, "layout": {**first, "height": height} if isinstance(first, dict) else layout(height)}


def axis(unit: Unit, values: Sequence[float]) -> dict[str, object]:
    """Return the y axis of ``values``: from zero, or from below it where there is less."""
    known = [value for value in values if not math.isnan(value)]
    top, bottom = max(known, default=1.0), min(known, default=0.0)
    return {**_TICKS.get(unit, {"tickformat": "~s" if top >= 1000 else ""}), "range": [min(0.0, bottom * 1.08), top * 1.08 if top > 0 else 1.0]}


def hover(unit: Unit) -> str:
    """Return how a value is written in a hover."""
    return {Unit.MONEY: "$%{y:,.0f}", Unit.PERCENT: "%{y:.1%}", Unit.COUNT: "%{y:,.0f}"}.get(unit, "%{y:,.2f}")


def plain(values: Sequence[float]) -> list[float | None]:
    """Return numbers that JSON can hold: a gap is None."""
    return [None if math.isnan(value) else round(value, 6) for value in values]


def _band(line: Line, days: list[str]) -> list[dict[str, object]]:
    places = [place for place, (low, high) in enumerate(zip(line.low, line.high, strict=True)) if not math.isnan(low) and not math.isnan(high)]
    if not places:
        return []
    x = [days[place] for place in places]
    edge = [line.high[place] for place in places] + [line.low[place] for place in reversed(places)]
    band: dict[str, object] = {"type": "scatter", "mode": "lines", "name": "Usual", "x": [*x, *reversed(x)], "y": plain(edge), "fill": "toself", "fillcolor": faded(0.11), "line": {"width": 0, "color": faded(0)}, "hoverinfo": "skip"}
    middle: dict[str, object] = {"type": "scatter", "mode": "lines", "name": "Expected", "x": x, "y": plain([line.expected[place] for place in places]), "line": {"color": faded(0.45), "width": 1.2, "dash": "3px,3px"}, "hoverinfo": "skip"}
    return [band, middle]


def _marks(days: Sequence[date], known: dict[date, float], name: str, unit: Unit, marker: dict[str, object]) -> dict[str, object]:
    shown = [day for day in days if day in known and not math.isnan(known[day])]
    return {"type": "scatter", "mode": "markers", "name": name, "x": [day.isoformat() for day in shown], "y": plain([known[day] for day in shown]), "marker": marker,
            "customdata": [day.isoformat() for day in shown], "hovertemplate": hover(unit) + "<extra>" + name + "</extra>"}


def _shapes(line: Line) -> list[dict[str, object]]:
    if not line.buckets:
        return []
    begin, end = line.buckets[0], line.buckets[-1]
    found: list[dict[str, object]] = [
        {"type": "rect", "xref": "x", "yref": "paper", "x0": max(first, begin).isoformat(), "x1": f"{min(last, end).isoformat()} 23:59", "y0": 0, "y1": 1, "fillcolor": "#e08c0b", "opacity": 0.13, "line": {"width": 0}, "layer": "below"}
        for first, last, _ in line.events if last >= begin and first <= end
    ]
    for number, (day, _, after) in enumerate(line.shifts):
        if day < begin:
            continue
        until = next((other for other, _, _ in line.shifts[number + 1:]), end)
        found.append({"type": "line", "xref": "x", "yref": "paper", "x0": day.isoformat(), "x1": day.isoformat(), "y0": 0, "y1": 1, "line": {"width": 1.2, "dash": "dash", "color": "#7a5af8"}})
        if not math.isnan(after):
            found.append({"type": "line", "xref": "x", "yref": "y", "x0": day.isoformat(), "x1": until.isoformat(), "y0": after, "y1": after, "line": {"width": 1.4, "color": "#7a5af8"}})
    if line.chosen:
        found.append({"type": "line", "xref": "x", "yref": "paper", "x0": line.chosen.isoformat(), "x1": line.chosen.isoformat(), "y0": 0, "y1": 1, "line": {"width": 1, "color": QUIET}})
    return found


def _labels(line: Line) -> list[dict[str, object]]:
    if not line.buckets:
        return []
    return [{"xref": "x", "yref": "paper", "x": max(first, line.buckets[0]).isoformat(), "y": 1, "yanchor": "bottom", "xanchor": "left", "text": words if len(words) <= 18 else words[:17] + "…", "showarrow": False,
             "font": {"size": 11, "color": "#e08c0b"}} for first, last, words in line.events if last >= line.buckets[0] and first <= line.buckets[-1]]
