"""Which headlines stand on the executive page, and over which days."""

from datetime import timedelta
from urllib.parse import unquote

from bi_app.visit import Visit
from shared.metrics.errors import QuestionError
from shared.metrics.headline import Wanted
from shared.metrics.period import Period, add_months, custom, month_start, period, quarter_start, week_start
from shared.metrics.question import Grain, Question

REVENUE = {"today": "Today", "wtd": "This week", "mtd": "This month", "ytd": "This year"}
"""Preset -> label of a revenue tile."""
REVENUE_METRIC = "net_sales_amount"
FLOW = ("leads", "set_rate", "issue_rate", "sit_rate", "net_close_rate", "nsli", "cancel_rate", "cost_per_lead")
"""Metrics of the strip, over the chosen period."""
_LONGEST_KEY = 6


def revenue_wanted(visit: Visit, fiscal_start_month: int) -> list[Wanted]:
    """Return what the revenue tiles show: always these four spans, for the chosen branches."""
    return [Wanted(REVENUE_METRIC, period(preset, visit.today, fiscal_start_month), branches=visit.filters.branch_set) for preset in REVENUE]


def revenue_lines(visit: Visit) -> list[Question]:
    """Return what the sparklines of the revenue tiles show: 28 days, 13 weeks, 13 months and 9 quarters, each without the running one (days: with it)."""
    monday, month, quarter = week_start(visit.today), month_start(visit.today), quarter_start(visit.today)
    day = timedelta(days=1)
    spans: list[tuple[Period, Grain]] = [
        (Period(visit.today - 27 * day, visit.today), "day"), (Period(monday - 91 * day, monday - day), "week"),
        (Period(add_months(month, -13), month - day), "month"), (Period(add_months(quarter, -27), quarter - day), "quarter"),
    ]
    return [Question((REVENUE_METRIC,), span, grain, branches=visit.filters.branch_set) for span, grain in spans]


def flow_wanted(visit: Visit) -> list[Wanted]:
    """Return what the strip shows."""
    return [Wanted(name, visit.period, branches=visit.filters.branch_set) for name in FLOW]


def glass_code(preset: str) -> str:
    """Return how a revenue tile names itself to the glass box."""
    return f"{REVENUE_METRIC}@{preset}"


def wanted_of(code: str, visit: Visit, fiscal_start_month: int) -> Wanted:
    """Return the headline behind a code: a metric's name, ``metric@period`` for a span of its own, ``metric@period@rep=7`` for one key of a dimension.

    ``period`` is a preset, two days with .. between, or empty for the page's.  ``branch=3`` means that branch; several keys stand with commas between, each percent-encoded.  Raises UnknownMetricError or QuestionError for what cannot be.
    """
    name, _, rest = code.partition("@")
    span, _, conditions = rest.partition("@")
    branches, where = visit.filters.branch_set, []
    for condition in filter(None, conditions.split("@")):
        by, _, listed = condition.partition("=")
        keys = tuple(unquote(key) for key in listed.split(","))
        if by != "branch":
            where.append((by, keys))
        elif all(key.isascii() and key.isdigit() and len(key) < _LONGEST_KEY for key in keys):
            branches = frozenset(map(int, keys))
        else:
            raise QuestionError("branch", f"a branch is named by its number, not {listed[:40]!r}")
    return Wanted(name, _span(span, visit, fiscal_start_month), branches=branches, where=tuple(where))


def _span(code: str, visit: Visit, fiscal_start_month: int) -> Period:
    if not code:
        return visit.period
    if ".." in code:
        start, _, end = code.partition("..")
        return custom(start, end)
    return period(code, visit.today, fiscal_start_month)
