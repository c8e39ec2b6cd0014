"""The editor of a report: the frame in which scripts build (assets/report_*.js), and everything that may be chosen."""

from typing import Any

import orjson
from dash import dcc, html
from dash.development.base_component import Component
from flask import abort

from bi_app.filters import MORE, SEGMENTS
from bi_app.reports.reading import number_of, opened
from bi_app.shell.parts import icon
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.metrics.dimension import DIMENSIONS
from shared.metrics.metric import Sum
from shared.metrics.period import PRESETS
from shared.metrics.registry import metrics
from shared.reports.block_numbers import TIMES
from shared.reports.chart_kinds import CHART_KINDS
from shared.reports.report import COMPARES, LONGEST_TEXT, LONGEST_TITLE, MOST_BLOCKS, SIGNS, ReportError
from shared.reports.report_text import plain, read_report
from shared.warehouse.report_history import draft
from shared.web.report_pages import told, viewer
from shared.web.site import site


def editor_page(visit: Visit, _sources: Sources) -> Component:
    """Return the editor of the report at the address of ``visit``; a person who may only read it gets 403."""
    found = opened(number_of(visit.path))
    if not found.entry.may_edit:
        abort(403, "This report is shared with you to read. Duplicate it to make it your own.")
    with site().engines.primary_reader() as connection:
        mine = draft(connection, found.entry.id, viewer())
    try:
        kept = None if mine is None else {"base": mine.base, "at": mine.at.isoformat(), "definition": plain(read_report(mine.definition))}
        saved: dict[str, Any] = told(found.version)
    except ReportError as error:
        abort(422, f"This report can no longer be read: {error} An older version may be restored from the library.")
    state = {"report": found.entry.id, "saved": saved, "draft": kept, "catalogue": catalogue(visit)}
    return html.Div([
        _bar(found.entry.id, found.report.title),
        html.Div([
            html.Aside([html.Section([html.H2("Visuals"), html.Div(className="rb-kinds")], className="rb-panel", **{"aria-label": "Visuals"}),
                        html.Section([html.H2("Fields"), html.Label([html.Span("Find a field", className="said"), icon("search"), dcc.Input(type="search", name="find-field", placeholder="Find a field")], className="rl-find"), html.Div(className="rb-fields")], className="rb-panel rb-fieldbox", **{"aria-label": "Fields"})], className="rb-left"),
            html.Div([html.Div(className="rb-note", hidden=True, role="status"), html.Div(className="rb-canvas", role="group", **{"aria-label": "Canvas"})], className="rb-mid"),
            html.Aside([html.Div(className="rb-settings")], className="rb-right", **{"aria-label": "Settings"}),
        ], className="rb-main"),
        html.Nav([html.Button([icon(symbol), label], type="button", **{"data-do": "rb-panel", "data-panel": name}) for name, symbol, label in (("left", "plus", "Add"), ("mid", "build", "Canvas"), ("right", "settings", "Settings"))], className="rb-tabs", **{"aria-label": "Panels"}),
        html.Div(className="said rb-said", role="status", **{"aria-live": "assertive"}),
    ], className="rb", **{"data-still": "", "data-editor": orjson.dumps(state).decode()})


def _bar(number: int, title: str) -> Component:
    back = html.A(icon("left"), href=f"/reports/{number}", className="ib icon", title="To the report", **{"aria-label": "To the report"})
    name = html.Label([html.Span("Title", className="said"), dcc.Input(type="text", name="title", value=title, className="rb-title")], className="rb-name")

    def button(do: str, symbol: str, label: str, keys: str) -> Component:
        return html.Button(icon(symbol), className="ib icon", type="button", title=f"{label} ({keys})", **{"data-do": do, "aria-label": label})

    save = html.Button([icon("save"), html.Span("Save")], className="button primary", type="button", title="Save (Ctrl+S)", **{"data-do": "rb-save"})
    versions = html.Button(icon("history"), className="ib icon", type="button", title="Versions", **{"data-do": "rp-versions", "data-report": str(number), "data-edit": "true", "aria-label": "Versions"})
    return html.Header([back, name, html.Span(className="rb-state", role="status"), html.Div(className="grow"), button("rb-undo", "undo", "Undo", "Ctrl+Z"), button("rb-redo", "redo", "Redo", "Ctrl+Y"), versions, save], className="top rb-top")


def catalogue(visit: Visit) -> dict[str, Any]:
    """Return everything that an author may choose from, as scripts read it; what belongs to the whole company only for those who see it."""
    return {
        "metrics": [{"name": each.name, "label": each.label, "meaning": each.meaning, "department": each.department.capitalize(), "adds": isinstance(each.formula, Sum)} for each in sorted(metrics().values(), key=lambda each: each.department) if visit.scope.is_company or each.has_branch],
        "times": [{"name": name, "label": label} for name, label in TIMES.items()],
        "dimensions": [{"name": each.name, "label": each.label} for each in DIMENSIONS],
        "kinds": [{"key": kind.key, "label": kind.label, "icon": kind.icon, "meaning": kind.meaning, "size": kind.size, "compares": kind.compares, "single": kind.is_single,
                   "wells": [{"key": well.key, "label": well.label, "least": well.least, "most": well.most, "takes": sorted(well.takes)} for well in kind.wells]} for kind in CHART_KINDS.values()],
        "periods": {name: PRESETS[name][0] for name in (*SEGMENTS, *MORE, *(name for name in PRESETS if name not in SEGMENTS and name not in MORE))},
        "compares": COMPARES, "signs": list(SIGNS), "branches": [{"id": branch.id, "name": branch.name} for branch in visit.branches],
        "limits": {"blocks": MOST_BLOCKS, "title": LONGEST_TITLE, "text": LONGEST_TEXT},
    }
