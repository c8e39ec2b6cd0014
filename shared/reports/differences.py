"""What changed between two definitions of a report, in words and by block, so that it can be drawn."""

from dataclasses import dataclass, fields
from typing import Literal

from shared.metrics.registry import metric
from shared.reports.block_numbers import field_label
from shared.reports.chart_kinds import CHART_KINDS
from shared.reports.report import Limits, Report, ReportBlock
from shared.reports.report_document import title_of

State = Literal["added", "removed", "moved", "changed", "same"]
_NAMES = {"kind": "the kind", "title": "the title", "text": "the text", "metrics": "the metrics", "split": "the split", "series": "the series", "top": "how many rows", "only_if": "the condition", "sort": "the order", "limits": "the filters"}


@dataclass(frozen=True)
class Change:
    """What became of one block; ``words`` are empty where nothing did."""

    block: ReportBlock
    """As it is after; for one that was removed, as it was."""
    state: State
    words: str


def changes(before: Report, after: Report) -> list[Change]:
    """Return what became of every block of either report: those of ``after`` in their order, then those that are gone."""
    old = {block.id: block for block in before.blocks}
    found = [_change(old.get(block.id), block) for block in after.blocks]
    kept = {block.id for block in after.blocks}
    return found + [Change(block, "removed", f"{_called(block)} was removed.") for block in before.blocks if block.id not in kept]


def in_words(before: Report, after: Report) -> list[str]:
    """Return every difference as a sentence; empty where the reports are the same."""
    found = []
    if before.title != after.title:
        found.append(f"The title became “{after.title}”.")
    if before.description != after.description:
        found.append("The description changed.")
    if before.limits != after.limits:
        found.append(f"The report's filters changed: {_limits(before.limits, after.limits)}.")
    found += [each.words for each in changes(before, after) if each.words]
    if not found and before.blocks != after.blocks:
        found.append("Blocks changed their order.")
    return found


def _change(old: ReportBlock | None, new: ReportBlock) -> Change:
    if old is None:
        return Change(new, "added", f"{_called(new)} was added.")
    different = [each.name for each in fields(ReportBlock) if each.name not in {"id", "place"} and getattr(old, each.name) != getattr(new, each.name)]
    moved = old.place != new.place
    if not different:
        return Change(new, "moved", f"{_called(new)} was {_moved(old, new)}.") if moved else Change(new, "same", "")
    words = f"{_called(new)}: {'; '.join(_difference(name, old, new) for name in different)}"
    return Change(new, "changed", words + (f"; it was {_moved(old, new)}." if moved else "."))


def _called(block: ReportBlock) -> str:
    return f"“{title_of(block) or CHART_KINDS[block.kind].label}”"


def _moved(old: ReportBlock, new: ReportBlock) -> str:
    resized = (old.place.w, old.place.h) != (new.place.w, new.place.h)
    shifted = (old.place.x, old.place.y) != (new.place.x, new.place.y)
    return "moved and resized" if resized and shifted else "resized" if resized else "moved"


def _difference(name: str, old: ReportBlock, new: ReportBlock) -> str:
    if name == "kind":
        return f"{CHART_KINDS[old.kind].label} became {CHART_KINDS[new.kind].label}"
    if name == "metrics":
        gone, come = [metric(each).label for each in old.metrics if each not in new.metrics], [metric(each).label for each in new.metrics if each not in old.metrics]
        parts = [*(f"{label} was taken out" for label in gone), *(f"{label} was put in" for label in come)]
        return ", ".join(parts) or "the order of its metrics changed"
    if name in {"split", "series"}:
        was, now = getattr(old, name), getattr(new, name)
        return f"{_NAMES[name]} by {field_label(was)} became {field_label(now)}" if was and now else f"{_NAMES[name]} by {field_label(was or now)} was {'put in' if now else 'taken out'}"
    if name == "limits":
        return f"its filters changed: {_limits(old.limits, new.limits)}"
    return f"{_NAMES[name]} changed"


def _limits(old: Limits, new: Limits) -> str:
    names = {"period": "period", "compare": "comparison", "branches": "branches", "where": "values"}
    return ", ".join(words for name, words in names.items() if getattr(old, name) != getattr(new, name))
