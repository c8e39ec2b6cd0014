"""Reports of the library as something that can be sent: the newest saved version, to readers it is shared with, in each reader's scope.

On a page a block that could not be read says so; in a mail it keeps the whole report back.
"""

from collections.abc import Sequence
from typing import Final

from shared.clock import Clock, now
from shared.delivery.problems import GoneError, NotFitError
from shared.delivery.sources import Choice, Source
from shared.metrics.ask import Ask
from shared.metrics.headline import Headlines
from shared.metrics.reference import Reference
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.reports.document import Document
from shared.reports.report import ReportError, span_of
from shared.reports.report_answers import Reader, Reports
from shared.reports.report_document import document_of
from shared.reports.report_text import read_report
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.warehouse.report_store import Entry, UnknownReportError, Viewer, find_report, library, newest

SOURCE: Final = "report"
_DEFAULT_PERIOD: Final = "mtd"


class LibraryReports:
    """Lists, finds and draws reports for whoever they are shared with."""

    def __init__(self, engines: Engines, ask: Ask, headlines: Headlines, reference: Reference, settings: Settings, clock: Clock = now) -> None:
        """Hand in what it needs."""
        self._engines, self._ask, self._reference, self._settings, self._clock = engines, ask, reference, settings, clock
        self._answers = Reports(ask, headlines, reference)

    @property
    def source(self) -> Source:
        """What the registry of sources holds."""
        return Source("Reports", self.listed, self.find, self.draw)

    def listed(self, person: Person) -> Sequence[Choice]:
        """Return the reports that ``person`` may see, as the library lists them."""
        with self._engines.primary_reader() as connection:
            return [_choice(entry) for entry in library(connection, _viewer(person))]

    def find(self, key: str, person: Person) -> Choice | None:
        """Return a report, or None where it is gone or not shared with ``person``."""
        if not key.isdecimal() or len(key) > 12:
            return None
        try:
            with self._engines.primary_reader() as connection:
                return _choice(find_report(connection, int(key), _viewer(person)))
        except UnknownReportError:
            return None

    def draw(self, key: str, person: Person, scope: Scope) -> Document:
        """Return the newest version with the numbers of ``scope``.  Raises GoneError, and NotFitError where it cannot be read; what is wrong with a block is among its problems."""
        try:
            with self._engines.primary_reader() as connection:
                find_report(connection, int(key), _viewer(person))
                report = read_report(newest(connection, int(key)).definition)
        except UnknownReportError as error:
            raise GoneError("This report does not exist any more, or is not shared with its readers any more.") from error
        except ReportError as error:
            raise NotFitError(f"the report cannot be read any more: {error}") from error
        visible = [branch for branch in self._reference.branches() if scope.allows(branch.id)]
        fiscal = self._settings.fiscal_year_start_month
        answers = self._answers(report, Reader(scope, self._ask.today, fiscal, frozenset(branch.id for branch in visible), every_row=True))
        span = span_of(report.limits.period or _DEFAULT_PERIOD, self._ask.today, fiscal)
        whose = self._settings.company_name if scope.is_company else ", ".join(branch.name for branch in visible) or "no branch"
        return document_of(report, answers, f"{span.words}, {whose}", (("Period", span.words), ("Branches", ", ".join(branch.name for branch in visible))), self._settings.company_name, self._clock())


def _choice(entry: Entry) -> Choice:
    return Choice(f"{SOURCE}:{entry.id}", entry.title, f"report of {entry.owner_name}")


def _viewer(person: Person) -> Viewer:
    return Viewer(person.id, person.name, person.role, person.rules.manages_people)
