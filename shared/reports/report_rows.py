"""Makes the numbers of a block from its answers: rows in order, cut to what is shown, beside what they are compared with."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from shared.metrics.ask import Answer
from shared.metrics.headline import Wanted
from shared.metrics.metric import Sum
from shared.metrics.period import Period, add_months
from shared.metrics.question import Question
from shared.reports.block_numbers import OTHERS, TIMES, Numbers, Row
from shared.reports.report import ReportBlock

MOST_SERIES, MOST_COLUMNS = 5, 50
"""Keys of a series that are shown at most, those with most of the first metric: as lines or bars, where each needs its colour, and as columns."""


@dataclass(frozen=True)
class Plan:
    """What one block asks."""

    block: ReportBlock
    period: Period
    before: Period | None
    before_words: str
    where: tuple[tuple[str, tuple[str, ...]], ...]
    questions: dict[str, Question] = field(default_factory=dict)
    wanted: tuple[Wanted, ...] = ()
    unfiltered: str = ""
    every_row: bool = False
    """Whether tables have all their rows (files), not as many as a screen shows."""


def conditions_of(plan: Plan) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What leads from a number of the block to its rows: its conditions, and its branches where it has its own."""
    asked = plan.wanted[0].branches if plan.wanted else next(iter(plan.questions.values())).branches
    return (*plan.where, *([] if asked is None else [("branch", tuple(map(str, sorted(asked))))]))


def numbers_of(plan: Plan, answers: dict[str, Answer]) -> Numbers:
    """Rows in order, cut to what is shown, and totals over everything."""
    block = plan.block
    names = block.metrics
    whole = tuple(answers["whole"].value(name) for name in names)
    before_whole = tuple(answers["whole before"].value(name) for name in names) if "whole before" in answers else ()
    fields = tuple(name for name in (block.split, block.series) if name)
    if not fields:
        return Numbers(block.declared, (), (), whole, before_whole, span=span_text(plan.period), before_words=plan.before_words, where=conditions_of(plan), all_rows=1)
    rows = _rows(plan, answers["rows"], fields, plan.period)
    order, count = _order(plan, answers["ranks"])
    place = {key: number for number, key in enumerate(order)}
    kept = [row for row in rows if row.keys[0] in place]
    if len(fields) == 2:
        kept = _in_series(plan, kept, answers, place)
    else:
        kept.sort(key=lambda row: place[row.keys[0]])
    if plan.before is not None and "before" in answers:
        kept = _compared(plan, kept, _rows(plan, answers["before"], fields, plan.before))
    edges = (_edge(plan, answers["ranks"], 0), _edge(plan, answers["columns"], 1)) if "columns" in answers else ((), ())
    return Numbers(block.declared, fields, tuple(kept), whole, before_whole, all_rows=count, span=span_text(plan.period), before_words=plan.before_words, where=conditions_of(plan), edges=edges)


def _edge(plan: Plan, answer: Answer, place: int) -> tuple[Row, ...]:
    field = (plan.block.split, plan.block.series)[place]
    return tuple(replace(row, of=place) for row in _rows(plan, answer, (field,), plan.period))


def _in_series(plan: Plan, rows: list[Row], answers: dict[str, Answer], place: dict[str, int]) -> list[Row]:
    """Rows of the series that are shown; what adds up is one more of them, so that a stack is as high as the whole."""
    block = plan.block
    every = _series(answers["series"], block) if "series" in answers else sorted({row.keys[1] for row in rows})
    shown = every if plan.every_row and block.kind == "table" else every[: MOST_COLUMNS if block.kind in {"table", "pivot", "heat"} or "series" not in answers else MOST_SERIES]
    rank = {key: number for number, key in enumerate(shown)}
    kept = sorted((row for row in rows if row.keys[1] in rank), key=lambda row: (place[row.keys[0]], rank[row.keys[1]]))
    if len(shown) == len(every) or block.kind in {"table", "pivot", "heat"} or not isinstance(block.declared[0].formula, Sum):
        return kept
    whole: dict[str, Row] = {}
    for row in rows:
        before = whole.get(row.keys[0])
        added = 0.0 if row.keys[1] in rank else row.values[0]
        whole[row.keys[0]] = Row((row.keys[0], ""), (row.labels[0], OTHERS), ((before.values[0] if before else 0.0) + added,), span=row.span)
    return sorted([*kept, *whole.values()], key=lambda row: (place[row.keys[0]], rank.get(row.keys[1], len(rank))))


