"""Odd days in a daily series, each judged by what came before it alone, so that yesterday's verdict is the same tomorrow.

How it was chosen and measured: docs/decisions/0010-how-anomalies-are-judged.md.
"""

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from shared.analysis import past
from shared.analysis.scales import LEAST_DEVIATION, Kind, Scale, scale_of

Sensitivity = Literal["low", "normal", "high"]
THRESHOLDS: dict[Sensitivity, float] = {"low": 4.2, "normal": 3.4, "high": 2.6}
"""Score from which on a day is odd."""
RUN_THRESHOLDS: dict[Sensitivity, float] = {"low": 4.2, "normal": 3.6, "high": 2.6}
"""The same for two or four weeks together."""
MONEY = 1.15
"""Times the threshold: sums of few large amounts stray further than a bell curve does."""
WEEKS, DRIFT, SPREAD, RUNS = 10, 28, 112, (14, 28)
"""Same weekdays that the middle is of; days of drift; days that the usual deviation is of; days of runs."""
YEAR_AGO, YEAR_WEEKS = 0.5, range(350, 379, 7)
"""Part of what the same weeks departed by a year ago (those days back) that is expected of a run again: a season rises and falls every year, but not just so."""
CATCH_UP = 5
"""Days after a holiday on which what it left undone may be made up for."""
_LEAST_WEEKS, _LEAST_SPREAD = 4, 21
_BELL = 2.33
"""Deviations that one day in fifty exceeds in a bell curve."""
_RUN_LEAST = 1.15
"""What was expected of a run is uncertain too."""
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Verdict:
    """What one day is worth knowing for; ``expected``, ``low``, ``high`` are NaN and ``score`` 0 where it is not judged."""

    day: date
    value: float
    expected: float
    low: float
    """Between ``low`` and ``high`` a day is usual at the chosen sensitivity."""
    high: float
    score: float
    """Usual deviations from what was expected, below 0 for less; of the last weeks together where they are what is odd."""
    is_anomaly: bool
    words: str


def judge_daily(days: Sequence[date], values: Sequence[float], *, sensitivity: Sensitivity = "normal", holidays: Collection[date] = (),
                left_out: Collection[date] = (), kind: Kind = "count", sizes: Sequence[float] | None = None) -> list[Verdict]:
    """Return one verdict per day, in the order of ``days`` (ascending, none twice; gaps are missing days).

    Expected is the middle of the same weekday in the ten weeks before plus the drift of the last four weeks, on a scale where the deviation is even: square roots
    of counts and money, arcsines of rates.  A day is odd where it departs more than the threshold in usual deviations, or where the two or four weeks that end with it do
    together (told once, when that begins).  ``holidays`` and ``left_out`` are neither judged nor learned from; what a holiday left undone may be made up for in the days after it.  ``sizes``: the denominators of a rate, without which
    a rate of three cases counts like one of three hundred; the expected rate is then that of all cases of eight weeks.  The first weeks are not judged.
    Raises ValueError where lengths differ or days do not ascend.
    """
    if len(days) != len(values) or (sizes is not None and len(sizes) != len(days)):
        raise ValueError("days, values and sizes must be equally many")
    if any(later <= earlier for earlier, later in itertools.pairwise(days)):
        raise ValueError("days must ascend, none twice")
    if not days:
        return []
    first = days[0]
    places = np.asarray([(day - first).days for day in days])
    known = np.full(int(places[-1]) + 1, math.nan)
    known[places] = [value if day not in holidays and day not in left_out else math.nan for day, value in zip(days, values, strict=True)]
    cases = None
    if sizes is not None:
        cases = np.full(len(known), math.nan)
        cases[places] = sizes
    scale = scale_of(kind, known, cases)
    judged = _against_past(scale)
    more = MONEY if kind == "money" else 1.0
    limit = THRESHOLDS[sensitivity] * more
    starts = _starts(judged.run, RUN_THRESHOLDS[sensitivity] * more)
    put_off = {} if kind == "rate" else _put_off(scale, judged, dict(zip(places.tolist(), values, strict=True)), [place for day, place in zip(days, places.tolist(), strict=True) if day in holidays])
    verdicts = []
    for day, value, place in zip(days, values, places.tolist(), strict=True):
        masked, one = day in holidays or day in left_out, float(judged.score[place])
        low, expected, high = judged.band(scale, place, limit)
        if masked or math.isnan(one):
            why = "left out: no ordinary day" if masked else "no value" if math.isnan(value) else "not judged: too little before it"
            verdicts.append(Verdict(day, value, *((math.nan,) * 3 if masked or math.isnan(expected) else (expected, low, high)), 0.0, is_anomaly=False, words=why))
            continue
        if place in put_off and value > expected:
            high += put_off[place]
            one = judged.score_of(scale, place, scale.to(max(value - put_off[place], expected)))
        odd = abs(one) >= limit
        runs = not odd and bool(starts[place])
        told = float(judged.run[place]) if runs else one
        verdicts.append(Verdict(day, value, expected, low, high, told, odd or runs, _words(day, value, (expected, low, high), told, odd, runs, kind)))
    return verdicts


