"""Reads a report for the one who looks at it: what it says, as far as they may see it."""

from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from flask import abort, g

from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.metrics.dimension import BY_DIMENSION
from shared.reports.block_numbers import field_label
from shared.reports.report import COMPARES, Limits, Report, ReportError
from shared.reports.report_answers import BlockAnswer, Reader, Reports
from shared.reports.report_text import read_report
from shared.warehouse.report_store import Entry, UnknownReportError, Version, find_report, newest
from shared.web.address import DEFAULT_PERIOD
from shared.web.report_pages import viewer
from shared.web.site import site

ONLY, COMPARE = "only", "compare"
"""What a reader chooses in the address of a report beside period and branches."""
_MOST_CLICKED = 4


@dataclass(frozen=True)
class Opened:
    """A report that this person may see."""

    entry: Entry
    version: Version
    report: Report
    problem: str = ""
    """Why it cannot be read, in words; ``report`` is then empty."""


def number_of(path: str) -> int:
    """Return the number in ``/reports/17`` and ``/reports/17/edit``."""
    return int(path.split("/")[2])


def opened(number: int) -> Opened:
    """Return a report for the one who asks, once per request; ends the request with 404 where it is not there for them."""
    known: dict[int, Opened] = g.setdefault("reports", {})
    if number not in known:
        known[number] = _read(number)
    return known[number]


def _read(number: int) -> Opened:
    try:
        with site().engines.primary_reader() as connection:
            entry = find_report(connection, number, viewer())
            version = newest(connection, number)
    except UnknownReportError:
        abort(404)
    try:
        return Opened(entry, version, read_report(version.definition))
    except ReportError as error:  # it names a metric that is not there any more
        return Opened(entry, version, Report(entry.title), f"This report can no longer be read: {error}")


def name_of(path: str) -> str:
    """Return the title of the report at ``path``."""
    return opened(number_of(path)).report.title


def period_of(_sources: Sources, path: str) -> str:
    """Return the period of the report at ``path``, for an address without one."""
    return opened(number_of(path)).report.limits.period or DEFAULT_PERIOD


def clicked(visit: Visit) -> tuple[tuple[str, str], ...]:
    """Return (dimension, key) of everything that was clicked to filter the page; what cannot be is left out."""
    found: dict[str, str] = {}
    for part in visit.filters.choice(ONLY).split(","):
        name, _, key = part.partition("=")
        if name in BY_DIMENSION and name != "branch" and (not BY_DIMENSION[name].is_number or key.isdigit()) and "\0" not in unquote(key):
            found[name] = unquote(key)
    return tuple(list(found.items())[:_MOST_CLICKED])


def with_click(visit: Visit, choice: str) -> str:
    """Return the address after a click on ``choice`` (``source=3``): filtered by it, or not any more where it was."""
    name, _, key = choice.partition("=")
    if name == "branch":
        own = (int(key),) if key.isdigit() else ()
        return visit.filters.link(branches=() if visit.filters.branches == own else own)
    held = dict(clicked(visit))
    if held.get(name) == unquote(key):
        del held[name]
    else:
        held[name] = unquote(key)
    return visit.filters.choosing(**{ONLY: ",".join(f"{each}={quote(value, safe='')}" for each, value in held.items()) or None})


def reader_of(visit: Visit, sources: Sources) -> Reader:
    """Return the one who reads, with what they chose."""
    chosen = visit.filters.choice(COMPARE)
    return Reader(visit.scope, visit.today, sources.settings.fiscal_year_start_month, frozenset(branch.id for branch in visit.branches), visit.filters.period, visit.filters.branch_set,
                  tuple((name, (key,)) for name, key in clicked(visit)), chosen if chosen in COMPARES else "")


def answers_of(visit: Visit, sources: Sources, report: Report, *, every_row: bool = False) -> list[BlockAnswer]:
    """Return the report's blocks with their numbers; ``every_row``: for files, whose tables have all rows."""
    return Reports(sources.ask, sources.headlines, sources.reference)(report, replace(reader_of(visit, sources), every_row=every_row))


def limits_in_words(visit: Visit, limits: Limits) -> list[tuple[str, str]]:
    """Return what the report is limited to, beside its period, as (name, value)."""
    found = [(field_label(name), ", ".join(keys) if not BY_DIMENSION[name].is_number else f"{len(keys)} chosen") for name, keys in limits.where]
    if limits.branches and not visit.filters.branches:
        names = [branch.name for branch in visit.branches if branch.id in limits.branches]
        found.append(("Branches", ", ".join(names) or "none of yours"))
    return found
