"""A report with its numbers as they were at one moment, under an address that cannot be guessed."""

import secrets
from zoneinfo import ZoneInfo

import orjson
from dash import dcc, html
from dash.development.base_component import Component
from flask import Response, abort, g, jsonify

from bi_app.reports.cards import themed_figure
from bi_app.reports.reading import opened
from bi_app.reports.tables import plain_table, shown, without_before
from bi_app.shell.files import with_files
from bi_app.shell.topbar import topbar
from bi_app.site import Site
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.charts.template import CONFIG
from shared.metrics.scope import Scope
from shared.reports.document import Block, Document
from shared.reports.problems import TooLargeError
from shared.reports.report import ReportError
from shared.reports.stored import packed, unpacked
from shared.warehouse.report_history import Snapshot, freeze, frozen
from shared.web.address import query_of
from shared.web.replies import refusal
from shared.web.report_bodies import body
from shared.web.report_pages import answered, viewer
from shared.web.site import site

_WHO = "Whoever has the address and may see at least the branches that you see can open this copy. Its numbers do not change any more."


def register_freeze(app: Site, _sources: Sources) -> None:
    """Add the route that freezes a report."""

    @app.server.post("/library/reports/<int:number>/freeze")
    @answered
    def freeze_report(number: int) -> Response:
        """Keep the report with its numbers for the filters in ``{"search": "?period=mtd"}`` and return its address."""
        search = body().get("search", "")
        if not isinstance(search, str) or len(search) > 2000:
            raise ReportError("search", "The filters must be text.")
        found, scope = opened(number), g.scope
        document = app.document(f"/reports/{found.entry.id}", query_of(search), g.person, scope)
        if document is None:
            return refusal(404, "There is no such report.")
        token = secrets.token_urlsafe(24)
        try:
            kept = packed(document)
        except TooLargeError as error:
            return refusal(413, str(error))
        with site().engines.writer() as connection:
            freeze(connection, number, viewer(), token, scope.branches, kept)
        site().engines.wait_for_replicas(2.0)
        answer = jsonify(link=f"/reports/frozen/{token}", words=_WHO)
        answer.status_code = 201
        return answer


def frozen_page(visit: Visit, sources: Sources) -> Component:
    """Return the copy at the address of ``visit``; 404 for who may see less than its maker saw."""
    found = _opened(visit)
    document = unpacked(found.document)
    zone = ZoneInfo(sources.settings.company_time_zone)
    at = found.at.astimezone(zone)
    words = f"These numbers were frozen by {found.who} on {at.day} {at:%B %Y at %H:%M}. They do not change any more."
    filters = [html.Span([html.B(f"{name}: "), value], className="rp-limit") for name, value in document.filters]
    return html.Div([
        topbar(document.title, visit, "", document.as_of.astimezone(zone), periods=False, files=True), html.Div([words, html.A("Open the living report", href=f"/reports/{found.report}", className="button")], className="banner", role="status"),
        html.Div(filters, className="rp-about"), html.Div([_card(visit, block) for block in document.blocks], className="grid"),
    ], className="rp", **{"data-still": ""})


def frozen_document(visit: Visit, _sources: Sources) -> Document:
    """Return the copy at the address of ``visit`` for files: the very numbers that were frozen."""
    return unpacked(_opened(visit).document)


def _opened(visit: Visit) -> Snapshot:
    """Read the copy; ends the request with 404 where there is none, or for who may see less than its maker saw."""
    with site().engines.primary_reader() as connection:
        found = frozen(connection, visit.path.rsplit("/", 1)[-1])
    if found is None or not _covers(visit.scope, found.branches):
        abort(404)
    return found


def _covers(scope: Scope, branches: list[int] | None) -> bool:
    return scope.is_company if branches is None else all(map(scope.allows, branches))


def _card(visit: Visit, block: Block) -> Component:
    parts: list[Component | None] = [html.P(block.says, className="rp-words") if block.says else None]
    if block.figure is not None:
        keys, figure, height = themed_figure(visit, block)
        parts += [html.Div(keys, className="keys") if keys else None, html.Div(dcc.Graph(id=f"fz-{block.key}", figure=orjson.loads(orjson.dumps(figure)), config=CONFIG, style={"height": f"{height}px"}, className="chart"), role="img", **{"aria-label": f"{block.title}. {block.says}".strip()})]
    is_number = block.figure is None and block.table is not None and bool(block.says) and len(block.table.rows) == 1
    if block.table is not None and is_number:
        parts.insert(0, html.Div(shown(block.table.rows[0][0], block.table.columns[0].unit), className="rp-frozen-number num"))
    elif block.table is not None:
        parts.append(html.Details([html.Summary("The numbers"), plain_table(without_before(block.table))]) if block.figure is not None else plain_table(without_before(block.table)))
    head = html.Div([html.Div([html.H2(block.title), html.P(block.note, className="sub") if block.note else None])], className="card-h")
    section = html.Section([head, html.Div(parts, className="card-b")], className=f"card-x {'s3' if is_number else 's6'} rp-scrolls", **{"aria-label": block.title})
    return with_files(section, block) if block.says_something else section
