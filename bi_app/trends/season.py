"""When it is strong: indices by month and weekday, what is normal for this month, and the series taken apart."""

import math

from dash import html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty
from bi_app.trends.filing import apart_block, season_block
from bi_app.trends.findings import Findings
from bi_app.trends.main import graph, table
from bi_app.trends.numbers import Numbers
from bi_app.visit import Visit
from shared.charts.seasons import MONTHS, WEEKDAYS, decomposition, index_bars
from shared.metrics.format import write

TITLE, APART = "Seasons", "Trend, season and remainder"


def season_card(visit: Visit, numbers: Numbers, findings: Findings) -> html.Section:
    """Return the card of both indices; the running month and today's weekday are highlighted."""
    figures, rows, drawn = [], [], []
    for name, found, names, now in (("month", findings.month, MONTHS, visit.today.month - 1), ("weekday", findings.weekday, WEEKDAYS, visit.today.weekday())):
        if found and not all(math.isnan(value) for value in found.values()):
            figure = index_bars(found, names, now)
            figures.append(html.Div([html.H3(f"By {name}"), graph(visit, f"trends-{name}", figure, 190)], className=f"tr-index {name}"))
            drawn.append((figure, (name, names, found)))
            rows += [(label, "—" if math.isnan(value) else f"{value:.3f}", "—" if math.isnan(value) else f"{value - 1:+.1%}") for label, value in zip(names, found.values(), strict=True)]
    if not figures:
        return card(5, TITLE, empty("A season by weekday needs some weeks of days, one by month a year and a half."), name="tr-season")
    normal = normal_words(visit, numbers, findings)
    section = card(5, TITLE, html.P([html.B(normal), " ", findings.season_words], className="tr-say"), html.Div(figures, className="tr-indices"), table(["", "Index", "Against the average"], rows),
                sub="1 is an average month or weekday; holidays and days left out do not count", name="tr-season")
    return with_files(section, season_block(TITLE, f"{normal} {findings.season_words}", [index for _, index in drawn], drawn[0][0]))


def normal_words(visit: Visit, numbers: Numbers, findings: Findings) -> str:
    """Return what is normal for the running month; empty where it cannot be said."""
    if findings.normal is None:
        return "" if numbers.metric.is_flow else "What a month comes to is said only of what adds up."
    low, middle, high = (write(each, numbers.metric.unit) for each in findings.normal)
    article = "an" if f"{visit.today:%B}"[0] in "AO" else "a"
    return f"Normal for {article} {visit.today:%B} is {low} to {high}, {middle} in the middle."


def apart_card(visit: Visit, numbers: Numbers, findings: Findings) -> html.Section:
    """Return the card of the decomposition by week."""
    if not findings.parts:
        return card(12, APART, empty("Taking a series apart needs two complete years of weeks."), name="tr-apart")
    known = numbers.by["week"].values_by_day
    parts = {"Actual": [known.get(week, math.nan) for week in findings.part_weeks], **findings.parts}
    trend, season = findings.strengths
    said = f"{_strength(season)} season (strength {season:.2f} of 1) and {_strength(trend).lower()} trend ({trend:.2f}); trend + season + remainder is the actual, week by week."
    rows = [(f"Week of {week.day} {week:%b %Y}", *(write(part[place], numbers.metric.unit) for part in parts.values())) for place, week in enumerate(findings.part_weeks)]
    figure = decomposition(findings.part_weeks, parts, numbers.metric.unit)
    section = card(12, APART, html.P(said, className="tr-say"), graph(visit, "trends-apart", figure, 330), table(["Week", *parts], rows[::-1]), sub="By week, over all history", name="tr-apart")
    return with_files(section, apart_block(APART, said, figure, findings, parts, numbers), (numbers.metric.name,))


def _strength(value: float) -> str:
    return "Strong" if value >= 0.6 else "Moderate" if value >= 0.3 else "Weak"
