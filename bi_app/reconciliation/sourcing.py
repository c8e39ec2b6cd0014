"""Sources of ledgers, and the files on their way."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from bi_app.reconciliation.words import BOOKS, moment
from bi_app.shell.parts import card, empty, icon
from shared.reconciliation.records import RECORD
from shared.reconciliation.source import Source
from shared.reconciliation.uploads import Upload

_STATES = {"sent": "Being looked at", "shown": "Waits for your yes", "confirmed": "Being taken", "loaded": "Taken", "refused": "Refused", "dropped": "Dropped"}


def sources_card(sources: Sequence[Source], *, may_edit: bool) -> html.Section:
    """Return the list of sources with their tolerances."""
    new = html.Button([icon("plus"), html.Span("New source")], className="button", type="button", **{"data-do": "reconSource"}) if may_edit else None
    options = {"data-books": json.dumps(BOOKS), "data-fields": json.dumps([one.name for one in RECORD.fields])}
    if not sources:
        return card(12, "Sources", empty("A source says whose records they are and which of your books they are held against.", title="No source yet", symbol="reconcile"), html.Div(id="rc-sources", **options), side=new)
    head = html.Tr([html.Th("Source"), html.Th("Held against"), html.Th("Amounts may differ by", className="x-s"), html.Th("Dates may differ by", className="x-s"), html.Th("Comes from", className="x-s"), html.Th("")])
    rows = [html.Tr([html.Td([html.B(each.label), html.Small(each.name)], className="rc-said-of"), html.Td(BOOKS[each.book]), html.Td(_amounts(each), className="x-s"), html.Td(f"{each.days_before} days before, {each.days_after} after", className="x-s"), html.Td(_feed(each), className="x-s rc-muted"),
                     html.Td(html.Div([html.Button([icon("plus"), html.Span("Send a ledger")], className="button primary", type="button", **{"data-do": "reconUpload", "data-source": each.name}),
                                       html.Button("Edit", className="ib", type="button", **{"data-do": "reconSource", "data-source": json.dumps(_plain(each))})], className="rc-line end") if may_edit else None)]) for each in sources]
    return card(12, "Sources", html.Div(html.Table([html.Thead(head), html.Tbody(rows)], className="tb"), className="rc-x", id="rc-sources", **options), html.Div(className="problem", id="rc-problem", role="alert"), side=new,
                sub="CSV, XLSX, XLS or Parquet, up to 8 MB here; larger files by the watched folder or the command line. A file with one bad line is refused as a whole.")


def _amounts(each: Source) -> str:
    parts = [f"${each.amount_tolerance:,.2f}" if each.amount_tolerance else "", f"{each.percent_tolerance.normalize():f} %" if each.percent_tolerance else ""]
    return " or ".join(filter(None, parts)) or "nothing"


def _feed(each: Source) -> str:
    return f"table {each.feed.get('table')} of {each.feed.get('database')}" if each.feed.get("kind") == "table" else "files"


def _plain(each: Source) -> dict[str, Any]:
    return {"name": each.name, "label": each.label, "book": each.book, "amount_tolerance": float(each.amount_tolerance), "percent_tolerance": float(each.percent_tolerance), "days_before": each.days_before, "days_after": each.days_after,
            "currency": each.currency, "statuses": dict(each.statuses), "feed": dict(each.feed)}


def uploads_card(files: Sequence[Upload], zone: ZoneInfo, *, may_edit: bool) -> html.Section:
    """Return the files on their way."""
    if not files:
        return card(12, "Files", empty("Files that somebody sends stand here, with how they were read.", title="No file yet", symbol="download"))
    rows = [html.Tr([html.Td([html.B(each.file_name), html.Small(each.source)], className="rc-said-of"), html.Td(moment(each.sent_at, zone), className="rc-muted"), html.Td(html.Span(_STATES[each.state], className=f"rc-tag {each.state}")),
                     html.Td(_told(each), className="rc-said-of x-s"), html.Td(html.Button("Look", className="ib", type="button", **{"data-do": "reconLook", "data-upload": str(each.id)}) if may_edit and each.state in {"shown", "refused", "sent"} else None)]) for each in files]
    return card(12, "Files", html.Div(html.Table([html.Thead(html.Tr([html.Th("File"), html.Th("Sent"), html.Th("State"), html.Th("", className="x-s"), html.Th("")])), html.Tbody(rows)], className="tb"), className="rc-x"))


def _told(each: Upload) -> str:
    understood: Mapping[str, Any] = each.understood
    if each.state == "refused" and each.problems:
        first = each.problems[0]
        return (f"Line {first['line']}: " if first["line"] else "") + str(first["words"])
    if "rows" in understood:
        return f"{understood['rows']:,} records, {understood['first']} to {understood['last']}" + (f"; {len(understood['totals'])} lines left out" if understood.get("totals") else "")
    return ""
