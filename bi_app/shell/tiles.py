"""Headlines as tiles: large ones with a line, and small ones for a strip."""

from collections.abc import Sequence

from dash import html

from bi_app.visit import Visit
from shared.live.attributes import live_of, put
from shared.metrics import headline_words as words
from shared.metrics.headline import Headline


def delta(headline: Headline) -> html.Span:
    """Return the change as a chip: an arrow, the amount, and in words for a screen reader whether it is good."""
    if headline.change is None:
        return html.Span(words.NO_COMPARISON, className="delta flat", **put("delta"))
    judged = words.judged(headline)
    return html.Span([html.Span(words.ARROWS[headline.direction], **{"aria-hidden": "true"}), html.Span(headline.direction + " ", className="said"), words.change(headline),
                      html.Span(words.JUDGED_WORDS[judged], className="said")], className=f"delta {judged}", title=headline.words, **put("delta"))


def spark(values: Sequence[float], judged: str, *rules: str) -> html.Span:
    """Return a sparkline that spark.js draws, in the colour of its judgement; ``rules`` say what of a live message changes it."""
    return html.Span(className=f"spark {judged}", **{"data-spark": words.points(values), "data-base": "spark", "aria-hidden": "true"}, **put("class=judged", *rules))


def age() -> html.Span:
    """Return the place where live.js says how old the number is, once it is older than it should be."""
    return html.Span(className="as-of")


def large_tile(visit: Visit, headline: Headline, label: str, note: str, code: str, line: html.Span) -> html.Button:
    """Return a large tile: value, change, share of target with pace and landing, sparkline.  A click opens the glass box of ``code``."""
    return html.Button([
        html.Span([label, html.Em(note)], className="label"),
        html.Span(headline.text, className="value", **put("text=text")),
        html.Span([delta(headline), html.Span(words.against(headline), className="against", **put("text=against"))], className="meta", title=headline.words, **put("title=words")),
        _plan(headline), line, age(),
    ], className="tile s3", type="button", title="Open the glass box: formula, target, SQL and rows", **{"data-glass": code, "aria-haspopup": "dialog"}, **live_of(headline, visit.scope))


def _plan(headline: Headline) -> html.Span:
    mark = words.mark(headline)
    line = [html.Span([html.B(words.share(headline), **put("text=share")), " ", html.Span(words.goal(headline), **put("text=goal"))]), html.Span(words.landing(headline), **put("text=landing"))]
    meter = [html.I(className=headline.status, style={"width": words.width(headline) or "0"}, **put("width=width", "class=status")),
             html.U(style={"left": mark} if mark else {}, hidden=not mark, **put("left=mark"))]
    return html.Span([html.Span(line, className="line"), html.Span(meter, className="meter")], className="plan", title=words.meter_words(headline), **put("title=meter_words"))


def strip_tile(visit: Visit, headline: Headline) -> html.Button:
    """Return a small tile of the strip: label, value, change and share of target."""
    judged = [html.Span(className=f"dot {words.light(headline)}".rstrip(), **{"data-base": "dot"}, **put("class=light")), html.Span(words.standing(headline), className="share", **put("text=standing"))]
    return html.Button([
        html.Span(headline.metric.label, className="label"), html.Span(headline.text, className="value", **put("text=text")),
        html.Span([delta(headline), *judged], className="meta", title=words.judgement(headline), **put("title=judgement")), age(),
    ], className="tile", type="button", title=headline.metric.meaning, **{"data-glass": headline.metric.name, "aria-haspopup": "dialog"}, **live_of(headline, visit.scope))
