"""Headlines as a card of a document: what stands on tiles, as real numbers."""

import math
from collections.abc import Sequence

from shared.metrics.headline import Headline
from shared.metrics.metric import Unit
from shared.reports.document import Amount, Block, Cell, Column, Table

_COLUMNS = (
    Column("Metric"), Column("Value"), Column("Before"), Column("Change", note="Relative; of shares and scores the difference in points."), Column("Target", note="Of the whole period."),
    Column("Projected", note="Where a number that is still running lands at this pace."), Column("Standing"),
)


def headline_block(found: Sequence[Headline], key: str = "headlines", title: str = "Headlines", labels: Sequence[str] = ()) -> Block:
    """Return ``found`` as a card: value, the period before, change, target, projection, and how it stands in words.

    ``labels``: what each is called, where the name of its metric does not tell them apart.
    """
    days = {each.comparison.words for each in found}
    note = f"Before: {next(iter(days))}." if len(days) == 1 else ""
    return Block(key, title, ". ".join(_said(each, label) for each, label in list(zip(found, labels or [""] * len(found), strict=True))[:3]) + ("." if found else ""), None, Table(_COLUMNS, tuple(_row(each, label) for each, label in zip(found, labels or [each.metric.label for each in found], strict=True))), note)


def _said(each: Headline, label: str) -> str:
    """The headline in words, under its label where the name of its metric does not tell it apart."""
    said = each.words.removeprefix(each.name).removeprefix(":").strip()
    return f"{label}: {said}" if label else each.words


def _row(each: Headline, label: str) -> tuple[Cell, ...]:
    unit = each.metric.unit
    goal, projected = each.goal.value if each.goal else None, each.projected
    return (label, _amount(each.value, unit), _amount(each.previous, unit), change_of(each), _amount(goal, unit), _amount(projected, unit), each.status_words)


def change_of(each: Headline) -> Amount | None:
    """Return the change of a headline: relative; of shares and scores the difference in points; None where there is nothing to compare with."""
    unit, change = each.metric.unit, each.change
    if change is None or not math.isfinite(change):
        return None
    return Amount(change * 100, Unit.POINTS) if unit is Unit.PERCENT else Amount(change, Unit.POINTS if unit is Unit.POINTS else Unit.PERCENT)


def _amount(value: float | None, unit: Unit) -> Amount | None:
    return None if value is None or not math.isfinite(value) else Amount(value, unit)
