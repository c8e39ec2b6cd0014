"""What can be sent: sources of documents, each drawn in its reader's scope."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from shared.delivery.problems import GoneError
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.reports.document import Document


@dataclass(frozen=True)
class Choice:
    """One thing that can be sent."""

    subject: str
    """``<source>:<key>``."""
    label: str
    about: str = ""


@dataclass(frozen=True)
class Source:
    """Where documents of one kind come from; the key is what follows the colon of a subject."""

    label: str
    listed: Callable[[Person], Sequence[Choice]]
    """What this person may send."""
    find: Callable[[str, Person], Choice | None]
    """``find(key, person)``: None where there is no such thing, or where this person may not see it."""
    draw: Callable[[str, Person, Scope], Document]
    """``draw(key, person, scope)``; raises GoneError where there is no such thing any more."""


Sources: TypeAlias = Mapping[str, Source]


def place_of(subject: str) -> str:
    """Return where on the BI site ``subject`` can be looked at: the path and query of a page, a report's own page, else the first one."""
    name, _, key = subject.partition(":")
    return key if name == "page" else f"/reports/{key}" if name == "report" else "/"


def find(sources: Sources, subject: str, person: Person) -> Choice | None:
    """Return what ``subject`` names, as far as ``person`` may see it."""
    name, _, key = subject.partition(":")
    return sources[name].find(key, person) if name in sources else None


def draw(sources: Sources, subject: str, person: Person, scope: Scope) -> Document:
    """Return the document of ``subject`` with the numbers of ``scope``.  Raises GoneError, and what asking raises."""
    name, _, key = subject.partition(":")
    if name not in sources or sources[name].find(key, person) is None:
        raise GoneError("What this schedule sends does not exist any more, or is not shared with its readers any more.")
    return sources[name].draw(key, person, scope)
