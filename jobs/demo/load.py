"""Loads the demo company: all or nothing."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
from pyarrow import csv

from jobs.demo.company import Company
from jobs.demo.sizes import SIZES, Size, span_of
from jobs.errors import CommandError
from jobs.progress import Bar, progress
from shared.clock import Clock, now, today
from shared.settings import Settings
from shared.warehouse.build import build_views
from shared.warehouse.bulk import BulkLoad, NotEmptyError, bulk_load
from shared.warehouse.demo_truth import remember_sales, remember_sources, write_truth
from shared.warehouse.engines import Engines

_SLICE = 250_000
"""Rows turned into text at a time."""


@dataclass(frozen=True)
class Loaded:
    """What came of a load."""

    rows: int
    seconds: float
    """From the first row to the commit, views not included."""
    view_seconds: float


def company_of(settings: Settings, size: Size, seed: int, clock: Clock = now) -> Company:
    """Return the demo company that ends at this moment, not yet lived."""
    moment = clock()
    return Company(size, seed, span_of(size, today(settings.company_time_zone, clock), moment), settings.fiscal_year_start_month)


def load_company(engines: Engines, settings: Settings, *, size: str = "standard", seed: int = 1, replace: bool = False, views: bool = True, clock: Clock = now) -> Loaded:
    """Load the demo company of this size and seed, ending at the present moment, and build the views.

    A load that is cut off leaves the database as it was.  Raises CommandError outside demo mode, for a size that does not exist, and
    where a company is there and ``replace`` is off.
    """
    if size not in SIZES:
        raise CommandError(f"There is no demo company of size {size!r}; choose one of {', '.join(SIZES)}.")
    if not settings.demo_mode:
        raise CommandError("The demo company is made only in demo mode: set DEMO_MODE=1, and never on a database that is to hold a real company.")
    started = time.monotonic()
    try:
        rows = _load(engines, company_of(settings, SIZES[size], seed, clock), replace=replace)
    except NotEmptyError as error:
        raise CommandError(str(error)) from error
    loaded = time.monotonic()
    if views:
        with progress("Building views", unit="views") as bar:
            build_views(engines.primary, settings, force=True, clock=clock, progress=_steps(bar, "Building"))
    return Loaded(rows, loaded - started, time.monotonic() - loaded)


def _load(engines: Engines, company: Company, *, replace: bool) -> int:
    span, count = company.span, 0
    with bulk_load(engines.primary, span.first, span.today + timedelta(days=62), replace=replace) as load:
        with progress("Demo company", total=company.size.rows) as bar:
            for name, table in company.tables():
                bar.describe(f"Demo company: {name.replace('_', ' ')}")
                for part in (table.slice(start, _SLICE) for start in range(0, table.num_rows, _SLICE)):
                    copy(load, name, part)
                    count += part.num_rows
                    bar.advance(part.num_rows)
            bar.total(count)
        remember_sales(load, span.today - timedelta(days=1), company.gone)
        remember_sources(load)
        write_truth(load, company.truth)
        with progress("Constraints and indexes", unit="steps") as bar:
            load.finish(_steps(bar, "Laying"))
    return count


def _steps(bar: Bar, doing: str) -> Callable[[str, int, int], None]:
    """Return a callback of (what begins, how many are done, how many there are) that moves ``bar``."""

    def show(what: str, done: int, total: int) -> None:
        bar.total(total)
        if what:
            bar.describe(f"{doing} {what}")
        if done:
            bar.advance()

    return show


def copy(load: BulkLoad, name: str, table: pa.Table) -> None:
    """COPY an arrow table into the crm table ``name``."""
    load.copy(f"crm.{name}", table.column_names, io.BytesIO(as_csv(table)))


def as_csv(table: pa.Table) -> bytes:
    """Return a table as CSV without a header; strings are quoted, so that an empty one differs from a missing one."""
    sink = io.BytesIO()
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False))
    return sink.getvalue()
