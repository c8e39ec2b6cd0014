"""What the forecast of a company starts from: daily numbers of every branch up to the origin, and the calendar beyond it."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from shared.analysis.forecasting.shape import WEEK, Days
from shared.analysis.forecasting.smoothing import Array

HORIZON = 53
"""Weeks ahead: a year and the rest of its last week."""
LEAST_WEEKS = 3
"""Below so many weeks a company has no forecast."""


@dataclass(frozen=True, eq=False)
class Histories:
    """Daily numbers [day known, branch] from some day up to ``last``; zeros where nothing happened, also before a branch existed."""

    last: date
    """The last day known."""
    branches: tuple[int, ...]
    booked: Array
    installed: Array
    leads: Array
    open_appointments: Array
    """At the end of each day."""
    open_quotes: Array
    days: Days
    """Over the days known and ``HORIZON`` weeks ahead."""
    closed: dict[int, date] = field(default_factory=dict)
    """Branch -> last day on which it does business, where that is known."""

    @property
    def known(self) -> int:
        """Days known."""
        return len(self.booked)

    @property
    def weeks(self) -> int:
        """Whole weeks known, counted back from the last day."""
        return self.known // WEEK

    def whole_weeks(self) -> "Histories":
        """The same without the first days that make no whole week, and without the weeks before anything happened."""
        busy = np.flatnonzero((self.booked != 0).any(axis=1) | (self.leads != 0).any(axis=1) | (self.installed != 0).any(axis=1))
        keep = (self.known - int(busy[0]) if len(busy) else 0) // WEEK * WEEK
        cut = self.known - keep
        days = Days(self.days.weights[cut:], self.days.holidays[cut:], self.days.weekdays[cut:])
        return Histories(self.last, self.branches, self.booked[cut:], self.installed[cut:], self.leads[cut:], self.open_appointments[cut:], self.open_quotes[cut:], days, self.closed)

    def open_for_business(self) -> Array:
        """[day ahead, branch] 1, and 0 after a branch's last day."""
        ahead = [self.last + timedelta(days=n + 1) for n in range(HORIZON * WEEK)]
        return np.array([[0.0 if branch in self.closed and day > self.closed[branch] else 1.0 for branch in self.branches] for day in ahead]).reshape(len(ahead), len(self.branches))
