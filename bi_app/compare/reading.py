"""Reads what the comparison shows: one question per set of metrics that share a split."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from bi_app.compare.table import Place
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.metrics.dimension import dimensions_of
from shared.metrics.metric import Metric
from shared.metrics.question import Question
from shared.metrics.registry import metrics

By = Literal["branch", "rep"]
DEFAULT = {"branch": ("net_sales_amount", "leads", "sit_rate", "net_close_rate", "nsli", "cancel_rate"), "rep": ("net_sales_amount", "issued", "sit_rate", "net_close_rate", "nsli", "cancel_rate")}
MOST = 6
_LEADS = {"branch": "leads", "rep": "issued"}
"""What a lead is to each: a representative gets those that were issued."""


def possible(by: By) -> list[Metric]:
    """Every metric that can be told for each branch, or for each representative."""
    return [declared for declared in metrics().values() if by in {each.name for each in dimensions_of(declared)}]


def chosen_metrics(visit: Visit, by: By) -> list[Metric]:
    """The metrics that the address names, as far as they can be split so; else the usual ones."""
    known = {declared.name: declared for declared in possible(by)}
    named = list(dict.fromkeys(name for name in visit.filters.choice("metrics").split(",") if name in known))[:MOST]
    return [known[name] for name in named or DEFAULT[by] if name in known]


def read_places(visit: Visit, sources: Sources, by: By, wanted: Sequence[Metric]) -> tuple[list[Place], dict[str, float]]:
    """Return the places in which something happened, and each metric over all of them."""
    branches = visit.filters.branch_set
    split: tuple[str, ...] = ("branch",) if by == "branch" else ("rep", "branch")
    names = tuple(dict.fromkeys([*(declared.name for declared in wanted), _LEADS[by]]))
    asked = [Question((name,), visit.period, split=split, branches=branches) for name in names]
    whole = [Question((declared.name,), visit.period, branches=branches) for declared in wanted]
    heads = [Question(("issued",), visit.period, split=("rep", "branch"), branches=branches)]
    answers = sources.ask.many([*asked, *whole, *heads], visit.scope)
    company = {declared.name: answer.value(declared.name) for declared, answer in zip(wanted, answers[len(asked):], strict=False)}
    reps: dict[str, float] = {}
    for row in answers[-1].frame.to_dict("records"):
        if str(row["rep"]) != "0" and float(row["issued"]) > 0:
            reps[str(row["branch"])] = reps.get(str(row["branch"]), 0.0) + 1
    rows: dict[str, dict[str, Any]] = {} if by == "rep" else {str(branch.id): {"name": branch.name, "under": ""} for branch in visit.chosen}
    for name, answer in zip(names, answers, strict=False):
        for row in answer.frame.to_dict("records"):
            _take(rows, by, name, row)
    return [_place(key, found, by, reps) for key, found in rows.items() if "name" in found], company


def _take(rows: dict[str, dict[str, Any]], by: By, name: str, row: Mapping[Any, Any]) -> None:
    if str(row[by]) == "0":
        return  # work that belongs to nobody
    key = str(row["branch"]) if by == "branch" else f"{row['rep']}-{row['branch']}"
    found = rows.setdefault(key, {"name": str(row[f"{by}_label"]), "under": str(row["branch_label"]) if by == "rep" else ""})
    found[f"v:{name}"] = float(row[name])
    if f"{name}__n" in row:
        found[f"n:{name}"] = float(row[f"{name}__n"])


def _place(key: str, found: Mapping[str, Any], by: By, reps: Mapping[str, float]) -> Place:
    values = {name[2:]: value for name, value in found.items() if name.startswith("v:")}
    samples = {name[2:]: value for name, value in found.items() if name.startswith("n:") and not math.isnan(value)}
    return Place(key, found["name"], found["under"], values, samples, values.get(_LEADS[by], 0.0), reps.get(key, 0.0) if by == "branch" else 1.0)
