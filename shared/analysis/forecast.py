"""A first forecast: last year's shape carried forward at the present growth, with a band from its own past errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SEASON = 52
_LEVEL = 13
"""Weeks over which the present growth is measured."""
_ORIGINS = 12
"""Rolling origins that the band is measured at."""
Z80 = 0.80
"""Share of past errors that the band covers."""


@dataclass(frozen=True)
class Forecast:
    """Points and an 80 % band, one per step ahead."""

    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    method: str
    """In words, with how it was measured."""


def forecast_weekly(history: Sequence[float], steps: int) -> Forecast | None:
    """Forecast ``steps`` weeks after complete weekly ``history`` (oldest first); None with fewer than 70 weeks.

    Each week is the mean of the same three weeks last year times the growth of the last 13 weeks over the same weeks a year before
    (held to 0.5..2).  The band holds 80 % of the relative errors that this method made from 12 earlier origins, by step, widened never
    narrowed with the distance.
    """
    values = np.asarray(history, dtype=float)
    if len(values) < SEASON + _LEVEL + 5 or steps < 1:
        return None
    mean = _project(values, steps)
    errors = _errors(values, steps)
    spread = np.maximum.accumulate(errors)
    words = f"same weeks last year x growth of the last {_LEVEL} weeks; band: 80 % of the errors from {min(_ORIGINS, len(values) - SEASON - _LEVEL - 4)} earlier origins"
    return Forecast(_plain(mean), _plain(np.maximum(mean * (1 - spread), 0.0)), _plain(mean * (1 + spread)), words)


def _plain(values: np.ndarray) -> tuple[float, ...]:
    """Python's own numbers: JSON knows no others."""
    return tuple(float(value) for value in values)


def _project(values: np.ndarray, steps: int) -> np.ndarray:
    count = len(values)
    recent, before = values[-_LEVEL:].sum(), values[-_LEVEL - SEASON : -SEASON].sum()
    growth = float(np.clip(recent / before, 0.5, 2.0)) if before > 0 else 1.0
    points = []
    for step in range(1, steps + 1):
        middle = count - 1 + step - SEASON * ((step - 1) // SEASON + 1)
        neighbours = values[max(0, middle - 1) : min(count, middle + 2)]
        points.append(neighbours.mean() * growth)
    return np.asarray(points)


def _errors(values: np.ndarray, steps: int) -> np.ndarray:
    """80 % quantile of the absolute relative error, per step."""
    count = len(values)
    collected: list[list[float]] = [[] for _ in range(steps)]
    first = max(SEASON + _LEVEL, count - _ORIGINS - 1)
    for origin in range(first, count):
        made = _project(values[:origin], min(steps, count - origin))
        for step, point in enumerate(made):
            if point > 0:
                collected[step].append(abs(values[origin + step] - point) / point)
    every = [error for errors in collected for error in errors] or [0.5]
    overall = float(np.quantile(every, Z80))
    return np.asarray([float(np.quantile(errors, Z80)) if len(errors) >= 5 else overall for errors in collected])
