"""Headlines as tiles: four large ones of revenue, and a strip of lead flow and conversion."""

import math
from collections.abc import Sequence

from dash import html

from shared.metrics.format import write
from shared.metrics.headline import Headline

_ARROWS = {"up": "▲", "down": "▼", "flat": "–"}
_FAR = 9.99
"""A share of a target above this many times is a typing error or a tiny target; its figure says nothing."""


def delta(headline: Headline) -> html.Span:
    """Return the change as a chip: an arrow, the amount, and in words for a screen reader whether it is good."""
    if headline.change is None:
        return html.Span("no comparison", className="delta flat")
    judged = "flat" if headline.is_good is None else "good" if headline.is_good else "bad"
    said = {"good": ", which is good", "bad": ", which is bad", "flat": ""}[judged]
    amount = headline.change_text
    return html.Span([html.Span(_ARROWS[headline.direction], **{"aria-hidden": "true"}), html.Span(headline.direction + " ", className="said"), amount, html.Span(said, className="said")],
                     className=f"delta {judged}", title=headline.words)


def spark(values: Sequence[float], *, bad: bool = False) -> html.Span:
    """Return a sparkline that spark.js draws."""
    return html.Span(className="spark bad" if bad else "spark", **{"data-spark": points(values), "aria-hidden": "true"})


def points(values: Sequence[float]) -> str:
    """Return numbers as spark.js reads them; a gap is empty."""
    return ",".join("" if math.isnan(value) else f"{value:.6g}" for value in values)


def revenue_tile(headline: Headline, label: str, code: str, line: Sequence[float]) -> html.Button:
    """Return a large tile: value, change, share of target with pace and landing, sparkline.  A click opens the glass box of ``code``."""
    return html.Button([
        html.Span([label, html.Em("net sales $, booked")], className="label"),
        html.Span(headline.text, className="value"),
        html.Span([delta(headline), html.Span(f"vs {headline.comparison.period.words}", className="against")], className="meta", title=headline.words),
        _plan(headline),
        spark(line, bad=headline.is_good is False),
    ], className="tile s3", type="button", title="Open the glass box: formula, target, SQL and rows", **{"data-glass": code, "aria-haspopup": "dialog"})


def _plan(headline: Headline) -> html.Span:
    goal, share = headline.goal, headline.attainment
    if goal is None or share is None:
        return html.Span([html.Span("No target for this day" if goal and not goal.value else "No target set", className="line"), html.Span(className="meter")], className="plan")
    words = [html.Span([html.B(percent(share)), f" of {write(goal.value, headline.metric.unit)}"])]
    if headline.projected is not None and headline.pace is not None:
        words.append(html.Span(f"lands at {write(headline.projected, headline.metric.unit)}"))
    marks = [html.I(className=headline.status, style={"width": f"{min(share, 1):.1%}"})]
    if headline.period.is_running:
        marks.append(html.U(style={"left": f"{goal.elapsed_share:.1%}"}))
    return html.Span([html.Span(words, className="line"), html.Span(marks, className="meter")], className="plan", title=f"{headline.status_words}. The mark shows how much of the period has passed.")


def percent(share: float) -> str:
    """Return a share of a target as a whole percentage."""
    return "over 999%" if share > _FAR else f"{share:.0%}"


def strip_tile(headline: Headline) -> html.Button:
    """Return a small tile of the strip: label, value, change and share of target."""
    judged = [html.Span(className=f"dot {headline.status}"), html.Span(percent(headline.attainment), className="share")] if headline.attainment is not None and headline.has_sample else []
    if not headline.has_sample:
        judged = [html.Span(f"{headline.sample:.0f} cases", className="share")]
    return html.Button([
        html.Span(headline.metric.label, className="label"), html.Span(headline.text, className="value"),
        html.Span([delta(headline), *judged], className="meta", title=f"{headline.words}. {headline.status_words[:1].upper()}{headline.status_words[1:]}."),
    ], className="tile", type="button", title=headline.metric.meaning, **{"data-glass": headline.metric.name, "aria-haspopup": "dialog"})
