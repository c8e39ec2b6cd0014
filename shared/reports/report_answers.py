"""Answers reports: what each block asks, and its numbers, as far as the reader may see them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.metrics.ask import Ask
from shared.metrics.comparison import compare
from shared.metrics.dimension import BY_DIMENSION, dimensions_of
from shared.metrics.errors import OutOfScopeError, QuestionError
from shared.metrics.headline import Headlines, Wanted
from shared.metrics.period import Period
from shared.metrics.question import Grain, Question
from shared.metrics.reference import Reference
from shared.metrics.registry import metric
from shared.metrics.scope import Scope
from shared.reports.block_numbers import TIMES, Numbers
from shared.reports.report import Limits, Report, ReportBlock, ReportError, against_of, sentence, span_of
from shared.reports.report_rows import Plan, conditions_of, numbers_of, span_text

log = logging.getLogger(__name__)
_LONGEST = {"day": 800, "week": 2000, "month": 3700, "quarter": 3700, "year": 3700, "all": 3700}


@dataclass(frozen=True)
class Reader:
    """Who reads, and what they chose on the page beside what the report says."""

    scope: Scope
    today: date
    fiscal_start_month: int
    visible: frozenset[int]
    """The branches that this person may see."""
    period: str = ""
    """Instead of the report's; empty: the report's."""
    branches: frozenset[int] | None = None
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What was clicked: further conditions, for the blocks whose metrics know them."""
    compare: str = ""
    """Instead of the report's comparison; empty: the report's."""
    every_row: bool = False
    """Whether tables have all their rows, for files."""


@dataclass(frozen=True)
class BlockAnswer:
    """One block with its numbers; without them where ``problem`` says why."""

    block: ReportBlock
    numbers: Numbers | None = None
    problem: str = ""
    as_of: datetime | None = None
    degraded: str = ""
    period: Period | None = None
    unfiltered: str = ""
    """What was clicked and does not concern this block, in words."""
    branches: str = ""
    """The branches that the block has of its own, in words: what the page is about may be others."""


