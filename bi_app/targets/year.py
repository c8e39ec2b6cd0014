"""What the targets page shows of one KPI and year: its cells, those of the year before, and how a yearly total falls on months."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bi_app.visit import Visit
from shared.metrics.metric import Metric
from shared.metrics.period import month_end
from shared.metrics.registry import metrics
from shared.people.target_rules import may_see_target
from shared.warehouse.calendar import Calendar
from shared.warehouse.kpi_care import Entry, Owner, entries, owners
from shared.warehouse.target_changes import Cell, Change, cells, history
from shared.web.site import site

DEFAULT_KPI = "net_sales_amount"
FIRST_YEAR, LAST_YEAR = 2000, 2099


@dataclass(frozen=True)
class Year:
    """One KPI in one calendar year, as far as the reader may see it."""

    kpi: Metric
    year: int
    now: Mapping[tuple[int | None, int], Cell]
    """By branch (None: the company) and month 1..12."""
    before: Mapping[tuple[int | None, int], Cell]
    weights: tuple[float, ...]
    """Working weight of each month: working days, each with its season."""
    weights_before: tuple[float, ...]
    scopes: tuple[tuple[int | None, str], ...]
    """Rows: the company where the reader sees it, then branches."""
    changes: tuple[Change, ...] = ()
    entries: tuple[Entry, ...] = ()
    owners: Mapping[int | None, Owner] | None = None

    def value(self, branch: int | None, month: int) -> float | None:
        """The target; None: there is none."""
        cell = self.now.get((branch, month))
        return cell.value if cell else None

    def last_year(self, branch: int | None) -> list[float | None]:
        """Twelve targets of the year before."""
        found = [self.before.get((branch, month)) for month in range(1, 13)]
        return [cell.value if cell else None for cell in found]


def chosen_kpi(visit: Visit) -> Metric:
    """The KPI that the address names; one that does not exist is the default."""
    return metrics().get(visit.filters.choice("kpi")) or metrics()[DEFAULT_KPI]


def chosen_year(visit: Visit) -> int:
    """The year that the address names; else the running one."""
    given = visit.filters.choice("year")
    year = int(given) if given.isascii() and given.isdigit() and len(given) == 4 else visit.today.year
    return year if FIRST_YEAR <= year <= LAST_YEAR else visit.today.year


def read_year(visit: Visit, calendar: Calendar) -> Year:
    """Read what the page shows, from the primary: who has just saved sees it."""
    kpi, year = chosen_kpi(visit), chosen_year(visit)
    first, last = date(year, 1, 1), date(year, 12, 1)
    branches = None if visit.scope.is_company else sorted(visit.scope.branches or ())
    company = may_see_target(visit.person, None)
    with site().engines.primary_reader() as connection:
        every = cells(connection, kpi.name, first.replace(year=year - 1), last)
        changes, written = history(connection, kpi.name, first, last, branches, company=company, most=40), entries(connection, kpi.name, branches, company=company)
        looks_after = owners(connection, kpi.name)
    mine = [cell for cell in every if may_see_target(visit.person, cell.branch)]
    scopes: list[tuple[int | None, str]] = [(None, "Company")] if company else []
    scopes += [(branch.id, branch.name) for branch in visit.branches] if kpi.has_branch else []
    return Year(
        kpi, year, {(cell.branch, cell.month.month): cell for cell in mine if cell.month.year == year}, {(cell.branch, cell.month.month): cell for cell in mine if cell.month.year < year},
        month_weights(calendar, year), month_weights(calendar, year - 1), tuple(scopes), tuple(changes), tuple(written), looks_after,
    )


def month_weights(calendar: Calendar, year: int) -> tuple[float, ...]:
    """Working weight of the twelve months."""
    return tuple(calendar.total(date(year, month, 1), month_end(date(year, month, 1))) for month in range(1, 13))


def shares(weights: Sequence[float], before: Sequence[float | None], weights_before: Sequence[float]) -> list[float]:
    """Return which part of a yearly total falls on each month; they add up to 1.

    Where last year has all twelve targets, its shape is kept per unit of working weight, so that a month with more working days than last
    year's gets more; else the weights alone (working days and season) decide, and without any the months are equal.
    """
    shaped = [value * weight / old if value is not None and old else 0.0 for value, weight, old in zip(before, weights, weights_before, strict=True)]
    parts = shaped if all(value is not None and value >= 0 for value in before) and sum(shaped) > 0 else list(weights)
    whole = sum(parts)
    return [part / whole for part in parts] if whole > 0 else [1 / len(parts)] * len(parts)
