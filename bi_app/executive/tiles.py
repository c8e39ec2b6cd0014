"""Headlines as tiles: four large ones of revenue, and a strip of lead flow and conversion."""

from collections.abc import Sequence

from dash import html

from shared.metrics import headline_words as words
from shared.metrics.headline import Headline


def delta(headline: Headline) -> html.Span:
    """Return the change as a chip: an arrow, the amount, and in words for a screen reader whether it is good."""
    if headline.change is None:
        return html.Span(words.NO_COMPARISON, className="delta flat")
    judged = words.judged(headline)
    return html.Span([html.Span(words.ARROWS[headline.direction], **{"aria-hidden": "true"}), html.Span(headline.direction + " ", className="said"), words.change(headline),
                      html.Span(words.JUDGED_WORDS[judged], className="said")], className=f"delta {judged}", title=headline.words)


def spark(values: Sequence[float], *, bad: bool = False) -> html.Span:
    """Return a sparkline that spark.js draws."""
    return html.Span(className="spark bad" if bad else "spark", **{"data-spark": words.points(values), "aria-hidden": "true"})


def revenue_tile(headline: Headline, label: str, code: str, line: Sequence[float]) -> html.Button:
    """Return a large tile: value, change, share of target with pace and landing, sparkline.  A click opens the glass box of ``code``."""
    return html.Button([
        html.Span([label, html.Em("net sales $, booked")], className="label"),
        html.Span(headline.text, className="value"),
        html.Span([delta(headline), html.Span(words.against(headline), className="against")], className="meta", title=headline.words),
        _plan(headline),
        spark(line, bad=headline.is_good is False),
    ], className="tile s3", type="button", title="Open the glass box: formula, target, SQL and rows", **{"data-glass": code, "aria-haspopup": "dialog"})


def _plan(headline: Headline) -> html.Span:
    share, mark, landing = words.share(headline), words.mark(headline), words.landing(headline)
    if not share:
        return html.Span([html.Span(words.goal(headline), className="line"), html.Span(className="meter")], className="plan")
    line = [html.Span([html.B(share), f" {words.goal(headline)}"]), *([html.Span(landing)] if landing else [])]
    meter = [html.I(className=headline.status, style={"width": words.width(headline)}), *([html.U(style={"left": mark})] if mark else [])]
    return html.Span([html.Span(line, className="line"), html.Span(meter, className="meter")], className="plan", title=words.meter_words(headline))


def strip_tile(headline: Headline) -> html.Button:
    """Return a small tile of the strip: label, value, change and share of target."""
    share, few = words.share(headline), words.sample(headline)
    judged = [html.Span(few, className="share")] if few else [html.Span(className=f"dot {headline.status}"), html.Span(share, className="share")] if share else []
    return html.Button([
        html.Span(headline.metric.label, className="label"), html.Span(headline.text, className="value"),
        html.Span([delta(headline), *judged], className="meta", title=f"{headline.words}. {headline.status_words[:1].upper()}{headline.status_words[1:]}."),
    ], className="tile", type="button", title=headline.metric.meaning, **{"data-glass": headline.metric.name, "aria-haspopup": "dialog"})
