"""Which statements answer many questions, and which numbers of their rows belong to which question.

Questions whose sums come from one view, with the same split and filter, share one statement, whatever their metrics, days, grains and branches are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal, localcontext

from shared.metrics.metric import Level, Maximum, Measure, Metric, Quantile
from shared.metrics.question import Question
from shared.metrics.statements import Statement, level_statement, ordered_statement, sums_of, sums_statement, whole_history
from shared.metrics.window_statements import Window, windows_statement

Key = tuple[object, ...]
Column = dict[Key, float]
"""Row key (bucket, then one key per split) -> value.  Of a level: flows; without a bucket stands what was open before."""
Labels = dict[str, dict[str, str]]
"""Split -> key -> label."""
Row = tuple[object, ...]
Branches = frozenset[int] | None
"""None: all of the company."""
_DIGITS = 200
"""Sums of numerics are added up further without rounding."""


class SumRead:
    """Sums over one view, or the flows of its levels, with one split and one filter."""

    def __init__(self, example: Question, today: date, relation: str = "") -> None:
        """``example``: any of the questions; ``relation``: the one to read levels from, empty for sums."""
        self._example, self._today, self._relation = example, today, relation
        self._measures: dict[Measure, None] = {}
        self._windows: dict[Window, None] = {}
        self._branches: dict[Branches, None] = {}
        self._found: dict[tuple[Window, Branches], dict[Measure, Column]] = {}

    def want(self, question: Question, measures: list[Measure]) -> None:
        """Read these measures for ``question``, too."""
        self._measures |= dict.fromkeys(measures)
        self._windows[self._window(question)] = None
        self._branches[question.branches] = None

    def _window(self, question: Question) -> Window:
        first, last = question.period.start, question.period.end
        if self._relation:
            last = min(last, self._today)
            first = last if question.grain == "all" else min(first, last + timedelta(days=1))
        return Window(first, last, question.grain)

    @property
    def question(self) -> Question:
        """One of the questions: its split and filter are those of all."""
        return self._example

    @property
    def view(self) -> str:
        """The view it is about."""
        return next(iter(self._measures)).view

    @property
    def relation(self) -> str:
        """Where levels are read from; empty for sums."""
        return self._relation

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is wanted."""
        return tuple(self._measures)

    @property
    def places(self) -> list[tuple[Window, Branches]]:
        """The windows and branches that are wanted."""
        return [(window, branches) for window in self._windows for branches in self._branches]

    def give(self, window: Window, branches: Branches, columns: dict[Measure, Column]) -> None:
        """Take numbers that were worked out elsewhere instead of rows."""
        self._found[window, branches] = columns

    @property
    def _is_alone(self) -> bool:
        return len(self._windows) == 1 and len(self._branches) == 1

    @property
    def statement(self) -> Statement:
        """The one statement for all that is wanted: the plain one where all want the same days and branches."""
        measures, example = list(self._measures), self._example
        if not self._is_alone:
            every = None if None in self._branches else frozenset[int]().union(*(branches for branches in self._branches if branches is not None))
            return windows_statement(replace(example, branches=every), measures, list(self._windows), self._today,
                                     relation=self._relation, by_branch=len(self._branches) > 1, is_level=bool(self._relation))
        if not self._relation:
            return sums_statement(example, measures[0].view, measures, self._today)
        statement = level_statement(example, measures, self._today)
        return statement if self._relation.endswith("_balance") else whole_history(statement)

    def take(self, rows: list[Row], labels: Labels) -> None:
        """Deal the rows of the statement out."""
        every: dict[tuple[Window, Branches], dict[Key, list[Decimal | float]]] = {(window, branches): {} for window in self._windows for branches in self._branches}
        with localcontext(prec=_DIGITS):
            for window, branch, key, values in self._dealt(rows, labels):
                for branches in self._branches:
                    if branch is None or branches is None or branch in branches:
                        sums = every[window, branches]
                        sums[key] = [one + other for one, other in zip(sums[key], values, strict=True)] if key in sums else values  # type: ignore[operator]
        self._found = {place: {measure: {key: float(values[number]) for key, values in sums.items()} for number, measure in enumerate(self._measures)} for place, sums in every.items()}

    def _dealt(self, rows: list[Row], labels: Labels) -> Iterator[tuple[Window, object, Key, list[Decimal | float]]]:
        """Window, branch (None: of all that are wanted), key and values of each row."""
        windows = list(self._windows)
        for row in rows:
            if self._is_alone:
                window, branch, begin = windows[0], None, 0
                bucket, begin = (row[0], 1) if window.grain != "all" else (None, 0)
            else:
                window, bucket = windows[int(row[0]) - 1], row[1]  # type: ignore[call-overload]
                branch, begin = (row[2], 3) if len(self._branches) > 1 else (None, 2)
            codes, width = _codes(row[begin:], self._example.split, labels)
            yield window, branch, ((bucket, *codes) if window.grain != "all" else codes), list(row[begin + width:])  # type: ignore[arg-type]

    def columns(self, question: Question) -> dict[Measure, Column]:
        """What was read for ``question``, and maybe more."""
        return self._found[self._window(question), question.branches]


