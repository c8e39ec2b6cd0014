"""What makes a page live: the connection's badge with the reader's interval, and the components that carry it."""

from collections.abc import Sequence
from datetime import datetime

from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from dash_extensions import WebSocket

from bi_app.shell.parts import icon
from bi_app.visit import Visit
from shared.live.attributes import CALLBACKS
from shared.people.pace import PACES

_CHOICES = {"live": "Live", "1s": "Every second", "5s": "Every 5 seconds", "15s": "Every 15 seconds", "1m": "Every minute", "5m": "Every 5 minutes", "off": "Off"}


def badge(visit: Visit, moment: datetime | None) -> html.Details:
    """Return the badge: how the page is connected, as of when its oldest number holds, and how often it takes new ones."""
    said = f"{moment:%H:%M:%S}" if moment else "no numbers"
    choices = [html.Button([html.Span(icon("check"), className="tick"), label], className="item", type="button", role="menuitemradio", **{"data-do": "pace", "data-pace": key, "aria-checked": "false"})
               for key, label in _CHOICES.items() if key in PACES]
    watchers: Sequence[Component] = [html.Div(className="watchers", **{"data-live": f"p:bi:{visit.path}", "data-put": "people=people"})] if visit.person.rules.manages_people else []
    return html.Details([
        html.Summary([html.B(), html.Span("Connecting", className="live-word"), html.Time(said)], className="live-b", title="How this page is connected, and as of when its oldest number holds",
                     **{"aria-label": "Live connection and refresh interval"}),
        html.Div([html.H3("New numbers"), *choices, html.Div(className="problem", role="alert"), *watchers], className="pop-in", role="menu"),
    ], className="pop no-print live-pop", id="live-badge", **{"data-pace": visit.pace, "data-state": "starting"})


def plumbing() -> list[Component]:
    """Return the components that carry the connection: a socket, the interval that polls while it is closed, and a place for callbacks to end in."""
    newer = html.Div(["This page is older than its site.", html.Button("Load it anew", className="button", type="button", **{"data-do": "reload"})], id="newer", className="banner", hidden=True, role="status")
    return [newer, html.Div([WebSocket(id="live-socket"), dcc.Interval(id="live-poll", interval=5_000, disabled=True), dcc.Store(id="live-end")], id="live-page", hidden=True)]


def register_live(app: Dash) -> None:
    """Add the callbacks that hand what the socket and the interval bring to live.js; none of them asks the server."""
    for name, component, field in CALLBACKS:
        app.clientside_callback(ClientsideFunction("live", name), Output("live-end", "data", allow_duplicate=True), Input(component, field), prevent_initial_call=True)
