"""New numbers for a page that is open: the same parts as its document, as JSON that patch.js puts in place without React."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Response, request

from shared.web.document import theme_of_request
from shared.web.islands import Islands
from shared.web.prerender import plain

_MOST_PLACED = 20


def redraw_answer(draw: Callable[[Mapping[str, Any]], object]) -> Response:
    """Answer ``/redraw``: what ``draw`` returns for the path, search and placed components that the request names."""
    search, names = request.args.get("search", ""), request.args.get("placed", "").split(",")
    body = draw({"path": request.args.get("path", "/"), "search": search, "placed": names})
    answer = Response(orjson.dumps({"search": search, "body": Islands(adopt=False)(plain(body))}), mimetype="application/json")
    answer.headers["X-Drawn-In"] = theme_of_request() or "light"
    return answer


def placed(view: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of heavy components that the browser shows already."""
    given = view.get("placed")
    return frozenset(map(str, given[:_MOST_PLACED])) if isinstance(given, list) else frozenset()
