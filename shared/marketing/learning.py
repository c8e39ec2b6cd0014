"""Learns once a day how leads of each source follow its money, and keeps it; readers of pages never wait for it."""

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from shared.analysis.response import Curve, Untold, fit_response
from shared.analysis.weekly_sources import Record, record_of
from shared.clock import Clock, now, today
from shared.metrics.ask import Ask
from shared.metrics.period import Period, week_start
from shared.metrics.question import Question
from shared.metrics.scope import COMPANY
from shared.settings import Settings
from shared.warehouse import response_store as store
from shared.warehouse.calendar import Calendar, load_calendar
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
METHOD = "2"
"""Grows with every change of the method that changes numbers; what an older one learnt is learnt anew."""
WEEKS = 156
PAYROLLS = (("spend_kind", ("canvass_payroll", "telemarketing_payroll")),)


@dataclass(frozen=True)
class Learnt:
    """What one turn of learning did."""

    day: date
    told: int
    untold: int
    seconds: float


def learn(engines: Engines, settings: Settings, ask: Ask, clock: Clock = now) -> Learnt | None:
    """Learn every source's curve if that is due today; None: it is not, or somebody else is at it.

    One transaction holds the lock and writes all of it, so that whoever dies leaves nothing behind and the next turn begins anew.
    """
    moment, day, begun = clock(), today(settings.company_time_zone, clock), time.monotonic()
    with engines.primary.begin() as connection:
        if not store.try_to_be_the_one(connection):
            return None
        newest = store.newest_in(connection)
        if newest is not None and newest.day >= day and newest.method == METHOD:
            return None
        record = gather(ask, day)
        curves = curves_of(record, load_calendar(connection))
        store.add(connection, day, moment, METHOD, written(record, curves))
    told = sum(isinstance(each, Curve) for each in curves.values())
    return Learnt(day, told, len(curves) - told, time.monotonic() - begun)


def gather(ask: Ask, day: date) -> Record:
    """Return leads and movable money of the last ``WEEKS`` whole weeks before ``day``, of the whole company."""
    monday = week_start(day)
    span, by = Period(monday - timedelta(weeks=WEEKS), monday - timedelta(days=1)), ("branch", "source")
    asked = [Question(("leads",), span, "week", by), Question(("media_spend",), span, "week", by), Question(("marketing_spend",), span, "week", by, PAYROLLS)]
    parts = [_by_week(answer.frame, question.metrics[0], span.start) for question, answer in zip(asked, ask.many(asked, COMPANY), strict=True)]
    return record_of(span.start, WEEKS, *parts)


def _by_week(frame: pd.DataFrame, name: str, first: date) -> Mapping[tuple[str, str, int], float]:
    """Rows that are not zero: (source, branch, week from 0) -> value."""
    if frame.empty:
        return {}
    some = frame[frame[name] != 0]
    return {(str(source), str(branch), (bucket - first).days // 7): float(value) for source, branch, bucket, value in zip(some["source"], some["branch"], some["bucket"], some[name], strict=True)}


def curves_of(record: Record, calendar: Calendar) -> dict[str, Curve | Untold]:
    """Return the curve of each source that money was spent on, or why it cannot be told."""
    mondays = [record.first + timedelta(weeks=n) for n in range(record.weeks)]
    weights = [calendar.total(monday, monday + timedelta(days=6)) for monday in mondays]
    return {key: fit_response(record.source(key, weights)) for place, key in enumerate(record.sources) if record.spend[place].sum() > 0}


def written(record: Record, curves: Mapping[str, Curve | Untold]) -> dict[str, Any]:
    """Return what is kept."""
    kept = {}
    for key, found in curves.items():
        kept[key] = {"words": found.words} if isinstance(found, Untold) else {
            **asdict(found), "level": [round(value, 4) for value in found.level], "usual": [round(value, 3) for value in found.usual]}
    return {"first": record.first.isoformat(), "weeks": record.weeks, "curves": kept, "media": [key for key in record.sources if key in record.with_media]}
