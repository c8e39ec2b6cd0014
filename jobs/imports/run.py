"""One import from file to table: looked at, spooled, mapped, surveyed, staged, resolved, written or rolled back."""

import logging
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from jobs.imports.binary import read_binary
from jobs.imports.delimited import read_text
from jobs.imports.mapping import Mapped, map_columns, plan_of, signature
from jobs.imports.parse import Parser
from jobs.imports.refusal import ImportRefusedError
from jobs.imports.rejects import rejects_draft, rejects_path
from jobs.imports.sniff import Sniffed, sniff
from jobs.imports.spool import Spool
from jobs.imports.style import Dates, Decimal, survey
from jobs.progress import Bar
from shared.warehouse import load_log
from shared.warehouse.load_entities import UnknownEntityError, entity_called
from shared.warehouse.load_fields import Entity, Kind
from shared.warehouse.load_log import Counts
from shared.warehouse.load_plan import Plan
from shared.warehouse.load_write import TooManyRefusedError
from shared.warehouse.loads import Load, open_load, time_zones

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """What is to be imported and how; what is None is found out."""

    entity: str
    file: Path
    told: dict[str, str] = field(default_factory=dict)
    """Column to field; '-' or nothing: leave the column out."""
    constants: dict[str, str] = field(default_factory=dict)
    """Field to the value that every row gets."""
    dates: Dates | None = None
    decimal: Decimal | None = None
    separator: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    rejects: Path | None = None
    dry_run: bool = False
    all_or_nothing: bool = False


@dataclass(frozen=True)
class Outcome:
    """What an import did, or, as a dry run, would do."""

    entity: str
    counts: Counts
    outcome: str
    """done, partial, rejected or dry run, as in app.import_log."""
    rejects: Path | None
    """Where the rejected rows are; None: there are none."""


class Watcher(Protocol):
    """Hears how an import goes."""

    def step(self, label: str, total: float | None, unit: str) -> AbstractContextManager[Bar]:
        """Return a progress bar for a step of so many units (None: not known)."""

    def understood(self, spool: Spool, mapped: list[Mapped], plan: Plan, style_of: str) -> None:
        """Hear how the file was understood, before anything is loaded."""

    def say(self, sentence: str) -> None:
        """Hear a remark."""


def run_import(engine: Engine, request: Request, watcher: Watcher) -> Outcome:
    """Import a file.  Raises ImportRefusedError if nothing can be done with it; then nothing was loaded."""
    try:
        entity = entity_called(request.entity)
    except UnknownEntityError as error:
        raise ImportRefusedError(str(error)) from None
    try:
        target = rejects_path(request.file, request.rejects)
        with tempfile.TemporaryDirectory(prefix="import-") as scratch:
            return _import(engine, entity, request, target, Path(scratch), watcher)
    except OSError as error:
        raise ImportRefusedError(f"{error.filename or request.file}: {error.strerror or error}; nothing was loaded") from error


def _import(engine: Engine, entity: Entity, request: Request, target: Path, scratch: Path, watcher: Watcher) -> Outcome:
    before = request.file.stat() if request.file.exists() else None
    with watcher.step("Checking", before.st_size if before else None, "bytes") as bar:
        sniffed = sniff(request.file, request.encoding, bar.advance)
    spool = _spool(request, sniffed, scratch / "rows.arrow", watcher)
    now = request.file.stat()
    if before is None or (now.st_mtime_ns, now.st_size) != (before.st_mtime_ns, before.st_size):
        raise ImportRefusedError(f"{request.file.name} changed while it was read; import it when it is complete")
    head = signature(spool.header)
    with engine.connect() as connection:
        saved = load_log.saved_mapping(connection, entity.name, head)
        zones = time_zones(connection) if any(one.kind is Kind.ZONE for one in entity.fields) else frozenset[str]()
        when = load_log.loaded_before(connection, entity.name, sniffed.sha256)
    mapped = map_columns(entity, spool.header, request.told, saved, request.constants)
    plan = plan_of(entity, mapped, request.constants)
    columns = {str(number): entity.by_field[one.field] for number, one in enumerate(mapped) if one.field}
    with watcher.step("Finding out how dates and numbers are written", None, "portions") as bar:
        style = survey(spool, columns, request.dates, request.decimal, lambda: bar.advance(1))
    watcher.understood(spool, mapped, plan, f"{_DATES[style.dates]}, decimals after a {style.decimal}")
    if when:
        watcher.say(f"This very file was imported on {when} already.")
    parser = Parser(plan, style, {one.name: number for number, one in columns.items()}, request.constants, zones)
    remember = {one.column: one.field for one in mapped}
    return _load(engine, request, target, spool, parser, sniffed, lambda load: load_log.save_mapping(load.connection, entity.name, head, remember), watcher)


