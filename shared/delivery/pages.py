"""Pages of the BI site as something that can be sent: as they stand there, with their filters, in each reader's scope.

A subject is ``page:`` and an address such as ``/scorecards/branch?period=last_month&branch=2``; relative periods stay relative.  Pages are drawn by their site, which the
worker asks for the document (``site_request``): a site that is away is a failure that passes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

import requests

from shared.breaker import Pause
from shared.clock import Clock, now
from shared.delivery.audience import key_of
from shared.delivery.problems import GoneError, NotFitError
from shared.delivery.reports import LibraryReports
from shared.delivery.site_request import HEADER, PATH, signed
from shared.delivery.sources import Choice, Source
from shared.metrics.period import PRESETS
from shared.metrics.reference import Reference
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.reports.document import Document
from shared.reports.stored import unpacked
from shared.settings import Settings

SOURCE: Final = "page"
LONGEST: Final = 900
"""Characters of an address."""
_MOST_PARTS: Final = 20
_SECONDS: Final = (3.0, 60.0)
"""For the connection, and for the site to draw the page."""
_PAUSE: Final = 20.0
"""Seconds for which a site that did not answer is not asked again: other documents need no site."""
_ADDRESS: Final = re.compile(r"/[A-Za-z0-9/_-]*(\?[^\s#?\x00-\x1f]*)?")
_REPORT: Final = re.compile(r"/reports/([1-9][0-9]{0,11})")
_FOR_GOOD: Final = (403, 404)
_SAFE: Final = ",."


@dataclass(frozen=True)
class SentPage:
    """A page that can be sent: its path, what of the address chooses it among others at that path, and its name."""

    path: str
    query: str
    label: str
    personal: tuple[str, ...] = ()
    """Names in the address that mean something else for each reader, and are left out of what is sent."""

    @property
    def address(self) -> str:
        """What is kept of it."""
        return self.path + (f"?{self.query}" if self.query else "")


def sent_page(listed: Sequence[SentPage], path: str, query: Mapping[str, str]) -> SentPage | None:
    """Return which of ``listed`` an address means, the closest one; None: none."""
    fitting = [each for each in listed if each.path == path and dict(parse_qsl(each.query)).items() <= query.items()]
    return max(fitting, key=lambda each: len(each.query), default=None)


class Pages:
    """Lists and finds what the site has, and has it drawn there."""

    def __init__(self, settings: Settings, reference: Reference, reports: LibraryReports, listed: Sequence[SentPage] | None = None, clock: Clock = now) -> None:
        """``listed``: what the site has; None (for a worker, which knows no site): whatever is asked for, and the site says what is not there."""
        self._settings, self._reference, self._reports, self._listed, self._clock = settings, reference, reports, listed, clock
        self._pause = Pause("the BI site", _PAUSE)

    @property
    def source(self) -> Source:
        """What the registry of sources holds."""
        return Source("Pages", self.listed, self.find, self.draw)

    def listed(self, person: Person) -> Sequence[Choice]:
        """Return the pages that ``person`` may open, as they stand without filters."""
        return [Choice(f"{SOURCE}:{each.address}", each.label) for each in self._listed or () if person.may_enter("bi") and person.may_open(each.path)]

    def find(self, key: str, person: Person) -> Choice | None:
        """Return a page with its filters in words, or None where there is none or ``person`` may not open it; a report where it is not shared with them."""
        if len(key) > LONGEST or key.count("&") >= _MOST_PARTS or not _ADDRESS.fullmatch(key):
            return None
        path, _, text = key.partition("?")
        if not person.may_enter("bi") or not person.may_open(path):
            return None
        query = dict(parse_qsl(text))
        if (report := _REPORT.fullmatch(path)) is not None:
            found = self._reports.find(report[1], person)
            return None if found is None else Choice(f"{SOURCE}:{key}", found.label, self._words(query))
        if self._listed is None:
            return Choice(f"{SOURCE}:{key}", path, self._words(query))
        chosen = sent_page(self._listed, path, query)
        if chosen is None:
            return None
        kept = {name: value for name, value in query.items() if name not in chosen.personal}
        return Choice(f"{SOURCE}:{path}{f'?{urlencode(kept, safe=_SAFE)}' if kept else ''}", chosen.label, self._words({name: value for name, value in kept.items() if name not in dict(parse_qsl(chosen.query))}))

    def draw(self, key: str, person: Person, scope: Scope) -> Document:
        """Return what the site draws at ``key`` for ``person`` with the numbers of ``scope``.  Raises GoneError where it is gone for good, NotFitError where it cannot be had now or a part of it is missing."""
        if not self._pause.is_over:
            raise NotFitError("the site that draws this page did not answer a moment ago")
        path, _, query = key.partition("?")
        body, signature = signed(person.id, key_of(scope), path, query, self._settings, self._clock)
        try:
            answer = requests.post(f"{site_address(self._settings)}{PATH}", data=body, timeout=_SECONDS, allow_redirects=False,
                                   headers={HEADER: signature, "Content-Type": "application/json", "Accept": "application/octet-stream, application/json"})
        except requests.RequestException as error:
            self._pause.begin(error)
            raise NotFitError(f"the site that draws this page does not answer ({type(error).__name__})") from error
        if answer.status_code in _FOR_GOOD:
            raise GoneError(_said(answer, "This page does not exist any more, or may not be opened any more."))
        if answer.status_code != 200:
            raise NotFitError(_said(answer, f"the site that draws this page answered {answer.status_code}").rstrip("."))
        return unpacked(answer.content)

    def _words(self, query: dict[str, str]) -> str:
        """The filters of an address, short."""
        names = {str(branch.id): branch.name for branch in self._reference.branches()} if "branch" in query else {}
        return ", ".join(_filter(name, value, names) for name, value in query.items() if value)


def _filter(name: str, value: str, branches: dict[str, str]) -> str:
    if name == "period":
        return PRESETS[value][0].lower() if value in PRESETS else value.replace("..", " to ")
    if name == "branch":
        chosen = [branches[number] for number in value.split(",") if number in branches]
        return " and ".join(chosen) if 0 < len(chosen) <= 2 else f"{len(chosen)} branches"
    return f"{name} {value}"[:60]


def _said(answer: requests.Response, otherwise: str) -> str:
    """The sentence with which the site refuses."""
    try:
        told = answer.json()
    except requests.JSONDecodeError:
        return otherwise
    return str(told["error"])[:300] if isinstance(told, dict) and told.get("error") else otherwise


def site_address(settings: Settings) -> str:
    """Return where the platform's own processes reach the BI site."""
    host = "127.0.0.1" if settings.bind_host in {"0.0.0.0", "::", ""} else settings.bind_host  # noqa: S104 - compared, not bound
    return settings.bi_internal_url.rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{settings.bi_port}"
