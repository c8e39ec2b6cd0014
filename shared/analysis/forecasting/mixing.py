"""Several forecasts of the same weeks into one, by what each got wrong at earlier origins."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from shared.analysis.forecasting.smoothing import Array

SPANS = (0, 4, 13, 53)
"""Weeks ahead in which the weights are the same: the first four, the rest of the quarter, beyond."""
_SHARPNESS = 4.0
_LEAST_ORIGINS = 6
"""With fewer origins nothing is proven, and the first forecast stands alone."""


@dataclass(frozen=True)
class Span:
    """What a few weeks' worth of evidence says."""

    first: int
    last: int
    """Weeks ahead, from 1, both included."""
    weights: dict[str, float]
    alone: float
    """Error of the first forecast alone, as a share of what came; NaN: not seen."""
    together: float
    """Error of the mixture that is used."""


@dataclass(frozen=True, eq=False)
class Mixed:
    """The mixture."""

    weeks: Array
    """[origin, week, branch]; NaN where the first forecast is."""
    first: Array
    """The first forecast, which the others are held against."""
    spans: tuple[Span, ...]


def mix(forecasts: dict[str, Array], actual: Array, origins: tuple[int, ...]) -> Mixed:
    """Mix ``forecasts`` [origin, week, branch]; the first is the one that the others must improve on, span by span, or it stands alone there.

    ``actual`` [week known, branch].  NaN in another forecast: the first takes its place.
    """
    names = list(forecasts)
    first = forecasts[names[0]]
    every = np.stack([np.where(np.isnan(forecasts[name]), first, forecasts[name]) for name in names])
    came = np.full((len(origins) - 1, *first.shape[1:]), np.nan)
    for row, origin in enumerate(origins[:-1]):
        seen = actual[origin : origin + first.shape[1]]
        came[row, : len(seen)] = seen
    weeks, spans = first.copy(), []
    for begin, end in pairwise(SPANS):
        here = [place for place, name in enumerate(names) if place == 0 or not np.isnan(forecasts[name][:, begin:end]).all()]
        off = np.array([_error(every[place, :-1, begin:end], came[:, begin:end]) for place in here])
        weights = np.zeros(len(here))
        weights[0] = 1.0
        together = off[0]
        if len(here) > 1 and np.isfinite(off).all() and off.min() > 0 and _seen(came[:, begin:end]) >= _LEAST_ORIGINS:
            share = (off / off.min()) ** -_SHARPNESS
            candidate = share / share.sum()
            blended = np.tensordot(candidate, every[here][:, :, begin:end], 1)
            error = _error(blended[:-1], came[:, begin:end])
            if error < off[0]:
                weights, together, weeks[:, begin:end] = candidate, error, blended
        spans.append(Span(begin + 1, end, {names[place]: round(float(weight), 4) for place, weight in zip(here, weights, strict=True)}, float(off[0]), float(together)))
    return Mixed(weeks, first, tuple(spans))


def _seen(came: Array) -> int:
    return int((~np.isnan(came)).any(axis=(1, 2)).sum())


def _error(made: Array, came: Array) -> float:
    """Absolute error of the company's weeks as a share of what came; NaN where nothing came."""
    known = ~np.isnan(came) & ~np.isnan(made)
    off = np.abs(np.where(known, made - came, 0.0).sum(axis=2)).sum()
    size = np.abs(np.where(known, came, 0.0).sum(axis=2)).sum()
    return float(off / size) if size > 0 else float("nan")
