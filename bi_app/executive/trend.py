"""Weekly revenue: a year, the year before, and the stored forecast of the coming weeks."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import zip_longest

import orjson
from dash import dcc, html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, key
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.charts.palette import themed
from shared.charts.template import CONFIG
from shared.charts.trend import SO_FAR, Ahead, weekly_trend
from shared.forecast.outlook import Ahead as Forecast
from shared.forecast.outlook import Outlook
from shared.forecast.reading import Missing
from shared.live.attributes import live_of, put
from shared.metrics.format import write
from shared.metrics.headline import Headline
from shared.metrics.metric import Unit
from shared.metrics.period import Period, week_start
from shared.metrics.question import Question
from shared.reports.document import Block, Column, Table

TITLE = "Weekly revenue"
_SHOWN, _HISTORY = 52, 105
_HEIGHT = 286


def trend_card(visit: Visit, sources: Sources, this_week: Headline | None) -> html.Section:
    """Return the card; the running week is not drawn as if it were over: it is the first of the weeks ahead, with a mark where ``this_week`` stands so far."""
    end = week_start(visit.today) - timedelta(days=1)
    span = Period(week_start(visit.today) - timedelta(weeks=_HISTORY), end)
    answer = sources.ask(Question(("net_sales_amount",), span, "week", branches=visit.filters.branch_set), visit.scope)
    weeks = [float(value) for value in answer.frame["net_sales_amount"]]
    while weeks and weeks[0] == 0:
        weeks.pop(0)  # before the company's records began
    if len(weeks) < 2:
        return card(8, TITLE, empty("Two complete weeks of sales are needed for a line."))
    outlook = _outlook(visit, sources)
    ahead = None if isinstance(outlook, Missing) else outlook.ahead("booked", "week", visit.filters.branch_set)
    shown = weeks[-_SHOWN:]
    prior = _year_before(weeks, len(shown), len(ahead.buckets) if ahead else 0)
    first = week_start(visit.today) - timedelta(weeks=len(shown))
    figure = weekly_trend(first, shown, prior, _drawn(ahead) if ahead else None, _HEIGHT, this_week.value if this_week else math.nan)
    graph = dcc.Graph(id="trend", figure=orjson.loads(themed(orjson.dumps(figure).decode(), "dark" if visit.theme == "dark" else "light")), config=CONFIG, style={"height": f"{_HEIGHT}px"}, className="chart")
    keys = html.Span([key("Actual", "c1"), *([key("Forecast", "c1", "dash"), key("80% band", "c1", "band")] if ahead else []), key("Prior year, same weeks", "fg-3", "dash")], className="keys")
    live = {**live_of(this_week, visit.scope), **put("point=value"), "data-trace": SO_FAR} if this_week else {}
    told, method = _told(outlook, ahead)
    section = card(8, TITLE, html.Div(graph, **live), sub=keys, side=html.Span(told, className="note", title=method), name="trend")
    return with_files(section, Block("weekly-revenue", TITLE, f"{told.removesuffix('.')}.", figure, _numbers(first, shown, prior, ahead), "Weeks begin on Monday. The running week is not over and is drawn apart."), ("net_sales_amount",))


def _year_before(weeks: list[float], shown: int, steps: int) -> list[float]:
    """Return the same weeks a year earlier, on over the weeks ahead; NaN where the records do not reach."""
    count = len(weeks)
    places = range(count - shown - 52, count + steps - 52)
    return [weeks[place] if 0 <= place < count else float("nan") for place in places]


def _outlook(visit: Visit, sources: Sources) -> Outlook | Missing:
    if sources.forecasts is None:
        return Missing("No forecast is kept here.")
    return sources.forecasts.outlook(sources.ask, visit.scope, since=week_start(visit.today) - timedelta(weeks=1))


def _drawn(ahead: Forecast) -> Ahead:
    bands = [bucket.spread.band(80) for bucket in ahead.buckets]
    return Ahead([bucket.mean for bucket in ahead.buckets], [low for low, _ in bands], [high for _, high in bands])


def _told(outlook: Outlook | Missing, ahead: Forecast | None) -> tuple[str, str]:
    """What the coming weeks bring, in words, and by which method."""
    if ahead is None:
        return outlook.words if isinstance(outlook, Missing) else "The forecast does not know these branches yet.", ""
    low, high = ahead.total.band(80)
    method = "" if isinstance(outlook, Missing) else outlook.run.words
    return f"Next {len(ahead.buckets)} weeks: {write(ahead.total.mean, Unit.MONEY)} ({write(low, Unit.MONEY)} to {write(high, Unit.MONEY)})", method


def _numbers(first: date, shown: Sequence[float], prior: Sequence[float], ahead: Forecast | None) -> Table:
    """The numbers behind the figure: a row per week, ahead with the band of 80 %."""
    drawn = _drawn(ahead) if ahead else Ahead([], [], [])
    gap = [math.nan] * len(shown)
    columns = (Column("Week from"), Column("Net sales", Unit.MONEY), Column("Prior year", Unit.MONEY), Column("Forecast", Unit.MONEY), Column("From (80%)", Unit.MONEY), Column("To (80%)", Unit.MONEY))
    weeks = zip_longest(shown, prior, [*gap, *drawn.mean], [*gap, *drawn.low], [*gap, *drawn.high])
    return Table(columns, tuple((first + timedelta(weeks=number), *values) for number, values in enumerate(weeks)))
