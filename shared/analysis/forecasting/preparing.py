"""Makes a series fit for forecasting: what was not observed, what never changes, what is too short, each with words for the reader."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.analysis.forecasting.smoothing import Array


class NothingObservedError(ValueError):
    """The series has no value at all; there is nothing to forecast from."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A series without what lies before its first value."""

    observed: Array
    """NaN where nothing was observed."""
    filled: Array
    """The same with every gap closed."""
    notes: tuple[str, ...]
    """What was done, in sentences."""

    @property
    def is_constant(self) -> bool:
        """True where every value is the same."""
        return bool(self.filled.min() == self.filled.max())

    @property
    def floor(self) -> float:
        """Forecasts do not go below: zero for a series that never did, nothing otherwise."""
        return 0.0 if self.filled.min() >= 0 else -np.inf


def prepare(values: Sequence[float], periods: Sequence[int] = ()) -> Prepared:
    """Close the gaps of ``values`` (oldest first; NaN, infinite: not observed).  Raises NothingObservedError."""
    given = np.asarray(values, dtype=float)
    given = np.where(np.isfinite(given), given, np.nan)
    known = np.flatnonzero(~np.isnan(given))
    if not len(known):
        raise NothingObservedError("no value was observed yet")
    observed = given[known[0] :]
    missing = int(np.isnan(observed).sum())
    filled = fill(observed, min(periods, default=1))
    notes = []
    if missing:
        notes.append(f"{missing} of {len(observed)} values were missing; for the methods that need every value they were filled with the median of the same place in nearby periods.")
    if len(observed) > 1 and filled.min() == filled.max():
        notes.append("The series has always had the same value: the forecast repeats it, and past errors give the band no width.")
    elif (filled == 0).mean() > 0.5:
        notes.append("More than half of the values are zero: the forecast is an average over busy and idle places, not a guess of which is which.")
    if filled.min() < 0:
        notes.append("Some values are below zero, so forecasts and bands may be, too.")
    return Prepared(observed, filled, tuple(notes))


def fill(observed: Array, period: int) -> Array:
    """Put the median of the same place in the eight periods around into each gap; of everything where those are missing, too."""
    filled = observed.copy()
    overall = float(np.median(observed[~np.isnan(observed)]))
    for place in np.flatnonzero(np.isnan(observed)):
        near = np.arange(place % period, len(observed), period)
        found = observed[near[np.abs(near - place) <= 8 * period]]
        found = found[~np.isnan(found)]
        filled[place] = np.median(found) if len(found) else overall
    return filled
