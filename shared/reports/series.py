"""What a figure draws, as plain series: for the native charts of workbooks, for the keys of pictures, and as numbers where a card has a figure only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from shared.charts.palette import SERIES
from shared.charts.template import Figure
from shared.metrics.metric import Unit
from shared.reports.document import Cell, Column, Table

Shape = Literal["line", "area", "bar", "points", "ring"]
_LINES: Final = frozenset({"scatter", "scattergl"})
_WHOLES: Final[Mapping[str, tuple[str, str, Shape, bool]]] = {"pie": ("labels", "values", "ring", True), "funnel": ("y", "x", "bar", False), "waterfall": ("x", "y", "bar", True)}
"""Kinds of traces that show parts of a whole: where their places and their numbers stand, their shape, and whether they are upright."""
_IS_ISO: Final = len("2026-11-27")


@dataclass(frozen=True)
class Series:
    """One trace that has a value for each of its places."""

    name: str
    shape: Shape
    x: tuple[Cell, ...]
    """Days where every place is one, else text or numbers."""
    y: tuple[float | None, ...]
    colour: str
    is_dashed: bool = False
    on_second_axis: bool = False
    is_upright: bool = True
    """False: a bar that lies."""


@dataclass(frozen=True)
class Key:
    """One entry of a figure's key."""

    name: str
    shape: Literal["line", "dash", "band", "bar", "points"]
    colour: str


def series_of(figure: Figure) -> tuple[Series, ...]:
    """Return the lines, areas, bars, points and parts of a whole of ``figure`` that stand for numbers: bands, outlines and other kinds of traces are left out."""
    found = []
    for number, trace in enumerate(_traces(figure)):
        if trace.get("type") in _WHOLES:
            found += _parts(trace)
            continue
        if not _stands_for_numbers(trace):
            continue
        lies = _lies(trace)
        places, values = _listed(trace.get("y" if lies else "x")), _listed(trace.get("x" if lies else "y"))
        if not values:
            continue
        x: Sequence[Any] = places or range(1, len(values) + 1)
        pairs = list(zip(_as_days(x), (_number(value) for value in values), strict=False))
        found.append(Series(
            str(trace.get("name") or _axis_title(figure, "x" if lies else "y") or f"Series {number + 1}"), _shape(trace), tuple(place for place, _ in pairs), tuple(value for _, value in pairs),
            _colour(trace, number), "dash" in (trace.get("line") or {}), _is_second(figure, trace), not lies))
    return tuple(found)


def _parts(trace: Mapping[str, Any]) -> list[Series]:
    places, values, shape, is_upright = _WHOLES[str(trace["type"])]
    pairs = [(str(place).replace("<br>", " "), _number(value)) for place, value in zip(_listed(trace.get(places)), _listed(trace.get(values)), strict=False)]
    return [Series(str(trace.get("name") or "Value"), shape, tuple(place for place, _ in pairs), tuple(value for _, value in pairs), SERIES[0], is_upright=is_upright)] if pairs else []


def keys_of(figure: Figure) -> tuple[Key, ...]:
    """Return the key of ``figure``: one entry for each name that stands for something drawn; empty where there is but one."""
    found: dict[str, Key] = {}
    for number, trace in enumerate(_traces(figure)):
        name = str(trace.get("name") or "")
        width = (trace.get("line") or {}).get("width")
        is_band = trace.get("fill") in {"toself", "tonexty"}
        if not name or name in found or trace.get("visible") in {False, "legendonly"} or (width == 0 and not is_band) or not _listed(trace.get("y")) or trace.get("showlegend") is False:
            continue
        if trace.get("type", "scatter") not in {*_LINES, "bar"}:
            continue
        shape = _shape(trace)
        dashed = "dash" in (trace.get("line") or {})
        found[name] = Key(name, "band" if is_band else "dash" if dashed else "line" if shape in {"line", "area"} else "bar" if shape == "bar" else "points", _colour(trace, number))
    return tuple(found.values()) if len(found) > 1 else ()


def table_of(figure: Figure) -> Table | None:
    """Return the numbers of ``figure`` as a table, a row per place and a column per series; None where it draws none."""
    return table_from(figure, series_of(figure))


