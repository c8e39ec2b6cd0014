"""The trend of one metric: thirteen weeks, or twelve months, beside the same a year earlier."""

from datetime import date, timedelta

import orjson
from dash import dcc, html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, key
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.charts.palette import themed
from shared.charts.scorecard import SO_FAR, trend
from shared.charts.template import CONFIG
from shared.live.attributes import live_of, put
from shared.metrics.headline import Headline, Wanted
from shared.metrics.period import Period, add_months, month_start, period, week_start
from shared.metrics.question import Question
from shared.metrics.registry import metric
from shared.metrics.scorecard import Scorecard
from shared.reports.document import Block, Cell, Column, Table

_HEIGHT = 264


def chosen(visit: Visit, scorecard: Scorecard) -> str:
    """Return the metric that the address asks for, or the first."""
    name = visit.filters.choice("metric")
    return name if name in scorecard.trend else scorecard.trend[0]


def by_months(visit: Visit) -> bool:
    """Say whether the trend has months rather than weeks."""
    return visit.filters.choice("grain") == "month"


def so_far_wanted(visit: Visit, scorecard: Scorecard) -> Wanted:
    """Return the running week or month of the chosen metric."""
    return Wanted(chosen(visit, scorecard), period("mtd" if by_months(visit) else "wtd", visit.today), branches=visit.filters.branch_set)


def trend_card(visit: Visit, sources: Sources, scorecard: Scorecard, so_far: Headline | None) -> html.Section:
    """Return the card with links to the other metrics and grains."""
    name, months = chosen(visit, scorecard), by_months(visit)
    declared = metric(name)
    spans = _spans(visit.today, months=months)
    answers = sources.ask.many([Question((name,), span, "month" if months else "week", branches=visit.filters.branch_set) for span in spans], visit.scope)
    values, prior = ([float(value) for value in answer.frame[name]] for answer in answers)
    buckets = list(answers[0].frame["bucket"])
    picks = html.Nav([html.A(metric(each).label, href=visit.filters.choosing(metric=each), className="chip quiet" if each != name else "chip on", **{"data-nav": "", **({"aria-current": "true"} if each == name else {})})
                      for each in scorecard.trend], className="sc-picks", **{"aria-label": "Metric of the trend"})
    grains = html.Nav([html.A(text, href=visit.filters.choosing(grain=grain), **{"data-nav": "", **({"aria-current": "true"} if months == (grain == "month") else {})})
                       for text, grain in (("13 weeks", None), ("12 months", "month"))], className="seg small", **{"aria-label": "Grain"})
    title = f"{declared.label}, {'12 months' if months else '13 weeks'}"
    if not any(value == value for value in values):  # noqa: PLR0124 -- NaN
        return card(8, title, picks, empty("There is no number for these weeks and branches yet.", symbol="trends"), side=grains, name="sc-trend")
    running = (spans[0].end + timedelta(days=1), so_far.value) if so_far else None
    figure = trend(buckets, values, prior, declared.unit, _HEIGHT, months=months, so_far=running)
    graph = dcc.Graph(id="sc-trend", figure=orjson.loads(themed(orjson.dumps(figure).decode(), "dark" if visit.theme == "dark" else "light")), config=CONFIG, style={"height": f"{_HEIGHT}px"}, className="chart")
    keys = html.Span([key("Actual", "c1"), key("Prior year, same weeks" if not months else "Prior year", "fg-3", "dash"), html.Span(f"◇ the {'month' if months else 'week'} so far")], className="keys")
    live = {**live_of(so_far, visit.scope), **put("point=value"), "data-trace": SO_FAR} if so_far else {}
    section = card(8, title, picks, html.Div(graph, **live), sub=keys, side=grains, name="sc-trend")
    span = "month" if months else "week"
    columns = (Column("Month" if months else "Week from"), Column(declared.label, declared.unit, declared.meaning), Column("Prior year", declared.unit), Column("So far", declared.unit, f"The running {span}, which is not over."))
    rows: list[tuple[Cell, ...]] = [(*row, None) for row in zip(buckets, values, prior, strict=True)]
    table = Table(columns, (*rows, *([(running[0], None, None, running[1])] if running else [])))
    return with_files(section, Block("trend", title, "", figure, table, f"The running {span} is not over and is drawn apart."), (name,))


def _spans(today: date, *, months: bool) -> tuple[Period, Period]:
    """Complete buckets up to now, and the same a year earlier: 52 weeks back, so that weekdays match."""
    if months:
        end, start = month_start(today) - timedelta(days=1), add_months(today, -12)
        return Period(start, end), Period(add_months(start, -12), month_start(end).replace(year=start.year, month=start.month) - timedelta(days=1))
    end, start = week_start(today) - timedelta(days=1), week_start(today) - timedelta(weeks=13)
    return Period(start, end), Period(start - timedelta(weeks=52), end - timedelta(weeks=52))
