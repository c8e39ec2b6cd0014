"""What a component says beside how it is drawn: what files and mails are made of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from dash.development.base_component import Component

from shared.reports.document import Block

C = TypeVar("C", bound=Component)
_CARRIED = "_said"
"""Attribute of a component; Dash sends only properties that it declares, so nobody else sees it."""


@dataclass(frozen=True)
class Said:
    """What one component of a page says."""

    block: Block | None = None
    terms: Sequence[str] = ()
    """Names of metrics that a reader of the file may want to look up."""
    about: str = ""
    """Of the top bar: branches, days and what they are compared with."""
    as_of: datetime | None = None
    filters: Sequence[tuple[str, str]] = field(default=())
    problem: str = ""
    """What could not be read, or is not as it stands now, in words: on the screen one sees it, and a mail is kept back."""


def saying(component: C, said: Said) -> C:
    """Return ``component``, which says that."""
    object.__setattr__(component, _CARRIED, said)
    return component


def said_in(part: object) -> Iterator[Said]:
    """Yield what a drawn page and everything in it says, in the order in which it stands there."""
    if isinstance(part, Component):
        if isinstance(said := getattr(part, _CARRIED, None), Said):
            yield said
        yield from said_in(getattr(part, "children", None))
    elif isinstance(part, list | tuple):
        for each in part:
            yield from said_in(each)
