"""Does what the command asks: connects, imports, tells the person how it went, refreshes the views."""

from contextlib import AbstractContextManager

from rich import box
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from jobs.imports.mapping import Mapped
from jobs.imports.refusal import ImportRefusedError, shown
from jobs.imports.run import Outcome, Request, run_import
from jobs.imports.spool import Spool
from jobs.progress import Bar, progress
from shared.settings import Settings
from shared.warehouse.catalogue import VIEWS
from shared.warehouse.engines import Engines
from shared.warehouse.load_plan import Plan
from shared.warehouse.refresh import freshness, refresh_all

DONE, SOME_REJECTED = 0, 1
_MANY_DIRTY = 500
"""Dirty days of views; fewer are left to the next scheduled refresh."""


class _Told:
    """Tells a person how the import goes; nothing of a file is read as markup."""

    def __init__(self) -> None:
        self._console = Console(markup=False, highlight=False, emoji=False)

    def step(self, label: str, total: float | None, unit: str) -> AbstractContextManager[Bar]:
        return progress(label, total, unit)

    def say(self, sentence: str) -> None:
        self._console.print(sentence, soft_wrap=True)

    def understood(self, spool: Spool, mapped: list[Mapped], plan: Plan, style_of: str) -> None:
        self.say(f"Read as {spool.note}; {style_of}. Rows are recognised by {' and '.join(one.name for one in plan.key)}.")
        first = next(spool.batches(), None)
        table = Table(box=box.SIMPLE_HEAD)
        for title in ("column", "field", "how", "first row"):
            table.add_column(title, overflow="fold")
        for number, one in enumerate(mapped):
            example = first.column(str(number))[0].as_py() if first is not None and len(first) else None
            table.add_row(shown(one.column)[1:-1], one.field or "—", one.how or "left out", "" if example is None else shown(example, 32)[1:-1])
        self._console.print(table)

    def ended(self, outcome: Outcome) -> None:
        counts = outcome.counts
        would = {"dry run": "would be ", "rejected": "would have been "}.get(outcome.outcome, "")
        self.say(f"{counts.read:,} rows of {outcome.entity}: {counts.inserted:,} {would}inserted, {counts.updated:,} {would}updated, {counts.unchanged:,} unchanged, {counts.rejected:,} rejected.")
        for reason, rows in counts.reasons.items():
            self.say(f"  {rows:,} × {shown(reason, 160)[1:-1]}")
        if outcome.rejects:
            self.say(f"The rejected rows and why: {outcome.rejects}")
        if outcome.outcome == "dry run":
            self.say("Nothing was loaded: this was a dry run.")
        elif outcome.outcome == "rejected":
            self.say("Nothing was loaded.")


def perform(settings: Settings, request: Request) -> int:
    """Import as requested, telling the person at the terminal; return the exit code.  Raises ImportRefusedError."""
    engines, told = Engines(settings), _Told()
    try:
        outcome = _imported(engines, request, told)
        told.ended(outcome)
        if outcome.outcome in {"done", "partial"} and outcome.counts.inserted + outcome.counts.updated:
            _refresh(engines, settings, told)
    finally:
        engines.primary.dispose()
    return SOME_REJECTED if outcome.counts.rejected else DONE


def _imported(engines: Engines, request: Request, told: _Told) -> Outcome:
    try:
        return run_import(engines.primary, request, told)
    except OperationalError as error:
        raise ImportRefusedError(f"the database does not answer or gave up: {_first_line(error)}; nothing was loaded") from error
    except ProgrammingError as error:
        raise ImportRefusedError(f"the database is not ready for imports ({_first_line(error)}); run: python -m jobs migrate") from error
    except DBAPIError as error:
        raise ImportRefusedError(f"the database stopped the import: {_first_line(error)}; nothing was loaded") from error


def _refresh(engines: Engines, settings: Settings, told: _Told) -> None:
    """Refresh the views if the import made many days dirty: numbers are exact without that, but slower to read."""
    with engines.primary_reader() as connection:
        states = freshness(connection, tuple(view.name for view in VIEWS))
    if len(states) < len(VIEWS) or sum(state.dirty_days for state in states.values()) < _MANY_DIRTY:
        return
    try:
        with told.step("Refreshing views", None, "views") as bar:
            done = refresh_all(engines.primary, settings, "archive") + refresh_all(engines.primary, settings, "recent")
            bar.advance(len(done))
        failed = [f"{one.view}: {one.error}" for one in done if one.outcome == "failed"]
    except DBAPIError as error:
        failed = [_first_line(error)]
    except KeyboardInterrupt:
        failed = ["stopped"]
    if failed:
        told.say(f"The rows are loaded and every number is right, but not every view could be refreshed ({failed[0]}); the next refresh tries again.")


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or ["no reason given"])[0]