@dataclass(frozen=True)
class _Judged:
    """Every day on the scale."""

    centre: np.ndarray
    deviation: np.ndarray
    """Of the day's number on the scale, bent (``Scale.bent``)."""
    score: np.ndarray
    run: np.ndarray

    def band(self, scale: Scale, place: int, limit: float) -> tuple[float, float, float]:
        """Return the lowest usual number of a day, the expected one and the highest usual one."""
        middle, step = float(scale.bent(self.centre[place])), limit * float(self.deviation[place])
        low, expected, high = (scale.back(scale.unbent(middle + side), place) for side in (-step, 0.0, step))
        return low, expected, high

    def score_of(self, scale: Scale, place: int, even: float) -> float:
        """Return how many deviations from the expected a number on the scale would be."""
        return float((scale.bent(np.asarray(even)) - scale.bent(self.centre[place])) / self.deviation[place])


def _put_off(scale: Scale, judged: _Judged, values: dict[int, float], holidays: list[int]) -> dict[int, float]:
    """Return how much each ordinary day may be above the expected without being odd: what holidays left undone and no day since has made up for, twice the usual in all at most."""
    free = set(holidays)
    left: dict[int, float] = {}
    for holiday in holidays:
        undone = judged.band(scale, holiday, 0.0)[1] - values[holiday]
        for place in range(holiday + 1, holiday + 1 + CATCH_UP):
            if not undone > 0 or (place in values and math.isnan(values[place])):  # also where nothing is known
                break
            if place in values and place not in free:
                expected = judged.band(scale, place, 0.0)[1]
                left[place] = min(left.get(place, 0.0) + undone, expected)
                undone -= max(values[place] - expected, 0.0)
    return left


def _against_past(scale: Scale) -> _Judged:
    """Judge every day by the days before it."""
    even = scale.even
    if scale.pooled is None:
        base = past.midmean(past.before(even, range(7, 7 * WEEKS + 1, 7)), _LEAST_WEEKS)
        centre = base + np.nan_to_num(past.midmean(past.before(even - base, range(1, DRIFT + 1)), DRIFT // 2))
    else:
        centre = scale.pooled
    off = (even - centre) * scale.weight
    spread = 1.4826 * past.median(past.before(np.abs(off), range(1, SPREAD + 1)), _LEAST_SPREAD)
    weekday = np.sqrt(past.mean(past.before(np.minimum(off**2, 6.25 * np.square(spread)), range(7, SPREAD + 1, 7)), _LEAST_WEEKS))
    deviation = np.maximum(np.maximum(spread, np.nan_to_num(weekday)), scale.least)
    deviation = np.where(deviation > LEAST_DEVIATION, deviation, math.nan)
    # Where one day in fifty departs further than it would in a bell curve, that is how this series is: its deviation is so much larger.
    often = past.upper(past.before(np.abs(off / deviation), range(1, 366)), 100, 0.98)
    deviation = deviation * np.maximum(np.nan_to_num(often) / _BELL, 1.0)
    # On the bent scale a deviation is as much longer as the bend is steep there.
    bent = deviation / scale.weight * scale.bend * np.maximum(np.abs(centre), deviation) ** (scale.bend - 1)
    return _Judged(centre, bent, (scale.bent(even) - scale.bent(centre)) / bent, _runs(scale))


def _runs(scale: Scale) -> np.ndarray:
    """Score of the last two or four weeks together, whichever is odder, by the weeks before them; NaN where too few are known."""
    short, long = (_together(scale, days) for days in RUNS)
    return np.where(np.isnan(short) | (np.abs(long) > np.abs(short)), long, short)


def _together(scale: Scale, days: int) -> np.ndarray:
    if scale.pooled is None:
        off = scale.even - past.midmean(past.before(scale.even, range(days, days + 7 * WEEKS, 7)), _LEAST_WEEKS)
    else:
        off = (scale.even - past.before(scale.pooled, range(days, days + 1))[:, 0]) * scale.weight
    together = past.mean(past.before(off, range(days)), days * 2 // 3)
    together = together - YEAR_AGO * np.nan_to_num(past.mean(past.before(together, YEAR_WEEKS), 3))
    spread = 1.4826 * past.median(past.before(np.abs(together), range(days, 365)), 60)
    least = max(scale.least * _RUN_LEAST / math.sqrt(days), LEAST_DEVIATION)
    return np.where(np.isnan(scale.even), math.nan, together / np.maximum(spread, least))


def _starts(run: np.ndarray, limit: float) -> np.ndarray:
    """Where a run begins to be odd; it must have calmed down to half the limit before the next one begins."""
    starts, armed = np.zeros(len(run), dtype=bool), True
    for place, value in enumerate(run.tolist()):
        if armed and abs(value) >= limit:
            starts[place], armed = True, False
        elif abs(value) < limit / 2:
            armed = True
    return starts


def _words(day: date, value: float, band: tuple[float, float, float], score: float, odd: bool, runs: bool, kind: Kind) -> str:  # noqa: FBT001 - private
    shown = (lambda number: f"{number:.1%}" if abs(number) <= 1.5 else f"{number:,.1f}") if kind == "rate" else (lambda number: f"{number:,.1f}" if abs(number) < 10 and number % 1 else f"{number:,.0f}")
    expected, low, high = map(shown, band)
    usual = f"{expected} expected of this {_WEEKDAYS[day.weekday()]}, {low} to {high} is usual"
    if odd:
        return f"{shown(value)} is far {'above' if score > 0 else 'below'} the usual: {usual} ({abs(score):.1f} deviations)."
    if runs:
        return f"The last weeks together are {'above' if score > 0 else 'below'} the usual ({abs(score):.1f} deviations), though this day alone is not: {shown(value)}, {usual}."
    return f"{shown(value)} is usual: {usual}."
