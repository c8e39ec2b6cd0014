"""Answers made here rather than by the app: pages from templates, and refusals as JSON."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Response, g, jsonify, make_response, render_template, request

from shared.web.site import site

_DASHES = str.maketrans({"–": "-", "—": "-", "−": "-", "’": "'", "“": "'", "”": "'"})


def wants_json() -> bool:
    """Say whether a program is asking: the API, or the browser's own calls behind a page."""
    if request.path == "/api/v1/docs":
        return False
    return request.path.startswith(("/api/", "/live/", "/alerts/", "/targets/", "/kpi/", "/reconciliation/", "/annotations", "/exports", "/library/", "/deliveries", "/internal/", "/_dash", "/_reload-hash")) or request.path == "/healthz"


def refusal(status: int, message: str, **more: object) -> Response:
    """Return a JSON error: ``error`` in words, ``request_id``, and what else is handed in."""
    response = jsonify(error=message, request_id=g.get("request_id"), **more)
    response.status_code = status
    return response


def answered(work: Callable[[dict[str, Any]], dict[str, Any] | None], refusals: Mapping[type[Exception], int], otherwise: dict[str, Any] | None = None) -> Response:
    """Return what ``work`` makes of the JSON object that was sent: ``{"ok": true, ...}`` with what it tells (or ``otherwise``), or its sentence with the status that ``refusals`` give to its error, and the ``field`` that is wrong."""
    given = request.get_json(silent=True) if request.data else {}
    if not isinstance(given, dict):
        return refusal(400, "Send a JSON object.")
    try:
        told = work(given)
    except tuple(refusals) as error:
        status = next(status for kind, status in refusals.items() if isinstance(error, kind))
        return refusal(status, str(error), **({"field": error.field} if hasattr(error, "field") else {}))
    return jsonify(ok=True, **(told or otherwise or {}))


def page(template: str, status: int = 200, **values: object) -> Response:
    """Return a page of this layer with the names that every template uses."""
    here = site()
    return make_response(render_template(
        template, site=here, person=g.get("person"), company=here.settings.company_name, request_id=g.get("request_id"), **values,
    ), status)


def save_as(answer: Response, name: str) -> None:
    """Let a browser save ``answer`` under ``name``.

    A header holds Latin letters only, so a name with others stands in it twice (RFC 6266): without them, and in full, percent-encoded.
    """
    full = "".join(filter(str.isprintable, name)) or "file"
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", full.translate(_DASHES)) if mark.isascii()) or "file"
    names = {"filename": full} if full.isascii() else {"filename": plain, "filename*": f"UTF-8''{quote(full, safe='')}"}
    answer.headers.set("Content-Disposition", "attachment", **names)
