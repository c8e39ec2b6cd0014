"""Which headlines stand on the executive page, and over which days."""

from bi_app.visit import Visit
from shared.metrics.headline import Wanted
from shared.metrics.period import period

REVENUE = {"today": "Today", "wtd": "This week", "mtd": "This month", "ytd": "This year"}
"""Preset -> label of a revenue tile."""
REVENUE_METRIC = "net_sales_amount"
FLOW = ("leads", "set_rate", "issue_rate", "sit_rate", "net_close_rate", "nsli", "cancel_rate", "cost_per_lead")
"""Metrics of the strip, over the chosen period."""


def revenue_wanted(visit: Visit, fiscal_start_month: int) -> list[Wanted]:
    """Return what the revenue tiles show: always these four spans, for the chosen branches."""
    return [Wanted(REVENUE_METRIC, period(preset, visit.today, fiscal_start_month), branches=visit.filters.branch_set) for preset in REVENUE]


def flow_wanted(visit: Visit) -> list[Wanted]:
    """Return what the strip shows."""
    return [Wanted(name, visit.period, branches=visit.filters.branch_set) for name in FLOW]


def glass_code(preset: str) -> str:
    """Return how a revenue tile names itself to the glass box."""
    return f"{REVENUE_METRIC}@{preset}"


def wanted_of(code: str, visit: Visit, fiscal_start_month: int) -> Wanted:
    """Return the headline behind a tile's code: a metric's name, or ``metric@preset`` for a span of its own.

    Raises UnknownMetricError or QuestionError for a code that no tile has.
    """
    name, _, preset = code.partition("@")
    span = period(preset, visit.today, fiscal_start_month) if preset else visit.period
    return Wanted(name, span, branches=visit.filters.branch_set)
