"""Every failure as a page or as JSON, in words, with the request's id; never a traceback."""

import logging

from flask import Flask, g, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from shared.metrics.ask import UnavailableError
from shared.metrics.errors import OutOfScopeError
from shared.people.attempts import TooManyAttemptsError
from shared.people.passwords import BusyError
from shared.web.replies import page, refusal, wants_json

log = logging.getLogger(__name__)
_HEADINGS = {
    400: "That could not be read", 401: "Please sign in", 403: "Not for your role", 404: "There is no such page", 405: "That does not work this way",
    413: "That is too large", 422: "Something in the request is wrong", 429: "Please wait a moment", 503: "The database does not answer",
}
_MESSAGES = {
    404: "The address leads nowhere. It may have been mistyped, or the page was moved.",
    405: "This address exists, but does not take this kind of request.",
    413: "The request is larger than this site takes.",
}


def install_errors(server: Flask) -> None:
    """Answer every exception of ``server`` in words."""
    server.register_error_handler(HTTPException, _http)
    server.register_error_handler(DBAPIError, _database)
    server.register_error_handler(PoolTimeoutError, _database)
    server.register_error_handler(BusyError, _busy)
    server.register_error_handler(TooManyAttemptsError, _too_many)
    server.register_error_handler(UnavailableError, _unavailable)
    server.register_error_handler(OutOfScopeError, _out_of_scope)
    server.register_error_handler(Exception, _unexpected)


def reply(status: int, message: str, heading: str | None = None) -> Response:
    """Return an error as this caller understands it: JSON for programs, a page for people."""
    if wants_json():
        return refusal(status, message)
    return page("error.html", status, code=status, heading=heading or _HEADINGS.get(status, "That did not work"), message=message)


def _http(error: HTTPException) -> Response:
    if error.response is not None:  # an abort with a ready answer, such as a redirect
        return error.get_response()
    status = error.code or 500
    answer = reply(status, _MESSAGES.get(status) or error.description or "That did not work.")
    for name, value in error.get_headers(None):
        if name.lower() not in {"content-type", "content-length"}:
            answer.headers[name] = value
    return answer


def _database(error: Exception) -> Response:
    log.error("database failed for %s %s [%s]: %s", request.method, request.path, g.get("request_id"), str(error).splitlines()[0])
    answer = reply(503, "The numbers cannot be read at this moment. The page can be reloaded in a few seconds; nothing was lost.")
    answer.headers["Retry-After"] = "5"
    return answer


def _busy(error: Exception) -> Response:
    answer = reply(503, str(error), "One moment, please")
    answer.headers["Retry-After"] = "5"
    return answer


def _unavailable(error: Exception) -> Response:
    answer = reply(503, str(error))
    answer.headers["Retry-After"] = "5"
    return answer


def _out_of_scope(error: Exception) -> Response:
    return reply(403, str(error), "Not among what you may see")


def _too_many(error: TooManyAttemptsError) -> Response:
    answer = reply(429, str(error))
    answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _unexpected(error: Exception) -> Response:
    if _is_nonsense_to_dash(error):
        return reply(404, _MESSAGES[404])
    log.error("unexpected failure of %s %s [%s]", request.method, request.path, g.get("request_id"), exc_info=error)
    return reply(500, "Something went wrong on our side. It was logged; please give the number below when you report it.", "That should not have happened")


def _is_nonsense_to_dash(error: Exception) -> bool:
    """Say whether Dash 4.4 stumbled over a file or a callback that it does not have: the asker's mistake, not ours."""
    rule = request.url_rule.rule if request.url_rule else ""
    return (rule.startswith("/_dash-component-suites/") and type(error).__name__ == "DependencyException") or (
        rule == "/_dash-update-component" and isinstance(error, KeyError) and "Callback function not found" in str(error))
