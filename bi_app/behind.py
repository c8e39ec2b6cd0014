"""What scorecards read beside metrics, limited to what the reader may see; handed to the page, and in tests another of the same shape."""

from datetime import datetime

from bi_app.visit import Visit
from shared.analysis.survival import Survival, kaplan_meier
from shared.clock import Clock, now
from shared.live.vitals import Signs, Vitals
from shared.settings import Settings
from shared.warehouse.departments import Aged, Spot, knocks, lifetimes, outstanding
from shared.warehouse.engines import Engines
from shared.warehouse.exceptions import Found, worst


class Behind:
    """Reads from a replica that is close enough behind, as every page does."""

    def __init__(self, engines: Engines, settings: Settings, clock: Clock = now) -> None:
        """Hand in what it needs; nothing is opened yet."""
        self._engines, self._clock, self._vitals = engines, clock, Vitals(engines, settings, clock)

    def worst(self, key: str, visit: Visit) -> Found:
        """The worst of one list, for the chosen branches and days."""
        branches, span = _branches(visit), visit.period
        return self._engines.read(lambda connection: worst(connection, key, branches, span.start, span.end, visit.today))

    def outstanding(self, visit: Visit) -> list[Aged]:
        """Open contracts by age."""
        branches = _branches(visit)
        return self._engines.read(lambda connection: outstanding(connection, branches, visit.today))

    def resolution(self, visit: Visit) -> Survival:
        """How long the period's tickets take, with open ones as censored."""
        branches, span = _branches(visit), visit.period
        return kaplan_meier(self._engines.read(lambda connection: lifetimes(connection, branches, span.start, span.end)))

    def knocks(self, visit: Visit) -> list[Spot]:
        """Doors of the period by place."""
        branches, span = _branches(visit), visit.period
        return self._engines.read(lambda connection: knocks(connection, branches, span.start, span.end))

    def signs(self) -> Signs:
        """The platform's own vital signs, measured now."""
        return self._vitals()

    def moment(self) -> datetime:
        """Now."""
        return self._clock()


def _branches(visit: Visit) -> frozenset[int] | None:
    """The branches that this reader may see of those chosen; raises OutOfScopeError."""
    return visit.scope.narrowed(visit.filters.branch_set)
