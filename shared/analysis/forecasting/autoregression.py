"""A seasonal autoregression by least squares with a little ridge, fitted anew at every origin from sums that grow along the series."""

from collections.abc import Sequence

import numpy as np

from shared.analysis.forecasting.smoothing import Array

_RIDGE = 1e-4
"""Of the number of rows, on standardised values: keeps near-collinear lags from exploding, costs nothing where data speak."""


def lags_of(periods: Sequence[int], known: int) -> tuple[int, ...]:
    """Return the lags that ``known`` values can carry: the last four, and for each period its turn with its two neighbours; the turn before where there are six turns."""
    near = {lag for lag in (1, 2, 3, 4) if known >= 6 * lag + 8}
    for period in periods:
        if known >= 2 * period + 8:
            near |= {period - 1, period, period + 1}
        if known >= 6 * period:
            near.add(2 * period)
    return tuple(sorted(lag for lag in near if lag > 0))


def autoregress(values: Array, lags: Sequence[int], horizon: int, origins: Sequence[int], ridge: float = _RIDGE) -> Array:
    """Return forecasts [origin, step] of ``values`` (none missing) with the coefficients that ``values[:origin]`` give.

    A path that leaves the range seen by the origin by more than half its width is held there: a unit root estimated above one would run away.
    """
    steps, longest, begin = np.asarray(lags), max(lags), origins[0]
    centre, spread = float(values[:begin].mean()), float(values[:begin].std())
    if spread == 0:
        spread = float(np.abs(values - centre).max()) or 1.0
    scaled = (values - centre) / spread
    rows = np.stack([scaled[longest - lag : len(scaled) - lag] for lag in lags] + [np.ones(len(scaled) - longest)], axis=1)
    seen = scaled[longest:]
    gram, product, done = np.zeros((rows.shape[1], rows.shape[1])), np.zeros(rows.shape[1]), 0
    paths = np.empty((len(origins), longest + horizon))
    weights = np.empty((len(origins), rows.shape[1]))
    low, high = np.empty(len(origins)), np.empty(len(origins))
    for place, origin in enumerate(origins):
        until = origin - longest
        part, outcome = rows[done:until], seen[done:until]
        gram, product, done = gram + part.T @ part, product + part.T @ outcome, until
        penalty = np.eye(len(gram)) * ridge * until
        penalty[-1, -1] = 0.0
        weights[place] = np.linalg.solve(gram + penalty, product)
        paths[place, :longest] = scaled[until:origin]
        lowest, highest = scaled[:origin].min(), scaled[:origin].max()
        low[place], high[place] = lowest - (highest - lowest) / 2, highest + (highest - lowest) / 2
    for step in range(longest, longest + horizon):
        paths[:, step] = np.clip((paths[:, step - steps] * weights[:, :-1]).sum(axis=1) + weights[:, -1], low, high)
    forecast: Array = paths[:, longest:] * spread + centre
    return forecast
