"""The leaderboard of representatives: NSLI first, fair, with movement."""

from dataclasses import dataclass

from shared.analysis.ranking import Ranked
from shared.metrics.ask import Answer, Ask
from shared.metrics.comparison import compare
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.reference import Reference
from shared.metrics.scope import Scope
from shared.metrics.standings import ranked

BESIDE = ("nsli", "issued", "demos", "sit_rate", "net_close_rate")
"""Anchored on the appointment's day, as every rate of a representative is."""
SOLD = ("net_sales_amount", "net_sales", "cancel_rate")
"""Anchored on the day of sale."""


@dataclass(frozen=True)
class Place:
    """One representative's line."""

    rank: int
    movement: int | None
    """Places gained (+) or lost (-) against the comparison; None: not ranked then."""
    key: str
    name: str
    branch: str
    is_small: bool
    """Too few cases: the ranked value is shrunk towards the branch's."""
    fair_value: float
    values: dict[str, float]
    """Every metric of BESIDE and SOLD; NaN where missing."""


def leaderboard(ask: Ask, reference: Reference, period: Period, scope: Scope, by: str = "nsli", branches: frozenset[int] | None = None) -> list[Place]:
    """Rank representatives by the metric ``by`` (one of BESIDE or SOLD); ties share a rank. Unassigned work is left out."""
    before = compare(period, "previous", reference.calendar()).period
    questions = [Question(names, span, split=split, branches=branches) for span in (period, before) for names in (BESIDE, SOLD) for split in (("rep", "branch"), ("branch",))]
    answers = ask.many(questions, scope)
    now, then = _ranked(answers[:4], by), {each.contender.key: each.rank for each in _ranked(answers[4:], by)}
    values = _values(answers[0])
    sold = _values(answers[2])
    branch_of = {f"{row['rep']}/{row['branch']}": str(row["branch_label"]) for answer in (answers[0], answers[2]) for row in answer.frame.to_dict("records")}
    empty = dict.fromkeys((*BESIDE, *SOLD), float("nan"))
    return [
        Place(each.rank, then[each.contender.key] - each.rank if each.contender.key in then else None, each.contender.key.split("/")[0], each.contender.label,
              branch_of[each.contender.key], each.is_small, each.fair_value,
              empty | values.get(each.contender.key, {}) | sold.get(each.contender.key, {}))
        for each in now
    ]


def _values(answer: Answer) -> dict[str, dict[str, float]]:
    names = answer.question.metrics
    return {f"{row['rep']}/{row['branch']}": {name: float(row[name]) for name in names} for row in answer.frame.to_dict("records")}


def _ranked(answers: list[Answer], by: str) -> list[Ranked]:
    reps, groups = (answers[0], answers[1]) if by in BESIDE else (answers[2], answers[3])
    return ranked(reps, groups, by, "rep")
