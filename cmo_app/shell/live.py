"""What makes the page live: the connection's badge with the reader's interval, and the components that carry it."""

from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from dash_extensions import WebSocket

from shared.live.attributes import CALLBACKS

CHOICES = {"live": "Live", "15s": "Every 15 seconds", "1m": "Every minute", "5m": "Every 5 minutes", "off": "Off"}
"""What an executive chooses from; shared.people.pace.PACES says what each means."""


def badge(pace: str) -> html.Details:
    """Return the badge: how the page is connected, and as of when its oldest number holds."""
    choices = [html.Button([html.Span(html.Span(className="ic i-check", **{"aria-hidden": "true"}), className="tick"), label], className="item", type="button", role="menuitemradio",
                           **{"data-do": "pace", "data-pace": key, "aria-checked": "false"}) for key, label in CHOICES.items()]
    summary = html.Summary([html.B(), html.Span("Connecting", className="live-word"), html.Time("")], className="live-b", **{"aria-label": "Live connection and refresh interval"})
    return html.Details([summary, html.Div([html.H3("New numbers"), *choices, html.Div(className="problem", role="alert")], className="pop-in", role="menu")],
                        className="pop no-print live-pop", id="live-badge", **{"data-pace": pace, "data-state": "starting"})


def plumbing() -> list[Component]:
    """Return what carries the connection: a socket, the interval that polls while it is closed, and a place for callbacks to end in."""
    newer = html.Div(["This page is older than its site.", html.Button("Load it anew", className="button", type="button", **{"data-do": "reload"})], id="newer", className="banner", hidden=True, role="status")
    return [newer, html.Div([WebSocket(id="live-socket"), dcc.Interval(id="live-poll", interval=5_000, disabled=True), dcc.Store(id="live-end")], id="live-page", hidden=True)]


def register_live(app: Dash) -> None:
    """Hand what the socket and the interval bring to live.js; no callback asks the server."""
    for name, component, field in CALLBACKS:
        app.clientside_callback(ClientsideFunction("live", name), Output("live-end", "data", allow_duplicate=True), Input(component, field), prevent_initial_call=True)
