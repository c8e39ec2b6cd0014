"""What stands around the page: a bar with the product, the person and the period, and nothing else."""

from collections.abc import Mapping, Sequence

from dash import dcc, html
from dash.development.base_component import Component

from cmo_app.live import badge, plumbing
from shared.people.person import Person
from shared.web.tokens_of_forms import form_token


def icon(name: str) -> html.Span:
    """Return an icon that says nothing to a screen reader."""
    return html.Span(className=f"ic i-{name}", **{"aria-hidden": "true"})


def frame(person: Person, company: str, heading: tuple[str, str], periods: Component, body: Sequence[Component], degraded: str, pace: str) -> html.Div:
    """Return the whole page."""
    title, words = heading
    brand = html.A([html.I("N", **{"aria-hidden": "true"}), html.Span("Northline CMO")], href="/", className="brand")
    theme = html.Button([icon("moon"), icon("sun")], className="ib icon", type="button", title="Light or dark", **{"data-do": "theme", "aria-label": "Switch between light and dark"})
    bar = html.Header([brand, html.Span(company, className="whose"), html.Span(className="grow"), badge(pace), theme, _menu(person)], className="bar")
    head = html.Div([html.Div([html.H1(title), html.P(words)]), periods], className="head")
    return html.Div([
        html.A("Skip to the numbers", href="#main", className="skip"), bar,
        html.Main([head, html.Div(degraded, className="banner", role="status") if degraded else None, *plumbing(), *body], className="sheet-main", id="main", tabIndex=-1),
    ], className="quiet")


def _menu(person: Person) -> html.Details:
    sign_out = html.Form([dcc.Input(type="hidden", name="form_token", value=form_token()), html.Button([icon("out"), "Sign out"], className="item", type="submit")], method="post", action="/sign-out")
    items = [html.Div([html.Span(person.initials, className="ava"), html.Div([html.B(person.name), html.Small(person.email)])], className="who-box"), html.Hr(),
             html.A([icon("user"), "Account"], href="/account", className="item"), html.A([icon("key"), "Change password"], href="/account/password", className="item"),
             html.Button([icon("print"), "Print this page"], className="item", type="button", **{"data-do": "print"}), html.Hr(), sign_out]
    return html.Details([html.Summary(html.Span(person.initials, className="ava"), **{"aria-label": f"Menu of {person.name}"}), html.Div(items, className="pop-in")], className="pop")


def periods(choices: Mapping[str, str], chosen: str) -> html.Nav:
    """Return the periods as links."""
    return html.Nav([html.A(label, href=f"/?period={preset}", **({"aria-current": "true"} if preset == chosen else {})) for preset, label in choices.items()], className="seg", **{"aria-label": "Period"})


def not_available(what: str) -> html.Section:
    """Return what stands where numbers could not be read."""
    again = html.Button([icon("retry"), html.Span("Try again")], className="button", type="button", **{"data-do": "reload"})
    return html.Section(html.Div([icon("warning"), html.B(f"{what} are not available just now"), html.Span("Nothing is lost; it is tried again when the page is loaded anew."), again], className="empty"),
                        className="card-x", **{"aria-label": what})
