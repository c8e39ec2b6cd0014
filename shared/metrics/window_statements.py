"""One SELECT over a view for many questions at once: the same sums over many windows of days.

A statement over a view costs more for its plan (a view is three relations, one of them made from base tables) than for its rows, so that thirty windows are far cheaper
in one statement than in thirty.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from shared.metrics.metric import Measure
from shared.metrics.question import Grain, Question
from shared.metrics.statements import Builder, Statement

_GAP = timedelta(days=40)
"""Days between two windows from which it is worth not to read what lies between them."""
_WINDOWS = "unnest(CAST(:first AS date[]), CAST(:last AS date[]), CAST(:grain AS text[])) WITH ORDINALITY AS w (first, last, grain, n)"


@dataclass(frozen=True, order=True)
class Window:
    """Days, both included, and how they are cut.  For levels: all up to ``last`` count, those before ``first`` as what was open before."""

    first: date
    last: date
    grain: Grain


def windows_statement(
    question: Question, measures: Sequence[Measure], windows: Sequence[Window], today: date, *, relation: str = "", by_branch: bool = False, is_level: bool = False,
) -> Statement:
    """The sums of ``measures`` (of one view) over each of ``windows``; of ``question`` count split, where and branches, not its days.

    Columns: place in ``windows`` (from 1), bucket (NULL for the grain all, and before a level's first day), branch (``by_branch``), two per split, then the sums, not yet
    made floats so that they can be added up further without a loss.  A window without rows has none.
    """
    builder = Builder(replace(question, grain="all"), measures[0].view, today)
    inside = _up_to(windows, builder) if is_level else _spans(windows, builder)
    builder.parameters |= {"first": [each.first for each in windows], "last": [each.last for each in windows], "grain": [each.grain for each in windows]}
    builder.keys = [*(["v.branch_id AS branch"] if by_branch else []), *builder.keys]
    values = [f"{builder.exact_value(measure)} AS c{number}" for number, measure in enumerate(measures)]
    sql = (_at_once if question.split else _by_day)(builder, values, inside, relation, is_level=is_level)
    return Statement(sql, builder.parameters, tuple(measures), is_level)


def _by_day(builder: Builder, values: list[str], inside: str, relation: str, *, is_level: bool) -> str:
    """Without a split: added up by day once, then over the windows, which have many days in common."""
    keys = builder.keys
    builder.keys = ["v.day", *keys]
    names = "".join(f", v.{key.rpartition(' ')[2]}" for key in keys)
    return f"""WITH daily AS MATERIALIZED (
{builder.select(values, [inside], relation)}
)
SELECT w.n, {_bucket(is_level=is_level)}{names}, {', '.join(f'sum(v.c{number}) AS c{number}' for number in range(len(values)))}
FROM daily v JOIN {_WINDOWS} ON {_within(is_level=is_level)}
GROUP BY {', '.join(str(number) for number in range(1, 3 + len(keys)))}"""


def _at_once(builder: Builder, values: list[str], inside: str, relation: str, *, is_level: bool) -> str:
    """With a split, where sums by day would be hardly fewer than rows."""
    builder.keys = ["w.n", _bucket(is_level=is_level), *builder.keys]
    builder.joins.append(f"JOIN {_WINDOWS} ON {_within(is_level=is_level)}")
    return builder.select(values, [inside], relation)


def _bucket(*, is_level: bool) -> str:
    bucket = "CASE WHEN w.grain = 'day' THEN v.day WHEN w.grain <> 'all' THEN date_trunc(w.grain, CAST(v.day AS timestamp))::date END"
    return (f"CASE WHEN v.day >= w.first THEN {bucket} END" if is_level else bucket) + " AS bucket"


def _within(*, is_level: bool) -> str:
    return "v.day <= w.last" if is_level else "v.day BETWEEN w.first AND w.last"


def _up_to(windows: Iterable[Window], builder: Builder) -> str:
    builder.parameters["end"] = max(each.last for each in windows)
    return "v.day <= :end"


def _spans(windows: Iterable[Window], builder: Builder) -> str:
    found = []
    for number, (first, last) in enumerate(_joined(windows)):
        builder.parameters |= {f"start{number}": first, f"end{number}": last}
        found.append(f"v.day BETWEEN :start{number} AND :end{number}")
    return f"({' OR '.join(found)})"


def _joined(windows: Iterable[Window]) -> Iterator[tuple[date, date]]:
    """The days of all windows as few spans."""
    begun: tuple[date, date] | None = None
    for each in sorted(windows):
        if begun is None or each.first > begun[1] + _GAP:
            if begun is not None:
                yield begun
            begun = (each.first, each.last)
        else:
            begun = (begun[0], max(begun[1], each.last))
    if begun is not None:
        yield begun
