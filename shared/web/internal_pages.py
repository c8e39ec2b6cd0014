"""What the platform's own processes ask this site for: the document of a page, for a delivery.  No session opens it; a signature of the platform's secret does, for seconds and once."""

import logging
from typing import Final

import redis
from flask import Blueprint, Flask, Response, current_app, g, request

from shared.delivery.audience import covers, scope_from
from shared.delivery.site_request import HEADER, LIFETIME_SECONDS, LONGEST, PATH, RequestRefusedError, SiteRequest, read
from shared.people.accounts import find_person
from shared.people.person import Person
from shared.people.problems import UnknownPersonError
from shared.people.reach import scope_of
from shared.reports.problems import TooLargeError
from shared.reports.stored import packed
from shared.web.address import query_of
from shared.web.export_pages import Build
from shared.web.live_pages import live
from shared.web.replies import refusal
from shared.web.site import site

log = logging.getLogger(__name__)
EXTENSION: Final = "northline-internal"
internal_pages = Blueprint("internal", __name__)


def install_internal(server: Flask, build: Build) -> None:
    """Let the worker have documents of what ``build`` returns; after ``install``."""
    server.extensions[EXTENSION] = build
    server.register_blueprint(internal_pages)


@internal_pages.post(PATH)
def document() -> Response:
    """Return the packed document (shared/reports/stored.py) of a page; 401 forged, old or used, 403 not this person's any more, 404 no such page, 413 no request of ours is so long, 422 too large a page, 503 try again."""
    build: Build = current_app.extensions[EXTENSION]
    request.max_content_length = LONGEST
    try:
        asked = read(request.get_data(), request.headers.get(HEADER, ""), site().settings)
        is_first = live().redis.set(f"delivery:asked:{asked.identity}", 1, nx=True, ex=3 * LIFETIME_SECONDS)
    except RequestRefusedError as error:
        log.warning("a request for a document is refused: %s", error)
        return refusal(401, str(error))
    except (redis.exceptions.RedisError, OSError) as error:
        log.warning("whether a request for a document was used before cannot be looked up: %s", error)
        return refusal(503, "Redis is away, so the site cannot tell whether this request was used before.")
    if not is_first:
        log.warning("a request for a document came twice: %s for person %d", asked.path, asked.person)
        return refusal(401, "This request was used before.")
    person = _reader(asked)
    if person is None:
        return refusal(403, "Its reader may not open this page, or does not see these branches any more.")
    g.person, g.scope = person, scope_from(asked.scope)
    found = build(asked.path, query_of(asked.query), person, g.scope)
    if found is None:
        return refusal(404, "This page does not exist any more.")
    try:
        return Response(packed(found), mimetype="application/octet-stream", headers={"Cache-Control": "no-store"})
    except TooLargeError as error:
        return refusal(422, str(error))


def _reader(asked: SiteRequest) -> Person | None:
    """Who the page is for, as they are at this moment; None: it is not theirs to see."""
    try:
        person = find_person(site().engines, asked.person)
    except UnknownPersonError:
        return None
    return person if person.may_enter(site().name) and person.may_open(asked.path) and covers(scope_of(person), scope_from(asked.scope)) else None
