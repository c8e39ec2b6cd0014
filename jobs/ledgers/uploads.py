"""What the worker does with files that people sent: look at them, and take those that were confirmed."""

import logging
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from jobs.ledgers.loading import RefusedError, load_ledger
from jobs.ledgers.told import Told
from shared.reconciliation import runs
from shared.reconciliation.records import Problem
from shared.reconciliation.uploads import Upload, conclude, next_upload
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
_MOST = 20
_OPTIONS = {
    "say --dates us (month first) or --dates eu (day first)": "choose below whether the month or the day comes first", "say --dates us or --dates eu, and the rows that do not fit are rejected": "correct the rows that differ",
    "say --decimal dot or --decimal comma, and the rows that do not fit are rejected": "correct the rows that differ", "say --decimal dot or --decimal comma": "choose below what stands before decimals", "say which with --sheet": "say which below",
    ", or name its encoding with --encoding": "",
}
"""What a refusal says to somebody at a command line -> to somebody at the page."""


def work_on_uploads(engines: Engines) -> int:
    """Look at or take what waits; return how many files."""
    done = 0
    while done < _MOST:
        with engines.primary.begin() as connection, next_upload(connection) as found:
            if found is None:
                return done
            upload, content = found
            state, understood, problems = _work(engines, upload, content)
            conclude(connection, upload.id, state, understood, problems)
            if state == "loaded":
                runs.ask(connection, "ledger", "full", upload.source, upload.sent_by)
        log.info("upload %d of %s: %s", upload.id, upload.source, state)
        done += 1
    return done


def _work(engines: Engines, upload: Upload, content: bytes) -> tuple[str, Mapping[str, Any] | None, list[Problem]]:
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        path = Path(folder) / Path(upload.file_name).name
        path.write_bytes(content)
        try:
            told, period = told_of(upload.options), period_of(upload.options)
        except (TypeError, ValueError, AttributeError):
            return "refused", None, [Problem(0, "What was said of this file cannot be read: choose columns, dates and days again.")]
        try:
            looked = load_ledger(engines, upload.source, path, told, dry_run=upload.state == "sent", period=period, person=upload.sent_by)
        except RefusedError as error:
            return "refused", error.document or None, [Problem(0, _without_options(str(error))), *error.problems]
        except Exception:  # a stranger's file may break any reader; it must not come back for ever
            log.exception("upload %d of %s could not be read", upload.id, upload.source)
            return "refused", None, [Problem(0, "The file could not be read: save it anew as CSV or XLSX. Nothing was changed.")]
        if looked.problems:
            return "refused", looked.document, list(looked.problems)
        return ("shown" if upload.state == "sent" else "loaded"), looked.document, []


def _without_options(message: str) -> str:
    """A refusal in the words of the page, which has a field for what is an option of the command."""
    for option, words in _OPTIONS.items():
        message = message.replace(option, words)
    return message


def told_of(options: Mapping[str, Any]) -> Told:
    """What a person has said of a file, as kept in its options."""
    mapping = {str(column): str(name) for column, name in dict(options.get("mapping") or {}).items()}
    dates, decimal, row = options.get("dates") or None, options.get("decimal") or None, options.get("header_row")
    if dates not in {None, "us", "eu"} or decimal not in {None, "dot", "comma"}:
        raise ValueError(f"{dates} {decimal}")
    return Told(mapping, dates, decimal, sheet=str(options["sheet"]) if options.get("sheet") else None, header_row=int(row) if row else None)


def period_of(options: Mapping[str, Any]) -> tuple[date, date] | None:
    """The days that a file reports on, as kept in its options."""
    first, last = options.get("from"), options.get("to")
    return (date.fromisoformat(first), date.fromisoformat(last)) if first and last else None
