"""A weekly line with last year beside it and a forecast ahead."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shared.charts.palette import ACCENT, PAPER, QUIET, faded
from shared.charts.template import Figure, layout

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Ahead:
    """A forecast: one value per coming week, with the band around it."""

    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


SO_FAR = "This week so far"
"""Name of the trace whose only point live messages move."""


def weekly_trend(first: date, actual: Sequence[float], prior: Sequence[float], ahead: Ahead | None, height: int = 290, so_far: float = math.nan) -> Figure:
    """Return the figure of weekly dollars.

    ``first`` is the Monday of the first week of ``actual``; ``prior`` starts 52 weeks before it and may reach over the forecast's weeks.
    ``so_far``: dollars of the week after the last, which is running (NaN: not drawn).  NaN leaves a gap.  Without ``ahead`` nothing is drawn past the last week.
    """
    weeks = _weeks(first, len(actual))
    money = "$%{y:,.0f}"
    traces: list[dict[str, object]] = [
        _line(_weeks(first, len(prior)), prior, name="Prior year", line={"color": QUIET, "width": 1.4, "dash": "dot"}, hovertemplate=money),
    ]
    highest = max((value for value in (*actual, *prior, *(ahead.high if ahead else ())) if not math.isnan(value)), default=1.0)
    if ahead and len(actual):
        traces.extend(_forecast(weeks[-1], actual[-1], ahead, money))
    traces.append(_line(weeks, actual, name="Actual", line={"color": ACCENT, "width": 2.4}, hovertemplate=money, fill="tozeroy",
                        fillgradient={"type": "vertical", "colorscale": [[0, faded(0)], [1, faded(0.2)]]}))
    if len(actual):
        traces.append({"type": "scatter", "x": [weeks[-1].isoformat()], "y": _plain(actual[-1:]), "mode": "markers", "hoverinfo": "skip",
                       "marker": {"size": 8, "color": ACCENT, "line": {"width": 2, "color": PAPER}}})
    if len(actual) and not math.isnan(so_far):
        traces.append({"type": "scatter", "x": [(weeks[-1] + _WEEK).isoformat()], "y": [so_far], "mode": "markers", "name": SO_FAR, "hovertemplate": money,
                       "marker": {"size": 9, "symbol": "diamond", "color": PAPER, "line": {"width": 2, "color": ACCENT}}})
    last = weeks[-1] + _WEEK * (len(ahead.mean) if ahead else 0) if weeks else first
    edge = timedelta(days=3)
    return {"data": traces, "layout": layout(
        height,
        xaxis={"tickformat": "%b\n%Y", "nticks": 8, "tickangle": 0, "hoverformat": "Week of %-d %b %Y", "range": [(first - edge).isoformat(), (last + edge).isoformat()], "type": "date"},
        yaxis={"tickprefix": "$", "tickformat": "~s", "range": [0, highest * 1.08 or 1.0], "nticks": 6},
    )}


def _forecast(last: date, value: float, ahead: Ahead, money: str) -> list[dict[str, object]]:
    weeks = _weeks(last, len(ahead.mean) + 1)
    high, low = [value, *ahead.high], [value, *ahead.low]
    band: dict[str, object] = {"type": "scatter", "x": [week.isoformat() for week in (*weeks, *reversed(weeks))], "y": _plain([*high, *reversed(low)]), "fill": "toself", "mode": "lines",
            "fillcolor": faded(0.13), "line": {"width": 0, "color": faded(0)}, "hoverinfo": "skip", "name": "80% band"}
    half = [round((above - below) / 2) for above, below in zip(ahead.high, ahead.low, strict=True)]
    words = [money, *(f"{money} ± {each:,}" for each in half)]
    return [band, _line(weeks, [value, *ahead.mean], name="Forecast", line={"color": ACCENT, "width": 2.2, "dash": "5px,4px"}, hovertemplate=words)]


def _line(weeks: Sequence[date], values: Sequence[float], **more: object) -> dict[str, object]:
    return {"type": "scatter", "mode": "lines", "x": [week.isoformat() for week in weeks], "y": _plain(values), **more}


def _weeks(first: date, count: int) -> list[date]:
    return [first + _WEEK * number for number in range(count)]


def _plain(values: Sequence[float]) -> list[float | None]:
    """Return whole dollars; a gap is None, because JSON has no NaN."""
    return [None if math.isnan(value) else round(value) for value in values]
