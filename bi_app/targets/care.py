"""Who looks after a KPI, notes and check-ins, with the forms that add to them; on the targets page and in the glass box."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, icon, popover
from bi_app.targets.year import Year
from bi_app.visit import Visit
from shared.metrics.metric import Metric
from shared.people.accounts import list_people
from shared.people.target_rules import may_see_target, may_set_owner, may_write_note
from shared.reports.document import Block, Column, Table
from shared.warehouse.kpi_care import STATUSES, Entry, Owner, entries, owners
from shared.web.site import site

TITLE = "Owner, notes and check-ins"
_LIGHT = {"on_track": "good", "at_risk": "warn", "off_track": "bad"}


def care_card(visit: Visit, year: Year) -> html.Section:
    """Return the card of the KPI for the chosen branches."""
    branch = one_branch(visit)
    owner, sub = (year.owners or {}).get(branch), f"{year.kpi.label}, {_named(visit, branch)}"
    section = card(6, TITLE, *care_body(visit, year.kpi, branch, owner, year.entries), sub=sub, name="care-card")
    table = Table((Column("Check-in"), Column("Text"), Column("By"), Column("About"), Column("Day"), Column("Written")),
                  tuple((STATUSES[each.status] if each.status else "Note", each.text or "", each.who, _named(visit, each.branch), each.day, each.at) for each in year.entries))
    return with_files(section, Block("care", TITLE, f"{sub}. Owner: {owner.name if owner else 'nobody yet'}.", None, table if year.entries else None))


def care_section(visit: Visit, kpi: Metric) -> list[Component]:
    """Return the same for the glass box, read for the branches that are chosen there; nothing where the reader sees no single place."""
    branch = one_branch(visit)
    if not may_see_target(visit.person, branch):
        return []
    seen = None if visit.scope.is_company else sorted(visit.scope.branches or ())
    with site().engines.primary_reader() as connection:
        found = entries(connection, kpi.name, seen, company=visit.scope.is_company, most=5)
        owner = owners(connection, kpi.name).get(branch)
    return [html.H3([icon("user"), TITLE]), *care_body(visit, kpi, branch, owner, found)]


def one_branch(visit: Visit) -> int | None:
    """The branch that is meant: the only one chosen or seen; else None, the company."""
    chosen = visit.chosen
    return chosen[0].id if len(chosen) == 1 and not (visit.scope.is_company and not visit.filters.branches) else None


def care_body(visit: Visit, kpi: Metric, branch: int | None, owner: Owner | None, found: Sequence[Entry]) -> list[Component]:
    """Return owner, form and entries."""
    about = {"data-kpi": kpi.name, "data-branch": "" if branch is None else str(branch)}
    form = _form(about) if may_write_note(visit.person, branch) else html.P("Choose one branch to note something about it.", className="say")
    zone = ZoneInfo(site().settings.company_time_zone)
    lines = html.Ol([_entry(visit, each, zone) for each in found[:8]], className="care-list")
    return [html.Div([_owner(visit, kpi, branch, owner, about), form, html.Div(className="care-said problem", role="alert"), lines if found else html.P("Nothing is noted yet.", className="note care-none")], className="care")]


def _owner(visit: Visit, kpi: Metric, branch: int | None, owner: Owner | None, about: dict[str, str]) -> Component:
    name = html.Span([html.Span("".join(word[0] for word in owner.name.split()[:2]).upper(), className="ava"), html.B(owner.name)], className="care-who") if owner else html.Span("Nobody yet", className="note")
    if not may_set_owner(visit.person, branch):
        return html.Div([html.Span("Owner"), name], className="care-owner")
    people = [person for person in list_people(site().engines) if person.is_active and may_see_target(person, branch) and person.may_enter("bi")]
    items = [html.Button(person.name, type="button", className="item", **{"data-do": "care-owner", "data-person": str(person.id), **about}) for person in people]
    nobody = [html.Hr(), html.Button("Nobody", type="button", className="item", **{"data-do": "care-owner", "data-person": "", **about})] if owner else []
    choose = popover(["Change" if owner else "Choose", icon("chevron")], [*items, *nobody], label=f"Who looks after {kpi.label}", name="button", panel="tg-list")
    return html.Div([html.Span("Owner"), name, choose], className="care-owner")


def _form(about: dict[str, str]) -> html.Div:
    choices = [html.Button([html.Span(className=f"dot {_LIGHT[status]}"), label], type="button", className="care-s", **{"data-do": "care-status", "data-status": status, "aria-pressed": "false"}) for status, label in STATUSES.items()]
    return html.Div([html.Div(choices, className="care-choices", role="group", **{"aria-label": "Check in"}),
                     html.Div([html.Label([html.Span("Note", className="said"), dcc.Input(type="text", name="text")]), html.Button("Save", type="button", className="button primary", **{"data-do": "care-save", **about})], className="care-line")], className="care-form no-print")


def _entry(visit: Visit, each: Entry, zone: ZoneInfo) -> html.Li:
    light = html.Span([html.Span(className=f"dot {_LIGHT[each.status]}"), STATUSES[each.status]], className="care-st") if each.status else html.Span("Note", className="care-st")
    return html.Li([light, html.Div([each.text or STATUSES[each.status or "on_track"], html.Small(f"{each.who}, {_named(visit, each.branch)}, about {each.day:%-d %b %Y}, written {each.at.astimezone(zone):%-d %b, %H:%M}")])])


def _named(visit: Visit, branch: int | None) -> str:
    return "the company" if branch is None else next((each.name for each in visit.branches if each.id == branch), f"branch {branch}")
