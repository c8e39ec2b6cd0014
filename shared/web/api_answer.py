"""Answers and the catalogue as JSON: numbers with full precision, null where one is missing, never NaN."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from flask import Response, request

from shared.metrics.ask import Answer
from shared.metrics.dimension import BY_DIMENSION, dimensions_of
from shared.metrics.metric import Metric, Unit
from shared.metrics.registry import metrics
from shared.warehouse.refresh import Freshness


def catalogue(fresh: Mapping[str, Freshness]) -> list[dict[str, object]]:
    """Return every metric: what it means, how it is made, what it can be split by and how fresh its views are."""
    return [
        {
            **_described(metric),
            "meaning": metric.meaning,
            "formula": str(metric.formula),
            "date_anchor": metric.date,
            "basis": metric.basis.value,
            "department": metric.department,
            "minimum_sample": metric.minimum_sample,
            "company_only": not metric.has_branch,
            "dimensions": [dimension.name for dimension in dimensions_of(metric)],
            "views": list(metric.views),
            "freshness": {view: _freshness(fresh[view]) for view in metric.views if view in fresh},
            "definition": definition([metric]),
        }
        for metric in metrics().values()
    ]


def answer_body(answer: Answer, branches: Mapping[int, str], fresh: Mapping[str, Freshness]) -> dict[str, object]:
    """Return what the API says to a question; ``branches`` are the names of all branches by id."""
    question = answer.question
    chosen = None if question.branches is None else [{"id": number, "name": branches.get(number)} for number in sorted(question.branches)]
    return {
        "metrics": [_described(metric) for metric in question.declared],
        "period": {"name": question.period.preset, "start": question.period.start.isoformat(), "end": question.period.end.isoformat(),
                   "words": question.period.words},
        "grain": question.grain,
        "split": list(question.split),
        "where": {name: list(keys) for name, keys in question.where},
        "branches": chosen,
        "rows": _rows(answer),
        "as_of": answer.as_of.astimezone(UTC).isoformat(),
        "freshness": {view: _freshness(fresh[view]) for view in question.views if view in fresh},
        "degraded": bool(answer.degraded),
        "degraded_because": answer.degraded or None,
        "definition": definition(question.declared),
    }


def definition(declared: Iterable[Metric]) -> str:
    """Return a fingerprint that changes whenever a formula, unit or date anchor of these metrics does."""
    parts = sorted([metric.name, str(metric.formula), metric.unit.value, metric.date] for metric in declared)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def send(body: dict[str, object], volatile: tuple[str, ...] = ()) -> Response:
    """Return ``body`` with an ETag, or 304 where the asker has it; ``volatile`` fields alone do not make it another answer."""
    steady = {name: value for name, value in body.items() if name not in volatile}
    tag = hashlib.sha256(json.dumps(steady, allow_nan=False).encode()).hexdigest()[:32]
    response = Response(json.dumps(body, allow_nan=False, ensure_ascii=False), mimetype="application/json")
    response.set_etag(tag, weak=bool(volatile))
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization, Cookie"
    response.make_conditional(request)
    return response


def _described(metric: Metric) -> dict[str, object]:
    return {"name": metric.name, "label": metric.label, "unit": metric.unit.value, "better": metric.better.value}


def _freshness(state: Freshness) -> dict[str, object]:
    never = state.refreshed_at.timestamp() <= 0
    return {"refreshed_at": None if never else state.refreshed_at.isoformat(), "dirty_days": state.dirty_days}


def _rows(answer: Answer) -> list[dict[str, object]]:
    counts = {metric.name for metric in answer.question.declared if metric.unit is Unit.COUNT}
    numbers = {name for name in answer.question.split if BY_DIMENSION[name].is_number}
    columns = [(str(name), answer.frame[name].tolist(), str(name) in counts or str(name).endswith("__n"), name in numbers) for name in answer.frame.columns]
    return [
        {name: _value(values[row], whole=whole, is_key=is_key) for name, values, whole, is_key in columns}
        for row in range(len(answer.frame))
    ]


def _value(value: object, *, whole: bool, is_key: bool) -> object:
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if whole and value.is_integer() else value
    if isinstance(value, (date, datetime)):
        return value.isoformat()[:10]
    if is_key and isinstance(value, str):
        return int(value) if value.lstrip("-").isdigit() else None
    return value
