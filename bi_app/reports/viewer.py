"""A report as its readers see it: every block live, limited to what the reader may see, filtered by what they click."""

from urllib.parse import quote
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from bi_app.reports.cards import report_card
from bi_app.reports.reading import COMPARE, ONLY, Opened, answers_of, clicked, limits_in_words, number_of, opened
from bi_app.shell.files import send_item
from bi_app.shell.parts import drawn, empty, icon, popover
from bi_app.shell.topbar import topbar
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.clock import now
from shared.metrics.dimension import BY_DIMENSION
from shared.reports.document import Document
from shared.reports.report import COMPARES
from shared.reports.report_answers import BlockAnswer
from shared.reports.report_document import document_of, in_order, title_of


def viewer_page(visit: Visit, sources: Sources) -> Component:
    """Return the report at the address of ``visit``."""
    found = opened(number_of(visit.path))
    answers = answers_of(visit, sources, found.report)
    moments = [each.as_of for each in answers if each.as_of is not None]
    moment = min(moments).astimezone(ZoneInfo(sources.settings.company_time_zone)) if moments else None
    degraded = next((each.degraded for each in answers if each.degraded), "")
    names = {(name, row.keys[place]): row.labels[place] for each in answers if each.numbers for row in each.numbers.rows for place, name in enumerate(each.numbers.fields)}
    return html.Div([
        topbar(found.report.title, visit, "", moment, more=_actions(visit, found)), html.Div(degraded, className="banner", role="status") if degraded else None,
        _about(visit, found), _chips(visit, names), _canvas(visit, found, answers),
    ], className="rp")


def _canvas(visit: Visit, found: Opened, answers: list[BlockAnswer]) -> Component:
    if found.problem:
        return html.Div(empty(found.problem, title="Not readable", symbol="warning"), className="card-x")
    if not answers:
        way = html.A([icon("pencil"), "Edit this report"], href=f"/reports/{found.entry.id}/edit", className="button") if found.entry.may_edit else None
        return html.Div(empty("This report has no blocks yet.", symbol="build", action=way), className="card-x")
    return html.Div([_drawn(visit, each) for each in in_order(answers)], className="rp-grid")


def _drawn(visit: Visit, answered: BlockAnswer) -> Component:
    return drawn(12, title_of(answered.block) or "Text", lambda: report_card(visit, answered))


def _about(visit: Visit, found: Opened) -> Component | None:
    words = found.report.description.strip()
    limits = [html.Span([html.B(f"{name}: "), value], className="rp-limit") for name, value in limits_in_words(visit, found.report.limits)]
    return html.Div([html.P(words) if words else None, *limits], className="rp-about") if words or limits else None


def _actions(visit: Visit, found: Opened) -> Component:
    entry = found.entry
    star = html.Button(icon("star"), className="ib icon rp-star", type="button", title="Favourite", **{"data-do": "rp-star", "data-report": str(entry.id), "aria-pressed": str(entry.is_favourite).lower(), "aria-label": "Favourite"})
    edit = html.A([icon("pencil"), html.Span("Edit", className="tx-s")], href=f"/reports/{entry.id}/edit", className="ib") if entry.may_edit else None
    chosen = visit.filters.choice(COMPARE) or found.report.limits.compare or "previous"
    compares = [html.A(label, href=visit.filters.choosing(**{COMPARE: key}), className="item", **{"data-nav": "", **({"aria-current": "true"} if key == chosen else {})}) for key, label in COMPARES.items()]
    ways: list[Component] = [html.H3("Compare with"), *compares, html.Hr(), html.Button([icon("copy"), "Duplicate"], className="item", type="button", **{"data-do": "rp-copy", "data-report": str(entry.id)})]
    if entry.access == "own":
        ways.append(html.Button([icon("share"), "Share"], className="item", type="button", **{"data-do": "rp-share", "data-report": str(entry.id)}))
    ways += [html.Button([icon("history"), "Versions"], className="item", type="button", **{"data-do": "rp-versions", "data-report": str(entry.id), "data-edit": str(entry.may_edit).lower()}),
             html.Button([icon("copy"), html.Span("Copy the link to this view")], className="item", type="button", title="With its days, branches, comparison and what was clicked", **{"data-do": "rp-link"}), html.Button([icon("camera"), "Freeze these numbers"], className="item", type="button", **{"data-do": "rp-freeze", "data-report": str(entry.id)})]
    files = [html.Hr(), html.H3("Save as"), *(html.Button([icon("download"), label], className="item", type="button", role="menuitem", **{"data-do": "export", "data-key": "", "data-kind": kind}) for kind, label in (("pdf", "PDF"), ("xlsx", "Excel")))]
    menu = popover([icon("more")], [*ways, *files, send_item(visit)], label="More about this report", name="ib icon", wrapper="no-print export")
    return html.Div([star, edit, menu], className="rp-do no-print")


def _chips(visit: Visit, names: dict[tuple[str, str], str]) -> Component | None:
    """What was clicked and limits the page, each removed by a click."""
    chips = []
    held = clicked(visit)
    for name, key in held:
        rest = ",".join(f"{each}={quote(value, safe='')}" for each, value in held if each != name)
        chips.append(_chip(f"{BY_DIMENSION[name].label}: {names.get((name, key), key)}", visit.filters.choosing(**{ONLY: rest or None})))
    chips += [_chip(f"Branch: {branch.name}", visit.filters.link(branches=tuple(each for each in visit.filters.branches if each != branch.id))) for branch in visit.branches if branch.id in visit.filters.branches]
    return html.Div(chips, className="chips") if chips else None


def _chip(text: str, link: str) -> Component:
    return html.A([text, icon("close")], href=link, className="chip", title="Remove this filter", **{"data-nav": "", "aria-label": f"{text}, remove"})


def report_document(visit: Visit, sources: Sources) -> Document | None:
    """Return the report at the address of ``visit`` for files, with the numbers that this person sees."""
    found = opened(number_of(visit.path))
    filters = [("Period", visit.period.words), ("Branches", visit.branch_words), *((BY_DIMENSION[name].label, key) for name, key in clicked(visit)), *limits_in_words(visit, found.report.limits)]
    return document_of(found.report, answers_of(visit, sources, found.report, every_row=True), f"{visit.branch_words} · {visit.period.words}", filters, visit.company, now())


