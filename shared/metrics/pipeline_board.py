"""The open pipeline by stage: how much, how old, and what it is worth."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

from shared.analysis.ageing import BANDS, band
from shared.metrics.ask import Ask
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.scope import Scope

STAGES = (("appointment", "Appointments set"), ("quote", "Open quotes"), ("backlog", "Sold, not started"), ("job", "In progress"))
_TRAILING = 90


@dataclass(frozen=True)
class Stage:
    """One stage of the open pipeline."""

    key: str
    label: str
    count: float
    amount: float
    """Dollars; an appointment has none yet and stands for an average contract of the last 90 days."""
    weighted: float
    """What is expected to become revenue."""
    ages: tuple[float, ...]
    """Items by age, one per band of ``analysis.ageing.BANDS``."""
    words: str
    """How ``weighted`` was worked out."""


def pipeline_board(ask: Ask, scope: Scope, branches: frozenset[int] | None = None) -> list[Stage]:
    """The four stages as of today.

    Weights: an appointment is worth the issue rate x NSLI of the last 90 days; an open quote its amount x the chance that a quote of its
    age still sells (from a year of quotes that have all ended); what is sold counts in full.
    """
    today = ask.today
    level = Period(today, today)
    trailing = Period(today - timedelta(days=_TRAILING), today - timedelta(days=1))
    year = Period(today - timedelta(days=365 + _TRAILING), today - timedelta(days=_TRAILING + 1))  # every quote of it has ended by now
    opened, rates, average, odds = ask.many([
        Question(("open_items", "open_amount"), level, split=("stage", "since"), branches=branches),
        Question(("issue_rate", "nsli"), trailing, branches=branches),
        Question(("gross_average_sale",), trailing, branches=branches),
        Question(("quote_close_rate", "quote_close_rate_31_60", "quote_close_rate_61_90"), year, branches=branches),
    ], scope)
    chances = [_or_zero(odds.value(name)) for name in ("quote_close_rate", "quote_close_rate_31_60", "quote_close_rate_61_90")]
    worth = _or_zero(rates.value("issue_rate")) * _or_zero(rates.value("nsli"))
    found = []
    for key, label in STAGES:
        rows = opened.frame[opened.frame["stage"] == key]
        ages, amounts = [0.0] * len(BANDS), [0.0] * len(BANDS)
        for since, count, amount in zip(rows["since"], rows["open_items"], rows["open_amount"], strict=True):
            place = band((today - date.fromisoformat(since)).days)
            ages[place] += count
            amounts[place] += amount
        count, amount = sum(ages), sum(amounts)
        if key == "appointment":
            amount, weighted = count * _or_zero(average.value("gross_average_sale")), count * worth
            words = f"{count:,.0f} appointments x ${worth:,.0f} (issue rate x NSLI of the last {_TRAILING} days)"
        elif key == "quote":
            weighted = sum(each * chance for each, chance in zip(amounts, [*chances, 0.0], strict=True))
            words = "quote $ x the chance to sell at its age: " + ", ".join(f"{chance:.0%} {name}" for chance, name in zip(chances, ("to 30 days", "31-60", "61-90"), strict=True))
        else:
            weighted, words = amount, "sold: counts in full"
        found.append(Stage(key, label, count, amount, weighted, tuple(ages), words))
    return found


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value  # nothing to learn from yet
