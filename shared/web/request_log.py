"""Names, times and counts every request: an id on the response, a line in the log where it was slow or failed, a row for the Technology numbers."""

import logging
import re
import secrets
import threading
import time
from collections import deque

from flask import Flask, Response, g, request
from sqlalchemy.exc import SQLAlchemyError

from shared.clock import now
from shared.warehouse.engines import Engines
from shared.warehouse.request_log import ServedRequest, write_requests
from shared.web.address import pattern_of
from shared.web.site import site

log = logging.getLogger(__name__)
_SLOW_SECONDS = 2.0
_FLUSH_SECONDS = 3.0
_BUFFER = 5_000
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_UNCOUNTED = ("/healthz", "/vendor/", "/assets/", "/_dash-component-suites/", "/_favicon", "/favicon", "/_reload-hash", "/internal/")


class RequestLog:
    """Keeps served requests for a few seconds and writes them in one statement from a thread of its own; bounded, whatever happens to the database."""

    def __init__(self, engines: Engines, service: str) -> None:
        """Start no thread yet: it would not survive gunicorn's fork."""
        self._engines, self._service = engines, service
        self._waiting: deque[ServedRequest] = deque()
        self._dropped = 0
        self._failing = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, served: ServedRequest) -> None:
        """Keep one request to be written soon; the oldest ones are dropped, and counted, where too many wait."""
        with self._lock:
            if len(self._waiting) >= _BUFFER:
                self._waiting.popleft()
                self._dropped += 1
            self._waiting.append(served)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="request-log", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(_FLUSH_SECONDS)
            try:
                self.flush()
            except Exception:  # the thread must outlive anything that one batch does
                log.exception("a batch of requests could not be written")

    def flush(self) -> int:
        """Write what waits and return how many; a database that refuses gets them again later."""
        with self._lock:
            batch, dropped = list(self._waiting), self._dropped
            self._waiting.clear()
            self._dropped = 0
        if dropped:
            log.warning("%d requests were not written to the request log: the buffer was full", dropped)
        if not batch:
            return 0
        try:
            write_requests(self._engines, self._service, batch)
        except SQLAlchemyError as error:
            if not self._failing:  # once per outage
                log.warning("%d requests wait for the request log: %s", len(batch), str(error).splitlines()[0])
            self._failing = True
            with self._lock:
                room = _BUFFER - len(self._waiting)
                self._dropped += max(0, len(batch) - room)
                self._waiting.extendleft(reversed(batch[-room:] if room > 0 else []))
            return 0
        self._failing = False
        return len(batch)


def begin_request() -> None:
    """Give the request its id and note when it began; a proxy's id is taken over only where a proxy is trusted."""
    given = request.headers.get("X-Request-ID", "")
    trusted = site().settings.trusted_proxies > 0 and _ID.fullmatch(given)
    g.request_id = given if trusted else secrets.token_hex(8)
    g.began, g.requested_at = time.perf_counter(), now()


def install_request_log(server: Flask, requests: RequestLog) -> None:
    """Count every answer of ``server`` in ``requests``."""

    @server.after_request
    def end_request(response: Response) -> Response:
        if "began" not in g:
            return response
        seconds = time.perf_counter() - g.began
        response.headers["X-Request-ID"] = g.request_id
        if response.status_code >= 500 or seconds > _SLOW_SECONDS:
            person = g.get("person")
            log.warning("%s %s answered %d after %.0f ms [%s] for %s", request.method, request.path, response.status_code, seconds * 1000, g.request_id,
                        f"person {person.id}" if person else "nobody signed in")
        if not request.path.startswith(_UNCOUNTED):
            requests.add(ServedRequest(_route(), g.requested_at, response.status_code, round(seconds * 1000)))
        return response


def _route() -> str:
    """Return the template of the route; Dash answers all its pages by one, so known pages are told apart by their path."""
    rule = request.url_rule.rule if request.url_rule else "(unknown)"
    return (pattern_of(request.path, site().page_paths()) or rule) if rule == "/<path:path>" else rule
