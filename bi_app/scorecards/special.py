"""Cards that one department alone has: ages of the backlog, lifetimes of tickets, the platform's signs."""

import math
from typing import Final
from zoneinfo import ZoneInfo

import orjson
from dash import dcc, html

from bi_app.behind import Behind
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, icon, key
from bi_app.visit import Visit
from shared.analysis.ageing import BANDS, band
from shared.charts.bars import ranked
from shared.charts.palette import themed
from shared.charts.scorecard import still_open
from shared.charts.template import CONFIG
from shared.live.vitals import Sign, Signs
from shared.metrics.format import write
from shared.metrics.headline import Status
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table

AGEING, RESOLUTION, SIGNS = "Days outstanding", "Time to resolve", "The platform's vital signs"
SIGNS_ADDRESS = "/vitals"
_HEIGHT = 190
_LIGHTS: Final[dict[Status, str]] = {"good": "Green", "warn": "Amber", "bad": "Red", "none": "None"}


def ageing_card(visit: Visit, behind: Behind) -> html.Section:
    """Return contracts that still stand and are not complete, by days since the sale."""
    aged = behind.outstanding(visit)
    jobs = sum(each.jobs for each in aged)
    if not jobs:
        return card(4, AGEING, empty("No contract waits for its installation.", title="All clear", symbol="good"))
    bands = [[0.0, 0.0] for _ in BANDS]
    for each in aged:
        found = bands[band(each.days)]
        found[0] += each.jobs
        found[1] += each.amount
    most = max(count for count, _ in bands)
    rows = [html.Div([html.Span(label, className="name"), html.Span(html.I(style={"width": f"{count / most:.1%}"}, className=f"age-{number}"), className="sc-bar"), html.Span(f"{count:,.0f}", className="amount"),
                      html.Span(write(amount, Unit.MONEY), className="beside")], className="sc-row") for number, ((label, _), (count, amount)) in enumerate(zip(BANDS, bands, strict=True))]
    median, said = f"{_at(aged, 0.5):,} days", f" is the median age, nine of ten are younger than {_at(aged, 0.9):,} days, the oldest is {aged[-1].days:,} days old."
    words = html.P([html.B(median), said], className="say")
    more = html.Button([icon("table"), "Rows behind it"], className="button", type="button", **{"data-glass": "backlog_jobs", "aria-haspopup": "dialog"})
    sub = f"{jobs:,} contracts sold and not complete, by days since the sale"
    section = card(4, AGEING, html.Div(rows, className="sc-rows"), words, sub=sub, side=more, name="sc-ageing")
    table = Table((Column("Age"), Column("Contracts", Unit.COUNT), Column("Amount", Unit.MONEY)), tuple((label, *numbers) for (label, _), numbers in zip(BANDS, bands, strict=True)), ("All", sum(count for count, _ in bands), sum(amount for _, amount in bands)))
    figure = ranked([label for label, _ in BANDS], [count for count, _ in bands], Unit.COUNT)
    return with_files(section, Block("days-outstanding", AGEING, f"{median}{said}", figure, table, f"{sub}."), ("backlog_jobs",))


def _at(aged: list, q: float) -> int:  # type: ignore[type-arg]
    """The age that the share ``q`` of contracts has at most."""
    wanted, seen = q * sum(each.jobs for each in aged), 0
    for each in aged:
        seen += each.jobs
        if seen >= wanted:
            return int(each.days)
    return 0


def resolution_card(visit: Visit, behind: Behind) -> html.Section:
    """Return how long the period's tickets stay open: Kaplan and Meier's curve, in which open tickets count for as long as they have been open."""
    curve = behind.resolution(visit)
    if not curve.steps:
        return card(4, RESOLUTION, empty("No ticket of these days is resolved yet.", symbol="clock"))
    low, high = curve.median_bounds
    bounds = f" (95% sure: {_hours(low)} to {_hours(high)})" if not math.isnan(low) else ""
    said = f" until half are resolved{bounds}; nine of ten within {_hours(curve.quantile(0.9))}."
    words = html.P([html.B(_hours(curve.median), id="sc-median"), said], className="say")
    figure = still_open(curve, _HEIGHT)
    graph = dcc.Graph(id="sc-survival", figure=orjson.loads(themed(orjson.dumps(figure).decode(), "dark" if visit.theme == "dark" else "light")), config=CONFIG, style={"height": f"{_HEIGHT}px"}, className="chart")
    keys = html.Span([key("Share still open", "c1"), key("95% band", "c1", "band")], className="keys")
    sub = f"{curve.count:,} tickets, of which {curve.open:,} are open: they count as open so long, not as missing."
    section = card(4, RESOLUTION, html.Div(graph), words, sub=html.Span([f"{sub} ", keys]), name="sc-resolution")
    columns = (Column("Open for", Unit.HOURS), Column("Still open", Unit.PERCENT), Column("From (95%)", Unit.PERCENT), Column("To (95%)", Unit.PERCENT))
    table = Table(columns, tuple((step.time, step.share, step.low, step.high) for step in curve.steps))
    return with_files(section, Block("time-to-resolve", RESOLUTION, f"{_hours(curve.median)}{said}", figure, table, sub), ("resolution_hours",))


def _hours(hours: float) -> str:
    if math.isnan(hours):
        return "not known yet"
    return write(hours / 24, Unit.DAYS) if hours >= 48 else write(hours, Unit.HOURS)


def signs_card(signs: Signs, zone: ZoneInfo) -> html.Section:
    """Return the platform's vital signs, measured at a moment that is said in ``zone``; scorecard.js asks for them again every ten seconds."""
    at = f"{signs.at.astimezone(zone):%H:%M:%S}"
    section = card(12, SIGNS, html.Div([sign_part(sign) for sign in signs.signs], className="sc-signs", id="sc-signs", **{"data-from": SIGNS_ADDRESS}),
                sub="Measured now, and again every ten seconds while this page is open", side=html.Span(at, className="note", id="sc-signs-at"), name="sc-vitals")
    rows = tuple((sign.label, sign.text, _LIGHTS[sign.status], sign.why, sign.rule) for sign in signs.signs)
    return with_files(section, Block("vital-signs", SIGNS, f"Measured at {at}.", None, Table((Column("Sign"), Column("Value"), Column("Light"), Column("Found"), Column("Rule")), rows)))


def sign_part(sign: Sign) -> html.Div:
    """Return one sign: light, number, what was found, and the rule of its light."""
    return html.Div([html.Span([html.Span(className=f"dot {sign.status}"), sign.label], className="label"), html.Span(sign.text, className="value"), html.Span(sign.why, className="sc-why"), html.Span(sign.rule, className="sc-rule")],
                    className=f"sc-sign {sign.status}", **{"data-sign": sign.name})
