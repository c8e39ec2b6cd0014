"""Writes docs/metrics.md from the declarations: what stands there is what the code computes."""

from collections.abc import Iterator

from shared.metrics.catalogue import CATALOGUE
from shared.metrics.dimension import DIMENSIONS, dimensions_of
from shared.metrics.metric import Basis, Better, Metric, Unit
from shared.warehouse.catalogue import VIEWS, View

WRITTEN_BY = "python -m jobs metrics --write"
_BETTER = {Better.UP: "more is better", Better.DOWN: "less is better", Better.NEITHER: "neither direction is better"}
_BASIS = {
    Basis.EVENT: "what happened in the period",
    Basis.COHORT: "what began in the period, followed to today",
    Basis.LEVEL: "what is open at the end of the period's last day",
}
_UNITS = {
    Unit.COUNT: "count", Unit.MONEY: "dollars", Unit.PERCENT: "a share, written as a percentage", Unit.POINTS: "points from -100 to 100", Unit.NUMBER: "number",
    Unit.DAYS: "days", Unit.MINUTES: "minutes", Unit.HOURS: "hours", Unit.SECONDS: "seconds", Unit.MILLISECONDS: "milliseconds",
}
_HEAD = f"""# Metrics

Generated from the declarations in `shared/metrics/catalogue` and `shared/warehouse/catalogue.py` by `{WRITTEN_BY}`; a test compares, so do not edit it.

How to read an entry: the name is what the API, exports and declarations use. A formula names columns of views (`view.column`); sums are taken over everything
asked for and divided afterwards, so a ratio is never a mean of ratios. A number is missing (an em dash, `null` in the API) where its denominator is zero or where no
row stands behind a median; it is 0 where nothing happened. Days are branch-local business days and both ends of a period are included. Below its minimum sample a
number is shown and not judged. "Dictionary" is the number of the KPI in the company's KPI dictionary, or its letter there.
"""


def document() -> str:
    """Return the whole of docs/metrics.md."""
    departments = tuple(dict.fromkeys(each.department for each in CATALOGUE))
    contents = [f"- [{name.capitalize()}](#{name}): {sum(each.department == name for each in CATALOGUE)} metrics" for name in departments]
    parts = [_HEAD, "\n".join([*contents, "- [Dimensions](#dimensions)", "- [Views](#views)", ""])]
    for name in departments:
        parts.append(f"## {name.capitalize()}\n")
        parts += ["\n".join(_metric(each)) + "\n" for each in CATALOGUE if each.department == name]
    parts += ["\n".join(_dimensions()) + "\n", "\n".join(_views())]
    return "\n".join(parts) + "\n"


def _metric(declared: Metric) -> Iterator[str]:
    yield f"### {declared.label}: `{declared.name}`\n"
    yield f"{declared.meaning}\n"
    yield f"- Formula: `{declared.formula}`"
    yield f"- Unit: {_UNITS[declared.unit]}; {_BETTER[declared.better]}"
    yield f"- Counts on: {declared.date}; {_BASIS[declared.basis]}"
    yield f"- Splits: {', '.join(f'`{each.name}`' for each in dimensions_of(declared)) or 'none, it is a number of the whole company'}"
    yield f"- Views: {', '.join(f'`{view}`' for view in declared.views)}{'' if declared.has_branch else '; only for who sees every branch'}"
    if declared.minimum_sample:
        yield f"- Minimum sample: {declared.minimum_sample}{f', counted as `{declared.sample}`' if declared.sample else ''}"
    if declared.source:
        yield f"- Dictionary: {declared.source}"
    yield from (f"- {name}: {text}" for name, text in declared.notes.items())


def _dimensions() -> Iterator[str]:
    yield "## Dimensions\n\nWhat a metric can be split and filtered by; a metric allows those that every view it reads has as a key.\n"
    yield "| name | label | key | rows without one |\n|---|---|---|---|"
    for each in DIMENSIONS:
        key = f"`{each.table}.{each.key}`" if each.table else f"`{each.column}` as it stands"
        yield f"| `{each.name}` | {each.label} | {key} | {each.none} |"


def _views() -> Iterator[str]:
    yield "## Views\n\nThe grain of each is day x branch x its keys. The rows that it counts stand in `shared/warehouse/views/<name>.sql`.\n"
    for view in VIEWS:
        yield from _view(view)


def _view(view: View) -> Iterator[str]:
    used = [f"`{each.name}`" for each in CATALOGUE if view.name in each.views]
    yield f"### `{view.name}`\n"
    yield f"- Keys: {', '.join(f'`{key}`' for key in view.keys)}{'' if view.has_branch else '; of the company, not of a branch'}"
    yield f"- Columns: {', '.join(f'`{column}`' for column in view.measures)}"
    yield f"- Changed by: {', '.join(f'`crm.{table}`' for table in view.dirtied_by)}"
    yield f"- Read by: {', '.join(used) or 'no metric yet'}\n"
