"""What a page is limited to: period, branches, stage and basis, as they stand in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from shared.metrics.scope import Scope
from shared.web.address import DEFAULT_PERIOD, Address

SEGMENTS = {"today": "Today", "wtd": "Week", "mtd": "Month", "qtd": "Quarter", "ytd": "Year"}
"""Presets that stand in the top bar."""
MORE = ("yesterday", "last_week", "last_month", "last_quarter", "last_year", "last_28_days", "last_90_days", "last_365_days")
"""Presets in the date popover."""
STAGES = ("appointment", "quote", "backlog", "job")
Basis = Literal["cohort", "event"]


@dataclass(frozen=True)
class Filters(Address):
    """The choices of one view of the BI site; see ``Address``."""

    stage: str = ""
    basis: Basis = "cohort"

    def parts(self) -> dict[str, str]:
        """Return name -> value of everything that is not at its default; the period always."""
        own = super().parts()
        return {**own, **({"stage": self.stage} if self.stage else {}), **({"basis": self.basis} if self.basis != "cohort" else {})}


def filters_of(query: Mapping[str, str], scope: Scope, known: tuple[int, ...], today: date, choices: tuple[str, ...] = (), default: str = DEFAULT_PERIOD) -> Filters:
    """Read a query; see ``Address.read``."""
    stage = query.get("stage", "")
    return replace(Filters.read(query, scope, known, today, choices, default), stage=stage if stage in STAGES else "", basis="event" if query.get("basis") == "event" else "cohort")
