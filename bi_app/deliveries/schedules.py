"""The list of schedules, and what the editor needs to know; deliveries.js makes the form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from dash import html

from bi_app.deliveries import words
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, icon
from bi_app.visit import Visit
from shared.delivery.audience import covers, may_send_outside
from shared.delivery.definition import FORMATS, MISSED, OPERATORS
from shared.delivery.sources import Choice, Sources, find
from shared.delivery.template import FIELDS, MESSAGE, TITLE
from shared.delivery.timing import CLOSED_WORDS
from shared.delivery.words import EXAMPLES
from shared.metrics.metric import Unit
from shared.metrics.period import PRESETS
from shared.metrics.registry import metrics
from shared.people.person import Person
from shared.people.reach import scope_of
from shared.people.roles import ROLES
from shared.reports.document import Block, Column, Table
from shared.settings import Settings
from shared.warehouse.delivery_reads import Sent
from shared.warehouse.delivery_store import Schedule


@dataclass(frozen=True)
class Desk:
    """Who looks at the deliveries, and what they can choose from."""

    visit: Visit
    people: Mapping[int, Person]
    sources: Sources
    settings: Settings
    zone: ZoneInfo
    moment: datetime


def facts(rows: Sequence[Schedule], sent: Sent, desk: Desk) -> html.Div:
    """Return what the last seven days brought, with the hours that it saved as an estimate that says what it is made of."""
    running, minutes = sum(not each.is_paused and not each.broken for each in rows), desk.settings.delivery_minutes_by_hand
    found = [("Schedules that run", f"{running:,}", f"of {len(rows):,}" if running < len(rows) else "", ""), ("Mails sent, 7 days", f"{sent.mails:,}", f"with {counted(sent.reports, 'report')}", ""),
             ("Not sent, 7 days", f"{sent.failed:,}", "", "bad" if sent.failed else "")]
    if minutes:
        found.append(("Hours saved, 7 days: an estimate", f"{sent.reports * minutes / 60:,.1f}", f"{counted(sent.reports, 'report')}, assuming {minutes} minutes for one by hand", ""))
    return html.Div([html.Div([html.Span(label), html.B(number, className=tone), html.Small(small) if small else None], className="al-fact") for label, number, small, tone in found], className="al-facts dl-facts s12")


def counted(count: int, what: str) -> str:
    """Return '1 report' or '12 reports'."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def schedules_card(rows: Sequence[Schedule], last: Mapping[int, Mapping[str, Any]], stopped: Mapping[int, set[str]], desk: Desk, chosen: int | None) -> html.Section:
    """Return the schedules with their next and last run; buttons for what can be done."""
    new = html.Button([icon("calendar"), html.Span("New schedule")], className="button primary", type="button", **{"data-do": "deliveryEdit"})
    holder = {"data-options": orjson.dumps(_options(desk)).decode()}
    problem = html.Div(className="problem", id="dl-problem", role="alert")
    if not rows:
        again = html.Button("Make the first one", className="button primary", type="button", **{"data-do": "deliveryEdit"})
        nothing = empty("Numbers that come by mail when they are needed, to each reader their own branches.", title="Nothing is scheduled yet", symbol="calendar", action=again)
        return card(12, "Schedules", html.Div(nothing, id="dl-schedules", **holder), problem, sub=_mailbox(desk), name="dl-card")
    head = html.Tr([html.Th("Schedule"), html.Th("When"), html.Th("To", className="x-s"), html.Th("Last time"), html.Th("")])
    body = html.Tbody([_row(each, last.get(each.id), len(stopped.get(each.id, ())), desk, is_chosen=each.id == chosen) for each in rows])
    section = card(12, "Schedules", html.Div(html.Table([html.Thead(head), body], className="tb dl-table"), id="dl-schedules", **holder), problem,
                sub=["Each reader gets the numbers of their own branches. ", *_mailbox(desk)], side=new, name="dl-card")
    return with_files(section, Block("schedules", "Schedules", "Each reader gets the numbers of their own branches.", None, _numbers(rows, last, desk)))


def _numbers(rows: Sequence[Schedule], last: Mapping[int, Mapping[str, Any]], desk: Desk) -> Table:
    columns = (Column("Schedule"), Column("What"), Column("Next time"), Column("When"), Column("To"), Column("Last time"), Column("Became"))
    found = []
    for row in rows:
        definition, run = words.definition_of(row), last.get(row.id)
        found.append((row.name, _about(row, desk), _next(row), definition.rhythm.words if definition else "Cannot be read any more", words.recipients(row.recipients, desk.people),
                      words.when(run, definition) if run else "Not yet", words.STATES[run["state"]][0] if run else ""))
    return Table(columns, tuple(found))


def _what(row: Schedule, desk: Desk) -> Choice | None:
    return find(desk.sources, str(row.definition.get("subject")), desk.visit.person)


