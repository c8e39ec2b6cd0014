"""Makes what a scope gets in a run: once, however many read it, and only where it is fit to go out."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from shared.breaker import Pause
from shared.clock import Clock, now
from shared.delivery import fitness
from shared.delivery.audience import scope_from
from shared.delivery.definition import Condition, Definition, definition_from
from shared.delivery.files import Printer, files_of, hash_of, hash_of_all
from shared.delivery.problems import GoneError, NotFitError
from shared.delivery.sources import Sources, draw
from shared.delivery.summary import summary
from shared.mail import Attachment
from shared.metrics.ask import Ask
from shared.metrics.format import write
from shared.metrics.period import period
from shared.metrics.question import Question
from shared.metrics.registry import metric
from shared.metrics.scope import Scope
from shared.people.accounts import find_person
from shared.people.person import Person
from shared.reports.document import Document
from shared.reports.problems import ExportError
from shared.settings import Settings
from shared.warehouse import delivery_outbox as outbox
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
_REMEMBERED: Final = timedelta(seconds=60)
"""A document of the same subject and scope is drawn anew after so long: schedules of the same minute share it."""


@dataclass(frozen=True)
class Parts:
    """What a mail carries of a document."""

    plain: str
    html: str
    files: tuple[Attachment, ...]
    sha256: str


@dataclass
class Studio:
    """What drawing needs; one for each worker process."""

    sources: Sources
    ask: Ask
    settings: Settings
    printer: Printer | None = None
    clock: Clock = now
    mail_pause: Pause = field(default_factory=lambda: Pause("the mail server", 20.0))
    """Begins where the mail server did not answer; mails wait, and everything else goes on."""
    _drawn: dict[tuple[str, ...], tuple[datetime, Any]] = field(default_factory=dict)

    def document(self, subject: str, viewer: Person, scope: str) -> Document:
        """Return the document of ``subject`` in ``scope``.  Raises GoneError, and what asking raises."""
        found: Document = self._remembered((subject, str(viewer.id), scope), lambda: draw(self.sources, subject, viewer, scope_from(scope)))
        return found

    def parts(self, document: Document, subject: str, viewer: Person, scope: str, kind: str) -> Parts:
        """Return what a mail carries of ``document``.  Raises NotFitError, ExportError."""
        found: Parts = self._remembered((subject, str(viewer.id), scope, kind, document.as_of.isoformat()), lambda: self._parts(document, kind))
        return found

    def _parts(self, document: Document, kind: str) -> Parts:
        zone = ZoneInfo(self.settings.company_time_zone)
        files = files_of(document, kind, zone, self.settings.paper_size, self.printer)
        plain, html = summary(document, zone, tables=kind == "inline")
        return Parts(plain, html, files, hash_of_all({"plain": plain, "html": html}, files))

    def _remembered(self, key: tuple[str, ...], make: Callable[[], object]) -> Any:
        moment = self.clock()
        for old in [old for old, (at, _) in self._drawn.items() if not timedelta() <= moment - at < _REMEMBERED]:
            del self._drawn[old]
        if key not in self._drawn:
            self._drawn[key] = (moment, make())
        return self._drawn[key][1]


def make_next(engines: Engines, studio: Studio, *, printed: bool = False) -> bool:
    """Make the next document that is due, of those that are ``printed`` (PDF) or of the others; False: there is none.  It is kept whole or not at all."""
    with outbox.next_copy(engines, printed=printed) as (connection, row):
        if row is None:
            return False
        try:
            with connection.begin_nested():
                _make(connection, row, engines, studio)
        except GoneError as error:
            outbox.copy_ended(connection, row["copy_id"], str(error), failed=True)
        except (NotFitError, ExportError) as error:
            _put_off(connection, row, f"Not sent: {error}.")
        except Exception as error:  # whatever fails, nothing of it goes out, and the others go on
            log.exception("copy %d of schedule %d could not be made", row["copy_id"], row["delivery_id"])
            _put_off(connection, row, f"Not sent: it could not be made ({type(error).__name__}).")
        return True


def _put_off(connection: Connection, row: Mapping[str, Any], words: str) -> None:
    if outbox.put_copy_off(connection, row["copy_id"], row["copy_attempts"], words):
        log.warning("copy %d of schedule %d is tried again: %s", row["copy_id"], row["delivery_id"], words)
        return
    log.error("copy %d of schedule %d is given up: %s", row["copy_id"], row["delivery_id"], words)
    outbox.copy_ended(connection, row["copy_id"], words, failed=True)


def _make(connection: Connection, row: Mapping[str, Any], engines: Engines, studio: Studio) -> None:
    definition, settings = definition_from(row["definition"]), studio.settings
    viewer = find_person(engines, row["viewer_id"])
    if row["kind"] != "test" and (why := _unmet(definition, scope_from(row["scope"]), studio)):
        outbox.copy_ended(connection, row["copy_id"], why, failed=False)
        return
    document = studio.document(definition.subject, viewer, row["scope"])
    if row["kind"] != "test" and definition.not_empty and fitness.is_empty(document):
        outbox.copy_ended(connection, row["copy_id"], "left out: it is empty, and is only sent if it is not", failed=False)
        return
    fitness.check(document, studio.clock())
    parts = studio.parts(document, definition.subject, viewer, row["scope"], definition.format)
    made = {"title": document.title, "about": document.about, "as_of": document.as_of, "plain": parts.plain, "html": parts.html, "sha256": parts.sha256}
    kept = [{"name": each.name, "media_type": each.media_type, "bytes": len(each.content), "sha256": hash_of(each.content), "content": each.content} for each in parts.files]
    outbox.copy_made(connection, row["copy_id"], made, kept, settings.delivery_archive_days)


def _unmet(definition: Definition, scope: Scope, studio: Studio) -> str:
    """Return which condition does not hold in the numbers of ``scope``, in words; empty: all do.  A number that is missing meets none."""
    return next((found for each in definition.only_if if (found := _answer(each, scope, studio.ask, studio.settings))), "")


def _answer(condition: Condition, scope: Scope, ask: Ask, settings: Settings) -> str:
    span = period(condition.period, ask.today, settings.fiscal_year_start_month)
    value = ask(Question((condition.metric,), span), scope).value(condition.metric)
    return "" if condition.holds(value) else f"left out: only sent if {condition.words}; it is {write(value, metric(condition.metric).unit)}"