class OrderedRead:
    """A quantile or a greatest value, which cannot be added up: of one question."""

    def __init__(self, question: Question, declared: Metric, today: date) -> None:
        """Nothing is read yet."""
        self._question, self.statement = question, ordered_statement(question, declared, today)
        self.columns: tuple[Column, Column] = {}, {}
        """Value, and how many rows stand behind it."""

    def take(self, rows: list[Row], labels: Labels) -> None:
        """Keep what the rows of the statement say."""
        has_bucket = int(self._question.grain != "all")
        for row in rows:
            codes, width = _codes(row[has_bucket:], self._question.split, labels)
            for column, value in zip(self.columns, row[has_bucket + width:], strict=True):
                column[row[:has_bucket] + codes] = float("nan") if value is None else float(value)  # type: ignore[arg-type]


def _codes(cells: Row, split: tuple[str, ...], labels: Labels) -> tuple[Key, int]:
    """The keys of a row's splits, and how many cells they and their labels take."""
    codes = []
    for number, name in enumerate(split):
        code = str(cells[2 * number])
        labels.setdefault(name, {})[code] = str(cells[2 * number + 1])
        codes.append(code)
    return tuple(codes), 2 * len(split)


class Reads:
    """The reads for some questions, as few as there can be."""

    def __init__(self, questions: Iterable[Question], today: date, recent_from: dict[str, date]) -> None:
        """``recent_from``: first day of the recent window of each view; a level before it is read from the whole history."""
        self._today, self._recent_from = today, recent_from
        self._sums: dict[object, SumRead] = {}
        self._ordered: dict[object, OrderedRead] = {}
        for question in questions:
            for view, measures in sums_of(question).items():
                self._sums_over(view, question).want(question, measures)
            for declared in question.declared:
                if isinstance(declared.formula, Level):
                    self._flows(declared.formula, question).want(question, [declared.formula.inflow, declared.formula.outflow])
                elif isinstance(declared.formula, Quantile | Maximum):
                    self._ordered.setdefault(_place(declared, question), OrderedRead(question, declared, today))

    def __iter__(self) -> Iterator[SumRead | OrderedRead]:
        """Every read: run its statement and hand it the rows."""
        return iter((*self._sums.values(), *self._ordered.values()))

    def sums(self, question: Question) -> dict[Measure, Column]:
        """The columns of the question's sums and ratios."""
        return {measure: column for view in sums_of(question) for measure, column in self._sums_over(view, question).columns(question).items()}

    def flows(self, level: Level, question: Question) -> tuple[Column, Column]:
        """What entered and what left; without a bucket: before the period."""
        found = self._flows(level, question).columns(question)
        return found[level.inflow], found[level.outflow]

    def ordered(self, declared: Metric, question: Question) -> tuple[Column, Column]:
        """A quantile or greatest value, and how many rows stand behind it."""
        return self._ordered[_place(declared, question)].columns

    def _sums_over(self, view: str, question: Question) -> SumRead:
        return self._sums.setdefault((view, question.split, question.where), SumRead(question, self._today))

    def _flows(self, level: Level, question: Question) -> SumRead:
        view = level.inflow.view
        first = question.period.start if question.grain != "all" else min(question.period.end, self._today)
        relation = view if first < self._recent_from[view] else f"{view}_balance"
        return self._sums.setdefault((view, question.split, question.where, relation), SumRead(question, self._today, relation))


def _place(declared: Metric, question: Question) -> object:
    return declared, question.period.start, question.period.end, question.grain, question.split, question.where, question.branches
