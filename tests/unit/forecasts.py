"""A stored forecast that exists only in memory: what pages are handed in unit tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from shared.analysis.forecasting.paths import Paths
from shared.forecast.outlook import Outlook
from shared.forecast.reading import Missing
from shared.forecast.run import Gain, RecordLine, Run
from shared.metrics.ask import Ask
from shared.metrics.scope import Scope
from tests.unit.bi_fakes import TODAY

DAYS, ORIGINS = 371, 20
ORIGIN = TODAY - timedelta(days=1)
HORIZONS = (("day", "days 1-7"), *(("week", f"week {week}") for week in range(1, 14)), ("month", "month 1"), ("quarter", "13 weeks"))


def run(branches: tuple[int, ...] = (1, 2), daily: float = 1000.0, notes: Mapping[int, str] | None = None) -> Run:
    """Every branch brings ``daily`` dollars a day; errors are a tenth of it, alike within an origin."""
    points = np.full((DAYS, len(branches)), daily)
    signs = np.where(np.arange(ORIGINS) % 2, 1.0, -1.0)
    paths = Paths(points, signs[:, None, None] * np.abs(points)[None] / 10, np.full(ORIGINS, float(DAYS)), 21.0, 0.0 if daily >= 0 else -np.inf)
    record = [RecordLine(branch, grain, words, ORIGINS, 70.0, 100.0, 700.0, {80: 0.8, 95: None if branch else 0.95}) for branch in (None, *branches) for grain, words in HORIZONS]
    gains = (Gain(1, 4, {"calendar": 0.4, "leads": 0.6}, 0.1, 0.08), Gain(5, 13, {"calendar": 1.0}, 0.11, 0.11))
    bases = ("booked", "installed")
    return Run(
        7, ORIGIN, datetime(2026, 11, 20, 8, 30, tzinfo=UTC), {"sales": "1"}, "The method in words.", 120, branches, dict.fromkeys(bases, paths),
        {(basis, ORIGIN - timedelta(weeks=4)): points * 1.1 for basis in bases}, dict.fromkeys(bases, record),
        dict.fromkeys(bases, gains), dict.fromkeys(bases, (0.5, 0.4, 0.1)), dict.fromkeys(bases, notes or {}),
    )


@dataclass
class FakeForecasts:
    """The door to ``found``."""

    found: Run | Missing
    earlier: Run | None = None

    def newest(self) -> Run | Missing:
        """The run, or why there is none."""
        return self.found

    def before(self, _run: Run, _weeks: int = 4) -> Run | None:
        """The run of a month ago."""
        return self.earlier

    def outlook(self, ask: Ask, scope: Scope, since: date | None = None) -> Outlook | Missing:
        """The run for a reader."""
        return self.found if isinstance(self.found, Missing) else Outlook(self.found, ask, scope, since)
