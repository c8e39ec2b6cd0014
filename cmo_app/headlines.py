"""Headlines in two sizes."""

import math

from dash import html

from shared.metrics.format import write
from shared.metrics.headline import Headline

_ARROWS = {"up": "▲", "down": "▼", "flat": "–"}


def change(headline: Headline) -> html.Span:
    """Return the change as a chip, in words for a screen reader."""
    if headline.change is None:
        return html.Span("no comparison", className="delta flat")
    judged = "flat" if headline.is_good is None else "good" if headline.is_good else "bad"
    amount = headline.change_text
    return html.Span([html.Span(_ARROWS[headline.direction], **{"aria-hidden": "true"}), html.Span(f"{headline.direction} ", className="said"), amount], className=f"delta {judged}", title=headline.words)


def target(headline: Headline) -> str:
    """Return how the number stands to its target, in words."""
    if headline.goal is None or headline.attainment is None:
        return "no target set"
    return f"{headline.attainment:.0%} of {write(headline.goal.value, headline.metric.unit)}"


def large(headline: Headline) -> html.Section:
    """Return a large headline with its line."""
    points = ",".join("" if math.isnan(value) else f"{value:.6g}" for value in headline.series)
    return html.Section([
        html.H2(headline.metric.label), html.Div(headline.text, className="value"),
        html.Div([change(headline), html.Span([html.Span(className=f"dot {headline.status}"), target(headline)], className="aim", title=headline.status_words)], className="meta"),
        html.Div(className="spark bad" if headline.is_good is False else "spark", title=headline.series_words, **{"data-spark": points, "aria-hidden": "true"}),
    ], className="card-x big", title=headline.metric.meaning, **{"aria-label": headline.words})


def small(headline: Headline) -> html.Section:
    """Return a small headline."""
    return html.Section([
        html.H2(headline.metric.label), html.Div(headline.text, className="value"),
        html.Div([change(headline), html.Span([html.Span(className=f"dot {headline.status}"), target(headline)], className="aim", title=headline.status_words)], className="meta"),
    ], className="card-x little", title=headline.metric.meaning, **{"aria-label": headline.words})
