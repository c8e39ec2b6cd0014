"""Where the budget stands: each source in a usual month, with its curve and what its leads bring, ready to be asked what other budgets would bring."""

import math
from collections import defaultdict
from datetime import timedelta

from shared.analysis.budget import Budget, Line
from shared.analysis.maturity import Maturity
from shared.analysis.weekly_sources import MONTH, value_of_lead
from shared.marketing.learning import PAYROLLS
from shared.marketing.learnt import Responses
from shared.metrics.ask import Ask
from shared.metrics.catalogue.marketing import CONTRIBUTION_MARGIN
from shared.metrics.period import Period, week_start
from shared.metrics.question import Question
from shared.metrics.scope import Scope

YEAR = 52
_LONGER = YEAR + 8
"""Weeks of leads that say what one brings: those of a year, and as many as must ripen first."""


def standing(ask: Ask, scope: Scope, branches: frozenset[int] | None, responses: Responses, maturity: Maturity | None) -> Budget:
    """Return the budget of ``branches`` (None: all of the scope): dollars and leads of a usual month of the last 52 weeks that are billed.

    Curves are the company's.  What a lead brings is that of the branches asked for.  ``Budget.relative_leads`` is what a scenario asks.
    """
    end = responses.last or week_start(ask.today) - timedelta(days=1)
    year, longer = Period(end - timedelta(weeks=YEAR, days=-1), end), Period(week_start(ask.today) - timedelta(weeks=_LONGER), week_start(ask.today) - timedelta(days=1))
    by = ("source",)
    asked = [Question(("leads",), year, split=by, branches=branches), Question(("media_spend",), year, split=by, branches=branches),
             Question(("marketing_spend",), year, split=by, where=PAYROLLS, branches=branches), Question(("leads",), longer, "week", by, branches=branches),
             Question(("net_amount_by_age",), longer, "week", by, branches=branches)]
    leads, media, payroll, weekly, net = (answer.frame for answer in ask.many(asked, scope))
    names = {str(key): str(label) for frame in (leads, media, payroll) for key, label in zip(frame["source"], frame["source_label"], strict=True)}
    counted, paid, staffed = ({str(key): float(value) for key, value in zip(frame["source"], frame[name], strict=True)}
                              for frame, name in ((leads, "leads"), (media, "media_spend"), (payroll, "marketing_spend")))
    brought = {(str(key), bucket): float(value) for key, bucket, value in zip(net["source"], net["bucket"], net["net_amount_by_age"], strict=True)}
    rows: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for key, bucket, count in zip(weekly["source"], weekly["bucket"], weekly["leads"], strict=True):
        share = maturity.share_at((ask.today - bucket).days - 4) if maturity is not None else math.nan  # at the age of the middle of the week, up to yesterday
        rows[str(key)].append((float(count), brought.get((str(key), bucket), 0.0), share))
    lines = []
    for key, name in sorted(names.items(), key=lambda each: each[1]):
        spend = (paid if key in responses.media else staffed).get(key, 0.0) if key in responses.curves else 0.0
        value, error = value_of_lead(*map(list, zip(*rows[key], strict=True))) if rows[key] else (math.nan, math.nan)
        lines.append(Line(key, name, spend / YEAR * MONTH, counted.get(key, 0.0) / YEAR * MONTH, value, error, responses.curves.get(key)))
    return Budget(lines, CONTRIBUTION_MARGIN)