class Reports:
    """Answers the blocks of reports; all of one report together, and each alone where one of them fails."""

    def __init__(self, ask: Ask, headlines: Headlines, reference: Reference) -> None:
        """Hand in the doors to numbers."""
        self._ask, self._headlines, self._reference = ask, headlines, reference

    def __call__(self, report: Report, reader: Reader) -> list[BlockAnswer]:
        """Return every block of ``report`` in its order.  Never raises for a block: it says what is wrong with it."""
        found: dict[str, BlockAnswer] = {}
        plans: list[Plan] = []
        for block in report.blocks:
            if block.lacks or block.kind == "text":
                found[block.id] = BlockAnswer(block, problem="" if block.kind == "text" else block.lacks)
                continue
            try:
                plans.append(self._plan(block, report.limits, reader))
            except (QuestionError, ReportError, OutOfScopeError) as error:
                found[block.id] = BlockAnswer(block, problem=sentence(error))
        for answered in self._together(plans, reader.scope):
            found[answered.block.id] = answered
        return [found[block.id] for block in report.blocks]

    def _together(self, plans: Sequence[Plan], scope: Scope) -> list[BlockAnswer]:
        try:
            return self._answer(plans, scope)
        except Exception:  # whatever it is, it may concern one block only
            log.info("a report of %d blocks is answered block by block", len(plans), exc_info=True)
        return [self._alone(plan, scope) for plan in plans]

    def _alone(self, plan: Plan, scope: Scope) -> BlockAnswer:
        try:
            return self._answer([plan], scope)[0]
        except (QuestionError, OutOfScopeError) as error:
            return BlockAnswer(plan.block, problem=sentence(error))
        except Exception:
            log.exception("block %s of a report could not be answered", plan.block.id)
            return BlockAnswer(plan.block, problem="This block could not be read just now; the rest of the report is not affected.")

    def _answer(self, plans: Sequence[Plan], scope: Scope) -> list[BlockAnswer]:
        asked = list(dict.fromkeys(question for plan in plans for question in plan.questions.values()))
        answers = dict(zip(asked, self._ask.many(asked, scope), strict=True)) if asked else {}
        wanted = list(dict.fromkeys(each for plan in plans for each in plan.wanted))
        headlines = dict(zip(wanted, self._headlines(wanted, scope), strict=True)) if wanted else {}
        found = []
        for plan in plans:
            own = {name: answers[question] for name, question in plan.questions.items()}
            heads = tuple(headlines[each] for each in plan.wanted)
            numbers = numbers_of(plan, own) if own else Numbers(plan.block.declared, (), (), tuple(each.value for each in heads), headlines=heads, span=span_text(plan.period), where=conditions_of(plan), before_words=heads[0].comparison.words)
            moments = [answer.as_of for answer in own.values()] + [each.as_of for each in heads]
            degraded = next((text for text in [answer.degraded for answer in own.values()] + [each.degraded for each in heads] if text), "")
            found.append(BlockAnswer(plan.block, numbers, "", min(moments), degraded, plan.period, plan.unfiltered, self._own_branches(plan)))
        return found

    def _own_branches(self, plan: Plan) -> str:
        if not plan.block.limits.branches:
            return ""
        asked = {key for name, keys in conditions_of(plan) if name == "branch" for key in keys}
        names = [branch.name for branch in self._reference.branches() if str(branch.id) in asked]
        return " and ".join(names) if len(names) <= 2 else f"{len(names)} branches"

    def _plan(self, block: ReportBlock, limits: Limits, reader: Reader) -> Plan:
        span = span_of(block.limits.period or reader.period or limits.period or "mtd", reader.today, reader.fiscal_start_month)
        against = against_of(block.limits.compare or reader.compare or limits.compare)
        branches = _branches(block, limits, reader)
        where, unfiltered = _where(block, limits, reader)
        if span.days > _LONGEST[block.grain]:
            raise ReportError("period", f"{span.days:,} days by {block.grain} are too many to show; choose fewer days or a longer span of time.")
        if block.chart.is_single:
            return Plan(block, span, None, "", where, wanted=tuple(Wanted(name, span, against or "previous", branches, where) for name in block.metrics), unfiltered=unfiltered)
        comparison = compare(span, against, self._reference.calendar()) if against and block.chart.compares and not block.series else None
        plan = Plan(block, span, comparison.period if comparison else None, comparison.words if comparison else "", where, unfiltered=unfiltered, every_row=reader.every_row)

        def ask(names: tuple[str, ...], period: Period, grain: Grain = "all", split: tuple[str, ...] = ()) -> Question:
            return Question(names, period, grain, split, where, branches)

        ranked_by = block.metrics if block.only_if is None or block.only_if.metric in block.metrics else (*block.metrics, block.only_if.metric)
        questions = plan.questions
        questions["rows"] = ask(block.metrics, span, block.grain, block.dimensions)
        questions["whole"] = ask(block.metrics, span)
        if block.split:
            is_time = block.split in TIMES
            questions["ranks"] = ask(ranked_by, span, block.grain if is_time else "all", () if is_time else (block.split,))
        if block.series and block.series not in TIMES:
            questions["series"] = ask(block.metrics[:1], span, "all", (block.series,))
        if block.kind == "pivot":
            questions["columns"] = ask(block.metrics, span, block.grain if block.series in TIMES else "all", () if block.series in TIMES else (block.series,))
        if plan.before is not None:
            questions["before"] = ask(block.metrics, plan.before, block.grain, block.dimensions)
            questions["whole before"] = ask(block.metrics, plan.before)
        return plan


def _branches(block: ReportBlock, limits: Limits, reader: Reader) -> frozenset[int] | None:
    """The branches to ask for: those chosen, by block, reader or report, as far as the reader may see them; None: all that they may see."""
    wanted = frozenset(block.limits.branches) or None
    outer = reader.branches or (frozenset(limits.branches) or None)
    if wanted is not None and outer is not None and wanted & outer:
        wanted &= outer
    wanted = wanted or outer
    if wanted is None:
        return None
    mine = wanted & reader.visible
    if not mine:
        raise OutOfScopeError("this block is about branches that are not yours to see")
    return mine


def _where(block: ReportBlock, limits: Limits, reader: Reader) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], str]:
    """Conditions of block, report and reader together; the report's and the reader's as far as the block's metrics know them."""
    known = set.intersection(*({each.name for each in dimensions_of(declared)} for declared in block.declared))
    if block.only_if is not None:
        known &= {each.name for each in dimensions_of(metric(block.only_if.metric))}
    held = {name: set(keys) for name, keys in block.limits.where}
    left_out = []
    for name, keys in (*limits.where, *reader.where):
        if name not in known:
            left_out.append(BY_DIMENSION[name].label.lower())
            continue
        held[name] = held[name] & set(keys) if name in held else set(keys)
        if not held[name]:
            raise ReportError("where", f"This block is about other values of {BY_DIMENSION[name].label.lower()} than the page is filtered by.")
    return tuple(sorted((name, tuple(sorted(keys))) for name, keys in held.items())), ", ".join(dict.fromkeys(left_out))
