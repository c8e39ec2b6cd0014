"""What a page can be had as: cards carry what they say beside how they are drawn, so that a file is made from the very card that stands on the screen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from dash import html
from dash.development.base_component import Component

from bi_app.shell.parts import icon
from shared.metrics.registry import metric
from shared.reports.document import Block, Document
from shared.reports.kinds import KINDS

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


def saying(component: C, said: Said) -> C:
    """Return ``component``, which says that."""
    object.__setattr__(component, _CARRIED, said)
    return component


def with_files(section: html.Section, block: Block, terms: Sequence[str] = ()) -> html.Section:
    """Return a card (``parts.card``) that says ``block`` and has the menu of its files in its heading."""
    section.children[0].children.append(card_menu(block))
    return saying(section, Said(block, terms))


def document(title: str, company: str, drawn: Component, now: datetime) -> Document:
    """Return what a drawn page says, in the order in which it stands there."""
    found = list(said_in(drawn))
    head = next((said for said in found if said.about), Said())
    terms = dict.fromkeys(name for said in found for name in said.terms)
    definitions = {metric(name).label: f"{metric(name).meaning} Counted on {metric(name).date}. Formula: {metric(name).formula}" for name in terms}
    blocks = tuple(said.block for said in found if said.block is not None and said.block.says_something)
    return Document(title, head.about, head.as_of or now, blocks, head.filters, definitions, company)


def card_menu(block: Block) -> html.Details:
    """Return the menu of what a card can be had as."""
    kinds = [kind for kind in KINDS.values() if (kind.key not in {"png", "svg"} or block.figure is not None) and (kind.key not in {"xlsx", "csv"} or block.figure is not None or block.table is not None)]
    return _menu(f"Save {block.title}", block.key, [(kind.key, kind.label) for kind in kinds], "more")


def page_menu() -> html.Details:
    """Return the menu of what the whole page can be had as."""
    return _menu("Save this page", "", [(kind.key, kind.label) for kind in KINDS.values() if kind.for_pages], "download")


def _menu(label: str, key: str, kinds: Sequence[tuple[str, str]], symbol: str) -> html.Details:
    items = [html.Button([icon("download"), text], className="item", type="button", role="menuitem", **{"data-do": "export", "data-kind": kind, "data-key": key}) for kind, text in kinds]
    return html.Details([html.Summary(icon(symbol), className="ib icon", title=label, **{"aria-label": label}), html.Div(items, className="pop-in", role="menu")], className="pop export no-print")


def said_in(part: object) -> Iterator[Said]:
    """Yield what ``part`` and everything in it says, in the order in which it stands there."""
    if isinstance(part, Component):
        if isinstance(said := getattr(part, _CARRIED, None), Said):
            yield said
        yield from said_in(getattr(part, "children", None))
    elif isinstance(part, list | tuple):
        for each in part:
            yield from said_in(each)
