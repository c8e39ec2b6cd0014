"""Turns rows of leads and money by source, branch and week into what ``response.py`` and ``budget.py`` take."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from shared.analysis.response import Floats, Weeks

MONTH = 365.25 / 12 / 7
"""Weeks of a usual month."""
RIPE = 0.8
"""Weeks of leads count for what a lead brings once so much of it has come."""


@dataclass(frozen=True)
class Record:
    """Whole weeks of every source and branch: leads, and dollars that can be moved."""

    first: date
    """The first week's Monday."""
    sources: tuple[str, ...]
    branches: tuple[str, ...]
    leads: Floats
    """[source, branch, week]."""
    spend: Floats
    """[source, branch, week]."""
    with_media: frozenset[str] = frozenset()
    """Sources whose movable money is media; of others it is payroll."""

    @property
    def weeks(self) -> int:
        """How many weeks there are."""
        return int(self.leads.shape[2])

    def source(self, key: str, weights: Sequence[float]) -> Weeks:
        """Return one source's weeks; a branch counts from its first week of spend on it on.  ``weights``: working weight of each week."""
        place = self.sources.index(key)
        leads, spend = self.leads[place].copy(), self.spend[place].copy()
        for branch in range(len(self.branches)):
            paid = np.flatnonzero(spend[branch] > 0)
            before = int(paid[0]) if len(paid) else self.weeks
            leads[branch, :before] = np.nan
            spend[branch, :before] = np.nan
        return Weeks(self.first, leads, spend, np.tile(np.maximum(np.asarray(weights, dtype=float), 1e-3), (len(self.branches), 1)))


def record_of(first: date, weeks: int, leads: Mapping[tuple[str, str, int], float], media: Mapping[tuple[str, str, int], float], payroll: Mapping[tuple[str, str, int], float]) -> Record:
    """Return the record of ``weeks`` weeks from Monday ``first``; mappings go from (source, branch, week from 0) to leads and dollars.

    A source's money that can be moved is its media; where it has none, its payroll (doors and telephones).  Weeks after the last one with any spend are left out: their bills have not come.
    """
    sources = tuple(sorted({key[0] for rows in (leads, media, payroll) for key in rows}))
    branches = tuple(sorted({key[1] for rows in (leads, media, payroll) for key in rows}))
    shape = (len(sources), len(branches), weeks)
    filled = [_filled(rows, sources, branches, shape) for rows in (leads, media, payroll)]
    has_media = filled[1].sum(axis=(1, 2)) > 0
    spend = np.where(has_media[:, None, None], filled[1], filled[2])
    billed = np.flatnonzero(spend.sum(axis=(0, 1)) > 0)
    end = int(billed[-1]) + 1 if len(billed) else weeks
    return Record(first, sources, branches, filled[0][:, :, :end], spend[:, :, :end], frozenset(key for place, key in enumerate(sources) if has_media[place]))


def _filled(rows: Mapping[tuple[str, str, int], float], sources: tuple[str, ...], branches: tuple[str, ...], shape: tuple[int, int, int]) -> npt.NDArray[np.float64]:
    found = np.zeros(shape)
    place, column = {key: n for n, key in enumerate(sources)}, {key: n for n, key in enumerate(branches)}
    for (source, branch, week), value in rows.items():
        found[place[source], column[branch], week] = value
    return found


def value_of_lead(leads: Sequence[float], net: Sequence[float], shares: Sequence[float]) -> tuple[float, float]:
    """Return (what a lead brings in the end, standard error) from cohorts: leads, net amount so far, part of the end that has come (0..1).

    Only cohorts that are ``RIPE`` count, each by its part developed (Cape Cod); NaN without any.
    """
    exposure = np.array([count * share if share >= RIPE else 0.0 for count, share in zip(leads, shares, strict=True)])
    seen = exposure > 0
    if not seen.any():
        return math.nan, math.nan
    amounts, known = np.asarray(net, dtype=float)[seen], exposure[seen]
    value, count = float(amounts.sum() / known.sum()), int(seen.sum())
    error = math.sqrt(float(np.sum((amounts - value * known) ** 2)) * count / max(count - 1, 1)) / float(known.sum())
    return value, error
