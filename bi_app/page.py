"""What a page of the BI site is; ``bi_app/app.py`` lists them."""

from collections.abc import Callable
from dataclasses import dataclass

from dash import Dash
from dash.development.base_component import Component

from bi_app.sources import Sources
from bi_app.visit import Visit


def _no_callbacks(_app: Dash, _sources: Sources) -> None:
    """Register nothing."""


@dataclass(frozen=True)
class Page:
    """One page: its address, its name in the navigation, and what draws it."""

    path: str
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
