"""What a page can be had as: cards carry what they say beside how they are drawn, so that a file is made from the very card that stands on the screen."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from bi_app.shell.parts import icon
from bi_app.shell.said import Said, said_in, saying
from bi_app.visit import Visit
from shared.metrics.registry import metric
from shared.reports.document import Block, Document
from shared.reports.kinds import KINDS


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
    problems = tuple(dict.fromkeys(said.problem for said in found if said.problem))
    return Document(title, head.about, head.as_of or now, blocks, head.filters, definitions, company, problems)


def card_menu(block: Block) -> html.Details:
    """Return the menu of what a card can be had as."""
    kinds = [kind for kind in KINDS.values() if (kind.key not in {"png", "svg"} or block.figure is not None) and (kind.key not in {"xlsx", "csv"} or block.figure is not None or block.table is not None)]
    return _menu(f"Save {block.title}", block.key, [(kind.key, kind.label) for kind in kinds], "more")


def page_menu(visit: Visit) -> html.Details:
    """Return the menu of what the whole page can be had as."""
    return _menu("Save this page", "", [(kind.key, kind.label) for kind in KINDS.values() if kind.for_pages], "download", *([send_item(visit)] if visit.can_be_sent else []))


def send_item(visit: Visit) -> html.A:
    """Return the entry of a menu that leads to the form of a new schedule, with this page and its filters chosen."""
    return html.A([icon("calendar"), "Send this on a schedule…"], href=f"/reports/schedules?new={quote(f'page:{visit.path}{visit.filters.link()}', safe='')}", className="item", role="menuitem")


def _menu(label: str, key: str, kinds: Sequence[tuple[str, str]], symbol: str, *more: Component) -> html.Details:
    items = [html.Button([icon("download"), text], className="item", type="button", role="menuitem", **{"data-do": "export", "data-kind": kind, "data-key": key}) for kind, text in kinds]
    return html.Details([html.Summary(icon(symbol), className="ib icon", title=label, **{"aria-label": label}), html.Div([*items, *more], className="pop-in", role="menu")], className="pop export no-print")
