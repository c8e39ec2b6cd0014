"""Where people order, watch, fetch and cancel files: small JSON routes behind the export menus of both sites."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request

from shared.metrics.errors import OutOfScopeError, QuestionError
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.reports.document import Document
from shared.reports.kinds import KINDS, FileKind
from shared.reports.limits import check_workbook
from shared.reports.making import LONGEST_KEY, is_quick, kind_of, name_of, part_of, written
from shared.reports.paper_size import PAPER_SIZES, PaperSize
from shared.reports.problems import ExportError, TooLargeError
from shared.reports.rows_file import QUICK_ROWS, RowsFile, check_kind, packed_rows, told, write_rows
from shared.reports.stored import packed
from shared.reports.text import file_name
from shared.warehouse.export_orders import FullError, Order, Wish, end_order, file_of, find_order, order, orders_of
from shared.web.replies import refusal, save_as
from shared.web.site import current_person, site

EXTENSION: Final = "northline-exports"
LONGEST_ADDRESS: Final = 2000
MOST_PARTS: Final = 100
ROWS_EXTENSION: Final = "northline-exports-rows"
MOST_SECONDS: Final = 20
"""One statement of a small file that is made while its reader waits takes no longer."""
Build: TypeAlias = Callable[[str, Mapping[str, str], Person, Scope], Document | None]
"""``build(path, query, person, scope)``: the document of the page at ``path`` for the filters in ``query``, with the numbers that this person sees; None: no page is there."""
FindRows: TypeAlias = Callable[[str, Mapping[str, str], Person, Scope, str, int], tuple[RowsFile, int | None] | None]
"""``find(path, query, person, scope, code, part)``: all rows behind part ``part`` of the number called ``code`` on the page at ``path``, and how many they are (None: counting takes too long here); None: there is no such page.  Raises QuestionError and OutOfScopeError."""
export_pages = Blueprint("exports", __name__, url_prefix="/exports")
_BODY = 'Send {"path": "/...", "search": "?...", "key": "" or a card, "kind": "pdf", "paper": "letter" or "a4"}; with "rows" (a number of that page) and "part": all rows behind it.'
_BEGUN = 0.02
"""Progress of a file of which no row is written yet."""
_GONE = "There is no such file any more: it expired, was removed, or is another person's."
_CHANGED = "What you may see has changed since this file was ordered. Order it anew."


@dataclass(frozen=True)
class _Asked:
    path: str
    query: Mapping[str, str]
    key: str
    kind: str
    paper: str
    rows: str = ""
    """Name of a number whose rows are wanted; empty: a page or a card."""
    part: int = 0


def install_exports(server: Flask, build: Build, rows: FindRows | None = None) -> None:
    """Let people of this site order files of what ``build`` returns and, with ``rows``, of all rows behind a number; after ``install``."""
    server.extensions[EXTENSION], server.extensions[ROWS_EXTENSION] = build, rows
    server.register_blueprint(export_pages)


@export_pages.post("")
def add() -> Response:
    """Order a file; 201 with how it stands: what is small is done at once, everything else is made by the worker."""
    try:
        asked = _asked(request.get_json(silent=True))
        kind = kind_of(asked.kind)
    except ExportError as error:
        return refusal(400, str(error))
    person: Person = current_person()
    if not person.may_open(asked.path):
        return refusal(403, f"The role {person.rules.label} does not open {asked.path}.")
    paper: PaperSize = "a4" if (asked.paper or site().settings.paper_size) == "a4" else "letter"
    try:
        made = order(site().engines, *(_of_rows(asked, kind, person, paper) if asked.rows else _of_page(asked, kind, person, paper)))
    except NothingThereError as error:
        return refusal(404, str(error))
    except TooLargeError as error:
        return refusal(413, str(error))
    except (ExportError, QuestionError, OutOfScopeError) as error:
        return refusal(422, str(error))
    except FullError as error:
        return refusal(429, str(error))
    answer = jsonify(_shown(made))
    answer.status_code = 201
    return answer


class NothingThereError(Exception):
    """No such page, or nothing of the kind on this site."""


def _of_page(asked: _Asked, kind: FileKind, person: Person, paper: PaperSize) -> tuple[Wish, bytes | None]:
    """What is ordered of a page or a card, and the file where it is made at once."""
    build: Build = current_app.extensions[EXTENSION]
    document = build(asked.path, asked.query, person, g.scope)
    if document is None:
        raise NothingThereError(f"There is nothing to export at {asked.path[:LONGEST_KEY]}.")
    settings = site().settings
    zone = ZoneInfo(settings.company_time_zone)
    document = part_of(document, kind, asked.key)
    if kind.key == "xlsx":
        check_workbook(document)
    ready = written(document, kind, zone, paper) if is_quick(document, kind) else None
    stored = b"" if ready is not None else packed(document)
    return Wish(person.id, site().name, g.scope.branches, kind.key, asked.key, paper, stored, name_of(document, kind, zone), kind.media_type, settings.export_days), ready


def _of_rows(asked: _Asked, kind: FileKind, person: Person, paper: PaperSize) -> tuple[Wish, bytes | None]:
    """What is ordered of the rows behind a number: the order holds the question, and the rows are read by who makes the file."""
    find: FindRows | None = current_app.extensions[ROWS_EXTENSION]
    if find is None:
        raise NothingThereError("There are no rows to export on this site.")
    found = find(asked.path, asked.query, person, g.scope, asked.rows, asked.part)
    if found is None:
        raise NothingThereError(f"There is nothing to export at {asked.path[:LONGEST_KEY]}.")
    wanted, count = found
    if count is not None:
        check_kind(kind, count, wanted.title)
    settings = site().settings
    zone = ZoneInfo(settings.company_time_zone)
    ready = None
    if count is not None and count <= QUICK_ROWS:
        with io.BytesIO() as file:
            site().engines.read(lambda connection: write_rows(connection, wanted, kind, zone, file, within=MOST_SECONDS))
            ready = file.getvalue()
    name = file_name(" - ".join(part for part in (wanted.company, wanted.title, f"{wanted.as_of.astimezone(zone):%Y-%m-%d}") if part), kind.key)
    return Wish(person.id, site().name, g.scope.branches, kind.key, "", paper, packed_rows(wanted), name, kind.media_type, settings.export_days, count), ready


@export_pages.get("")
def own() -> Response:
    """Return one's own orders on this site, newest first."""
    return jsonify(exports=[_shown(each) for each in orders_of(site().engines, current_person().id, site().name)])


