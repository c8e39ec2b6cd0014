"""Answers a question from the database: the only place where results become a table."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from shared.metrics.day_tables import DayTables
from shared.metrics.errors import QuestionError
from shared.metrics.metric import Level, Maximum, Measure, Metric, Quantile, Ratio, Sum
from shared.metrics.period import add_months, month_start, quarter_start, week_start, year_start
from shared.metrics.question import Question
from shared.metrics.reads import Column, Key, Labels, Reads, SumRead
from shared.metrics.statements import run

MOST_ROWS = 200_000
"""Rows of an answer at most: beyond that nobody reads it, and one question would take the memory of all others."""


def answers(questions: Sequence[Question], connection: Connection, today: date, recent_from: dict[str, date], tables: DayTables | None = None) -> list[pd.DataFrame]:
    """Return for each question one row per ``question.keys`` and one float column per metric, sorted by key.

    A split has a key column (text) and a ``<split>_label`` column; ``bucket`` is the first day of each bucket, and every bucket of the
    period has a row.  A sum is 0 where nothing happened; a ratio is NaN where its denominator is zero, a quantile without rows, a level
    after today.  Beside each ratio and quantile stands ``<metric>__n``, its sample.  Days are branch-local and both bounds are included.
    ``tables``: what the asker keeps of sums by day.  Raises QuestionError where an answer would have too many rows.
    """
    reads, labels = Reads(questions, today, recent_from), Labels()
    for each in reads:
        if tables is not None and isinstance(each, SumRead) and tables.fill(each, connection, today, recent_from):
            continue
        each.take(run(connection, each.statement), labels)
    return [_table(question, _columns(question, reads), labels, today) for question in questions]


def _columns(question: Question, reads: Reads) -> dict[object, Column]:
    """What the metrics of ``question`` are made of: by measure, for a level by ("level", measure), for a quantile or greatest value by metric and measure."""
    columns: dict[object, Column] = dict(reads.sums(question))  # type: ignore[arg-type]
    for declared in question.declared:
        match declared.formula:
            case Level() as level:
                flows = reads.flows(level, question)
                columns |= {("level", measure): _running(flow, question) for measure, flow in zip((level.inflow, level.outflow), flows, strict=True)}
            case Quantile(weight=weight) | Maximum(weight=weight):
                columns[declared], columns[declared, weight] = reads.ordered(declared, question)
    return columns


def _table(question: Question, columns: dict[object, Column], labels: Labels, today: date) -> pd.DataFrame:
    keys = _keys(question, columns)
    table: dict[str, object] = {}
    for number, name in enumerate(question.keys):
        table[name] = [key[number] for key in keys]
        if name != "bucket":
            table[f"{name}_label"] = [labels[name][str(key[number])] for key in keys]
    for declared in question.declared:
        _add(table, declared, columns, keys)
        if question.grain != "all" and isinstance(declared.formula, Level):
            table[declared.name] = np.where([key[0] > today for key in keys], np.nan, table[declared.name])  # type: ignore[operator,call-overload]
    frame = pd.DataFrame(dict(enumerate(table.values())), index=range(len(keys)))
    frame.columns = _names(*table)
    return frame


@lru_cache(maxsize=1000)
def _names(*columns: str) -> "pd.Index[str]":
    """Column names; pandas 3.0 takes longer to make them than to make a small table."""
    return pd.Index(columns)


def _running(flows: Column, question: Question) -> Column:
    """Running sum over the buckets from what was open before them (bucket None)."""
    if question.grain == "all":
        return flows
    found: Column = {}
    for split in dict.fromkeys(key[1:] for key in flows):
        total = flows.get((None, *split), 0.0)
        for bucket in _buckets(question):
            total += flows.get((bucket, *split), 0.0)
            found[(bucket, *split)] = total
    return found


_STEPS: dict[str, tuple[Callable[[date], date], Callable[[date], date]]] = {
    "day": (lambda day: day, lambda day: day + timedelta(days=1)),
    "week": (week_start, lambda day: day + timedelta(days=7)),
    "month": (month_start, lambda day: add_months(day, 1)),
    "quarter": (quarter_start, lambda day: add_months(day, 3)),
    "year": (year_start, lambda day: add_months(day, 12)),
}


def _buckets(question: Question) -> list[date]:
    first, following = _STEPS[question.grain]
    found, day = [], first(question.period.start)
    while day <= question.period.end:
        found.append(day)
        day = following(day)
    return found


def _keys(question: Question, columns: dict[object, Column]) -> list[Key]:
    """Every key that any statement returned; with a grain, every bucket of the period for each split."""
    keys = {key for column in columns.values() for key in column}
    if question.grain == "all":
        return sorted(keys, key=repr) if question.split else [()]
    splits = {key[1:] for key in keys} if question.split else {()}
    rows = len(splits) * len(_buckets(question))
    if rows > MOST_ROWS:
        raise QuestionError("split", f"the answer would have {rows:,} rows, {MOST_ROWS:,} are allowed: ask for fewer days, a coarser grain or fewer splits")
    return sorted((bucket, *split) for bucket in _buckets(question) for split in splits)


def _add(table: dict[str, object], declared: Metric, columns: dict[object, Column], keys: list[Key]) -> None:
    def values(column: object, missing: float = 0.0) -> np.ndarray:
        held = columns[column]
        return np.array([held.get(key, missing) for key in keys], dtype=float)

    def added(parts: Sum) -> np.ndarray:
        sums: np.ndarray = np.asarray([weight * values(measure) for weight, measure in parts.terms]).sum(axis=0)
        return sums

    match declared.formula:
        case Sum() as parts:
            table[declared.name] = added(parts)
        case Ratio(numerator, denominator):
            below = added(denominator)
            table[declared.name] = np.divide(added(numerator), below, out=np.full(len(keys), np.nan), where=below != 0)
            table[f"{declared.name}__n"] = values(declared.sample) if isinstance(declared.sample, Measure) else below
        case Level(inflow, outflow):
            # Running sums of cents leave crumbs such as -1e-11, which would be written -$0.00.
            table[declared.name] = np.round(values(("level", inflow)) - values(("level", outflow)), 6) + 0.0
        case formula:
            table[declared.name] = values(declared, float("nan"))
            table[f"{declared.name}__n"] = values((declared, formula.weight))
