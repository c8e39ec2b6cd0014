"""Headline tiles of a scorecard: the light and its reason in words stand on each."""

from dash import html

from bi_app.shell.tiles import age, delta, spark
from bi_app.visit import Visit
from shared.live.attributes import live_of, put
from shared.metrics import headline_words as words
from shared.metrics.headline import Headline


def light(headline: Headline) -> html.Span:
    """Return the status light: a dot, and the status in a word for a screen reader."""
    return html.Span(className=f"dot {headline.status}", title=headline.status_words, **{"data-base": "dot sc-dot"}, **put("class=status", "title=status_words"))


def tile(visit: Visit, headline: Headline, *, large: bool) -> html.Button:
    """Return one headline: light, value, change, target with pace and, where there is room, a line.  A click opens its glass box."""
    name = headline.metric.name
    body = [
        html.Span([light(headline), headline.metric.label], className="label"), html.Span(headline.text, className="value", **put("text=text")),
        html.Span([delta(headline), html.Span(words.against(headline), className="against", **put("text=against"))] if large else [delta(headline)], className="meta", title=headline.words, **put("title=words")),
    ]
    if large:
        mark = words.mark(headline)
        line = [html.Span([html.B(words.share(headline), **put("text=share")), " ", html.Span(words.goal(headline), **put("text=goal"))]), html.Span(words.landing(headline), **put("text=landing"))]
        meter = [html.I(className=headline.status, style={"width": words.width(headline) or "0"}, **put("width=width", "class=status")), html.U(style={"left": mark} if mark else {}, hidden=not mark, **put("left=mark"))]
        body += [html.Span([html.Span(line, className="line"), html.Span(meter, className="meter")], className="plan", title=words.meter_words(headline), **put("title=meter_words"))]
    body.append(html.Span(headline.status_words, className="sc-why", **put("text=status_words")))
    if large:
        body.append(spark(headline.series, words.judged(headline), "spark=spark"))
    return html.Button([*body, age()], className="tile s3 sc-large" if large else "tile sc-small", type="button", title=headline.metric.meaning,
                       **{"data-glass": name, "aria-haspopup": "dialog"}, **live_of(headline, visit.scope))