@export_pages.get("/<int:number>")
def show(number: int) -> Response:
    """Return how an order stands: ``state`` (queued, working, done, failed, cancelled), ``progress`` (0..1), ``words``, and ``file`` once it is done."""
    found = _find(number)
    return refusal(404, _GONE) if found is None else jsonify(_shown(found))


@export_pages.get("/<int:number>/file")
def fetch(number: int) -> Response:
    """Send a finished file to the person who ordered it, as long as they may still see what it was made of."""
    found = _find(number)
    if found is None:
        return refusal(404, _GONE)
    if not _still_sees(g.scope, found):
        return refusal(403, _CHANGED)
    if found.state != "done":
        return refusal(409, "This file is not ready." if found.is_open else "This file was not made.")
    answer = Response(file_of(site().engines, found), mimetype=found.media_type)
    save_as(answer, found.file_name)
    answer.headers["Content-Length"] = str(found.bytes)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; sandbox"
    return answer


@export_pages.delete("/<int:number>")
def end(number: int) -> Response:
    """Cancel an order that waits or is being made; remove a file that is done."""
    if number >= 2**31 or not end_order(site().engines, number, current_person().id, site().name):
        return refusal(404, _GONE)
    return jsonify(ended=number)


def _find(number: int) -> Order | None:
    return find_order(site().engines, number, current_person().id, site().name) if number < 2**31 else None


def _still_sees(scope: Scope, found: Order) -> bool:
    return scope.is_company if found.branches is None else all(map(scope.allows, found.branches))


def _asked(sent: Any) -> _Asked:
    """Read an order.  Raises ExportError saying what to send."""
    if not isinstance(sent, dict):
        raise ExportError(_BODY)
    path, search, key, kind, paper = (sent.get(name, "") for name in ("path", "search", "key", "kind", "paper"))
    if not all(isinstance(each, str) for each in (path, search, key, kind, paper)) or not path.startswith("/") or len(path) + len(search) > LONGEST_ADDRESS or len(key) > LONGEST_KEY:
        raise ExportError(_BODY)
    if paper and paper not in PAPER_SIZES:
        raise ExportError(f"Choose a size of paper: {' or '.join(PAPER_SIZES)}.")
    if any(ord(mark) < 32 for mark in path + search + key):
        raise ExportError(_BODY)
    rows, part = sent.get("rows", ""), sent.get("part", 0)
    if not isinstance(rows, str) or len(rows) > LONGEST_ADDRESS or any(ord(mark) < 32 for mark in rows) or not isinstance(part, int) or not 0 <= part < MOST_PARTS:
        raise ExportError(_BODY)
    plain = "/" + "/".join(part for part in path.split("/") if part)
    return _Asked(plain, _query_of(search), key, kind, paper, rows, part)


def _query_of(search: str) -> dict[str, str]:
    """The first value of each name, as pages read their own address."""
    return dict(reversed(parse_qsl(search.lstrip("?"), max_num_fields=50))) if search.count("&") < 50 else {}


def _shown(found: Order) -> dict[str, object]:
    return {"id": found.id, "kind": found.kind, "label": KINDS[found.kind].label if found.kind in KINDS else found.kind, "key": found.block, "state": found.state, "progress": round(found.progress, 3), "words": words_of(found), "name": found.file_name,
            "bytes": found.bytes, "created": found.created_at.isoformat(), "expires": found.expires_at.isoformat(), "file": f"/exports/{found.id}/file" if found.state == "done" else None}


def words_of(found: Order) -> str:
    """Return how an order stands, in words."""
    rows = "" if found.row_count is None else f": {found.row_count:,} rows to gather" if found.progress <= _BEGUN else f": {told(found.progress, found.row_count)}"
    return {"queued": "Waiting for its turn", "working": f"Being made{rows}", "done": "Ready", "failed": found.error, "cancelled": "Cancelled"}[found.state]
