"""A figure as a chart of Excel's own, drawn from cells of its sheet, so that whoever opens the workbook can go on working with it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import cycle
from typing import Any, Final

from xlsxwriter import Workbook

from shared.charts.palette import QUIET, SERIES
from shared.charts.template import Figure
from shared.metrics.metric import Unit
from shared.reports.document import Cell, Table
from shared.reports.number_formats import number_format
from shared.reports.series import Series, is_stacked, series_of, table_from, unit_of

MOST_SERIES, MOST_PLACES = 12, 4000
"""Beyond these a chart of Excel's shows nothing to anybody."""
WIDTH, HEIGHT = 720, 340
_MONTH, _LABELS = 20, 8
"""Days between places from which an axis shows months, and about how many labels it has."""
_GREY: Final = "#667085"
_GRID: Final = "#E4E7EC"


@dataclass(frozen=True)
class Plan:
    """A chart before it is placed: its series, each with the column that holds its numbers, in ``source``."""

    figure: Figure
    series: tuple[Series, ...]
    columns: tuple[int, ...]
    source: Table
    unit: Unit | None
    """Of its numbers, where neither axis nor column tell."""
    in_table: bool
    """True: ``source`` is the card's own table; False: the figure's numbers, which must be written beside it."""

    @property
    def is_dated(self) -> bool:
        """Whether the places are days."""
        return all(isinstance(row[0], date) and not isinstance(row[0], datetime) for row in self.source.rows)


def plan_chart(figure: Figure | None, table: Table | None) -> Plan | None:
    """Return how to draw ``figure`` from cells; None where Excel has no such chart, or where it would show nothing."""
    if figure is None:
        return None
    drawn = _drawable(series_of(figure))
    if not drawn or len(drawn) > MOST_SERIES or any(len(series.x) > MOST_PLACES for series in drawn):
        return None
    if any(not isinstance(place, str | date) for series in drawn for place in series.x):
        return None  # numbers against numbers: Excel would want another kind, and a cloud of points says little there
    if table is not None and table.rows and (columns := _columns_of(drawn, table)) is not None:
        return Plan(figure, drawn, columns, table, None, in_table=True)
    own = table_from(figure, drawn)
    return Plan(figure, drawn, tuple(range(1, len(drawn) + 1)), own, _unit_of_values(drawn[0], table), in_table=False) if own else None


def _drawable(drawn: Sequence[Series]) -> tuple[Series, ...]:
    """What one chart of Excel's can show: only the bars where bars lie, nothing twice (small figures repeat what they compare with), no colour for several things."""
    found: dict[object, Series] = {}
    for series in _of_one_direction(drawn):
        found.setdefault((series.x, series.y), series)
    solid = [series.colour for series in found.values() if not series.is_dashed]
    if len(set(solid)) == len(solid):
        return tuple(found.values())
    colours = cycle(SERIES)
    return tuple(series if series.is_dashed else replace(series, colour=next(colours)) for series in found.values())


def _of_one_direction(drawn: Sequence[Series]) -> tuple[Series, ...]:
    lying = tuple(series for series in drawn if not series.is_upright and series.shape == "bar")
    return lying or tuple(series for series in drawn if series.is_upright)


def draw_chart(book: Workbook, plan: Plan, sheet: str, first_row: int, first_column: int, description: str) -> Any:
    """Return xlsxwriter's chart of ``plan``, whose header stands in ``first_row`` and whose places stand in ``first_column`` of ``sheet``."""
    last_row = first_row + len(plan.source.rows)
    parts: dict[str, Any] = {}
    for series, column in zip(plan.series, plan.columns, strict=True):
        kind = _kind(series)
        chart = parts.get(kind) or parts.setdefault(kind, _new(book, kind, stacked=is_stacked(plan.figure)))
        place = first_column + column
        chart.add_series({
            "name": [sheet, first_row, place], "categories": [sheet, first_row + 1, first_column, last_row, first_column], "values": [sheet, first_row + 1, place, last_row, place],
            "y2_axis": series.on_second_axis, **_look(series, kind)})
    main, *others = (parts[kind] for kind in ("doughnut", "bar", "column", "area", "line") if kind in parts)
    for other in others:
        main.combine(other)
    is_ring = "doughnut" in parts
    if is_ring:
        main.set_hole_size(58)
    else:
        _set_axes(main, plan, is_lying="bar" in parts)
    main.set_size({"width": WIDTH, "height": HEIGHT})
    main.set_chartarea({"border": {"none": True}, "fill": {"color": "#FFFFFF"}})
    main.set_title({"none": True})
    main.set_legend({"none": True} if len(plan.series) == 1 and not is_ring else {"position": "right" if is_ring else "top", "font": {"size": 9, "color": _GREY}})
    main.show_blanks_as("gap")
    main.chart_name = description[:40]
    return main


def _unit_of_values(series: Series, table: Table | None) -> Unit | None:
    """The unit of the column in which all values of ``series`` are found, in whatever rows."""
    drawn = {round(value) for value in series.y if value is not None}
    for number, column in enumerate(table.columns if table else ()):
        held = {round(value) for row in table.rows if isinstance(value := row[number], int | float) and math.isfinite(value)} if table else set()
        if column.unit is not None and len(drawn) > 1 and drawn <= held:
            return column.unit
    return None


