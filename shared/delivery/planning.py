"""Turns due times into runs.  PostgreSQL holds when each schedule is due next; whoever looks first plans it, and a due time has one run however often it is planned."""

import logging
from datetime import datetime, timedelta
from typing import Final

from shared.clock import Clock, now
from shared.delivery.business_days import read_business_days
from shared.delivery.days import IsBusinessDay
from shared.delivery.definition import Definition, definition_from
from shared.delivery.problems import ScheduleError
from shared.delivery.timing import due_between, next_due
from shared.warehouse import delivery_outbox as outbox
from shared.warehouse import delivery_store as store
from shared.warehouse.delivery_store import Schedule
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
GRACE: Final = timedelta(minutes=10)
"""A run that is planned later than this was missed."""
_MOST_AT_ONCE: Final = 200
_LONGEST: Final = timedelta(days=400)


def plan_due(engines: Engines, clock: Clock = now) -> int:
    """Put a run into the queue for every schedule that is due; return how many.  Any number may plan at once."""
    is_business_day, planned = None, 0
    while True:
        moment = clock()
        with engines.primary.begin() as connection:
            found = store.due_schedules(connection, moment, _MOST_AT_ONCE)
            if not found:
                return planned
            is_business_day = is_business_day or read_business_days(engines)
            for schedule, is_ahead in found:
                try:
                    definition = definition_from(schedule.definition)
                except ScheduleError as error:
                    store.break_schedule(connection, schedule.id, f"Its definition cannot be used any more: {error}")
                    log.error("schedule %d is broken: %s", schedule.id, error)  # noqa: TRY400 - the sentence says it all
                    continue
                following = next_due(definition.rhythm, moment, is_business_day)
                if schedule.next_at is not None and schedule.next_at <= moment:
                    run = _planned(schedule, definition, moment, is_business_day)
                    if run is not None:
                        planned += outbox.add_run(connection, schedule.id, run[0], "due", schedule.name, schedule.definition, state=run[1], words=run[2]) is not None
                elif is_ahead:
                    log.warning("the clock has gone back: schedule %d is planned anew", schedule.id)
                store.plan_next(connection, schedule.id, following[0].at if following else None, moment)


def _planned(schedule: Schedule, definition: Definition, moment: datetime, is_business_day: IsBusinessDay) -> tuple[datetime, str, str] | None:
    """Return due time, state and words of the run that stands for everything since ``next_at``; None where the rule is due at no such time any more."""
    assert schedule.next_at is not None
    since = max(schedule.next_at, moment - _LONGEST)
    due = due_between(definition.rhythm, since - timedelta(microseconds=1), moment, is_business_day)
    if not due:
        return None
    last, missed = due[-1].at, len(due) - 1
    is_late = moment - last > GRACE
    if is_late and definition.missed == "skip":
        return last, "skipped", f"{_times(missed + 1)} passed while the platform was away, and {'was' if not missed else 'were'} left out, as the schedule says."
    return last, "due", f"Sent late, once for {_times(missed + 1)} that passed while the platform was away." if missed or is_late else ""


def _times(count: int) -> str:
    return "one time" if count == 1 else f"{count} times"


def first_due(engines: Engines, definition: Definition, clock: Clock = now) -> datetime | None:
    """Return when a schedule is due next; None: never."""
    found = next_due(definition.rhythm, clock(), read_business_days(engines))
    return found[0].at if found else None
