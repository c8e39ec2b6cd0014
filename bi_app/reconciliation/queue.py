"""The work queue: a grid that filters, sorts, takes several cases at once and is worked by keyboard; first, and on a phone, a list."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
import orjson
from dash import html

from bi_app.reconciliation.filing import workpaper
from bi_app.reconciliation.words import money, rule_tag, status_tag, why_of
from bi_app.shell.files import with_files
from bi_app.shell.lazy import lazy
from bi_app.shell.parts import card, empty, icon
from bi_app.visit import Visit
from shared.people.person import Person
from shared.reconciliation.caring import STATUSES
from shared.reconciliation.reading import MOST_ROWS
from shared.reconciliation.summary import SEVERITY, TITLES

_ROW, _HEAD, _SHOWN, _LISTED = 44, 38, 13, 60
CHOICES = {"": "Open", "proposed": "Waiting for a second person", "closed": "Closed", "all": "All"}


def queue_card(rows: Sequence[Mapping[str, Any]], visit: Visit, workers: Sequence[Person], *, may_work: bool) -> html.Section:
    """Return the queue; ``workers``: who cases can be given to."""
    sub = "Most at risk first. Arrow keys move, Enter opens, Space chooses, A takes it, I investigates, W waits; Shift and a click choose several." if may_work else "Your role reads cases."
    if not rows:
        return card(12, "Work queue", empty("No case fits this choice.", title="Nothing to do here", symbol="good"))
    side = f"{len(rows):,} cases" + (" and more: choose fewer" if len(rows) == MOST_ROWS else "")
    lines = [line(row) for row in rows]
    # The grid measures itself; its height stands before it is there.
    height = {"height": f"{_HEAD + 40 + _ROW * min(_SHOWN, max(5, len(rows))) + 2}px"}
    body = lazy(visit, "rc-queue", _grid(lines, height), html.Div([_listed(row, visit) for row in rows[:_LISTED]], className="rc-list"), "rc-queue", wide_only=True)
    return with_files(card(12, "Work queue", _tools(workers) if may_work else None, html.Div(className="rc-said", role="status"), body, sub=sub, side=html.Span(side, className="note"), name="rc-queue-card"), workpaper(rows))


def line(row: Mapping[str, Any]) -> dict[str, object]:
    """Return one row of the grid."""
    return {
        "id": row["id"], "key": str(row["id"]), "version": row["version"], "rule": row["rule"] if row["rule"][0] in "GS" and row["rule"][1:].isdigit() else "".join(word[0] for word in row["rule"].split("_")).upper(), "severity": SEVERITY.get(row["rule"], "low"), "title": TITLES.get(row["rule"], row["rule"]),
        "label": row["label"], "why": why_of(row), "branch": row["branch"] or "—", "rep": row["rep"] or "", "day": row["day"].isoformat(), "age": row["age"], "amount": float(row["amount"]),
        "status": "proposed" if row["proposed_by"] else row["status"], "status_text": "Write-off proposed" if row["proposed_by"] else STATUSES[row["status"]], "owner": row["owner"] or "", "source": row["source"],
    }


def _grid(lines: list[dict[str, object]], height: Mapping[str, str]) -> dag.AgGrid:
    words = {"filter": "agTextColumnFilter", "floatingFilter": True, "suppressFloatingFilterButton": True}
    number = {"filter": "agNumberColumnFilter", "floatingFilter": True, "suppressFloatingFilterButton": True, "type": "rightAligned", "sortingOrder": ["desc", "asc", None]}
    columns = [
        {"field": "rule", "headerName": "Rule", "width": 74, "cellRenderer": "NorthlineRule", **words},
        {"field": "label", "headerName": "Case", "flex": 2, "minWidth": 210, "cellRenderer": "NorthlineCase", **words},
        {"field": "branch", "headerName": "Branch", "width": 106, **words}, {"field": "rep", "headerName": "Representative", "width": 128, **words},
        {"field": "day", "headerName": "Day", "width": 102, **words}, {"field": "age", "headerName": "Age", "width": 76, "cellRenderer": "NorthlineAge", **number},
        {"field": "amount", "headerName": "At risk", "width": 114, "cellRenderer": "NorthlineMoney", **number},
        {"field": "status_text", "headerName": "Status", "width": 136, "cellRenderer": "NorthlineStatus", **words}, {"field": "owner", "headerName": "Owner", "width": 116, **words},
    ]
    return dag.AgGrid(
        id="rc-grid", rowData=lines, columnDefs=columns, getRowId="params.data.key", className="nl-grid rc-grid", style=dict(height),
        defaultColDef={"sortable": True, "resizable": True, "suppressHeaderMenuButton": True, "suppressHeaderFilterButton": True},
        dashGridOptions={"rowHeight": _ROW, "headerHeight": _HEAD, "animateRows": False, "suppressColumnVirtualisation": True, "ensureDomOrder": True,
                         "rowSelection": {"mode": "multiRow", "checkboxes": True, "headerCheckbox": True, "selectAll": "filtered", "enableClickSelection": False}},
    )


def _tools(workers: Sequence[Person]) -> html.Div:
    people = [html.Option("Nobody", value=""), *(html.Option(one.name, value=str(one.id)) for one in workers)]
    return html.Div([
        html.Label([html.Span("Give to"), html.Select(people, id="rc-owner", className="rc-select")]), html.Button([icon("user"), html.Span("Assign chosen")], className="button", type="button", **{"data-do": "reconAssign"}),
        html.Span("", id="rc-chosen", className="note", **{"data-workers": orjson.dumps([[one.id, one.name] for one in workers]).decode()}),
    ], className="rc-tools no-print")


def _listed(row: Mapping[str, Any], visit: Visit) -> html.A:
    return html.A([html.Div([rule_tag(row["rule"]), html.B(row["label"]), html.Span(money(row["amount"]), className="rc-amount")], className="rc-line"),
                   html.Div([html.Span(f"{why_of(row)[:1].upper()}{why_of(row)[1:]}"), status_tag(row)], className="rc-line rc-muted"), html.Small(f"{row['branch'] or 'No branch'} · {row['age']} days old · {row['owner'] or 'nobody has it'}")],
                  href=visit.filters.choosing(show="case", case=str(row["id"])), className="rc-item", **{"data-nav": ""})
