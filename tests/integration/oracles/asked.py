"""Branches, spans and kinds of metrics that are asked about."""

from datetime import date, timedelta

from shared.metrics.metric import Level, Sum
from shared.metrics.period import Period, period
from shared.metrics.registry import metrics
from tests.oracles import company

TODAY = company.TODAY
BRANCHES = (None, frozenset({1}), frozenset({2, 3}), frozenset({company.QUIET_BRANCH}), frozenset({1, 2, 3, 4}))
PERIODS = {
    "today": period("today", TODAY), "this month": period("mtd", TODAY), "this year": period("ytd", TODAY), "the last twelve months": period("last_365_days", TODAY),
    "before the recent window": Period(date(2024, 12, 15), date(2025, 12, 31)), "across its start": Period(date(2025, 12, 20), date(2026, 1, 10)),
    "its first day": Period(date(2026, 1, 1), date(2026, 1, 1)), "the day before it": Period(date(2025, 12, 31), date(2025, 12, 31)),
    "to come": Period(TODAY + timedelta(days=1), TODAY + timedelta(days=60)), "before anything": Period(date(2001, 1, 1), date(2001, 12, 31)), "everything": Period(date(2023, 1, 1), date(2027, 12, 31)),
}
ADDITIVE = [name for name, declared in metrics().items() if isinstance(declared.formula, Sum)]
LEVELS = [name for name, declared in metrics().items() if isinstance(declared.formula, Level)]
