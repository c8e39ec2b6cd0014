"""How much of a change the calendar explains: working days, the mix of weekdays, holidays; asked before people are blamed."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_CERTAIN = 0.05


@dataclass(frozen=True)
class CalendarEffect:
    """A change of a sum taken apart into what the calendar makes and the rest; the two add up to the change."""

    change: float
    """After less before, in the metric's unit."""
    calendar: float
    """What the calendar alone would have changed."""
    rest: float
    share: float
    """``calendar`` / ``change``; NaN where nothing changed.  Above 1 or below 0 where the rest works the other way."""
    chance: float
    """How likely the rest is by chance (Welch's test on business per working day); NaN where there are too few days to say."""
    words: str

    @property
    def is_explained(self) -> bool:
        """Say whether the calendar is enough: what it leaves is as small as chance makes it."""
        return not self.chance < _CERTAIN


def calendar_share(days_before: Sequence[date], days_after: Sequence[date], working_weight: Callable[[date], float]) -> float:
    """Return the relative change of a sum that the calendar alone makes: 0.05 is five per cent more weight after than before; NaN without weight before.

    ``working_weight`` is a day's part of a normal working day's business, such as ``Calendar.weight``.
    """
    before = math.fsum(map(working_weight, days_before))
    return math.fsum(map(working_weight, days_after)) / before - 1 if before > 0 else math.nan


def calendar_effect(before: Sequence[tuple[date, float]], after: Sequence[tuple[date, float]], working_weight: Callable[[date], float],
                    holidays: Collection[date] = ()) -> CalendarEffect:
    """Take the change of a daily sum apart; rows are (day, value), a missing value is NaN and leaves its day out."""
    before, after = ([row for row in rows if not math.isnan(row[1])] for rows in (before, after))
    was, now = math.fsum(value for _, value in before), math.fsum(value for _, value in after)
    expected = calendar_share([day for day, _ in before], [day for day, _ in after], working_weight)
    calendar = was * expected
    change, rest = now - was, now - was - calendar
    chance = _chance(_per_weight(before, working_weight), _per_weight(after, working_weight))
    words = _words(before, after, expected, change, was, chance, holidays)
    return CalendarEffect(change, calendar, rest, calendar / change if change else math.nan, chance, words)


def _per_weight(rows: Sequence[tuple[date, float]], working_weight: Callable[[date], float]) -> np.ndarray:
    return np.asarray([value / working_weight(day) for day, value in rows if working_weight(day) > 0.2])


def _chance(before: np.ndarray, after: np.ndarray) -> float:
    """Two-sided p of Welch's test; NaN with fewer than four days on a side."""
    if min(len(before), len(after)) < 4:
        return math.nan
    parts = [float(side.var(ddof=1)) / len(side) for side in (before, after)]
    apart, error = float(after.mean() - before.mean()), math.sqrt(math.fsum(parts))
    if error <= 1e-9 * max(1e-300, abs(float(before.mean())), abs(float(after.mean()))):  # days that do not vary at all
        return 1.0 if math.isclose(before.mean(), after.mean(), rel_tol=1e-9) else 0.0
    from scipy.stats import t

    freedom = error**4 / math.fsum(part**2 / (len(side) - 1) for part, side in zip(parts, (before, after), strict=True))
    return float(2 * t.sf(abs(apart) / error, freedom))


def _words(before: Sequence[tuple[date, float]], after: Sequence[tuple[date, float]], expected: float, change: float, was: float,
           chance: float, holidays: Collection[date]) -> str:
    if math.isnan(expected) or not was:
        return "The calendar cannot be weighed: there is no working day with a number before."
    counts = [[sum(day.weekday() == each for day, _ in rows) for each in range(7)] for rows in (before, after)]
    told = [f"{now - then:+d} {_WEEKDAYS[each]}" for each, (then, now) in enumerate(zip(*counts, strict=True)) if now != then]
    off = [sum(day in holidays for day, _ in rows) for rows in (before, after)]
    told += [f"{off[1] - off[0]:+d} holidays"] if off[0] != off[1] else []
    days = ", ".join(told) or "the same weekdays"
    first = f"The calendar ({days}) makes {expected:+.1%} of {change / was:+.1%}."
    if math.isnan(chance):
        return f"{first} There are too few days to say whether the rest is chance."
    if chance < _CERTAIN:
        return f"{first} What is left is more than days vary by chance (p = {chance:.3f})."
    return f"{first} What is left is within what days vary by chance (p = {chance:.2f}): blame nobody yet."
