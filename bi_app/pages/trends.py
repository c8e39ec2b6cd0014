"""Trends at ``/trends``: any metric by any split and grain, what is usual of it, and why it changed."""

import logging
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from bi_app.page import Page
from bi_app.shell import tiles
from bi_app.shell.parts import card, drawn, empty, icon
from bi_app.shell.said import Said, saying
from bi_app.shell.topbar import chips, topbar
from bi_app.sources import Sources
from bi_app.trends import explain, growth, main, notes, season, split
from bi_app.trends.choices import NAMES, Choices, choices_of
from bi_app.trends.controls import controls
from bi_app.trends.findings import Findings, findings_of
from bi_app.trends.numbers import Numbers, numbers_of
from bi_app.visit import Visit
from shared.live.attributes import live_of, put
from shared.metrics import headline_words as words
from shared.metrics.headline import Headline, Wanted
from shared.metrics.period import period
from shared.reports.headline_block import headline_block
from shared.warehouse.annotations import Annotation, Feedback

TITLE = "Trends"
_TILES = {"today": "Today", "wtd": "This week", "mtd": "This month", "qtd": "This quarter"}
log = logging.getLogger(__name__)


def layout(visit: Visit, sources: Sources) -> Component:
    """Return the page with its numbers; a part whose numbers fail says so and the others stay."""
    choices = choices_of(visit)
    try:
        numbers = numbers_of(visit, sources, choices)
    except Exception:  # whatever keeps the numbers away, other choices must stay within reach
        log.exception("the numbers of %s could not be read", choices.metric.name)
        again = html.Button([icon("retry"), html.Span("Try again")], className="button", type="button", **{"data-do": "retry"})
        problem = card(12, choices.metric.label, empty("These numbers could not be read just now. Try again, or choose another metric, fewer days or a smaller split.", title="Not available", symbol="warning", action=again), name="failed")
        saying(problem, Said(problem=f"{choices.metric.label!r} could not be read"))
        return html.Div([topbar(TITLE, visit, "", None, periods=False), chips(visit), controls(visit, choices), html.Div(problem, className="grid")], className="tr")
    moment = numbers.as_of.astimezone(ZoneInfo(sources.settings.company_time_zone)) if numbers.as_of else None
    return html.Div([
        topbar(TITLE, visit, "", moment, periods=False, files=True), html.Div(numbers.degraded, className="banner", role="status") if numbers.degraded else None, chips(visit), controls(visit, choices),
        html.P([html.B(f"{choices.metric.label}. "), choices.metric.meaning, f" Counted on {choices.metric.date}."], className="tr-meaning"),
        html.Div(_cards(visit, sources, choices, numbers), className="grid"),
    ], className="tr")


def _cards(visit: Visit, sources: Sources, choices: Choices, numbers: Numbers) -> list[Component]:
    noted, said, told = _written(visit, sources, choices, numbers)
    found: list[Findings] = []

    def findings() -> Findings:
        if not found:
            found.append(findings_of(sources, numbers, choices, noted, said, visit.today))
        return found[0]

    return [
        drawn(12, "Now", lambda: _now(visit, sources, choices)),
        html.Div(told, className="banner s12", role="status") if told else None,
        drawn(12, choices.metric.label, lambda: main.main_card(visit, choices, numbers, findings(), noted, said)),
        *([drawn(12, "Split", lambda: split.split_card(visit, choices, numbers))] if choices.split else []),
        html.Div([drawn(7, explain.WHY, lambda: explain.why_card(visit, sources, choices, numbers, findings(), noted)), drawn(7, growth.TITLE, lambda: growth.growth_card(visit, choices, numbers))], className="tr-column s7"),
        html.Div([drawn(5, explain.ODD, lambda: explain.odd_card(visit, choices, numbers, findings(), noted, said)), drawn(5, season.TITLE, lambda: season.season_card(visit, numbers, findings()))], className="tr-column s5"),
        drawn(12, season.APART, lambda: season.apart_card(visit, numbers, findings())),
        drawn(12, notes.TITLE, lambda: notes.notes_card(visit, [note for note in noted if note.last >= numbers.shown.start])),
    ]


def _written(visit: Visit, sources: Sources, choices: Choices, numbers: Numbers) -> tuple[Sequence[Annotation], list[Feedback], str]:
    """Return annotations and verdicts about what is in view; the line can be drawn without them, which is said."""
    if sources.annotations is None or not numbers.by["day"].buckets:
        return (), [], ""
    chosen = {branch.id for branch in visit.chosen}
    everywhere = visit.scope.is_company and not visit.filters.branches
    try:
        noted = sources.annotations.between(numbers.by["day"].buckets[0], visit.today, None if everywhere else chosen)
        said = sources.annotations.feedback(choices.metric.name, chosen)
    except Exception:  # the line can be drawn all the same
        log.exception("annotations could not be read")
        return (), [], "Annotations and what people said of odd days could not be read just now; the numbers are not affected."
    return noted, valid_for(said, None if everywhere else chosen), ""


def valid_for(said: Sequence[Feedback], branches: set[int] | None) -> list[Feedback]:
    """Return the verdicts that hold for ``branches`` (None: all together): those on all together, and those on each of them alike, one a day."""
    found = {each.day: each for each in said if each.branch is None}
    if branches:
        for day in sorted({each.day for each in said}):
            own = [each for each in said if each.day == day and each.branch in branches]
            if {each.branch for each in own} == branches and len({each.verdict for each in own}) == 1:
                found[day] = own[0]
    return [found[day] for day in sorted(found)]


def _now(visit: Visit, sources: Sources, choices: Choices) -> Component:
    fiscal = sources.settings.fiscal_year_start_month
    wanted = [Wanted(choices.metric.name, period(preset, visit.today, fiscal), branches=visit.filters.branch_set) for preset in _TILES]
    headlines = sources.headlines(wanted, visit.scope)
    strip = html.Section([_tile(visit, headline, label, preset) for headline, (preset, label) in zip(headlines, _TILES.items(), strict=True)], className="card-x strip tr-now s12", **{"aria-label": "Now"})
    return saying(strip, Said(headline_block(headlines, "now", f"{choices.metric.label} now", tuple(_TILES.values())), (choices.metric.name,)))


def _tile(visit: Visit, headline: Headline, label: str, preset: str) -> Component:
    return html.Button([
        html.Span(label, className="label"), html.Span(headline.text, className="value", **put("text=text")),
        html.Span([tiles.delta(headline), html.Span(words.against(headline), className="against", **put("text=against"))], className="meta", title=headline.words, **put("title=words")), tiles.age(),
    ], className="tile", type="button", title="Open the glass box: formula, target, SQL and rows", **{"data-glass": f"{headline.metric.name}@{preset}", "aria-haspopup": "dialog"}, **live_of(headline, visit.scope))


PAGE = Page("/trends", TITLE, "trends", layout, group="Analysis", choices=NAMES, on_schedule=(("", TITLE),))
