"""What a page is limited to: period, branches, stage and basis, as they stand in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from urllib.parse import urlencode

from shared.metrics.errors import QuestionError
from shared.metrics.period import Period, custom, period
from shared.metrics.scope import Scope

SEGMENTS = {"today": "Today", "wtd": "Week", "mtd": "Month", "qtd": "Quarter", "ytd": "Year"}
"""Presets that stand in the top bar."""
MORE = ("yesterday", "last_week", "last_month", "last_quarter", "last_year", "last_28_days", "last_90_days", "last_365_days")
"""Presets in the date popover."""
DEFAULT_PERIOD = "mtd"
STAGES = ("appointment", "quote", "backlog", "job")
Basis = Literal["cohort", "event"]
_LONGEST_CHOICE = 200


@dataclass(frozen=True)
class Filters:
    """The choices of one view.  ``branches`` empty: all that the person may see; ``period`` is a preset or ``2026-01-01..2026-01-31``."""

    period: str = DEFAULT_PERIOD
    branches: tuple[int, ...] = ()
    stage: str = ""
    basis: Basis = "cohort"
    own: tuple[tuple[str, str], ...] = ()
    """What the page itself lets its reader choose (``Page.choices``), sorted; the page checks the values."""

    def query(self, **changes: object) -> str:
        """Return these choices with ``changes`` as a query string without the question mark; defaults other than the period are left out."""
        chosen = replace(self, **changes)  # type: ignore[arg-type]
        parts = {"period": chosen.period}
        if chosen.branches:
            parts["branch"] = ",".join(map(str, chosen.branches))
        if chosen.stage:
            parts["stage"] = chosen.stage
        if chosen.basis != "cohort":
            parts["basis"] = chosen.basis
        parts.update(chosen.own)
        return urlencode(parts, safe=",.")

    def link(self, **changes: object) -> str:
        """Return the same page's address with ``changes``."""
        return "?" + self.query(**changes)

    def choice(self, name: str, default: str = "") -> str:
        """Return what the address says of one of the page's own choices."""
        return dict(self.own).get(name, default)

    def choosing(self, **own: str | None) -> str:
        """Return the same page's address with other choices of its own; None or empty: not chosen any more."""
        return self.link(own=tuple(sorted((name, value) for name, value in {**dict(self.own), **own}.items() if value)))

    def toggled(self, branch: int, every: tuple[int, ...]) -> tuple[int, ...]:
        """Return the branches after a click on ``branch``; all of ``every`` chosen is the same as none."""
        chosen = set(self.branches) ^ {branch}
        return () if chosen == set(every) else tuple(sorted(chosen))

    def span(self, today: date, fiscal_start_month: int) -> Period:
        """Return the days these choices mean on ``today``."""
        if ".." in self.period:
            start, _, end = self.period.partition("..")
            return custom(start, end)
        return period(self.period, today, fiscal_start_month)

    @property
    def branch_set(self) -> frozenset[int] | None:
        """The chosen branches for a question; None: all that the person may see."""
        return frozenset(self.branches) or None


def filters_of(query: Mapping[str, str], scope: Scope, known: tuple[int, ...], today: date, choices: tuple[str, ...] = ()) -> Filters:
    """Read a query string; what cannot be used is left at its default, and a branch outside ``scope`` is dropped: a link shows each reader their own.

    ``choices``: names of what the page lets its reader choose besides.
    """
    wanted = query.get("period", DEFAULT_PERIOD)
    chosen = Filters(period=wanted)
    try:
        chosen.span(today, 1)
    except QuestionError:
        wanted = DEFAULT_PERIOD
    numbers = (int(part) for part in query.get("branch", "").split(",") if part.isascii() and part.isdigit() and len(part) < 6)
    branches = tuple(sorted({number for number in numbers if number in known and scope.allows(number)}))
    stage = query.get("stage", "")
    own = tuple(sorted((name, query[name]) for name in choices if 0 < len(query.get(name, "")) <= _LONGEST_CHOICE))
    return Filters(wanted, branches, stage if stage in STAGES else "", "event" if query.get("basis") == "event" else "cohort", own)