_DATES = {None: "dates as ISO or by name", "us": "dates with the month first", "eu": "dates with the day first"}


def _spool(request: Request, sniffed: Sniffed, path: Path, watcher: Watcher) -> Spool:
    if sniffed.kind == "text":
        with watcher.step("Reading", sniffed.size, "bytes") as bar:
            return read_text(request.file, sniffed.encoding, request.separator, request.header_row, path, bar.advance)
    with watcher.step("Reading", None, "half seconds") as bar:
        return read_binary(request.file, sniffed.kind, request.sheet, request.header_row, path, lambda: bar.advance(1))


def _load(engine: Engine, request: Request, target: Path, spool: Spool, parser: Parser, sniffed: Sniffed, remember: Callable[[Load], None], watcher: Watcher) -> Outcome:
    entity = parser.plan.entity.name
    with engine.begin() as connection:
        entry = load_log.begin(connection, request.file.name, sniffed.sha256, entity, is_dry_run=request.dry_run)
    try:
        with open_load(engine, parser.plan, lambda: watcher.say(f"Another import of {entity} is under way; this one begins when that has ended.")) as load:
            load_log.abandon_older(load.connection, entity, entry)
            counts = _fill(engine, load, request, spool, parser, watcher)
            outcome = _outcome(request, counts)
            with rejects_draft(target, spool, load.rejected()) as rows:
                if outcome in {"done", "partial"}:
                    remember(load)
                    load_log.finish(load.connection, entry, outcome, counts)
                    load.connection.commit()
                else:
                    load.connection.rollback()
        if outcome not in {"done", "partial"}:
            with engine.begin() as connection:
                load_log.finish(connection, entry, outcome, counts)
    except BaseException as error:
        _log_failure(engine, entry, error)
        if isinstance(error, TooManyRefusedError):
            raise ImportRefusedError(f"{error}; nothing was loaded") from None
        raise
    return Outcome(entity, counts, outcome, target if rows else None)


def _log_failure(engine: Engine, entry: int, error: BaseException) -> None:
    try:
        with engine.begin() as connection:
            load_log.finish(connection, entry, "failed", Counts(), f"{type(error).__name__}: {error}"[:2000])
    except DBAPIError:  # the database may be what failed: the first error is the one to tell, and the next import closes the entry
        log.warning("the end of import %s could not be logged", entry, exc_info=True)


def _fill(engine: Engine, load: Load, request: Request, spool: Spool, parser: Parser, watcher: Watcher) -> Counts:
    rows = sum(len(batch) for batch in spool.batches())
    with watcher.step("Staging", rows, "rows") as bar:
        for batch in spool.batches():
            load.stage(parser.parse(batch))
            bar.advance(len(batch))
    with watcher.step("Resolving references and rules", None, "steps") as bar:
        if not request.dry_run:
            load.ensure_partitions(engine)
        load.resolve()
        bar.advance(1)
    counts = load.counts()
    if not (request.all_or_nothing and counts.rejected):
        with watcher.step("Writing", counts.inserted + counts.updated, "rows") as bar:
            for written in load.write():
                bar.advance(written)
        counts = load.counts()
    return counts


def _outcome(request: Request, counts: Counts) -> str:
    if request.dry_run:
        return "dry run"
    if not counts.rejected:
        return "done"
    return "rejected" if request.all_or_nothing or not counts.accepted else "partial"
