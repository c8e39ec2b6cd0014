"""Small parts that pages are made of: icons, cards, popovers, empty and failed states."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeAlias

from dash import html
from dash.development.base_component import Component

from bi_app.shell.said import Said, saying

log = logging.getLogger(__name__)
Content: TypeAlias = "Component | str | None"


def icon(name: str) -> html.Span:
    """Return an icon that says nothing to a screen reader; names are in tools/plotly-bundle/build.js."""
    return html.Span(className=f"ic i-{name}", **{"aria-hidden": "true"})


def card(span: int, title: str, *body: Content, sub: Content = None, side: Content = None, name: str = "") -> html.Section:
    """Return a card of ``span`` twelfths: title, a line under it, something at the right of them, and a body."""
    heading = html.Div([html.H2(title), html.Div(sub, className="sub") if sub else None])
    head = html.Div([heading, html.Div(side, className="side-h") if side else None], className="card-h")
    return html.Section([head, html.Div(list(body), className="card-b")], className=f"card-x s{span} {name}".rstrip(), **{"aria-label": title})


def empty(sentence: str, *, title: str = "Nothing here yet", symbol: str = "search", action: Content = None) -> html.Div:
    """Return what a card shows where there is no data: a reason and, where there is one, a way out."""
    return html.Div([icon(symbol), html.B(title), html.Span(sentence), action], className="empty")


def drawn(span: int, title: str, draw: Callable[[], Component]) -> Component:
    """Return what ``draw`` returns; a card that fails says so and offers to try again, and the others stay."""
    try:
        return draw()
    except Exception:  # any card may fail for any reason; it is logged, and said where the card would be
        log.exception("the card %r could not be drawn", title)
        again = html.Button([icon("retry"), html.Span("Try again")], className="button", type="button", **{"data-do": "retry"})
        failed = card(span, title, empty("This part could not be read just now; the rest of the page is not affected.", title="Not available", symbol="warning", action=again), name="failed")
        return saying(failed, Said(problem=f"{title!r} could not be read"))


def popover(summary: Sequence[Content], content: Sequence[Content], *, label: str, name: str = "ib", wrapper: str = "", panel: str = "") -> html.Details:
    """Return a button that opens a floating panel; works with the keyboard and without scripts."""
    return html.Details([html.Summary(list(summary), className=name, **{"aria-label": label}), html.Div(list(content), className=f"pop-in {panel}".rstrip())], className=f"pop {wrapper}".rstrip())


def key(text: str, colour: str, shape: str = "") -> html.Span:
    """Return one entry of a chart's key; ``shape`` is ``dash``, ``band``, ``dot`` or empty for a line."""
    return html.Span([html.I(className=shape, style={"--k": f"var(--{colour})"}), text])
