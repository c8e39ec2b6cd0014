"""The scorecards of the departments at ``/scorecards/<department>``: six declarations, one page."""

import logging
import math
from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from bi_app.behind import Behind
from bi_app.page import Page
from bi_app.scorecards import branches, tiles, trend
from bi_app.scorecards.breakdowns import breakdown_card
from bi_app.scorecards.knocks import TITLE as KNOCKS
from bi_app.scorecards.knocks import knocks_card
from bi_app.scorecards.ranking import ranking_card
from bi_app.scorecards.special import AGEING, RESOLUTION, SIGNS, ageing_card, resolution_card, signs_card
from bi_app.scorecards.worst import worst_card
from bi_app.shell.parts import card, drawn, empty
from bi_app.shell.said import Said, saying
from bi_app.shell.topbar import chips, topbar
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.metrics.headline import RULE, Headline, Wanted
from shared.metrics.registry import metric
from shared.metrics.scorecard import SCORECARDS, Scorecard
from shared.reports.headline_block import headline_block
from shared.warehouse.exceptions import EXCEPTIONS

log = logging.getLogger(__name__)


class _AwayError(RuntimeError):
    """Something that a card needs could not be read, which was logged."""


def layout(scorecard: Scorecard, visit: Visit, sources: Sources) -> Component:
    """Return the page with its numbers; a part whose numbers fail says so and the others stay."""
    if not visit.scope.is_company and not all(metric(name).has_branch for name in scorecard.headlines):
        return html.Div([topbar(scorecard.title, visit, "", None), html.Div(card(12, scorecard.title, empty("These numbers belong to the whole company, and your account sees chosen branches only. An administrator can change that.", title="Not yours to see", symbol="lock")), className="grid")])
    heads, running = _headlines(visit, sources, [*_wanted(visit, scorecard), trend.so_far_wanted(visit, scorecard)])
    lines, _ = _headlines(visit, sources, branches.wanted(visit, scorecard), last=False) if scorecard.side_by_side else (None, None)
    compared = f", compared with {heads[0].comparison.words}" if heads else ""
    degraded = next((each.degraded for each in heads or () if each.degraded), "")
    moment = min(each.as_of for each in heads).astimezone(ZoneInfo(sources.settings.company_time_zone)) if heads else None
    parts = {part: (title, draw) for part, title, draw in _parts(visit, sources)}
    wide = 8 if scorecard.parts and scorecard.parts[0] != "signs" else 12
    first = drawn(wide, "Trend", lambda: _sized(trend.trend_card(visit, sources, scorecard, running), wide))
    split = 12 // max(1, min(3, len(scorecard.breakdowns)))
    return html.Div([
        topbar(scorecard.title, visit, compared, moment, files=True), html.Div(degraded, className="banner", role="status") if degraded else None, chips(visit),
        html.Div([
            *([drawn(12, SIGNS, parts["signs"][1])] if "signs" in scorecard.parts else []),
            *_tiles(visit, scorecard, heads), first, *(drawn(4, *parts[part]) for part in scorecard.parts if part != "signs"),
            *([drawn(12, branches.TITLE, lambda: branches.branches_card(visit, scorecard, _or_fail(lines)))] if scorecard.side_by_side else []),
            drawn(12, scorecard.ranking.title, lambda: ranking_card(visit, sources, scorecard)),
            *(drawn(6, EXCEPTIONS[key].title, partial(_worst, visit, sources, key)) for key in scorecard.exceptions),
            *(drawn(split, each.title, partial(breakdown_card, visit, sources, each, split)) for each in scorecard.breakdowns),
        ], className="grid sc"),
    ])


def _wanted(visit: Visit, scorecard: Scorecard) -> list[Wanted]:
    return [Wanted(name, visit.period, branches=visit.filters.branch_set) for name in (*scorecard.headlines, *scorecard.more)]


def _headlines(visit: Visit, sources: Sources, wanted: list[Wanted], *, last: bool = True) -> tuple[list[Headline] | None, Headline | None]:
    """Return the headlines, with ``last`` the last of them apart; None where they cannot be read, which is logged and said by every card that needs them."""
    try:
        found = sources.headlines(wanted, visit.scope)
    except Exception:  # whatever keeps these numbers away, the other cards can be drawn
        log.exception("headlines of a scorecard could not be read")
        return None, None
    return (found[:-1], found[-1]) if last else (found, None)


def _tiles(visit: Visit, scorecard: Scorecard, heads: list[Headline] | None) -> list[Component]:
    if heads is None:
        return [drawn(12, scorecard.title, lambda: html.Div(_or_fail(heads)))]
    count = len(scorecard.headlines)
    small = html.Section([tiles.tile(visit, each, large=False) for each in heads[count:]], className="card-x sc-strip s12", style={"--n": even_columns(len(heads) - count)}, **{"aria-label": "Further numbers"})
    said = Said(headline_block(heads), tuple(each.metric.name for each in heads))
    return [*(tiles.tile(visit, each, large=True) for each in heads[:count]), small, saying(html.P(RULE, className="sc-legend s12"), said)]


def even_columns(count: int, most: int = 7) -> int:
    """Return in how many columns so many numbers stand in rows as equally long as can be."""
    return math.ceil(count / math.ceil(count / most)) if count else 1


def _or_fail(numbers: list[Headline] | None) -> list[Headline]:
    if numbers is None:
        raise _AwayError("asked for together, and failed")
    return numbers


def _behind(sources: Sources) -> Behind:
    if sources.behind is None:
        raise _AwayError("nobody reads behind the metrics here")
    return sources.behind


def _worst(visit: Visit, sources: Sources, key: str) -> Component:
    return worst_card(visit, _behind(sources), key)


def _parts(visit: Visit, sources: Sources) -> list[tuple[str, str, Callable[[], Component]]]:
    return [
        ("ageing", AGEING, lambda: ageing_card(visit, _behind(sources))), ("resolution", RESOLUTION, lambda: resolution_card(visit, _behind(sources))),
        ("knocks", KNOCKS, lambda: knocks_card(visit, _behind(sources))), ("signs", SIGNS, lambda: signs_card(_behind(sources).signs(), ZoneInfo(sources.settings.company_time_zone))),
    ]


def _sized(section: html.Section, span: int) -> html.Section:
    section.className = section.className.replace("s8", f"s{span}", 1)
    return section


PAGES: tuple[Page, ...] = tuple(Page(each.path, each.title, each.icon, partial(layout, each), group="Departments", choices=("metric", "grain", "by"), on_schedule=(("", f"{each.title} scorecard"),)) for each in SCORECARDS.values())