def _columns_of(drawn: Sequence[Series], table: Table) -> tuple[int, ...] | None:
    """The columns of ``table`` that hold exactly what each series draws, by the places in its first column; None where one has none."""
    rows: dict[Cell, int] = {row[0]: number for number, row in enumerate(table.rows)}
    if len(rows) != len(table.rows):
        return None
    found: list[int] = []
    for series in drawn:
        known: Mapping[Cell, float] = {place: value for place, value in zip(series.x, series.y, strict=True) if value is not None}
        if not known or not all(place in rows for place in known):
            return None
        fitting = [column for column in range(1, len(table.columns)) if column not in found and _holds(table, column, rows, known)]
        by_name = [column for column in fitting if table.columns[column].label.casefold() == series.name.casefold()]
        if not fitting:
            return None
        found.append((by_name or fitting)[0])
    return tuple(found)


def _holds(table: Table, column: int, rows: Mapping[Cell, int], known: Mapping[Cell, float]) -> bool:
    """Whether a column has the values of a series where the series has any, and nothing elsewhere.  Figures round money to whole units."""
    for place, number in rows.items():
        value, drawn = table.rows[number][column], known.get(place)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and value == value  # noqa: PLR0124 - NaN is not itself
        if is_number != (drawn is not None):
            return False
        if drawn is not None and isinstance(value, int | float) and abs(value - drawn) > max(0.501 if abs(value) >= 50 else 1e-5, 1e-6 * abs(value)):
            return False
    return True


def _kind(series: Series) -> str:
    if series.shape == "ring":
        return "doughnut"
    if series.shape == "bar":
        return "column" if series.is_upright else "bar"
    return "area" if series.shape == "area" else "line"


def _new(book: Workbook, kind: str, *, stacked: bool) -> Any:
    return book.add_chart({"type": kind, "subtype": "stacked"} if stacked and kind != "line" else {"type": kind})


def _look(series: Series, kind: str) -> dict[str, Any]:
    colour = _hex(series.colour)
    if kind == "doughnut":
        return {"points": [{"fill": {"color": _hex(each)}, "border": {"color": "#FFFFFF"}} for each, _ in zip(cycle((*SERIES, QUIET)), series.x, strict=False)], "data_labels": {"percentage": True, "font": {"size": 9, "color": "#FFFFFF"}}}
    if kind in {"column", "bar"}:
        return {"fill": {"color": colour}, "border": {"none": True}, "gap": 60}
    if kind == "area":
        return {"fill": {"color": colour, "transparency": 30}, "border": {"none": True}}
    if series.shape == "points":
        return {"line": {"none": True}, "marker": {"type": "diamond", "size": 7, "fill": {"color": colour}, "border": {"color": colour}}}
    return {"line": {"color": colour, "width": 2, **({"dash_type": "dash"} if series.is_dashed else {})}, "marker": {"type": "none"}}


def _set_axes(chart: Any, plan: Plan, *, is_lying: bool) -> None:
    font, line = {"size": 9, "color": _GREY}, {"color": "#98A2B3"}
    units = {second: unit_of(plan.figure, second=second, upright=not is_lying) or plan.source.columns[plan.columns[0]].unit or plan.unit for second in (False, True)}
    values = {"num_format": number_format(units[False], (1,)).split(";")[0], "num_font": font, "line": {"none": True}, "major_gridlines": {"visible": True, "line": {"color": _GRID, "width": 0.75}}}
    places: dict[str, Any] = {"num_font": font, "line": line, "major_tick_mark": "none", "label_position": "low"}
    if plan.is_dated:
        places |= _date_axis([row[0] for row in plan.source.rows if isinstance(row[0], date)])
    if is_lying:
        places |= {"reverse": True, "crossing": "max"}  # else Excel puts the first place at the bottom
    chart.set_x_axis(values if is_lying else places)  # xlsxwriter 3.3: x is what lies
    chart.set_y_axis(places if is_lying else values)
    if any(series.on_second_axis for series in plan.series):
        chart.set_y2_axis({"num_format": number_format(units[True], (1,)).split(";")[0], "num_font": font, "line": {"none": True}})


def _date_axis(days: Sequence[date]) -> dict[str, Any]:
    """About eight days or months along the axis, never so many that they stand on each other."""
    apart, whole = (days[1] - days[0]).days if len(days) > 1 else 1, (days[-1] - days[0]).days if days else 0
    if apart > _MONTH:
        return {"date_axis": True, "num_format": "mmm yyyy", "major_unit": max(1, round(whole / 30.4 / _LABELS)), "major_unit_type": "months"}
    steps = max(1, round(whole / apart / _LABELS)) if apart else 1
    return {"date_axis": True, "num_format": "d mmm" if whole < 360 else "d mmm yy", "major_unit": steps * max(1, apart), "major_unit_type": "days"}


def _hex(colour: str) -> str:
    """A colour that Excel takes; one with transparency loses it."""
    if colour.startswith("#") and len(colour) == 7:
        return colour.upper()
    parts = colour[colour.find("(") + 1 :].rstrip(")").split(",")
    try:
        return "#{:02X}{:02X}{:02X}".format(*(min(255, max(0, int(float(part)))) for part in parts[:3]))
    except (ValueError, IndexError):
        return "#2F5BEA"