def _rows(plan: Plan, answer: Answer, fields: tuple[str, ...], period: Period) -> list[Row]:
    names = plan.block.metrics
    found = []
    for each in answer.frame.to_dict("records"):
        keys, labels, span = [], [], ""
        for name in fields:
            if name in TIMES:
                first: date = each["bucket"]
                span = span_text(Period(max(first, period.start), min(_last(first, name), period.end)))
                keys.append(first.isoformat())
                labels.append(_time_label(first, name))
            else:
                keys.append(str(each[name]))
                labels.append(str(each[f"{name}_label"]) or "None")
        found.append(Row(tuple(keys), tuple(labels), tuple(float(each[name]) for name in names), span=span))
    return found


def _order(plan: Plan, ranks: Answer) -> tuple[list[str], int]:
    """The keys of the split that are shown, in order, and how many there are in all."""
    block = plan.block
    is_time = block.split in TIMES
    key, label = ("bucket", "bucket") if is_time else (block.split, f"{block.split}_label")
    records = ranks.frame.to_dict("records")
    lines = [(each[key].isoformat() if is_time else str(each[key]), str(each[label]), each) for each in records]
    count = len(lines)
    if block.only_if is not None:
        only = block.only_if
        lines = [line for line in lines if only.holds(float(line[2][only.metric]))]
    name, _, way = block.sort.rpartition(".")
    if is_time and not name:
        name, way = "name", "up"
    name, way = name or block.metrics[0], way or "down"
    if name == "name":
        lines.sort(key=lambda line: line[0] if is_time else line[1].casefold(), reverse=way == "down")
    else:
        known = [line for line in lines if not math.isnan(float(line[2][name]))]
        known.sort(key=lambda line: (float(line[2][name]) * (-1 if way == "down" else 1), line[1]))
        lines = known + [line for line in lines if math.isnan(float(line[2][name]))]
    most = (block.top or len(lines)) if plan.every_row and block.chart.is_table else min(block.top or block.chart.most_rows, block.chart.most_rows)
    if not is_time and all(isinstance(declared.formula, Sum) for declared in block.declared) and block.kind != "table":
        lines = [line for line in lines if any(float(line[2][each]) for each in block.metrics)]  # keys in which nothing happened say nothing
    return [line[0] for line in lines[:most]], count


def _series(answer: Answer, block: ReportBlock) -> list[str]:
    name = block.metrics[0]
    lines = [(str(each[block.series]), float(each[name])) for each in answer.frame.to_dict("records")]
    lines = [line for line in lines if not math.isnan(line[1]) and line[1]]
    lines.sort(key=lambda line: (-line[1], line[0]))
    return [key for key, _ in lines]


def _compared(plan: Plan, rows: Sequence[Row], before: Sequence[Row]) -> list[Row]:
    """Rows with what they are compared with: by key, or for spans of time by their order."""
    missing = (math.nan,) * len(plan.block.metrics)
    if plan.block.split in TIMES:
        earlier = sorted(before, key=lambda row: row.keys)
        order = {row.keys: number for number, row in enumerate(sorted(rows, key=lambda row: row.keys))}
        return [replace(row, before=earlier[order[row.keys]].values if order[row.keys] < len(earlier) else missing) for row in rows]
    by = {row.keys: row.values for row in before}
    places = {row.keys: number for number, row in enumerate(sorted(before, key=lambda row: (-_or_least(row.values[0]), row.labels)), 1) if not math.isnan(row.values[0])}
    return [replace(row, before=by.get(row.keys, missing), movement=places[row.keys] - place if row.keys in places else None) for place, row in enumerate(rows, 1)]


def _or_least(value: float) -> float:
    return -math.inf if math.isnan(value) else value


_STEPS: dict[str, Callable[[date], date]] = {"day": lambda day: day + timedelta(days=1), "week": lambda day: day + timedelta(days=7), "month": lambda day: add_months(day, 1), "quarter": lambda day: add_months(day, 3), "year": lambda day: add_months(day, 12)}


def _last(first: date, grain: str) -> date:
    return _STEPS[grain](first) - timedelta(days=1)


def _time_label(first: date, grain: str) -> str:
    if grain in {"day", "week"}:
        return f"{first.day} {first:%b %Y}"
    return {"month": f"{first:%b %Y}", "quarter": f"Q{(first.month + 2) // 3} {first.year}", "year": f"{first.year}"}[grain]


def span_text(period: Period) -> str:
    """Return the days of a period as addresses and glass codes write them."""
    return f"{period.start.isoformat()}..{period.end.isoformat()}"
