"""Turns what a training made into the rows that are kept."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from shared.analysis.forecasting.chain import YOUNG
from shared.analysis.forecasting.histories import HORIZON, Histories
from shared.analysis.forecasting.paths import Paths, paths_of
from shared.analysis.forecasting.record import naive_days, record_of
from shared.analysis.forecasting.revenue import LOOK_BACK, Basis, Made
from shared.analysis.forecasting.shape import WEEK

METHOD = "3"
"""Grows with every change of the method that changes numbers; a forecast of an older one is made anew."""
_YEAR_WEEKS = 60


def point_rows(made: Made) -> Iterator[dict[str, Any]]:
    """Whole cents by basis, branch and origin: now, and the earlier ones that are looked back at."""
    weeks = made.histories.weeks
    for basis in made.bases:
        for row, origin in enumerate(made.origins):
            if weeks - origin not in {0, *LOOK_BACK}:
                continue
            day = made.histories.last - timedelta(days=WEEK * (weeks - origin))
            for place, branch in enumerate(made.histories.branches):
                cents = np.rint(np.nan_to_num(basis.days[row, :, place]) * 100).astype(np.int64)
                yield {"basis": basis.name, "branch_id": branch, "made_for": day, "cents": cents.tolist()}


def error_rows(basis: Basis, paths: Paths, branches: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    """Errors of every branch and origin."""
    for place, branch in enumerate(branches):
        for origin in range(len(paths.errors)):
            yield {"basis": basis.name, "branch_id": branch, "origin": origin, "seen_days": int(paths.seen[origin]), "errors": np.round(paths.errors[origin, :, place], 2).tolist()}


def record_rows(made: Made, basis: Basis, paths: Paths) -> Iterator[dict[str, Any]]:
    """The record, company first."""
    naive = naive_days(getattr(made.histories, basis.name), made.origins, HORIZON * WEEK)
    for place, line in enumerate(record_of(basis.days[:-1], basis.actual[:-1], naive, paths, made.histories.branches)):
        coverage = {f"coverage_{level}": None if np.isnan(share) else share for level, share in line.coverage.items()}
        yield {"basis": basis.name, "branch_id": line.branch, "place": place, "grain": line.grain, "horizon": line.words, "origins": line.origins, "error": line.error,
               "naive_error": line.naive_error, "actual": line.actual, **coverage}


def paths_by_basis(made: Made) -> dict[str, Paths]:
    """Basis -> its paths."""
    return {basis.name: paths_of(basis.days, basis.actual, made.apart * WEEK) for basis in made.bases}


def findings(made: Made, paths: dict[str, Paths]) -> dict[str, Any]:
    """Everything that is told beside the numbers."""
    histories = made.histories
    return {
        "words": _words(made), "weeks": histories.weeks, "first_day": (histories.last - timedelta(days=histories.known - 1)).isoformat(), "apart_days": made.apart * WEEK,
        "bases": {
            basis.name: {
                "spans": [{"first": span.first, "last": span.last, "weights": span.weights, "alone": _number(span.alone), "together": _number(span.together)} for span in basis.mixed.spans],
                "lags": None if basis.lags is None else [round(float(share), 4) for share in basis.lags],
                "floor": _number(paths[basis.name].floor),
                "branches": {str(branch): _branch_words(histories, basis.name, place) for place, branch in enumerate(histories.branches)},
            }
            for basis in made.bases
        },
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _words(made: Made) -> str:
    return (
        f"Each branch's weeks per unit of its calendar by a weighted mean of exponential smoothing, Theta, an autoregression and last year's shape; booked revenue also by what its leads, open appointments "
        f"and open quotes bring, installed revenue by what is sold and not installed. How much each counts follows from its errors at {len(made.origins) - 1} earlier origins, {made.apart} weeks apart; so do the bands."
    )


def _branch_words(histories: Histories, basis: str, place: int) -> str:
    """What is particular about a branch; empty: nothing is."""
    values = getattr(histories, basis)[:, place]
    busy = np.flatnonzero(values)
    branch = histories.branches[place]
    if branch in histories.closed and histories.closed[branch] <= histories.last:
        return f"closed on {histories.closed[branch]:%-d %b %Y}: nothing is forecast"
    if not len(busy):
        return "nothing yet: only what its leads bring elsewhere is forecast" if histories.leads[:, place].any() else "nothing yet: nothing is forecast"
    weeks = -(-(len(values) - int(busy[0])) // WEEK)
    if weeks < YOUNG:
        return f"new: {weeks} weeks are known, so its leads count at what they bring elsewhere, and its band is borrowed from the other branches"
    if (values < 0).any():
        return "some days were below zero, so the forecast may be, too"
    return f"less than a year is known ({weeks} weeks): its season is the calendar's" if weeks < _YEAR_WEEKS else ""
