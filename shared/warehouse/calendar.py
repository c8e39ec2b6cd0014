"""The working calendar: which days count, and how much business each is expected to bring."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Calendar:
    """Working-day weights of a company; branches closed on a day weigh nothing there."""

    weights: Mapping[date, float] = field(default_factory=dict)
    """Mean weight of each day over the branches; a day that is not listed follows its weekday: Sunday 0, any other day 1."""
    holidays: Mapping[date, str] = field(default_factory=dict)
    _totals: dict[tuple[date, date], float] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Sums once said: every headline of a page asks for those of the same months."""

    def weight(self, day: date) -> float:
        """Share of a normal working day's business expected on ``day``."""
        found = self.weights.get(day)
        return found if found is not None else float(day.weekday() != 6)

    def is_working(self, day: date) -> bool:
        """Say whether ``day`` brings business: Monday to Saturday, no holiday."""
        return day.weekday() != 6 and day not in self.holidays

    def unusual_days(self, start: date, end: date) -> frozenset[date]:
        """The days from ``start`` to ``end``, both included, that are not to be judged like their weekday: what callers of ``judge_daily`` hand in as holidays.

        Holidays, and days that weigh less than four fifths of the same weekday in the two weeks around them.
        """
        return frozenset(day for day in _days(start, end) if day in self.holidays or self._ease(day) < 0.8)

    def _ease(self, day: date) -> float:
        """Weight beside the median of the same weekday around it; 1 where that weighs nothing."""
        near = sorted(self.weight(other) for weeks in (-2, -1, 1, 2) if (other := day + timedelta(days=7 * weeks)) not in self.holidays)
        usual = near[len(near) // 2] if near else 0.0
        return self.weight(day) / usual if usual > 0 else 1.0

    def working_days(self, start: date, end: date) -> int:
        """How many working days lie from ``start`` to ``end``, both included."""
        return sum(map(self.is_working, _days(start, end)))

    def total(self, start: date, end: date) -> float:
        """Sum of the weights from ``start`` to ``end``, both included."""
        found = self._totals.get((start, end))
        if found is None:
            found = self._totals[start, end] = sum(map(self.weight, _days(start, end)))
        return found


def _days(start: date, end: date) -> Iterator[date]:
    return (start + timedelta(days=n) for n in range((end - start).days + 1))


def load_calendar(connection: Connection) -> Calendar:
    """Read the calendar of all branches (mean weight per day)."""
    rows = connection.execute(text("SELECT day, avg(weight) AS weight, min(holiday) AS holiday FROM crm.calendar_day GROUP BY day")).all()
    return Calendar({row.day: float(row.weight) for row in rows}, {row.day: row.holiday for row in rows if row.holiday})


def load_branch_calendars(connection: Connection) -> dict[int, Calendar]:
    """Read the calendar of each branch that has one, by branch id."""
    rows = connection.execute(text("SELECT branch_id, day, weight::float8 AS weight, holiday FROM crm.calendar_day")).all()
    weights: dict[int, dict[date, float]] = {}
    holidays: dict[int, dict[date, str]] = {}
    for row in rows:
        weights.setdefault(row.branch_id, {})[row.day] = row.weight
        if row.holiday:
            holidays.setdefault(row.branch_id, {})[row.day] = row.holiday
    return {branch: Calendar(days, holidays.get(branch, {})) for branch, days in weights.items()}
def load_business_days(connection: Connection) -> dict[date, bool]:
    """Read which days are business days of any branch, from a year ago on."""
    return {row.day: row.is_business_day for row in connection.execute(text("SELECT day, bool_or(is_business_day) AS is_business_day FROM crm.calendar_day WHERE day > CURRENT_DATE - 400 GROUP BY day"))}
