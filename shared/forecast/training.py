"""Trains the forecast when one is due: reads, computes and writes in one turn that nobody else takes at the same time."""

import logging
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from shared.analysis.forecasting.revenue import TooShortError, forecast_revenue
from shared.clock import Clock, now, today
from shared.forecast.gathering import Gathered, amount_of, gather
from shared.forecast.keeping import METHOD, error_rows, findings, paths_by_basis, point_rows, record_rows
from shared.metrics.ask import Ask
from shared.settings import Settings
from shared.warehouse import forecast_store as store
from shared.warehouse.branches import load_branches
from shared.warehouse.calendar import load_branch_calendars
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
_AFTER_TROUBLE = timedelta(minutes=10)
_LOOK_AGAIN = timedelta(hours=1)
_MUCH = 0.02
"""A history of which so much changed asks for a new forecast before the next night."""


@dataclass(frozen=True)
class Trained:
    """What one training did."""

    run: int
    origin: date
    branches: int
    seconds: float


def train(engines: Engines, settings: Settings, ask: Ask, clock: Clock = now) -> Trained | None:
    """Make the forecast that is due; None: none is, somebody else is at it, or there is too little to make one from (which is noted for readers).

    The run is written in one transaction, which also holds the lock: whoever dies leaves no part of a run, and the next minute begins anew.  Raises what the
    database raises; the trouble is noted and left alone for ten minutes.
    """
    moment, begun = clock(), time.monotonic()
    try:
        with engines.primary.begin() as connection:
            if not store.try_to_be_the_one(connection):
                return None
            origin = _due(connection, settings, ask, moment, clock)
            if origin is None:
                return None
            gathered = gather(ask, load_branches(connection), load_branch_calendars(connection), origin)
            return _make(connection, settings, gathered, moment, begun)
    except TooShortError as error:
        log.info("no forecast: %s", error)
        store.note_trouble(engines, moment, f"{error}.")
    except Exception:
        store.note_trouble(engines, moment, "The last training failed; the log of the worker says why. It is tried again every ten minutes.")
        raise
    return None


def _due(connection: Connection, settings: Settings, ask: Ask, moment: datetime, clock: Clock) -> date | None:
    """The last day that a forecast should know and none knows yet; None: nothing is to be done."""
    trouble = store.trouble_in(connection)
    if trouble is not None and moment - trouble[0] < _AFTER_TROUBLE:
        return None
    origin = today(settings.company_time_zone, clock) - timedelta(days=1)
    newest = store.newest_in(connection)
    if newest is None or newest.method != METHOD or newest.origin_day < origin - timedelta(days=1):
        return origin
    if newest.origin_day < origin:
        return origin if _of_day(settings, moment) >= settings.forecast_at else None
    if moment - newest.finished_at >= _LOOK_AGAIN and abs(amount_of(ask, origin) - newest.history_amount) > _MUCH * max(abs(newest.history_amount), 1.0):
        return origin
    return None


def _of_day(settings: Settings, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(settings.company_time_zone)):%H:%M}"


def _make(connection: Connection, settings: Settings, gathered: Gathered, moment: datetime, begun: float) -> Trained:
    made = forecast_revenue(gathered.histories)
    paths = paths_by_basis(made)
    branches = made.histories.branches
    errors = [row for basis in made.bases for row in error_rows(basis, paths[basis.name], branches)]
    record = [row for basis in made.bases for row in record_rows(made, basis, paths[basis.name])]
    seconds = time.monotonic() - begun
    run = store.add_run(connection, {
        "origin_day": made.histories.last, "started_at": moment, "finished_at": moment + timedelta(seconds=seconds), "method": METHOD, "versions": gathered.versions,
        "history_amount": gathered.amount, "findings": findings(made, paths), "seconds": seconds,
        "settings": {"weeks": made.histories.weeks, "origins": len(made.origins) - 1, "apart_weeks": made.apart, "time_zone": settings.company_time_zone},
    }, list(point_rows(made)), errors, record)
    return Trained(run, made.histories.last, len(branches), seconds)
