"""Small parts: icons, keys of figures, popovers, choices, and what stands where there is nothing."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from dash import html
from dash.development.base_component import Component

from cmo_app.visit import Visit

Content: TypeAlias = "Component | str | None"


def icon(name: str) -> html.Span:
    """Return an icon that says nothing to a screen reader; names are in tools/plotly-bundle/build.js."""
    return html.Span(className=f"ic i-{name}", **{"aria-hidden": "true"})


def key(text: str, colour: str, shape: str = "") -> html.Span:
    """Return one entry of a figure's key; ``shape`` is ``dash``, ``band``, ``dot`` or empty for a line."""
    return html.Span([html.I(className=shape, style={"--k": f"var(--{colour})"}), text])


def keys(*entries: Component) -> html.Span:
    """Return a figure's key."""
    return html.Span(list(entries), className="keys")


def empty(sentence: str, *, title: str = "Nothing here yet", symbol: str = "search", action: Content = None) -> html.Div:
    """Return what a card shows where there is no data: a reason and, where there is one, a way out."""
    return html.Div([icon(symbol), html.B(title), html.Span(sentence), action], className="empty")


def popover(summary: Sequence[Content], content: Sequence[Content], *, label: str, name: str = "ib", wrapper: str = "") -> html.Details:
    """Return a button that opens a floating panel; works with the keyboard and without scripts."""
    return html.Details([html.Summary(list(summary), className=name, **{"aria-label": label}), html.Div(list(content), className="pop-in")], className=f"pop {wrapper}".rstrip())


def segments(visit: Visit, name: str, options: Mapping[str, str], chosen: str, default: str, label: str) -> html.Nav:
    """Return a choice of the page's own as links, one of them current; ``default`` stands in no address."""
    links = [html.A(text, href=visit.chosen.choosing(**{name: None if option == default else option}), **{"data-nav": "", **({"aria-current": "true"} if option == chosen else {})}) for option, text in options.items()]
    return html.Nav(links, className="seg no-print", **{"aria-label": label})


def chosen_of(visit: Visit, name: str, options: Mapping[str, str], default: str) -> str:
    """Return what the address says of a choice of the page's own; ``default`` where it says nothing that exists."""
    found = visit.chosen.choice(name, default)
    return found if found in options else default
