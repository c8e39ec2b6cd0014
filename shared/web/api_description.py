"""The OpenAPI description, made from the same lists that requests are checked against."""

from collections.abc import Mapping
from typing import Any

from shared.metrics.dimension import BY_DIMENSION

Schema = dict[str, Any]
_ERROR = {"type": "object", "required": ["error"], "properties": {
    "error": {"type": "string"}, "request_id": {"type": "string"},
    "parameters": {"type": "array", "items": {"type": "object", "properties": {"parameter": {"type": "string"}, "message": {"type": "string"}}}}}}
_REFUSALS = {
    "401": "Nobody is signed in, or the token is unknown, revoked or expired",
    "403": "Outside what this person may see; names the branch",
    "503": "No database answers and no older answer is kept; Retry-After says when to try again",
}


def describe(title: str, askable: Mapping[str, list[str]]) -> Schema:
    """Return the OpenAPI 3.1 document; ``askable`` holds the closed lists of values."""
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{title} API", "version": "1", "description": "The numbers of the pages, for programs. Days are branch-local business days; both bounds are included."},
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}, {"session": []}],
        "paths": {
            "/metrics": {"get": {
                "operationId": "listMetrics", "summary": "The catalogue: every metric with formula, unit, date anchor, views and freshness",
                "parameters": [], "responses": _responses("Catalogue", with_422=False)}},
            "/ask": {"get": {
                "operationId": "ask", "summary": "Numbers: which metrics, over which days, by what",
                "parameters": _parameters(askable), "responses": _responses("Answer", with_422=True)}},
        },
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": "An API token from the account page"},
                                "session": {"type": "apiKey", "in": "cookie", "name": "northline_bi"}},
            "schemas": {"Error": _ERROR, "Answer": _answer(), "Catalogue": _catalogue()},
        },
    }


def _parameter(name: str, text: str, schema: Schema, *, required: bool = False, is_list: bool = False) -> Schema:
    more = {"style": "form", "explode": False} if is_list else {}
    return {"name": name, "in": "query", "required": required, "description": text, "schema": {"type": "array", "items": schema} if is_list else schema, **more}


def _parameters(askable: Mapping[str, list[str]]) -> list[Schema]:
    day = {"type": "string", "format": "date"}
    return [
        _parameter("metrics", "One or more metrics, separated by commas", {"type": "string", "enum": askable["metrics"]}, required=True, is_list=True),
        _parameter("period", "A named period; custom (assumed where start or end is given) takes start and end", {"type": "string", "enum": askable["period"], "default": "mtd"}),
        _parameter("start", "First day of a custom period, included", day),
        _parameter("end", "Last day of a custom period, included", day),
        _parameter("grain", "One row per this span; all: one row for the whole period", {"type": "string", "enum": askable["grain"], "default": "all"}),
        _parameter("split", "Up to four dimensions, separated by commas", {"type": "string", "enum": askable["split"]}, is_list=True),
        _parameter("branch", "Branches by id or name, separated by commas; left out: every branch that you may see", {"type": "string"}, is_list=True),
        *(_parameter(f"where.{one.name}", f"Only these keys of {one.label.lower()}" + (", separated by commas" if one.is_number else "; repeat the parameter for several"),
                     {"type": "integer" if one.is_number else "string"}, is_list=one.is_number) for one in BY_DIMENSION.values()),
    ]


def _responses(schema: str, *, with_422: bool) -> Schema:
    good = {"description": schema, "headers": {"ETag": {"schema": {"type": "string"}}},
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    refusals = {**_REFUSALS, **({"422": "Parameters that cannot be used: every one is named, with the nearest valid name"} if with_422 else {})}
    return {"200": good, "304": {"description": "If-None-Match names the present answer"},
            **{status: {"description": text, "content": error} for status, text in sorted(refusals.items())}}


def _answer() -> Schema:
    text, flag = {"type": "string"}, {"type": "boolean"}
    return {"type": "object", "required": ["metrics", "period", "grain", "split", "rows", "as_of", "degraded", "definition"], "properties": {
        "metrics": {"type": "array", "items": {"type": "object", "properties": {"name": text, "label": text, "unit": text, "better": text}}},
        "period": {"type": "object", "properties": {"name": text, "start": {"type": "string", "format": "date"}, "end": {"type": "string", "format": "date"}, "words": text}},
        "grain": text, "split": {"type": "array", "items": text}, "where": {"type": "object"},
        "branches": {"type": ["array", "null"], "description": "The branches counted; null: every branch, and what belongs to none"},
        "rows": {"type": "array", "description": "bucket (first day of the span), then per split its key and <split>_label, then one number per metric, null where missing; "
                                                 "<metric>__n is the sample of a ratio or quantile", "items": {"type": "object"}},
        "as_of": {"type": "string", "format": "date-time", "description": "Every row committed by then is counted"},
        "freshness": {"type": "object", "description": "Per view: when it was last refreshed and how many dirty days are read from the facts; numbers are exact all the same"},
        "degraded": flag, "degraded_because": {"type": ["string", "null"]},
        "definition": {"type": "string", "description": "Changes whenever a formula, unit or date anchor of these metrics does"},
    }}


def _catalogue() -> Schema:
    text = {"type": "string"}
    properties = dict.fromkeys(("name", "label", "unit", "better", "meaning", "formula", "date_anchor", "basis", "department", "definition"), text)
    return {"type": "object", "required": ["metrics"], "properties": {
        "metrics": {"type": "array", "items": {"type": "object", "properties": {
            **properties, "minimum_sample": {"type": "integer"}, "company_only": {"type": "boolean"}, "dimensions": {"type": "array", "items": text},
            "views": {"type": "array", "items": text}, "freshness": {"type": "object"}}}},
        "periods": {"type": "array", "items": text}, "grains": {"type": "array", "items": text}, "dimensions": {"type": "array", "items": text}}}
