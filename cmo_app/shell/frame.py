"""What stands around every page: a bar with the pages and the person, the page's heading with its choices, and on a phone the pages below."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from cmo_app.page import Page, Sheet
from cmo_app.shell import cards, headlines
from cmo_app.shell.live import badge, plumbing
from cmo_app.shell.parts import icon, popover
from cmo_app.visit import Visit
from shared.live.topic import number_topic
from shared.metrics.headline import Wanted
from shared.metrics.period import PRESETS, period


def frame(pages: Sequence[Page], page: Page, visit: Visit, sheet: Sheet) -> html.Div:
    """Return everything inside <body>, with the data of ``page``."""
    offline = html.Div(["The last request did not get through; what you see is what was loaded before.", html.Button("Try again", className="button", type="button", **{"data-do": "retry"})],
                       id="offline", className="banner bad", hidden=True, role="alert")
    return html.Div([
        html.A("Skip to the numbers", href="#page", className="skip"), _bar(pages, visit),
        html.Main([offline, *plumbing(), dcc.Store(id="view"), html.Div(body(page, visit, sheet), id="page")], className="sheet-main", id="main", tabIndex=-1),
        html.Nav([_tab(each, visit) for each in pages], className="tabbar", **{"aria-label": "Main, on a phone"}),
    ], className="quiet")


def body(page: Page, visit: Visit, sheet: Sheet) -> list[Component]:
    """Return what changes with the choices: heading, headlines and cards."""
    parts: list[Component | None] = [
        _heading(page, visit, sheet), html.Div(sheet.degraded, className="banner", role="status") if sheet.degraded else None,
        html.Div([headlines.large(each, visit) for each in sheet.large], className="row-large") if sheet.large else None,
        html.Div([headlines.small(each, visit) for each in sheet.small], className="row-small") if sheet.small else None,
        *sheet.above, html.Div([cards.draw(card, visit) for card in sheet.cards], className="grid"), _listener(page, visit),
    ]
    return [html.Div([part for part in parts if part is not None], className=f"page-{page.path.strip('/') or 'overview'}", **{"data-query": visit.chosen.query()})]


def _listener(page: Page, visit: Visit) -> html.Span:
    """What makes the whole page look again when one of these numbers has changed."""
    topics = [number_topic(Wanted(name, period("mtd", visit.today), branches=visit.branch_set), visit.scope) for name in page.live]
    return html.Span(hidden=True, **{"data-live": " ".join(topics)})


def _bar(pages: Sequence[Page], visit: Visit) -> html.Header:
    brand = html.A([html.I("N", **{"aria-hidden": "true"}), html.Span("Northline CMO")], href="/", className="brand")
    links = [html.A(each.title, href=each.path, **({"aria-current": "page"} if each.path == visit.path else {})) for each in pages]
    theme = html.Button([icon("moon"), icon("sun")], className="ib icon", type="button", title="Light or dark", **{"data-do": "theme", "aria-label": "Switch between light and dark"})
    return html.Header([brand, html.Span(visit.company, className="whose"), html.Nav(links, className="pages", **{"aria-label": "Main"}), html.Span(className="grow"), badge(visit.pace), theme, _person(visit)], className="bar")


def _tab(page: Page, visit: Visit) -> html.A:
    return html.A([icon(page.icon), page.title.removeprefix("Marketing ")], href=page.path, **({"aria-current": "page"} if page.path == visit.path else {}))


def _person(visit: Visit) -> html.Details:
    person = visit.person
    sign_out = html.Form([dcc.Input(type="hidden", name="form_token", value=visit.form_token), html.Button([icon("out"), "Sign out"], className="item", type="submit")], method="post", action="/sign-out")
    items = [html.Div([html.Span(person.initials, className="ava"), html.Div([html.B(person.name), html.Small(person.email)])], className="who-box"), html.Hr(),
             html.A([icon("user"), "Account"], href="/account", className="item"), html.A([icon("download"), "Your files"], href="/account/files", className="item"), html.A([icon("key"), "Change password"], href="/account/password", className="item"),
             html.Button([icon("print"), "Print this page"], className="item", type="button", **{"data-do": "print"}), html.Hr(), sign_out]
    return html.Details([html.Summary(html.Span(person.initials, className="ava"), **{"aria-label": f"Menu of {person.name}"}), html.Div(items, className="pop-in")], className="pop")


def _heading(page: Page, visit: Visit, sheet: Sheet) -> html.Div:
    moment = f" As of {_clock(sheet.as_of, visit)}." if sheet.as_of else ""
    scope = "" if len(visit.shown) == len(visit.branches) else f"{visit.branch_words}. "
    choices = [_periods(page, visit) if page.periods else None, _branches(visit) if page.by_branch and len(visit.branches) > 1 else None, cards.page_menu()]
    return html.Div([html.Div([html.H1(page.question or page.title), html.P(f"{scope}{sheet.about}{moment}")]), html.Div([each for each in choices if each is not None], className="choices")], className="head")


def _clock(moment: datetime, visit: Visit) -> str:
    zone = ZoneInfo(visit.zone)
    return f"{moment.astimezone(zone):%-I:%M %p}"


def _periods(page: Page, visit: Visit) -> html.Nav:
    links = [html.A(label, href=visit.chosen.link(period=preset), title=PRESETS[preset][0], **{"data-nav": "", **({"aria-current": "true"} if preset == visit.chosen.period else {})}) for preset, label in page.periods.items()]
    return html.Nav(links, className="seg no-print", **{"aria-label": "Period"})


def _branches(visit: Visit) -> html.Details:
    every, chosen = tuple(branch.id for branch in visit.branches), visit.chosen
    rows = [html.A([html.Span(icon("check"), className="tick"), branch.name], href=chosen.link(branches=chosen.toggled(branch.id, every)), className="item", role="checkbox",
                   **{"data-nav": "", "data-keep-open": "", "aria-checked": str(branch.id in chosen.branches).lower()}) for branch in visit.branches]
    everything = html.A([icon("branch"), "All branches"], href=chosen.link(branches=()), className="item", **{"data-nav": "", **({} if chosen.branches else {"aria-current": "true"})})
    return popover([icon("branch"), html.Span(visit.branch_words), icon("chevron")], [everything, html.Hr(), *rows], label=f"Branches: {visit.branch_words}", name="ib on" if chosen.branches else "ib", wrapper="no-print")
