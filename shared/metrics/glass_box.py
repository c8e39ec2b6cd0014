"""The glass box: everything behind one number, down to the rows."""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from shared.metrics.ask import CachedAsk
from shared.metrics.errors import QuestionError
from shared.metrics.headline import RULE, Headline, Headlines, Wanted
from shared.metrics.question import Question
from shared.metrics.reference import Reference
from shared.metrics.row_statements import Page, counted, page, parts_of
from shared.metrics.rows_behind import RowsBehind
from shared.metrics.scope import Scope
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
_CANCELLED = "57014"
"""What PostgreSQL says of a statement that took too long."""


@dataclass(frozen=True)
class GlassBox:
    """What stands behind a headline, in words and SQL."""

    headline: Headline
    formula: str
    rule: str
    """The rule of the status light, in words."""
    views: tuple[str, ...]
    refreshed_at: datetime | None
    sql: tuple[str, ...]
    """Statements with their values written in: can be pasted into psql."""
    parts: tuple[str, ...]
    """Names of the formula's parts whose rows can be listed with ``rows``."""


class GlassBoxes:
    """Opens glass boxes; handed to pages beside ``ask``."""

    def __init__(self, ask: CachedAsk, headlines: Headlines, reference: Reference, engines: Engines) -> None:
        """Hand in what it needs."""
        self._ask, self._headlines, self._reference, self._engines = ask, headlines, reference, engines

    def __call__(self, wanted: Wanted, scope: Scope) -> GlassBox:
        """Everything about one headline.  Raises what ``ask`` raises."""
        headline = self._headlines([wanted], scope)[0]
        question = _question(wanted)
        answered = self._ask(question, scope)
        return GlassBox(headline, str(headline.metric.formula), RULE, headline.metric.views, answered.refreshed_at,
                        tuple(self._ask.sql(question, scope)), tuple(name for name, _, _ in parts_of(headline.metric.formula)))

    def rows(self, wanted: Wanted, scope: Scope, part: int = 0, offset: int = 0, limit: int = 50) -> Page:
        """One page of the rows behind part number ``part`` of the formula; their sum over all pages is that part of the number.

        Raises QuestionError for a part or page that cannot be, OutOfScopeError for what the asker may not see.
        """
        if offset < 0 or limit < 1:
            raise QuestionError("page", f"there is no page of {limit} rows at {offset}")
        behind = self.behind(wanted, scope, part)
        with self._engines.reader() as connection:
            return page(connection, behind.question, part, offset, limit, behind.today, behind.branches)

    def behind(self, wanted: Wanted, scope: Scope, part: int = 0) -> RowsBehind:
        """Return the question for all rows behind one part, as far as the asker may see them, for who reads them later.  Raises as ``rows``."""
        question = _question(wanted)
        declared = question.declared[0]
        self._ask.check(question, scope)
        if not 0 <= part < len(parts_of(declared.formula)):
            raise QuestionError("part", f"{declared.label} has no part {part}")
        branches = scope.narrowed(question.branches)
        listed = [0] if not declared.has_branch else sorted(branches) if branches is not None else [branch.id for branch in self._reference.branches()]
        return RowsBehind(wanted.metric, wanted.period, wanted.where, tuple(listed), part, self._ask.today)

    def count(self, behind: RowsBehind) -> int | None:
        """Return how many rows ``behind`` asks for; None where counting takes longer than a page may: who has more time counts again."""
        try:
            return self._engines.read(lambda connection: counted(connection, behind.question, behind.part, behind.today, behind.branches)).rows
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) != _CANCELLED:
                raise
            log.warning("rows behind %s are too many to be counted while somebody waits", behind.metric)
            return None


def _question(wanted: Wanted) -> Question:
    return Question((wanted.metric,), wanted.period, where=wanted.where, branches=wanted.branches)