def _about(row: Schedule, desk: Desk) -> str:
    what = _what(row, desk)
    named = "Something that is gone" if what is None else f"{what.label}, {what.about}" if what.about else what.label
    return f"{named} · {FORMATS.get(str(row.definition.get('format')), '')}"


def _mailbox(desk: Desk) -> list[Any]:
    """The way to the demo's mailbox; nothing where there is none."""
    return ["The demo's mails are kept on this machine: ", html.A("open the mailbox", href="/mailbox")] if desk.settings.demo_mode and desk.settings.mail_folder else []


def _row(row: Schedule, run: Mapping[str, Any] | None, stops: int, desk: Desk, *, is_chosen: bool) -> html.Tr:
    definition = words.definition_of(row)
    what = _what(row, desk)
    owner = "" if row.owner_id == desk.visit.person.id else f" · {row.owner}'s"
    told = orjson.dumps({"id": row.id, "version": row.version, "name": row.name, "paused": row.is_paused, "definition": row.definition, "recipients": row.recipients, "what": [what.label, what.about] if what else None}).decode()
    rhythm = definition.rhythm.words if definition else "Cannot be read any more"
    name = html.Td([html.A(row.name, href=desk.visit.filters.choosing(schedule=str(row.id)), **{"data-nav": "", "aria-current": "true" if is_chosen else "false"}), html.Small(_about(row, desk) + owner)], className="al-said")
    to = html.Td([html.Span(words.recipients(row.recipients, desk.people)), html.Small(f"{stops} unsubscribed") if stops else None], className="x-s al-said")
    return html.Tr([name, html.Td([html.Span(_next(row), className="dl-next"), html.Small(rhythm)], className="al-said"), to, html.Td(_last(run, definition), className="al-said"), html.Td(_tools(row))],
                   className="al-off" if row.is_paused or row.broken else "", **{"data-delivery": told})


def _next(row: Schedule) -> str:
    definition = words.definition_of(row)
    if row.broken:
        return f"Stopped: {row.broken}"
    if row.is_paused:
        return "Paused"
    return words.due(row.next_at, definition) if row.next_at is not None and definition is not None else "Never again"


def _last(run: Mapping[str, Any] | None, definition: Any) -> list[Any]:
    if run is None:
        return [html.Span("Not yet", className="dl-quiet")]
    return [state_tag(run["state"]), html.Small(" · ".join(part for part in (words.when(run, definition), run["words"]) if part))]


def state_tag(state: str, *, mail: bool = False) -> html.Span:
    """Return the state of a run or of a mail: icon and word."""
    label, symbol = (words.MAIL_STATES if mail else words.STATES)[state]
    return html.Span([icon(symbol), html.Span(label)], className=f"dl-state {state.replace(' ', '-')}")


def _tools(row: Schedule) -> html.Div:
    return html.Div([
        html.Button("Test to me", className="ib", type="button", title="Send it to yourself now", **{"data-do": "deliveryTest"}),
        html.Button("Run now", className="ib", type="button", title="Send it to everybody now", **{"data-do": "deliveryRun"}),
        html.Button("Resume" if row.is_paused else "Pause", className="ib", type="button", **{"data-do": "deliveryPause", "aria-pressed": str(row.is_paused).lower()}),
        html.Button("Edit", className="ib", type="button", **{"data-do": "deliveryEdit"}),
    ], className="al-tools no-print")


def _options(desk: Desk) -> dict[str, Any]:
    """What can be chosen; the server checks all of it again."""
    me = desk.visit.person
    mine = scope_of(me)
    readers = [person for person in desk.people.values() if person.is_active and (person.id == me.id or covers(mine, scope_of(person)))]
    zones = list(dict.fromkeys([desk.zone.key, *(branch.time_zone for branch in desk.visit.branches if branch.time_zone), "UTC"]))
    return {
        "me": me.id, "zone": desk.zone.key, "zones": zones, "examples": EXAMPLES, "formats": FORMATS, "missed": MISSED, "closed": CLOSED_WORDS, "operators": OPERATORS, "fields": FIELDS, "title": TITLE, "message": MESSAGE,
        "subjects": [[source.label, [[choice.subject, choice.label, choice.about] for choice in source.listed(me)]] for source in desk.sources.values()],
        "people": [[f"person:{person.id}", person.name, person.rules.label] for person in sorted(readers, key=lambda one: (one.id != me.id, one.name))],
        "roles": [[f"role:{role.key}", role.label] for role in ROLES.values()] if mine.is_company else [], "outside": list(desk.settings.delivery_addresses) if may_send_outside(me, desk.settings) else [],
        "periods": {key: label for key, (label, _) in PRESETS.items()}, "metrics": [[one.name, one.label, "%" if one.unit is Unit.PERCENT else ""] for one in sorted(metrics().values(), key=lambda each: each.label)],
    }
