"""One stored forecast, ready to be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from shared.analysis.forecasting.paths import Paths
from shared.analysis.forecasting.smoothing import Array
from shared.warehouse.forecast_store import Stored


@dataclass(frozen=True)
class RecordLine:
    """How one horizon of one branch (None: the company) was met from earlier origins."""

    branch: int | None
    grain: str
    horizon: str
    origins: int
    error: float
    """Mean absolute error in dollars."""
    naive_error: float
    actual: float
    """Mean of what came."""
    coverage: Mapping[int, float | None]

    @property
    def ratio(self) -> float:
        """Below 1: better than the seasonal naive; NaN where that was never wrong."""
        return self.error / self.naive_error if self.naive_error > 0 else float("nan")

    @property
    def share(self) -> float:
        """Error as a share of what came; NaN where nothing came."""
        return self.error / self.actual if self.actual > 0 else float("nan")


@dataclass(frozen=True)
class Gain:
    """What leading indicators were worth over some weeks ahead."""

    first: int
    last: int
    """Weeks ahead, both included."""
    weights: Mapping[str, float]
    alone: float | None
    """Error of the company's weeks by the calendar alone, as a share of what came; None: not seen."""
    together: float | None
    """With the indicators, as used."""


@dataclass(frozen=True, eq=False)
class Run:
    """A forecast as it was made."""

    id: int
    origin: date
    """The last day that it knows."""
    made_at: datetime
    versions: Mapping[str, str]
    words: str
    """The method."""
    weeks: int
    """Weeks of history behind it."""
    branches: tuple[int, ...]
    paths: Mapping[str, Paths]
    """Basis -> points and errors."""
    looked_back: Mapping[tuple[str, date], Array]
    """(basis, origin) -> dollars [day, branch] that the same method says from that earlier day."""
    record: Mapping[str, Sequence[RecordLine]]
    """Basis -> its record; see ``record_of``."""
    gains: Mapping[str, Sequence[Gain]]
    lags: Mapping[str, Sequence[float] | None]
    notes: Mapping[str, Mapping[int, str]]
    """Basis -> branch -> what is particular about it; only branches of which something is."""

    @property
    def first_day(self) -> date:
        """The first day ahead."""
        return self.origin + timedelta(days=1)

    def places(self, branches: Sequence[int]) -> list[int]:
        """Places of those of ``branches`` that the forecast knows (one that opened since is not in it)."""
        return [self.branches.index(branch) for branch in branches if branch in self.branches]


def run_of(stored: Stored) -> Run:
    """Read a run's rows."""
    row, findings = stored.run, stored.run.findings
    branches = tuple(sorted({int(each["branch_id"]) for each in stored.points}))
    bases = tuple(findings["bases"])
    points = {(each["basis"], each["made_for"], int(each["branch_id"])): np.asarray(each["cents"], dtype=float) / 100 for each in stored.points}
    lines = {basis: [_line(each) for each in stored.record if each["basis"] == basis] for basis in bases}
    days = sorted({day for _, day, _ in points})
    return Run(
        row.id, row.origin_day, row.finished_at, row.versions, findings["words"], findings["weeks"], branches,
        {basis: _paths(stored, basis, branches, points, findings) for basis in bases},
        {(basis, day): _beside(points, basis, day, branches) for basis in bases for day in days if day != row.origin_day},
        lines,
        {basis: [Gain(**span) for span in findings["bases"][basis]["spans"]] for basis in bases}, {basis: findings["bases"][basis]["lags"] for basis in bases},
        {basis: {int(branch): words for branch, words in findings["bases"][basis]["branches"].items() if words} for basis in bases},
    )


def _line(row: Mapping[str, Any]) -> RecordLine:
    return RecordLine(row["branch_id"], row["grain"], row["horizon"], row["origins"], row["error"], row["naive_error"], row["actual"], {80: row["coverage_80"], 95: row["coverage_95"]})


def _beside(points: Mapping[tuple[str, date, int], Array], basis: str, day: date, branches: tuple[int, ...]) -> Array:
    return np.column_stack([points[basis, day, branch] for branch in branches])


def _paths(stored: Stored, basis: str, branches: tuple[int, ...], points: Mapping[tuple[str, date, int], Array], findings: Mapping[str, Any]) -> Paths:
    now = _beside(points, basis, stored.run.origin_day, branches)
    rows = [each for each in stored.errors if each["basis"] == basis]
    origins = 1 + max((each["origin"] for each in rows), default=-1)
    errors, seen = np.zeros((origins, *now.shape)), np.zeros(origins)
    for each in rows:
        errors[each["origin"], :, branches.index(each["branch_id"])] = each["errors"]
        seen[each["origin"]] = each["seen_days"]
    floor = findings["bases"][basis]["floor"]
    return Paths(now, errors, seen, float(findings["apart_days"]), -np.inf if floor is None else float(floor))
