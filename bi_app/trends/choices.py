"""What the trends page is about, as it stands in the address; what cannot be used is left at its default."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from bi_app.filters import Filters
from bi_app.visit import Visit
from shared.analysis.anomaly import Sensitivity
from shared.metrics.dimension import dimensions_of
from shared.metrics.metric import Metric
from shared.metrics.registry import metrics

NAMES = ("metric", "split", "top", "grain", "span", "compare", "sense", "leave", "day", "base")
"""Names in the address."""
Grain = Literal["day", "week", "month", "quarter"]
GRAINS: dict[str, str] = {"day": "Day", "week": "Week", "month": "Month", "quarter": "Quarter"}
SPANS: dict[str, tuple[str, int]] = {"13w": ("13 weeks", 13), "26w": ("26 weeks", 26), "52w": ("1 year", 53), "104w": ("2 years", 105), "156w": ("3 years", 157), "all": ("All", 520)}
"""Choice -> (label, weeks)."""
COMPARES = {"weekday": "Same weekdays (364 days)", "calendar": "Same dates"}
SENSES = {"low": "Low", "normal": "Normal", "high": "High"}
TOPS = {"5": 5, "10": 10, "20": 20}
DEFAULT_METRIC, DEFAULT_GRAIN, DEFAULT_SPAN, DEFAULT_TOP = "net_sales_amount", "week", "52w", "5"


@dataclass(frozen=True)
class Choices:
    """The choices of one view."""

    metric: Metric
    split: str
    """Name of a dimension; empty: none."""
    top: str
    grain: Grain
    span: str
    compare: Literal["weekday", "calendar"]
    sense: Sensitivity
    leaves_out: bool
    """Annotated days are no part of what is usual."""
    day: date | None
    """The bucket that is to be explained; None: the last complete one."""
    base: Literal["previous", "year"]
    """What it is explained against."""


def choices_of(visit: Visit) -> Choices:
    """Read what ``visit`` is about."""
    filters = visit.filters
    open_to = open_metrics(visit)
    wanted = open_to.get(filters.choice("metric")) or open_to.get(DEFAULT_METRIC) or next(iter(open_to.values()))
    splits = {each.name for each in dimensions_of(wanted)}
    split = filters.choice("split")
    return Choices(
        wanted, split if split in splits else "", _one(filters, "top", TOPS, DEFAULT_TOP), cast("Grain", _one(filters, "grain", GRAINS, DEFAULT_GRAIN)), _one(filters, "span", SPANS, DEFAULT_SPAN),
        "calendar" if filters.choice("compare") == "calendar" else "weekday", cast("Sensitivity", _one(filters, "sense", SENSES, "normal")), filters.choice("leave") == "1",
        _day(filters.choice("day"), visit.today), "year" if filters.choice("base") == "year" else "previous",
    )


def open_metrics(visit: Visit) -> dict[str, Metric]:
    """Return the metrics that the reader may ask for: who sees only some branches is not shown what belongs to none."""
    return {name: each for name, each in metrics().items() if visit.scope.is_company or each.has_branch}


def _one(filters: Filters, name: str, allowed: object, default: str) -> str:
    value = filters.choice(name)
    return value if isinstance(allowed, dict) and value in allowed else default


def _day(text: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year >= 1990 and day <= today else None
