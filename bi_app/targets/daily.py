"""What a month's target means per day: the daily line beside what happened, and the pace as a live tile."""

from datetime import date, timedelta

import orjson
from dash import dcc, html
from dash.development.base_component import Component

from bi_app.shell import tiles
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, key
from bi_app.shell.said import Said, saying
from bi_app.sources import Sources
from bi_app.targets.year import Year
from bi_app.visit import Visit
from shared.charts.daily_target import daily_target
from shared.charts.palette import themed
from shared.charts.template import CONFIG
from shared.clock import now
from shared.metrics import headline_words as words
from shared.metrics.format import write
from shared.metrics.goal import goal
from shared.metrics.headline import Wanted
from shared.metrics.metric import Unit
from shared.metrics.period import Period, month_end, month_start, period
from shared.metrics.question import Question
from shared.reports.document import Block, Column, Table
from shared.reports.headline_block import headline_block

_HEIGHT = 230
_SPANS = {"mtd": "This month", "ytd": "This year"}


def pace_tiles(visit: Visit, sources: Sources, year: Year) -> Component:
    """Return live tiles of the KPI against its targets: this month, this year."""
    fiscal = sources.settings.fiscal_year_start_month
    found = sources.headlines([Wanted(year.kpi.name, period(preset, visit.today, fiscal), branches=visit.filters.branch_set) for preset in _SPANS], visit.scope)
    pace = html.Div([tiles.large_tile(visit, each, label, year.kpi.label, f"{year.kpi.name}@{preset}", tiles.spark(each.series, words.judged(each)))
                     for each, (preset, label) in zip(found, _SPANS.items(), strict=True)], className="tg-tiles s4")
    return saying(pace, Said(headline_block(found, "pace", f"{year.kpi.label}, pace", tuple(_SPANS.values())), (year.kpi.name,)))


def daily_card(visit: Visit, sources: Sources, year: Year) -> html.Section:
    """Return the chosen month (of a running year the running one) day by day."""
    first = _month(visit, year)
    last = month_end(first)
    title = f"{first:%B %Y}, day by day"
    span = Period(first, last)
    calendar, declared = sources.reference.calendar(), year.kpi
    targets = sources.reference.targets((declared.name,), first, last)
    whole = goal(declared, span, visit.scope.narrowed(visit.filters.branch_set), targets, calendar, now(), sources.settings.company_time_zone)
    sub = html.Span([visit.branch_words + ". ", key("Actual", "c1", "dot" if declared.is_flow else ""), key("Target of the day", "fg-3", "dash")], className="keys")
    side = html.Nav([_step(visit, year, first, -1), _step(visit, year, first, 1)], className="seg small no-print", **{"aria-label": "Month"})
    if whole is None:
        return card(8, title, empty("No target is set for this month and these branches.", title="No target", symbol="target"), sub=sub, side=side)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    weight = calendar.total(first, last)
    line = [whole.value * calendar.weight(day) / weight if declared.is_flow and weight else whole.value for day in days]
    until = min(last, visit.today)
    actual: list[float] = []
    if until >= first:
        answer = sources.ask(Question((declared.name,), Period(first, until), "day", branches=visit.filters.branch_set), visit.scope)
        actual = [float(value) for value in answer.frame[declared.name]]
    figure = daily_target(first, line, actual, bars=declared.is_flow, percent=declared.unit is Unit.PERCENT, money=declared.unit is Unit.MONEY, height=_HEIGHT)
    drawn = orjson.loads(themed(orjson.dumps(figure).decode(), "dark" if visit.theme == "dark" else "light"))
    section = card(8, title, dcc.Graph(id="target-days", figure=drawn, config=CONFIG, style={"height": f"{_HEIGHT}px"}, className="chart"), sub=sub, side=side)
    table = Table((Column("Day"), Column(declared.label, declared.unit, declared.meaning), Column("Target of the day", declared.unit)), tuple((day, actual[number] if number < len(actual) else None, line[number]) for number, day in enumerate(days)))
    return with_files(section, Block("days", f"{declared.label}, {first:%B %Y}, day by day", "", figure, table, f"The month's target is {write(whole.value, declared.unit)}."), (declared.name,))


def _month(visit: Visit, year: Year) -> date:
    given = visit.filters.choice("month")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 3 else 0
    if 1 <= number <= 12:
        return date(year.year, number, 1)
    return month_start(visit.today) if visit.today.year == year.year else date(year.year, 1, 1)


def _step(visit: Visit, year: Year, first: date, by: int) -> html.A:
    number = first.month + by
    words_of, mark = ("The month before", "‹") if by < 0 else ("The month after", "›")
    return html.A(mark, href=visit.filters.choosing(month=str(number)) if 1 <= number <= 12 else visit.filters.choosing(month=str(12 if by < 0 else 1), year=str(year.year + by)), title=words_of, **{"data-nav": "", "aria-label": words_of})
