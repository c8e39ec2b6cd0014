"""The one page: what marketing brought and what it cost, branch by branch."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component
from flask import g

from cmo_app import branches, shell
from cmo_app import headlines as tiles
from shared.metrics.errors import QuestionError
from shared.metrics.headline import Headline, Headlines, Wanted
from shared.metrics.period import Period, period
from shared.metrics.reference import Reference
from shared.settings import Settings
from shared.web.preference_pages import pace_here

log = logging.getLogger(__name__)
T = TypeVar("T")
PERIODS = {"mtd": "Month", "qtd": "Quarter", "ytd": "Year", "last_90_days": "90 days"}
LARGE = ("net_sales_amount", "leads", "cost_per_lead")
SMALL = ("marketing_cost_share", "cac", "romi", "net_close_rate")
BY_BRANCH = ("net_sales_amount", "leads", "cost_per_lead", "romi")


@dataclass(frozen=True)
class View:
    """What the page is about."""

    chosen: str
    period: Period
    settings: Settings

    @classmethod
    def of(cls, query: Mapping[str, str], today: date, settings: Settings) -> "View":
        """Read the period from a query; one that does not exist is the running month."""
        wanted = query.get("period", "mtd")
        try:
            return cls(wanted, period(wanted, today, settings.fiscal_year_start_month), settings)
        except QuestionError:
            return cls("mtd", period("mtd", today, settings.fiscal_year_start_month), settings)


def page(view: View, ask: Headlines, reference: Reference) -> Component:
    """Return the page with its numbers; a part that fails says so and the others stay."""
    company = _attempt(lambda: ask([Wanted(name, view.period) for name in (*LARGE, *SMALL)], g.scope))
    every = [branch for branch in reference.branches() if g.scope.allows(branch.id)]
    side_by_side = _attempt(lambda: ask([Wanted(name, view.period, branches=frozenset({branch.id})) for branch in every for name in BY_BRANCH], g.scope))
    body: list[Component] = [shell.not_available("The headlines")] if company is None else _headlines(company)
    if side_by_side is None:
        body.append(shell.not_available("The branches"))
    else:
        width = len(BY_BRANCH)
        body.append(branches.table([(branch, side_by_side[width * number : width * (number + 1)]) for number, branch in enumerate(every)]))
    return shell.frame(g.person, view.settings.company_name, heading(view, company), shell.periods(PERIODS, view.chosen), body, company[0].degraded if company else "", pace_here("/"))


def heading(view: View, company: list[Headline] | None) -> tuple[str, str]:
    """Return the heading and the line under it: which days, compared with which, as of when."""
    words = view.period.words
    if not company:
        return "Marketing", words
    moment = min(headline.as_of for headline in company).astimezone(ZoneInfo(view.settings.company_time_zone))
    return "Marketing", f"{words}, compared with {company[0].comparison.words}. As of {moment:%-I:%M %p}."


def _headlines(found: list[Headline]) -> list[Component]:
    large, small = found[: len(LARGE)], found[len(LARGE) :]
    return [html.Div([tiles.large(each) for each in large], className="row-large"), html.Div([tiles.small(each) for each in small], className="row-small")]


def _attempt(ask: Callable[[], list[T]]) -> list[T] | None:
    try:
        return ask()
    except Exception:  # whatever fails is logged, and said where the numbers would stand
        log.exception("numbers of the marketing page could not be read")
        return None
