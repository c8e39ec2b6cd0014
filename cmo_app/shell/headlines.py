"""Headlines in two sizes."""

from dash import html

from cmo_app.visit import Visit
from shared.live.attributes import live_of, put
from shared.metrics import headline_words as words
from shared.metrics.headline import Headline


def change(headline: Headline) -> html.Span:
    """Return the change as a chip, in words for a screen reader."""
    if headline.change is None:
        return html.Span(words.NO_COMPARISON, className="delta flat", **put("delta"))
    said = html.Span(f"{headline.direction} ", className="said")
    return html.Span([html.Span(words.ARROWS[headline.direction], **{"aria-hidden": "true"}), said, words.change(headline)], className=f"delta {words.judged(headline)}", title=headline.words, **put("delta"))


def _aim(headline: Headline) -> html.Span:
    """Return how the number stands to its target."""
    dot = html.Span(className=f"dot {headline.status}", **{"data-base": "dot"}, **put("class=status"))
    return html.Span([dot, html.Span(words.share(headline), **put("text=share")), " ", html.Span(words.goal(headline), **put("text=goal"))], className="aim", title=headline.status_words, **put("title=status_words"))


def large(headline: Headline, visit: Visit) -> html.Section:
    """Return a large headline with its line."""
    line = html.Div(className=f"spark {words.judged(headline)}", title=headline.series_words, **{"data-spark": words.points(headline.series), "data-base": "spark", "aria-hidden": "true"},
                    **put("spark=spark", "class=judged"))
    landing = html.Div(words.landing(headline), className="landing", title="Where it lands at this pace, by the working weight of the days", **put("text=landing"))
    return html.Section([
        html.H2(headline.metric.label), html.Div(headline.text, className="value", **put("text=text")), html.Div([change(headline), _aim(headline)], className="meta"), landing, line, html.Span(className="as-of"),
    ], className="card-x big", title=headline.metric.meaning, **{"aria-label": headline.words}, **live_of(headline, visit.scope))


def small(headline: Headline, visit: Visit) -> html.Section:
    """Return a small headline."""
    return html.Section([
        html.H2(headline.metric.label), html.Div(headline.text, className="value", **put("text=text")), html.Div([change(headline), _aim(headline)], className="meta"), html.Span(className="as-of"),
    ], className="card-x little", title=headline.metric.meaning, **{"aria-label": headline.words}, **live_of(headline, visit.scope))