def table_from(figure: Figure, drawn: Sequence[Series]) -> Table | None:
    """Return the numbers of some series of ``figure``; None where there are none."""
    if not drawn:
        return None
    places = list(dict.fromkeys(place for series in drawn for place in series.x))
    if all(isinstance(place, date) for place in places):
        places.sort(key=str)
    known = [dict(zip(series.x, series.y, strict=True)) for series in drawn]
    first = "Day" if places and all(isinstance(place, date) for place in places) else _axis_title(figure, "x") or "Name"
    columns = (Column(first), *(Column(series.name, unit_of(figure, second=series.on_second_axis, upright=series.is_upright)) for series in drawn))
    return Table(columns, tuple((place, *(each.get(place) for each in known)) for place in places))


def unit_of(figure: Figure, *, second: bool = False, upright: bool = True) -> Unit | None:
    """Return the unit that the axis of numbers shows; None where it does not tell."""
    axis = _mapping(_mapping(figure.get("layout")).get(("yaxis2" if second else "yaxis") if upright else "xaxis"))
    if "%" in str(axis.get("tickformat", "")):
        return Unit.PERCENT
    return Unit.MONEY if axis.get("tickprefix") else None


def is_stacked(figure: Figure) -> bool:
    """Say whether the bars or areas of ``figure`` stand on each other."""
    return _mapping(figure.get("layout")).get("barmode") in {"stack", "relative"} or any("stackgroup" in trace for trace in _traces(figure))


def _traces(figure: Figure) -> list[Mapping[str, Any]]:
    return [trace for trace in _listed(figure.get("data")) if isinstance(trace, Mapping)]


def _stands_for_numbers(trace: Mapping[str, Any]) -> bool:
    kind, line = trace.get("type", "scatter"), _mapping(trace.get("line"))
    if kind not in {*_LINES, "bar"} or trace.get("visible") in {False, "legendonly"}:
        return False
    if trace.get("fill") in {"toself", "tonexty"} or line.get("width") == 0:
        return False  # bands
    return bool(trace.get("name")) or trace.get("hoverinfo") != "skip"


def _lies(trace: Mapping[str, Any]) -> bool:
    """Whether the places of a trace stand on the upright axis."""
    along, up = _listed(trace.get("x")), _listed(trace.get("y"))
    return trace.get("orientation") == "h" or (bool(along) and bool(up) and all(isinstance(place, str) for place in up) and not any(isinstance(place, str) for place in along))


def _is_second(figure: Figure, trace: Mapping[str, Any]) -> bool:
    """Whether the numbers of a trace have an axis of their own over the same places; small figures side by side have not."""
    axis = str(trace.get("yaxis") or "y")
    return axis != "y" and "overlaying" in _mapping(_mapping(figure.get("layout")).get(axis.replace("y", "yaxis", 1)))


def _shape(trace: Mapping[str, Any]) -> Shape:
    if trace.get("type") == "bar":
        return "bar"
    if "lines" not in str(trace.get("mode", "lines")):
        return "points"
    return "area" if "stackgroup" in trace else "line"


def _colour(trace: Mapping[str, Any], number: int) -> str:
    marker, line = _mapping(trace.get("marker")), _mapping(trace.get("line"))
    ring = _mapping(marker.get("line")).get("color")
    candidates = [marker.get("color"), line.get("color")] if trace.get("type") == "bar" else [trace.get("fillcolor") if trace.get("fill") in {"toself", "tonexty"} else None, line.get("color"), marker.get("color"), ring]
    if "lines" not in str(trace.get("mode", "lines")) and marker.get("color") == "#fefefe":
        candidates.insert(0, ring)
    return next((each for each in candidates if isinstance(each, str)), SERIES[number % len(SERIES)])


def _as_days(places: Iterable[Any]) -> list[Cell]:
    listed: list[Cell] = [place if isinstance(place, str | int | float | date) else str(place) for place in places]
    days: list[Cell] = []
    for place in listed:
        if isinstance(place, date):
            days.append(place)
        elif isinstance(place, str) and len(place) >= _IS_ISO and place[:4].isdigit():
            try:
                moment = datetime.fromisoformat(place)
            except ValueError:
                return listed
            days.append(moment.date() if len(place) == _IS_ISO else moment)
        else:
            return listed
    return days


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN is not itself
        return None
    return float(value)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str | Mapping) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _axis_title(figure: Figure, axis: str) -> str:
    title = _mapping(_mapping(figure.get("layout")).get(f"{axis}axis")).get("title")
    return str(title.get("text") or "") if isinstance(title, Mapping) else str(title or "")
