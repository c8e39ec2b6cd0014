"""Answers kept until a commit can have changed them: after one sale a few small questions are asked anew, not all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.metrics.ask import Answer, Ask
from shared.metrics.day_tables import DayTables
from shared.metrics.metric import Level
from shared.metrics.question import Question
from shared.metrics.scope import COMPANY, Scope
from shared.warehouse.changes import Change


@dataclass
class _Kept:
    answer: Answer
    used: int


class RememberingAsk:
    """``ask`` for the whole company over an exact one.  For one thread.

    Keeping is exact because whoever uses this looks at the marks before asking and hands the changes to ``forget_changed``: what changed
    between that look and the reading is in the next look.
    """

    def __init__(self, ask: Ask, tables: DayTables) -> None:
        """``ask``: reads what is committed, and keeps sums by day in ``tables``."""
        self._ask, self._tables = ask, tables
        self._kept: dict[Question, _Kept] = {}
        self._turn = 0
        self._day: date | None = None
        self.as_of: datetime | None = None
        """The moment of the last look: what is kept holds every row committed by then."""
        self.asked = 0
        """How many questions were asked of the database so far."""

    @property
    def today(self) -> date:
        """The head office's day."""
        return self._ask.today

    def __call__(self, question: Question, scope: Scope) -> Answer:
        """Answer one question."""
        return self.many([question], scope)[0]

    def many(self, questions: Sequence[Question], scope: Scope) -> list[Answer]:
        """Answer ``questions`` in order; those not kept are asked together.  Raises what ``ask`` raises; ValueError for a scope that is not the company's."""
        if not scope.is_company:
            raise ValueError("what is kept is the whole company's")
        if self._day != self.today:  # the clock alone decides some measures, by the day
            self.clear()
            self._day = self.today
        missing = [question for question in dict.fromkeys(questions) if question not in self._kept]
        if missing:
            self.asked += len(missing)
            for question, answer in zip(missing, self._ask.many(missing, COMPANY), strict=True):
                self._kept[question] = _Kept(answer, self._turn)
        found = []
        for question in questions:
            kept = self._kept[question]
            kept.used = self._turn
            found.append(kept.answer if self.as_of is None else replace(kept.answer, as_of=self.as_of))
        return found

    def forget_changed(self, changes: Mapping[str, Change]) -> int:
        """Forget the answers that ``changes`` may have changed; return how many."""
        self._tables.forget_changed(changes)
        stale = [question for question in self._kept if _is_touched(question, changes)]
        for question in stale:
            del self._kept[question]
        return len(stale)

    def forget_unused(self) -> None:
        """Forget what was not used since the call before the last; call it now and then."""
        self._kept = {question: kept for question, kept in self._kept.items() if kept.used >= self._turn - 1}
        self._turn += 1

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._tables.clear()


def _is_touched(question: Question, changes: Mapping[str, Change]) -> bool:
    """Whether the answer may differ now; a level also by any day before its period."""
    has_level = any(isinstance(declared.formula, Level) for declared in question.declared)
    first = None if has_level else question.period.start
    return any(view in changes and changes[view].touches(question.branches, first, question.period.end) for view in question.views)
