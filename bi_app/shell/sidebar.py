"""The navigation at the left, and at the bottom on a phone."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from bi_app.page import Page
from bi_app.shell.parts import icon
from bi_app.visit import Visit

PRODUCT = "Northline BI"


def _link(page: Page, visit: Visit, section: str) -> html.A:
    current = {"aria-current": "page"} if page.path in {visit.path, section} else {}
    return html.A([icon(page.icon), html.Span(page.title, className="tx")], href=page.path, className="nav-l", title=page.title, **current)


def _grouped(pages: Sequence[Page], visit: Visit, section: str) -> list[Component]:
    found: list[Component] = []
    groups: dict[str, list[Page]] = {}
    for page in pages:  # in the order in which their groups come first
        groups.setdefault(page.group, []).append(page)
    for group, members in groups.items():
        if group:
            found.append(html.H2(group))
        found.extend(_link(page, visit, section) for page in members)
    return found


def sidebar(pages: Sequence[Page], visit: Visit, section: str = "") -> html.Nav:
    """Return the sidebar: brand, the pages that this person may open, and the person's menu; ``section``: the page that the present one belongs to."""
    brand = html.A([html.I("N", **{"aria-hidden": "true"}), html.Span(PRODUCT)], href="/", className="brand")
    return html.Nav([brand, *_grouped(pages, visit, section), html.Div([html.Div(visit.company, className="whose"), person_menu(visit)], className="foot")],
                    className="side", **{"aria-label": "Main"})


def person_items(visit: Visit) -> list[Component]:
    """Return the entries of the person's menu."""
    person = visit.person
    entries = [html.A([icon("user"), "Account"], href="/account", className="item"), html.A([icon("download"), "Your files"], href="/account/files", className="item"), html.A([icon("key"), "Change password"], href="/account/password", className="item")]
    if person.rules.manages_people:
        entries.append(html.A([icon("people"), "People"], href="/admin/people", className="item"))
    entries.append(html.Button([icon("print"), "Print this page"], className="item", type="button", **{"data-do": "print"}))
    sign_out = html.Form([dcc.Input(type="hidden", name="form_token", value=visit.form_token), html.Button([icon("out"), "Sign out"], className="item", type="submit")],
                         method="post", action="/sign-out")
    return [html.Div([html.Span(person.initials, className="ava"), html.Div([html.B(person.name), html.Small(person.email)])], className="who-box"),
            html.Hr(), *entries, html.Hr(), sign_out]


def person_menu(visit: Visit) -> html.Details:
    """Return the person's name, role and menu."""
    person = visit.person
    summary = html.Summary([html.Span(person.initials, className="ava"), html.Div([html.B(person.name), html.Small(person.rules.label)], className="tx"), icon("chevron")],
                           className="me", **{"aria-label": f"Menu of {person.name}"})
    return html.Details([summary, html.Div(person_items(visit), className="pop-in from-below")], className="pop")


def tabbar(pages: Sequence[Page], visit: Visit) -> html.Nav:
    """Return the phone's bottom bar: the first four pages and a menu with the rest."""
    first, rest = pages[:4], pages[4:]
    tabs = [html.A([icon(page.icon), page.title], href=page.path, **({"aria-current": "page"} if page.path == visit.path else {})) for page in first]
    more = [html.A([icon(page.icon), page.title], href=page.path, className="item") for page in rest]
    menu = html.Details([html.Summary([icon("user"), "You"]), html.Div([*more, *person_items(visit)], className="pop-in from-below")], className="pop")
    return html.Nav([*tabs, menu], className="tabbar", **{"aria-label": "Main, on a phone"})
