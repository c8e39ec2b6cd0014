"""Which days the company works, as schedules ask it."""

from collections.abc import Mapping
from datetime import date

from shared.delivery.days import IsBusinessDay
from shared.warehouse.calendar import load_business_days
from shared.warehouse.engines import Engines


def business_days(known: Mapping[date, bool]) -> IsBusinessDay:
    """Return whether a day is a business day; a day that the calendar does not list is one unless it is a Sunday, as everywhere else."""
    return lambda day: known[day] if day in known else day.weekday() != 6


def read_business_days(engines: Engines) -> IsBusinessDay:
    """Read the company's calendar."""
    with engines.primary_reader() as connection:
        return business_days(load_business_days(connection))
