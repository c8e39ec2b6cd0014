"""Answers a question from the database: the only place where results become a table."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from shared.metrics.errors import QuestionError
from shared.metrics.metric import Level, Measure, Metric, Ratio, Sum
from shared.metrics.period import add_months, month_start, quarter_start, week_start, year_start
from shared.metrics.question import Question
from shared.metrics.statements import Statement, run, statements, whole_history

MOST_ROWS = 200_000
"""Rows of an answer at most: beyond that nobody reads it, and one question would take the memory of all others."""
Key = tuple[object, ...]
Column = dict[Key, float]
"""Row key (bucket, then one key per split) -> value."""


def answer(question: Question, connection: Connection, today: date, recent_from: dict[str, date]) -> pd.DataFrame:
    """Return one row per ``question.keys`` and one float column per metric, sorted by key.

    A split has a key column (text) and a ``<split>_label`` column; ``bucket`` is the first day of each bucket, and every bucket of the
    period has a row.  A sum is 0 where nothing happened; a ratio is NaN where its denominator is zero, a quantile without rows, a level
    after today.  Beside each ratio and quantile stands ``<metric>__n``, its sample.  Days are branch-local and both bounds are included.
    """
    labels: dict[str, dict[str, str]] = {name: {} for name in question.split}
    columns: dict[object, Column] = {}
    for statement in statements(question, today):
        found = _columns(question, _windowed(statement, question, recent_from), connection, labels)
        if statement.is_level:
            found = {("level", column): _running(values, question) for column, values in found.items()}
        columns |= found
    keys = _keys(question, columns)
    frame = pd.DataFrame(keys, columns=list(question.keys)) if question.keys else pd.DataFrame(index=range(len(keys)))
    for declared in question.declared:
        _add(frame, declared, columns, keys)
        if question.grain != "all" and isinstance(declared.formula, Level):
            frame.loc[[key[0] > today for key in keys], declared.name] = np.nan  # type: ignore[operator]
    for name in question.split:
        frame.insert(int(frame.columns.get_loc(name)) + 1, f"{name}_label", frame[name].map(labels[name]))
    return frame


def _windowed(statement: Statement, question: Question, recent_from: dict[str, date]) -> Statement:
    """A level before the recent window is read from the whole history."""
    if not statement.is_level:
        return statement
    first = question.period.start if question.grain != "all" else statement.last_day
    view = statement.columns[0].view  # type: ignore[attr-defined]
    return whole_history(statement) if first < recent_from[view] else statement


def _columns(question: Question, statement: Statement, connection: Connection, labels: dict[str, dict[str, str]]) -> dict[object, Column]:
    has_bucket = question.grain != "all"
    width = has_bucket + 2 * len(question.split)
    found: dict[object, Column] = {column: {} for column in statement.columns}
    for row in run(connection, statement):
        key: list[object] = [row[0]] if has_bucket else []
        for number, name in enumerate(question.split):
            code, label = str(row[has_bucket + 2 * number]), str(row[has_bucket + 2 * number + 1])
            labels[name][code] = label
            key.append(code)
        for column, value in zip(statement.columns, row[width:], strict=True):
            found[column][tuple(key)] = float("nan") if value is None else float(value)  # type: ignore[arg-type]
    return found


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


def _add(frame: pd.DataFrame, declared: Metric, columns: dict[object, Column], keys: list[Key]) -> None:
    def values(column: object, missing: float = 0.0) -> np.ndarray:
        held = columns[column]
        return np.array([held.get(key, missing) for key in keys], dtype=float)

    def added(parts: Sum) -> np.ndarray:
        sums: np.ndarray = np.asarray([weight * values(measure) for weight, measure in parts.terms]).sum(axis=0)
        return sums

    match declared.formula:
        case Sum() as parts:
            frame[declared.name] = added(parts)
        case Ratio(numerator, denominator):
            below = added(denominator)
            frame[declared.name] = np.divide(added(numerator), below, out=np.full(len(keys), np.nan), where=below != 0)
            frame[f"{declared.name}__n"] = values(declared.sample) if isinstance(declared.sample, Measure) else below
        case Level(inflow, outflow):
            # Running sums of cents leave crumbs such as -1e-11, which would be written -$0.00.
            frame[declared.name] = np.round(values(("level", inflow)) - values(("level", outflow)), 6) + 0.0
        case formula:
            frame[declared.name] = values(declared, float("nan"))
            frame[f"{declared.name}__n"] = values(formula.weight)
