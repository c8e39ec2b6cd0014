"""Takes a ledger's file into the records of its source, or says line by line why not.  Nothing is changed by a file that is refused."""

import logging
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from jobs.imports.refusal import ImportRefusedError
from jobs.ledgers.controls import held_against_records, sums_of, wrong_lines
from jobs.ledgers.heading import likely_table
from jobs.ledgers.reading import Understood, read_ledger
from jobs.ledgers.told import Told
from shared.reconciliation.records import AlreadyThereError, Batch, Problem, Staged, add_up, repeated_lines, stage_records, take_records
from shared.reconciliation.source import Source, save_source, source_called
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Looked:
    """How a file reads, and what is wrong with it."""

    understood: Understood
    staged: Staged
    problems: Sequence[Problem]
    document: Mapping[str, Any]
    """The same as a page shows it."""


class RefusedError(ValueError):
    """A file that cannot be taken, with the lines that are wrong."""

    def __init__(self, message: str, problems: Sequence[Problem] = (), document: Mapping[str, Any] | None = None) -> None:
        """``problems``: at most 200 lines; ``document``: as far as the file was understood."""
        super().__init__(message)
        self.problems, self.document = problems, document or {}


def load_ledger(engines: Engines, name: str, path: Path, told: Told, *, dry_run: bool = False, period: tuple[date, date] | None = None, person: int | None = None, batch: str = "") -> Looked:
    """Take the file at ``path`` as a batch of the source ``name`` (in place of an earlier one of the same name), or only look at it.

    Raises RefusedError; then nothing was changed.
    """
    with tempfile.TemporaryDirectory(prefix="ledger-") as scratch:
        try:
            with engines.primary.connect() as connection:
                source = source_called(connection, name)
            understood = read_ledger(path, Path(scratch), told, source.mapping, source.currency)
        except ImportRefusedError as error:
            raise RefusedError(_in_words(str(error)), document=likely_table(path, told)) from error
        return _take(engines, source, understood, Batch(batch or path.name, path.name, understood.sniffed.sha256, period, person), dry_run=dry_run)


def _take(engines: Engines, source: Source, understood: Understood, batch: Batch, *, dry_run: bool) -> Looked:
    with engines.primary.begin() as connection:
        staged = stage_records(connection, understood.plan.fields, understood.portions())
        totals = held_against_records(understood, add_up(connection, sums_of(understood)))
        problems = sorted([*understood.problems, *staged.problems, *wrong_lines(understood, totals)], key=lambda one: one.line)[:200]
        again = [{"line": line, "words": f"taken already with {other}", "agrees": None, "says": ""} for line, other in repeated_lines(connection, source.name, batch.name)] if not problems else []
        looked = Looked(understood, staged, problems, {**_document(understood, staged, [*totals, *again]), "repeated": len(again)})
        if dry_run:
            return looked
        if not staged.rows:
            raise RefusedError("The file holds no record.")
        if problems:
            raise RefusedError(f"{len(problems)}{' or more' if len(problems) == 200 else ''} {'line' if len(problems) == 1 else 'lines'} cannot be read; nothing was changed.", problems)
        try:
            taken = take_records(connection, source, replace(batch, left_out=looked.document["totals"]))
        except AlreadyThereError as error:
            raise RefusedError(str(error)) from error
        if not taken:
            raise RefusedError(f"Every record of this file was {again[0]['words']}: nothing was changed.")
        save_source(connection, replace(source, mapping={one.column: one.field for one in understood.mapped}))
    log.info("ledger %s: %d records of %s", source.name, staged.rows, batch.file_name)
    return looked


def _document(understood: Understood, staged: Staged, totals: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    turned = "; debits count as plus, because nearly all of the file is one" if staged.turned else ""
    return {
        "words": understood.words() + turned, "header": list(understood.spool.header), "examples": understood.examples(),
        "mapping": {one.column: one.field for one in understood.mapped}, "how": {one.column: one.how for one in understood.mapped},
        "rows": staged.rows, "cents": staged.cents, "first": staged.first and staged.first.isoformat(), "last": staged.last and staged.last.isoformat(),
        "totals": list(totals), "unknown_branches": list(staged.unknown_branches),
    }


def _in_words(message: str) -> str:
    """A refusal made for the command line, for everybody."""
    return message[:1].upper() + message[1:] + ("" if message.endswith(".") else ".")
