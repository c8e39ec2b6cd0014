"""The executive dashboard at ``/``."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from bi_app.executive import attention, firmness, funnel, leaderboard, pipeline, plan, stage, territories, trend
from bi_app.page import Page
from bi_app.shell import tiles
from bi_app.shell.parts import drawn
from bi_app.shell.said import Said, saying
from bi_app.shell.topbar import chips, topbar
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.metrics import headline_words as words
from shared.metrics.headline import Headline
from shared.reports.headline_block import headline_block
from shared.warehouse.branches import Branch

TITLE = "Executive overview"
log = logging.getLogger(__name__)
T = TypeVar("T")
_THIS_WEEK = list(plan.REVENUE).index("wtd")


def layout(visit: Visit, sources: Sources) -> Component:
    """Return the page with its numbers; a part whose numbers fail says so and the others stay."""
    fiscal = sources.settings.fiscal_year_start_month
    revenue, flow, lines = _headlines(visit, sources, fiscal)
    compared = f", compared with {flow[0].comparison.words}" if flow else ""
    degraded = next((headline.degraded for headline in (*(revenue or ()), *(flow or ())) if headline.degraded), "")
    return html.Div([
        topbar(TITLE, visit, compared, _moment(revenue or flow, sources), files=True), html.Div(degraded, className="banner", role="status") if degraded else None, chips(visit),
        html.Div([
            *_revenue(visit, sources, revenue),
            drawn(12, "Lead flow and conversion", lambda: _strip(visit, _or_fail(flow))),
            drawn(8, trend.TITLE, lambda: trend.trend_card(visit, sources, revenue[_THIS_WEEK] if revenue else None)),
            drawn(4, funnel.TITLE, lambda: funnel.funnel_card(visit, sources)),
            drawn(5, territories.TITLE, lambda: territories.branches_card(visit, _or_fail(lines), stage.open_by_branch(visit, sources) if visit.filters.stage else {})),
            drawn(7, leaderboard.TITLE, lambda: (stage.stage_card if visit.filters.stage else leaderboard.leaderboard_card)(visit, sources)),
            drawn(5, pipeline.TITLE, lambda: pipeline.pipeline_card(visit, sources)),
            drawn(3, firmness.TITLE, lambda: firmness.firmness_card(visit, sources)),
            drawn(4, attention.TITLE, lambda: attention.attention_card(visit, _or_fail(flow), _or_fail(lines))),
        ], className="grid"),
    ])


def _headlines(visit: Visit, sources: Sources, fiscal: int) -> tuple[list[Headline] | None, list[Headline] | None, list[tuple[Branch, Headline]] | None]:
    """Ask for all headlines of the page at once; where that fails, for each group of them alone, so that one bad metric costs its group only."""
    groups = plan.revenue_wanted(visit, fiscal), plan.flow_wanted(visit), territories.branches_wanted(visit)
    together = _numbers(lambda: sources.headlines([wanted for group in groups for wanted in group], visit.scope))
    if together is not None:
        first, second = len(groups[0]), len(groups[0]) + len(groups[1])
        found: tuple[list[Headline] | None, ...] = (together[:first], together[first:second], together[second:])
    else:
        found = tuple(_numbers(lambda group=group: sources.headlines(group, visit.scope)) for group in groups)  # type: ignore[misc]
    return found[0], found[1], None if found[2] is None else list(zip(visit.branches, found[2], strict=True))


def _numbers(ask: Callable[[], list[T]]) -> list[T] | None:
    """Return what ``ask`` returns; None where it fails, which is logged, and said by every card that needs it."""
    try:
        return ask()
    except Exception:  # whatever keeps these numbers away, the other cards can be drawn
        log.exception("headlines could not be read")
        return None


class MissingNumbersError(RuntimeError):
    """What a card needs was asked for once for several cards, and failed."""


def _or_fail(numbers: list[T] | None) -> list[T]:
    if numbers is None:
        raise MissingNumbersError("asked for together, and failed")
    return numbers


def _revenue(visit: Visit, sources: Sources, headlines: list[Headline] | None) -> list[Component]:
    if headlines is None:
        return [drawn(12, "Revenue", lambda: html.Div(_or_fail(headlines)))]
    lines = _numbers(lambda: [list(answer.frame[plan.REVENUE_METRIC]) for answer in sources.ask.many(plan.revenue_lines(visit), visit.scope)]) or [[]] * len(headlines)
    said = Said(headline_block(headlines, "revenue", "Revenue", tuple(plan.REVENUE.values())), (plan.REVENUE_METRIC,))
    found = [tiles.large_tile(visit, headline, label, "net sales $, booked", plan.glass_code(preset), tiles.spark(line, words.judged(headline))) for headline, line, (preset, label) in zip(headlines, lines, plan.REVENUE.items(), strict=True)]
    return [saying(found[0], said), *found[1:]]


def _strip(visit: Visit, headlines: list[Headline]) -> Component:
    strip = html.Section([tiles.strip_tile(visit, headline) for headline in headlines], className="card-x strip s12", **{"aria-label": "Lead flow and conversion"})
    return saying(strip, Said(headline_block(headlines, "flow", "Lead flow and conversion"), plan.FLOW))


def _moment(headlines: list[Headline] | None, sources: Sources) -> datetime | None:
    return min(headline.as_of for headline in headlines).astimezone(ZoneInfo(sources.settings.company_time_zone)) if headlines else None


PAGE = Page("/", "Executive", "executive", layout, on_schedule=(("", TITLE),))
