"""The library: every report that this person may see, by folder, and beginnings for a new one."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from bi_app.shell.parts import card, empty, icon, popover
from bi_app.shell.said import Said, saying
from bi_app.shell.topbar import topbar
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.reports.document import Block, Column, Table
from shared.reports.templates import TEMPLATES
from shared.warehouse.report_store import Entry, library
from shared.web.report_pages import viewer
from shared.web.site import site

TITLE = "Reports"
_SHOWS = {"": "All", "mine": "Mine", "favourites": "Favourites", "shared": "Shared with me", "bin": "Bin"}


def library_page(visit: Visit, sources: Sources) -> Component:
    """Return the library."""
    with site().engines.primary_reader() as connection:
        entries = library(connection, viewer(), bin_too=True)
    zone = ZoneInfo(sources.settings.company_time_zone)
    show = visit.filters.choice("show") if visit.filters.choice("show") in _SHOWS else ""
    shown = [entry for entry in entries if _is_shown(entry, show, visit.person.id)]
    folders = sorted({entry.folder for entry in entries if entry.folder and entry.deleted_at is None}, key=str.casefold)
    return html.Div([
        topbar(TITLE, visit, "", None, periods=False, files=bool(shown)), _bar(visit, show, entries),
        html.Div(_new(), className="rl-new-row") if show == "" else None,
        html.Div(className="rl-said", role="status"),
        saying(html.Div(_groups(visit, shown, folders, zone, show)), Said(_listed(visit, shown) if shown else None)),
        html.P("No report is called that.", className="note rl-none", hidden=True),
    ], className="rl", **{"data-still": ""})


def _is_shown(entry: Entry, show: str, person: int) -> bool:
    if (entry.deleted_at is not None) != (show == "bin"):
        return False
    return {"": True, "bin": True, "mine": entry.owner == person, "favourites": entry.is_favourite, "shared": entry.owner != person}[show]


def _bar(visit: Visit, show: str, entries: Sequence[Entry]) -> Component:
    segments = [html.A([label, html.Small(f" {count}") if (count := sum(_is_shown(entry, key, visit.person.id) for entry in entries)) else None], href=visit.filters.choosing(show=key or None), **{"data-nav": "", **({"aria-current": "true"} if key == show else {})}) for key, label in _SHOWS.items()]
    search = html.Label([html.Span("Search reports", className="said"), icon("search"), dcc.Input(type="search", name="find", placeholder="Search by title, owner or folder")], className="rl-find")
    return html.Div([html.Nav(segments, className="seg", **{"aria-label": "Which reports"}), search], className="rl-bar")


def _new() -> list[Component]:
    return [html.Button([icon(each.icon), html.Span([html.B("New report" if each.key == "blank" else each.report.title), html.Small(each.meaning)])], className="rl-new", type="button", **{"data-do": "rl-new", "data-template": each.key}) for each in TEMPLATES]


def _groups(visit: Visit, shown: Sequence[Entry], folders: Sequence[str], zone: ZoneInfo, show: str) -> list[Component]:
    if not shown:
        sentence = {"bin": "Nothing was deleted.", "favourites": "Mark a report with its star and it stands here.", "shared": "Nobody has shared a report with you yet.", "mine": "You have no report yet. Begin one from a template."}.get(show, "There is no report yet. Begin one from a template above.")
        return [card(12, "Reports", empty(sentence, symbol="report"))]
    groups: dict[str, list[Entry]] = {}
    for entry in shown:
        groups.setdefault(entry.folder, []).append(entry)
    order = sorted(groups, key=lambda name: (name == "", name.casefold()))
    return [html.Section([html.H2([icon("folder"), name or ("Without a folder" if len(groups) > 1 else "Reports"), html.Small(f"{len(groups[name])}")]), html.Ul([_line(visit, entry, folders, zone) for entry in groups[name]])], className="card-x rl-group", **{"aria-label": name or "Reports", "data-folder": name}) for name in order]


def _listed(visit: Visit, shown: Sequence[Entry]) -> Block:
    columns = (Column("Folder"), Column("Report"), Column("Description"), Column("Owner"), Column("Shared"), Column("Changed"))
    rows = sorted(shown, key=lambda entry: (entry.folder == "", entry.folder.casefold()))
    return Block("reports", TITLE, "", None, Table(columns, tuple((entry.folder, entry.title, entry.description, "You" if entry.owner == visit.person.id else entry.owner_name, "Shared" if entry.is_shared else "", entry.changed_at) for entry in rows)))


def _line(visit: Visit, entry: Entry, folders: Sequence[str], zone: ZoneInfo) -> Component:
    number = {"data-report": str(entry.id)}
    gone = entry.deleted_at is not None
    star = html.Button(icon("star"), className="rl-star", type="button", title="Favourite", **{"data-do": "rp-star", "aria-pressed": str(entry.is_favourite).lower(), "aria-label": f"Favourite: {entry.title}", **number})
    who = "You" if entry.owner == visit.person.id else entry.owner_name
    marks = [html.Span("Draft open", className="rl-mark") if entry.draft_at else None, html.Span([icon("share"), "Shared"], className="rl-mark quiet") if entry.is_shared and entry.access == "own" else None, html.Span([icon("lock"), "To read"], className="rl-mark quiet") if not entry.may_edit else None]
    name = html.Div([html.Span(entry.title, className="rl-title") if gone else html.A(entry.title, href=f"/reports/{entry.id}", className="rl-title"), html.Small(entry.description) if entry.description else None])
    return html.Li([star, name, html.Span(marks, className="rl-marks"), html.Span(who, className="rl-who"), html.Span(_when(entry.deleted_at or entry.changed_at, zone), className="rl-when num"), _menu(entry, folders)],
                   **{"data-find": f"{entry.title} {entry.description} {who} {entry.folder}".lower(), "data-row": str(entry.id), **({"data-moves": ""} if entry.access == "own" and not gone else {})})


def _menu(entry: Entry, folders: Sequence[str]) -> Component:
    number = {"data-report": str(entry.id)}
    if entry.deleted_at is not None:
        return html.Button([icon("undo"), "Take back"], className="button", type="button", **{"data-do": "rl-back", **number})

    def item(symbol: str, label: str, do: str, **more: str) -> Component:
        return html.Button([icon(symbol), label], className="item", type="button", **{"data-do": do, **number, **more})

    items: list[Component] = [html.A([icon("pencil"), "Edit"], href=f"/reports/{entry.id}/edit", className="item")] if entry.may_edit else []
    items += [item("copy", "Duplicate", "rp-copy"), item("history", "Versions", "rp-versions", **{"data-edit": str(entry.may_edit).lower()})]
    if entry.access == "own":
        items += [item("share", "Share", "rp-share"), html.Hr(), html.H3("Move to"), *(item("folder", name, "rl-move", **{"data-folder": name}) for name in folders if name != entry.folder)]
        items += [item("folder", "No folder", "rl-move", **{"data-folder": ""})] if entry.folder else []
        items += [item("plus", "New folder", "rl-folder"), html.Hr(), item("trash", "Delete", "rl-bin")]
    return popover([icon("more")], items, label=f"More about {entry.title}", name="ib icon ghost")


def _when(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"
