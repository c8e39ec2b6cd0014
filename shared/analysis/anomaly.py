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

from shared.analysis.scales import LEAST_DEVIATION, Kind, Scale, scale_of

Sensitivity = Literal["low", "normal", "high"]
THRESHOLDS: dict[Sensitivity, float] = {"low": 5.0, "normal": 4.0, "high": 3.2}
"""Score from which on a day is odd."""
RUN_THRESHOLDS: dict[Sensitivity, float] = {"low": 5.0, "normal": 4.4, "high": 3.6}
"""The same for a run of five days."""
WEEKS, DRIFT, SPREAD, RUN = 8, 21, 112, 5
"""Same weekdays that the median is of; days of drift; days that the usual deviation is of; days of a run."""
_LEAST_WEEKS, _LEAST_SPREAD = 4, 21
_CLIP = 2.5
"""Deviations that one day adds to a run at most, so that one odd day is no run."""
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
    """Usual deviations from what was expected, below 0 for less; of the run of five days where that is what is odd."""
    is_anomaly: bool
    words: str


def judge_daily(days: Sequence[date], values: Sequence[float], *, sensitivity: Sensitivity = "normal", holidays: Collection[date] = (),
                left_out: Collection[date] = (), kind: Kind = "count", sizes: Sequence[float] | None = None) -> list[Verdict]:
    """Return one verdict per day, in the order of ``days`` (ascending, none twice; gaps are missing days).

    Expected is the median of the same weekday in the eight weeks before plus the drift of the last three weeks, on a scale where the deviation is even: square roots
    of counts and money, arcsines of rates.  A day is odd where it departs more than usual deviations times the threshold, or where a run of five working days does
    together (told once, when it begins).  ``holidays`` and ``left_out`` are neither judged nor learned from.  ``sizes``: the denominators of a rate, without which a
    rate of three cases counts like one of three hundred; the expected rate is then that of all cases of eight weeks.  The first weeks are not judged.
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
    centre, deviation, score = _against_past(scale)
    run = _run_scores(score)
    limit, run_limit = THRESHOLDS[sensitivity], RUN_THRESHOLDS[sensitivity]
    starts = _starts(run, run_limit)
    verdicts = []
    for day, value, place in zip(days, values, places.tolist(), strict=True):
        masked = day in holidays or day in left_out
        low, expected, high = (scale.back(centre[place] + step * deviation[place], place) for step in (-limit, 0.0, limit))
        one = float(score[place])
        if masked or math.isnan(one):
            why = "left out: no ordinary day" if masked else "no value" if math.isnan(value) else "not judged: too little before it"
            verdicts.append(Verdict(day, value, *((math.nan,) * 3 if masked or math.isnan(expected) else (expected, low, high)), 0.0, is_anomaly=False, words=why))
            continue
        odd = abs(one) >= limit
        runs = not odd and bool(starts[place])
        told = float(run[place]) if runs else one
        verdicts.append(Verdict(day, value, expected, low, high, told, odd or runs, _words(day, value, (expected, low, high), told, odd, runs, kind)))
    return verdicts


def _against_past(scale: Scale) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre, usual deviation and score of every day on the scale."""
    even = scale.even
    if scale.pooled is None:
        base = _middle(_lagged(even, range(7, 7 * WEEKS + 1, 7)), _LEAST_WEEKS)
        drift = np.nan_to_num(_middle(_lagged(even - base, range(1, DRIFT + 1)), DRIFT // 2))
        centre = base + drift
    else:
        centre = scale.pooled
    off = (even - centre) * scale.weight
    spread = 1.4826 * _middle(_lagged(np.abs(off), range(1, SPREAD + 1)), _LEAST_SPREAD)
    weekday = np.sqrt(_mean(_lagged(np.minimum(off**2, 16 * np.square(spread)), range(7, SPREAD + 1, 7)), _LEAST_WEEKS))
    deviation = np.maximum(np.maximum(spread, np.nan_to_num(weekday)), scale.least)
    deviation = np.where(deviation > LEAST_DEVIATION, deviation, math.nan)
    return centre, deviation / scale.weight, off / deviation


def _lagged(series: np.ndarray, lags: range) -> np.ndarray:
    """[day, lag] the series so many days before; NaN before its beginning."""
    found = np.full((len(series), len(lags)), math.nan)
    for column, lag in enumerate(lags):
        found[lag:, column] = series[: max(len(series) - lag, 0)]
    return found


def _middle(rows: np.ndarray, least: int) -> np.ndarray:
    """Median of each row's known values; NaN where fewer than ``least`` are."""
    ordered = np.sort(rows, axis=1)  # NaN last
    count = np.sum(~np.isnan(rows), axis=1)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[:, None], axis=1)[:, 0]
    high = np.take_along_axis(ordered, np.minimum(count // 2, rows.shape[1] - 1)[:, None], axis=1)[:, 0]
    return np.where(count >= least, (low + high) / 2, math.nan)


def _mean(rows: np.ndarray, least: int) -> np.ndarray:
    count = np.sum(~np.isnan(rows), axis=1)
    return np.where(count >= least, np.nansum(rows, axis=1) / np.maximum(count, 1), math.nan)


def _run_scores(score: np.ndarray) -> np.ndarray:
    """Of each judged day and the four judged before it together; NaN without five."""
    run = np.full(len(score), math.nan)
    judged = np.flatnonzero(~np.isnan(score))
    clipped = np.clip(score[judged], -_CLIP, _CLIP)
    for place in range(RUN - 1, len(judged)):
        run[judged[place]] = clipped[place - RUN + 1 : place + 1].sum() / math.sqrt(RUN)
    return run


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
        return f"Five days in a row are {'above' if score > 0 else 'below'} the usual together, though none alone ({abs(score):.1f} deviations): {shown(value)}, {usual}."
    return f"{shown(value)} is usual: {usual}."
