"""What young cohorts will have come to: chain ladder with volume-weighted factors, and Mack's error of it.

Source: T. Mack, "Distribution-free calculation of the standard error of chain ladder reserve estimates", ASTIN Bulletin 23 (1993).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Developed:
    """One cohort, or several together."""

    latest: float
    """What has come so far, as far as whole columns of the triangle tell."""
    ultimate: float
    """What will have come in the end; NaN where nothing can be carried forward."""
    error: float
    """Standard error of ``ultimate``, in its unit; 0: nothing is outstanding."""

    @property
    def outstanding(self) -> float:
        """What is still to come (negative: to go)."""
        return self.ultimate - self.latest


@dataclass(frozen=True)
class Ladder:
    """The fitted triangle: ``factors`` lead from each column to the next."""

    triangle: Floats
    """[cohort, column] cumulative amounts as handed in; NaN: not known yet."""
    factors: Floats
    variances: Floats
    """Mack's sigma squared of each factor; 0 where it cannot be told."""
    volumes: Floats
    """What each factor was divided by."""
    ages: npt.NDArray[np.int64]
    """Last known column of each cohort; -1: none."""

    @property
    def shares(self) -> Floats:
        """Part of the end that has come by each column; the last one is 1."""
        found: Floats = 1.0 / np.append(np.cumprod(self.factors[::-1])[::-1], 1.0)
        return found

    def cohort(self, row: int) -> Developed:
        """Return one cohort developed to the last column."""
        return self.together([row])

    def together(self, rows: Sequence[int]) -> Developed:
        """Return cohorts developed and added up; their errors are not independent, since they use the same factors (Mack's corollary).

        A cohort whose last known amount is zero or less cannot be carried forward by factors: the sum is NaN then.
        """
        columns = len(self.factors)
        latest = [float(self.triangle[row, self.ages[row]]) if self.ages[row] >= 0 else math.nan for row in rows]
        open_ = [row for row in rows if self.ages[row] < columns]
        if any(self.ages[row] < 0 or self.triangle[row, self.ages[row]] <= 0 for row in open_):
            return Developed(float(np.nansum(latest)), math.nan, math.nan)
        paths = {row: self._path(row) for row in open_}
        ends = {row: path[-1] for row, path in paths.items()}
        relative = np.divide(self.variances, self.factors**2, out=np.zeros(columns), where=self.factors != 0)
        square = 0.0
        for row in open_:
            first, path = int(self.ages[row]), paths[row]
            square += ends[row] ** 2 * float(np.sum(relative[first:] * (1.0 / path[:-1] + 1.0 / self.volumes[first:])))
            later = sum(ends[other] for other in open_ if self._after(other, row))
            square += 2 * ends[row] * later * float(np.sum(relative[first:] / self.volumes[first:]))
        done = sum(float(self.triangle[row, columns]) for row in rows if row not in paths)
        return Developed(float(np.sum(latest)), float(done + sum(ends.values())), math.sqrt(max(square, 0.0)))

    def _after(self, other: int, row: int) -> bool:
        """Whether the pair counts under ``row``: the other one is younger (of equally old ones, further down), and shares the factors that are still to come for ``row``."""
        return bool((self.ages[other], -other) < (self.ages[row], -row))

    def _path(self, row: int) -> Floats:
        """From the last known amount to the end."""
        first = int(self.ages[row])
        found: Floats = self.triangle[row, first] * np.append(1.0, np.cumprod(self.factors[first:]))
        return found


def chain_ladder(triangle: Sequence[Sequence[float]] | Floats) -> Ladder:
    """Fit the factors of a triangle of cumulative amounts, oldest cohort first: [cohort, column], NaN where not known yet.

    Each row is known up to some column and not after; rows may be equally old and of any size.  A factor is the sum of a column over the sum of the column
    before, of the cohorts that know both; 1 where none does or the sum before is zero.  The last variance, of which one cohort alone tells, is Mack's smallest of
    its neighbours.  Raises ValueError where a row has a gap or there are fewer than two columns.
    """
    known = np.asarray(triangle, dtype=float)
    if known.ndim != 2 or known.shape[1] < 2:
        raise ValueError("a triangle has rows and at least two columns")
    there = ~np.isnan(known)
    if (there[:, 1:] & ~there[:, :-1]).any():
        raise ValueError("a cohort is known up to a column and not after: there is a gap")
    columns = known.shape[1] - 1
    factors, variances, volumes = np.ones(columns), np.full(columns, np.nan), np.full(columns, np.inf)
    for column in range(columns):
        both = there[:, column + 1]
        before, after = known[both, column], known[both, column + 1]
        if before.sum() > 0:
            factors[column], volumes[column] = after.sum() / before.sum(), before.sum()
            positive = before > 0
            if positive.sum() > 1:
                variances[column] = float(np.sum((after[positive] - factors[column] * before[positive]) ** 2 / before[positive]) / (positive.sum() - 1))
    return Ladder(known, factors, _filled(variances), volumes, there.sum(axis=1) - 1)


def _filled(variances: Floats) -> Floats:
    """Mack's rule for variances that one cohort alone would tell of: min(s1^4 / s2^2, s1^2, s2^2) of the two before."""
    found = variances.copy()
    for place in np.flatnonzero(np.isnan(found)):
        near = [float(found[other]) for other in (place - 1, place - 2) if other >= 0]
        if len(near) == 2 and near[1] > 0:
            found[place] = min(near[0] ** 2 / near[1], near[0], near[1])
        else:
            found[place] = min(near, default=0.0)
    return found
