"""The glass box: a side sheet with everything behind one number, down to the rows that add up to it."""

import logging
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from dash import Input, Output, html
from dash.development.base_component import Component

from bi_app.executive.plan import wanted_of
from bi_app.glass_rows import PAGE_ROWS, rows_part
from bi_app.shell.parts import empty, icon
from bi_app.site import Site
from bi_app.sources import Sources
from bi_app.targets.care import care_section
from bi_app.visit import Visit
from shared.clock import now
from shared.metrics.errors import OutOfScopeError, QuestionError
from shared.metrics.format import write, write_exact
from shared.metrics.glass_box import GlassBox
from shared.metrics.headline import Headline, Wanted
from shared.metrics.metric import Basis
from shared.web.address import query_of

log = logging.getLogger(__name__)
_BASIS = {
    Basis.EVENT: "What happened in the period", Basis.COHORT: "What was created or sold in the period, followed to today", Basis.LEVEL: "What is open at the end of the period",
}


def register_glass(app: Site) -> None:
    """Add the callback that opens the sheet and turns its pages."""

    @app.callback(Output("glass", "is_open"), Output("glass", "title"), Output("glass-body", "children"), Input("glass-ask", "data"), prevent_initial_call=True)
    def open_glass(ask: Mapping[str, object]) -> tuple[bool, str, list[Component]]:
        visit = app.visit(str(ask.get("path", "/")), query_of(str(ask.get("search", ""))))
        code, part, page = str(ask.get("metric", "")), _whole(ask.get("part"), 0), _whole(ask.get("page"), 1)
        try:
            wanted = wanted_of(code, visit, app.sources.settings.fiscal_year_start_month)
            box = app.sources.glass(wanted, visit.scope)
        except (QuestionError, OutOfScopeError) as error:
            return True, "Glass box", [empty(f"{error}.", title="This number cannot be opened", symbol="warning")]
        return True, box.headline.metric.label, glass_body(visit, app.sources, box, wanted, code, part, page)


def _whole(value: object, least: int) -> int:
    return max(least, value) if isinstance(value, int) and value < 10**6 else least


def glass_body(visit: Visit, sources: Sources, box: GlassBox, wanted: Wanted, code: str, part: int, page: int) -> list[Component]:
    """Return the sheet: the number in words, its facts, formula, SQL, and one page of the rows behind one part of it."""
    headline = box.headline
    part = min(part, max(0, len(box.parts) - 1))
    rows = sources.glass.rows(wanted, visit.scope, part, (page - 1) * PAGE_ROWS, PAGE_ROWS) if box.parts else None
    return [
        html.Div([html.Span(headline.text, className="value big"), html.Span(exact(headline), className="exact num")], className="glass-top"),
        html.P(f"{headline.words}.", className="glass-say"),
        html.Dl(facts(visit, box, ZoneInfo(sources.settings.company_time_zone)), className="facts"),
        html.H3([icon("formula"), "Formula"]), html.Div(box.formula, className="formula"),
        *care_section(visit, headline.metric),
        rows_part(box, rows, code, part, page) if rows else None,
        html.H3([icon("table"), "SQL", html.Button([icon("copy"), html.Span("Copy")], className="button", type="button", **{"data-do": "copy", "data-from": "#glass-sql"})]),
        html.Pre("\n\n".join(f"{statement.rstrip(';')};" for statement in box.sql), className="sql", id="glass-sql", tabIndex=0),
    ]


def exact(headline: Headline) -> str:
    """Return the number unshortened; nothing where that is what the tile shows already."""
    text = write_exact(headline.value, headline.metric.unit)
    return "" if text == headline.text else text


def facts(visit: Visit, box: GlassBox, zone: ZoneInfo) -> list[Component]:
    """Return what there is to know about the number, as terms and descriptions."""
    headline = box.headline
    declared = headline.metric
    goal = f"{write(headline.goal.value, declared.unit)}: {headline.status_words}" if headline.goal else "No target is set for these days and branches."
    sample = [("Cases", f"{headline.sample:,.0f}" + ("" if headline.has_sample else f"; {declared.minimum_sample} are needed to judge"))] if headline.sample is not None else []
    age = "" if box.refreshed_at is None else f"; the views were last condensed {_age((now() - box.refreshed_at).total_seconds())} ago"
    pairs = [
        ("Meaning", declared.meaning), ("Period", f"{headline.period.words}, {visit.branch_words}"), ("Counts on", f"{declared.date}, local to the branch"), ("Basis", _BASIS[declared.basis]),
        ("Compared with", f"{headline.comparison.words}: {write(headline.previous, declared.unit)}"), ("Target", goal), *sample, *([("Maturity", headline.maturity)] if headline.maturity else []), ("Status", box.rule),
        ("Freshness", f"Holds every row committed by {headline.as_of.astimezone(zone):%H:%M:%S}{age}"), ("Views", ", ".join(box.views)),
    ]
    return [part for term, words in pairs for part in (html.Dt(term), html.Dd(words))]


def _age(seconds: float) -> str:
    if seconds < 90:
        return f"{max(0, seconds):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"
