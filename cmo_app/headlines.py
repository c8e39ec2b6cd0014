"""Headlines in two sizes."""

from dash import html

from shared.metrics import headline_words as words
from shared.metrics.headline import Headline


def change(headline: Headline) -> html.Span:
    """Return the change as a chip, in words for a screen reader."""
    if headline.change is None:
        return html.Span(words.NO_COMPARISON, className="delta flat")
    said = html.Span(f"{headline.direction} ", className="said")
    return html.Span([html.Span(words.ARROWS[headline.direction], **{"aria-hidden": "true"}), said, words.change(headline)], className=f"delta {words.judged(headline)}", title=headline.words)


def target(headline: Headline) -> str:
    """Return how the number stands to its target, in words."""
    return f"{words.share(headline)} {words.goal(headline)}".strip()


def large(headline: Headline) -> html.Section:
    """Return a large headline with its line."""
    return html.Section([
        html.H2(headline.metric.label), html.Div(headline.text, className="value"),
        html.Div([change(headline), html.Span([html.Span(className=f"dot {headline.status}"), target(headline)], className="aim", title=headline.status_words)], className="meta"),
        html.Div(className="spark bad" if headline.is_good is False else "spark", title=headline.series_words, **{"data-spark": words.points(headline.series), "aria-hidden": "true"}),
    ], className="card-x big", title=headline.metric.meaning, **{"aria-label": headline.words})


def small(headline: Headline) -> html.Section:
    """Return a small headline."""
    return html.Section([
        html.H2(headline.metric.label), html.Div(headline.text, className="value"),
        html.Div([change(headline), html.Span([html.Span(className=f"dot {headline.status}"), target(headline)], className="aim", title=headline.status_words)], className="meta"),
    ], className="card-x little", title=headline.metric.meaning, **{"aria-label": headline.words})
