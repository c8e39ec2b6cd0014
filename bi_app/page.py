"""What a page of the BI site is; ``bi_app/app.py`` lists them."""

from collections.abc import Callable
from dataclasses import dataclass

from dash import Dash
from dash.development.base_component import Component

from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.delivery.pages import SentPage
from shared.reports.document import Document
from shared.web.address import DEFAULT_PERIOD


def _usual_period(_sources: Sources, _path: str) -> str:
    """Return the period of a page whose address says none."""
    return DEFAULT_PERIOD


def _no_callbacks(_app: Dash, _sources: Sources) -> None:
    """Register nothing."""


@dataclass(frozen=True)
class Page:
    """One page: its address, its name in the navigation, and what draws it."""

    path: str
    """``/reports/<number>`` stands for every number, ``<token>`` for a word that cannot be guessed; such pages are not in the navigation."""
    title: str
    icon: str
    layout: Callable[[Visit, Sources], Component]
    """Draws everything below the top bar, with data."""
    register: Callable[[Dash, Sources], None] = _no_callbacks
    group: str = ""
    """Heading in the sidebar; empty: among the first."""
    has_figures: bool = True
    """False: plotly.js is not loaded ahead."""
    choices: tuple[str, ...] = ()
    """Names in the address of what this page lets its reader choose besides period and branches; see ``Filters.choice``."""
    period: Callable[[Sources, str], str] = _usual_period
    """The period that an address without one means, by path."""
    document: Callable[[Visit, Sources], Document | None] | None = None
    """What the page says, for files; None: its cards, as they are drawn."""
    on_schedule: tuple[tuple[str, str], ...] = ()
    """(query, name) of what of this page can be sent on a schedule: ("", "Executive") is the page as it opens.  It must have files."""
    passing: tuple[str, ...] = ()
    """Choices that lead deeper: where one is made, the browser does not come back to it by itself the next time."""
    personal: tuple[str, ...] = ()
    """Those of ``choices`` that mean something else for each reader; what is sent to several knows none of them."""
    named: Callable[[str], str] | None = None
    """What one of many alike is called in the window's title, by its path; None: ``title``."""
    below: str = ""
    """Path of the page whose entry in the navigation is marked while this one is shown."""

    @property
    def sent(self) -> tuple[SentPage, ...]:
        """What of it can be sent on a schedule."""
        return tuple(SentPage(self.path, query, name, self.personal) for query, name in self.on_schedule)

    @property
    def is_in_navigation(self) -> bool:
        """Whether the page is one of its own, and not one of many alike."""
        return "<" not in self.path
