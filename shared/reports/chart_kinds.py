"""The kinds of blocks that a report is made of: what each takes, why something does not fit, and how it is drawn.  Builder, viewer and files read this registry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from shared.charts.template import Figure
from shared.metrics.dimension import BY_DIMENSION, dimensions_of
from shared.metrics.metric import Metric, Ratio, Sum
from shared.metrics.registry import metric
from shared.reports import draw_series, draw_wholes
from shared.reports.block_numbers import TIMES, Numbers, field_label
from shared.reports.block_tables import one_number, pivot, ranking, rows_table
from shared.reports.document import Table

WellName = Literal["value", "split", "series"]
Draw: TypeAlias = Callable[[Numbers, int], "Figure | Table"]
"""``draw(numbers, height in pixels)``."""


@dataclass(frozen=True)
class Well:
    """A place where fields are dropped."""

    key: WellName
    label: str
    least: int
    most: int
    takes: frozenset[str]
    """Of ``metric``, ``dimension`` and ``time``."""
    only: tuple[str, ...] = ()
    """Only these dimensions; empty: any."""


@dataclass(frozen=True)
class ChartKind:
    """One kind of block."""

    key: str
    label: str
    icon: str
    meaning: str
    """When to take it."""
    size: tuple[int, int]
    """Columns and rows that it begins with."""
    wells: tuple[Well, ...]
    draw: Draw | None
    """None: it holds text only."""
    compares: bool = False
    """Whether it shows what its numbers are compared with."""
    is_single: bool = False
    """True: single numbers with target and change, not rows."""
    adds_up: bool = False
    """True: parts of a whole, so only metrics that add up."""
    same_unit: bool = False
    """True: all metrics share one axis."""
    one_series: bool = False
    """True: a series only with a single metric."""
    most_rows: int = 40
    """Keys of its split that are shown at most."""
    is_table: bool = False
    """True: it is read row by row, so its files have all rows."""

    def well(self, name: str) -> Well | None:
        """Return the well called ``name``; None: it has none."""
        return next((well for well in self.wells if well.key == name), None)


_METRIC, _DIMENSION, _TIME, _ANY = frozenset({"metric"}), frozenset({"dimension"}), frozenset({"time"}), frozenset({"dimension", "time"})


def _values(most: int, least: int = 1, label: str = "Values") -> Well:
    return Well("value", label, least, most, _METRIC)


def _split(takes: frozenset[str], label: str = "Split by", least: int = 1, only: tuple[str, ...] = ()) -> Well:
    return Well("split", label, least, 1, takes, only)


def _series(takes: frozenset[str] = _DIMENSION, label: str = "Series", least: int = 0) -> Well:
    return Well("series", label, least, 1, takes)


def _map_bars(numbers: Numbers, height: int) -> Figure:
    """Return what stands for the map in files: bars by branch."""
    return draw_series.bar(numbers, height)


CHART_KINDS: Final[dict[str, ChartKind]] = {
    kind.key: kind
    for kind in (
        ChartKind("kpi", "KPI tile", "executive", "One number with its change, target and recent course.", (3, 3), (_values(1, label="Value"),), one_number, compares=True, is_single=True),
        ChartKind("line", "Line", "trends", "How something moves over time.", (6, 5), (_values(5), _split(_TIME, "Over time"), _series()), draw_series.line, compares=True, same_unit=True, one_series=True, most_rows=400),
        ChartKind("area", "Area", "area", "How something, or its parts, move over time.", (6, 5), (_values(5), _split(_TIME, "Over time"), _series()), draw_series.area, compares=True, same_unit=True, one_series=True, adds_up=True, most_rows=400),
        ChartKind("bar", "Bar", "bar", "Compares things, or spans of time.", (6, 5), (_values(4), _split(_ANY), _series()), draw_series.bar, compares=True, same_unit=True, one_series=True),
        ChartKind("stacked", "Stacked bar", "stacked", "Compares wholes and what they are made of.", (6, 5), (_values(5), _split(_ANY), _series()), draw_series.stacked, same_unit=True, one_series=True, adds_up=True),
        ChartKind("combo", "Bar and line", "combo", "Two measures with an axis each.", (6, 5), (_values(2, 2, "Bars, then line"), _split(_ANY)), draw_series.combo),
        ChartKind("pie", "Donut", "pie", "Shares of a whole, for few parts.", (4, 5), (_values(1, label="Value"), _split(_DIMENSION)), draw_wholes.pie, adds_up=True, most_rows=5),
        ChartKind("scatter", "Scatter", "scatter", "Whether two measures go together; a third is the size.", (6, 5), (_values(3, 2, "Across, up, size"), _split(_DIMENSION, "A mark for each")), draw_series.scatter, most_rows=300),
        ChartKind("heat", "Heat map", "heat", "Where two splits meet.", (6, 5), (_values(1, label="Value"), _split(_ANY, "Rows"), _series(_ANY, "Columns", 1)), draw_wholes.heat_map, one_series=True),
        ChartKind("funnel", "Funnel", "funnel", "Steps one after another.", (6, 5), (_values(8, 2, "Steps, in order"),), draw_wholes.funnel, same_unit=True, adds_up=True),
        ChartKind("waterfall", "Waterfall", "waterfall", "How parts add up to the whole.", (6, 5), (_values(1, label="Value"), _split(_ANY)), draw_wholes.waterfall, adds_up=True, most_rows=14),
        ChartKind("gauge", "Gauge", "gauge", "One number against its target.", (3, 4), (_values(1, label="Value"),), draw_wholes.gauge, compares=True, is_single=True),
        ChartKind("bullet", "Bullet", "target", "A few numbers against their targets.", (6, 4), (_values(8),), draw_wholes.bullet, compares=True, is_single=True),
        ChartKind("table", "Table", "table", "Exact numbers, row by row.", (6, 6), (_values(8), _split(_ANY, "Rows", 0), _series(_ANY, "And by")), lambda numbers, _: rows_table(numbers), compares=True, most_rows=1000, is_table=True),
        ChartKind("pivot", "Pivot", "pivot", "Numbers where two splits cross.", (8, 6), (_values(1, label="Value"), _split(_ANY, "Rows"), _series(_ANY, "Columns", 1)), pivot, one_series=True, most_rows=200, is_table=True),
        ChartKind("leaderboard", "Leaderboard", "board", "Who is first, and who moved.", (6, 6), (_values(4), _split(_DIMENSION, "Who")), ranking, compares=True, most_rows=100, is_table=True),
        ChartKind("map", "Map", "map", "Branches where they are.", (6, 6), (_values(1, label="Value"), _split(_DIMENSION, "Where", only=("branch",))), _map_bars, most_rows=300),
        ChartKind("text", "Text", "text", "A heading or a comment.", (6, 2), (), None),
    )
}


def misfit(kind: ChartKind, well_name: str, field: str, metrics: Sequence[str], split: str = "", series: str = "") -> str:
    """Return in words why ``field`` cannot be dropped on a well of a block that holds these fields already; empty where it fits.

    A field of a well that takes one is replaced by the next.  Raises UnknownMetricError or UnknownDimensionError for fields that do not exist.
    """
    well = kind.well(well_name)
    if well is None:
        return f"A {kind.label.lower()} has no place for {'a ' + well_name if well_name != 'value' else 'numbers'}."
    if well_name == "value":
        return _metric_misfit(kind, well, metric(field), metrics, split, series)
    return _field_misfit(kind, well, field, metrics, series if well_name == "split" else split)


def _metric_misfit(kind: ChartKind, well: Well, declared: Metric, metrics: Sequence[str], split: str, series: str) -> str:
    others = [metric(name) for name in metrics if name != declared.name]
    if declared.name in metrics and well.most > 1:
        return f"{declared.label} is there already."
    if len(others) >= well.most > 1:
        return f"A {kind.label.lower()} takes {well.most} metrics at most."
    if kind.adds_up and not isinstance(declared.formula, Sum):
        return f"{declared.label} does not add up{': it is a ratio' if isinstance(declared.formula, Ratio) else ''}; a {kind.label.lower()} shows parts of a whole."
    if well.most > 1 and others and kind.same_unit and declared.unit is not others[0].unit:
        return f"{declared.label} is in {declared.unit.value}, {others[0].label} in {others[0].unit.value}; a {kind.label.lower()} has one axis. Take a bar and line, or a table."
    if well.most > 1 and others and series and kind.one_series:
        return f"With a series by {field_label(series).lower()} there is room for one metric."
    return next((words for name in (split, series) if name and (words := _cannot_split(declared, name))), "")


def _field_misfit(kind: ChartKind, well: Well, field: str, metrics: Sequence[str], other: str) -> str:
    is_time = field in TIMES
    if not is_time and field not in BY_DIMENSION:
        return f"There is no field {field[:40]!r}."
    if ("time" if is_time else "dimension") not in well.takes:
        return f"{well.label} of a {kind.label.lower()} takes {'a span of time such as Month' if not is_time else 'no span of time'}."
    if well.only and field not in well.only:
        return f"A {kind.label.lower()} is drawn by {field_label(well.only[0]).lower()} only."
    if field == other or (is_time and other in TIMES):
        return "Time stands on the other place already." if is_time else f"{field_label(field)} stands on the other place already."
    if well.key == "series" and kind.one_series and len(metrics) > 1:
        return "A series needs a single metric; take the others out first."
    return next((words for name in metrics if (words := _cannot_split(metric(name), field))), "")


def _cannot_split(declared: Metric, field: str) -> str:
    if field in TIMES or BY_DIMENSION[field] in dimensions_of(declared):
        return ""
    possible = ", ".join(each.label.lower() for each in dimensions_of(declared)) or "nothing but time"
    return f"{declared.label} is not known by {field_label(field).lower()}; it is by {possible}."


def lacks(kind: ChartKind, metrics: Sequence[str], split: str, series: str) -> str:
    """Return in words what a block still needs before it can be drawn; empty where nothing."""
    held = {"value": len(metrics), "split": bool(split), "series": bool(series)}
    for well in kind.wells:
        if held[well.key] < well.least:
            missing = well.least - held[well.key]
            what = f"{missing} more metrics" if well.key == "value" and missing > 1 else "a metric" if well.key == "value" and not held["value"] else "one more metric" if well.key == "value" else "a span of time" if well.takes == _TIME else "a field"
            return f"Drop {what} on {well.label}."
    first = kind.well("split")
    return f"Drop a field on {first.label} first." if series and not split and first is not None else ""


def refusals(kind: ChartKind, metrics: Sequence[str], split: str, series: str) -> str:
    """Return in words why these fields cannot stand together in a block of ``kind``; empty where they can."""
    for place, name in enumerate(metrics):
        well = kind.well("value")
        if well is None or place >= well.most:
            return f"A {kind.label.lower()} takes {'no metric' if well is None else f'{well.most} metrics at most' if well.most > 1 else 'one metric'}."
        if words := misfit(kind, "value", name, metrics[:place], split, series):
            return words
    for well_name, field, other in (("split", split, series), ("series", series, split)):
        if field and (words := misfit(kind, well_name, field, metrics, **({"series": other} if well_name == "split" else {"split": other}))):
            return words
    return ""


