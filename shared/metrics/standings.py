"""Fair rankings of anything by any metric: representatives, agents, canvassers, crews, technicians, routes, branches."""

import math
from dataclasses import dataclass

from shared.analysis.ranking import Contender, Ranked, rank
from shared.metrics.ask import Answer, Ask
from shared.metrics.comparison import compare
from shared.metrics.dimension import dimension, dimensions_of
from shared.metrics.metric import Better
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.reference import Reference
from shared.metrics.registry import metric
from shared.metrics.scope import Scope

_NOBODY = frozenset({"0", ""})
"""Keys of work that nobody is credited with."""


@dataclass(frozen=True)
class Standing:
    """One line."""

    rank: int
    movement: int | None
    """Places gained (+) or lost (-) against the comparison; None: not ranked then."""
    key: str
    """Of the dimension."""
    name: str
    branch: str
    """Name of the branch; empty where the dimension has none."""
    branch_key: str
    is_small: bool
    """Too few cases: the ranked value is drawn towards the group's (branch, or company)."""
    fair_value: float
    values: dict[str, float]
    """Every metric asked for; NaN where missing."""
    place: int
    """Rank among those of the same branch."""
    moved: int | None
    """Places gained or lost there."""


def standings(ask: Ask, reference: Reference, period: Period, scope: Scope, by: str, metrics: tuple[str, ...], *, over: str, branches: frozenset[int] | None = None) -> list[Standing]:
    """Rank every ``over`` (a dimension) by ``by``, one of ``metrics``; ties share a rank, unassigned work is left out.

    Somebody who worked at two branches has a line at each.  Raises what ``ask`` raises.
    """
    before = compare(period, "previous", reference.calendar()).period
    split = (over, "branch") if over != "branch" and all(dimension("branch") in dimensions_of(metric(name)) for name in metrics) else (over,)
    groups = split[1:]
    questions = [question for span, names in ((period, metrics), (before, (by,)))
                 for question in (Question(names, span, split=split, branches=branches), Question((by,), span, split=groups, branches=branches))]
    now, now_groups, then, then_groups = ask.many(questions, scope)
    current, earlier = ranked(now, now_groups, by, over), ranked(then, then_groups, by, over)
    before_ranks = {each.contender.key: each.rank for each in earlier}
    places, before_places = _places(current), _places(earlier)
    rows = {_key(row, over): row for row in now.frame.to_dict("records")}
    return [_standing(each, rows[each.contender.key], over, metrics, before_ranks, (places, before_places)) for each in current]


def _places(found: list[Ranked]) -> dict[str, int]:
    """Key -> dense rank among those of the same branch."""
    ranks: dict[str, list[int]] = {}
    for each in found:
        of_branch = ranks.setdefault(each.contender.key.rpartition("/")[2], [])
        if each.rank not in of_branch:
            of_branch.append(each.rank)
    return {each.contender.key: ranks[each.contender.key.rpartition("/")[2]].index(each.rank) + 1 for each in found}


def ranked(answer: Answer, groups: Answer, by: str, over: str) -> list[Ranked]:
    """Rank the rows of ``answer`` (split by ``over`` and perhaps branch); small samples are drawn towards the row of ``groups``: their branch's, or the only one."""
    declared, sample = metric(by), f"{by}__n"
    of_group = {str(row.get("branch", "")): float(row[by]) for row in groups.frame.to_dict("records")}
    contenders = [
        Contender(_key(row, over), str(row[f"{over}_label"]), float(row[by]), float(row[sample]) if sample in row else math.inf, of_group.get(str(row.get("branch", "")) if over != "branch" else "", math.nan))
        for row in answer.frame.to_dict("records") if str(row[over]) not in _NOBODY
    ]
    return rank(contenders, declared.minimum_sample, best_is_high=declared.better is not Better.DOWN)


def _standing(each: Ranked, row: dict[str, object], over: str, metrics: tuple[str, ...], before: dict[str, int], places: tuple[dict[str, int], dict[str, int]]) -> Standing:
    key, has_branch = each.contender.key, over != "branch" and "branch" in row
    now, then = places
    return Standing(
        each.rank, before[key] - each.rank if key in before else None, str(row[over]), each.contender.label, str(row["branch_label"]) if has_branch else "", str(row["branch"]) if has_branch else "",
        each.is_small, each.fair_value, {name: float(row[name]) for name in metrics},  # type: ignore[arg-type]
        now[key], then[key] - now[key] if key in then else None,
    )


def _key(row: dict[str, object], over: str) -> str:
    return f"{row[over]}/{row.get('branch', '')}"
