"""Every page of both sites can be had as files, and the files hold what stands on the screen: card by card, number by number."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from dash import html
from dash.development.base_component import Component
from flask import Flask, g

from bi_app.app import create_app as create_bi
from bi_app.shell.files import document
from bi_app.shell.said import said_in
from cmo_app.app import create_app as create_cmo
from cmo_app.shell.cards import draw
from cmo_app.shell.frame import body
from jobs.demo.load import load_company
from shared.alerts.defaults import ensure_default_rules
from shared.alerts.evaluating import evaluate
from shared.alerts.watching import Watcher
from shared.cache import Cache
from shared.clock import now
from shared.forecast.training import train
from shared.metrics.ask import CachedAsk
from shared.metrics.exact import ExactAsk
from shared.metrics.reference import Reference
from shared.metrics.scope import COMPANY
from shared.people.changes import create_person
from shared.people.person import Person
from shared.reconciliation.running import run_rules
from shared.reports.document import Block
from shared.settings import Settings
from shared.warehouse.engines import Engines
from tests.integration.drawn_numbers import figures_on, numbers_in, numbers_on
from tests.sites import PASSWORD

BI_PAGES = ("/", "/live", "/trends", "/compare", "/reports", "/alerts", "/reconciliation", "/scorecards/branch", "/scorecards/production", "/scorecards/service", "/scorecards/telemarketing", "/scorecards/canvass", "/scorecards/technology",
            "/targets", "/reports/schedules")
MORE = ("/?basis=event&period=ytd", "/trends?metric=net_close_rate&split=branch&grain=month", "/compare?by=rep&norm=best", "/alerts?show=rules", "/alerts?show=history", "/reconciliation?show=cases", "/targets?kpi=net_close_rate",
        "/scorecards/branch?by=net_sales_amount&grain=month&period=ytd")
STILL = ("/reports", "/reports/schedules", "/alerts?show=history", "/alerts?show=rules")
"""Pages whose cards hold words, or nothing yet."""
CMO_PAGES = ("/", "/branches", "/roi", "/attribution", "/forecast")


@dataclass(frozen=True)
class World:
    """Both sites over the small demo company, and who looks."""

    bi: Any
    cmo: Any
    person: Person


@pytest.fixture(scope="module")
def world(database: Callable[..., Settings]) -> Iterator[World]:
    settings = database()
    engines = Engines(settings)
    load_company(engines, settings, size="small", seed=3)
    run_rules(engines.primary, settings)
    train(engines, settings, ExactAsk(engines, settings))
    ensure_default_rules(engines)
    evaluate(engines, settings, Watcher(engines, ExactAsk(engines, settings), Reference(engines), settings))
    engines.wait_for_replicas()
    person = create_person(engines, email="ada@northline.test", name="Ada Whitfield", password=PASSWORD, role="leadership")
    yield World(*(make(settings, engines, CachedAsk(engines, Cache(settings), settings)) for make in (create_bi, create_cmo)), person)
    engines.dispose()


def test_the_walk_knows_every_page_of_the_navigation(world: World) -> None:
    assert set(BI_PAGES) == {path for path, page in world.bi.pages.items() if page.is_in_navigation}
    assert set(CMO_PAGES) == set(world.cmo.pages)


@pytest.mark.parametrize("address", [*BI_PAGES, *MORE])
def test_what_stands_on_a_page_of_the_bi_site_is_in_its_files(world: World, address: str) -> None:
    path, _, search = address.partition("?")
    site = world.bi
    with as_person(site.server, world.person, address):
        visit = site.visit(path, dict(part.split("=") for part in search.split("&")) if search else {})
        drawn = site.page_at(path).layout(visit, site.sources.at_once())
    whole = document("Page", "Northline", drawn, now())
    keys = [block.key for block in whole.blocks]
    assert len(set(keys)) == len(keys), keys
    assert menus(drawn, "") == (1 if address != "/reports" else 0), "the page's own menu; of a library without reports there is none"
    assert address in STILL or len(numbers_on(drawn)) >= 4, "a page that says nothing proves nothing"
    on_tiles = set().union(*(numbers_in(block) for block in whole.blocks))
    tiles = [each for each in components(drawn) if "tile" in (getattr(each, "className", "") or "").split()]
    assert numbers_on(tiles) <= on_tiles, numbers_on(tiles) - on_tiles
    cards = [each for each in components(drawn) if isinstance(each, html.Section) and "card-x" in each.className.split() and not numbers_on([part for part in components(each) if part in tiles])]
    for card in cards:
        held_against(card, [said.block for said in said_in(card) if said.block is not None])


@pytest.mark.parametrize("path", CMO_PAGES)
def test_what_stands_on_a_page_of_the_cmo_site_is_in_its_files(world: World, path: str) -> None:
    site = world.cmo
    with as_person(site.server, world.person, path):
        page = site.pages[path]
        visit = site.visit(page, {}, world.person, COMPANY)
        sheet = page.draw(visit, site.sources.at_once())
        whole = sheet.document(page.title, visit, now())
        cards = [draw(card, visit) for card in sheet.cards]
        assert menus(html.Div(body(page, visit, sheet)), "") == 1, "the page's own menu"
    assert len(whole.blocks) >= 3, whole.blocks
    assert not [card.block.title for card in sheet.cards if card.has_failed]
    for card, drawn in zip(sheet.cards, cards, strict=True):
        assert menus(drawn, card.block.key) == 1, card.block.title
        held_against(drawn, [card.block])


def held_against(card: Component, blocks: list[Block]) -> None:
    """Hold that every number and every figure of a drawn card is in its blocks, each of which has a menu."""
    title, shown = getattr(card, "aria-label", ""), numbers_on(card)
    said: set[str] = set().union(*map(numbers_in, blocks)) if blocks else set()
    assert shown <= said, f"{title}: on the screen and in no file: {sorted(shown - said)[:20]} of {len(shown)}"
    kept = set().union(*(heights(block.figure) for block in blocks if block.figure is not None), *(cells(block) for block in blocks))
    for figure in figures_on(card):
        assert heights(figure) <= kept, f"{title}: a figure draws what no file holds: {sorted(heights(figure) - kept)[:5]}"


def heights(figure: object) -> set[float]:
    """The numbers that a figure draws."""
    return {round(float(value), 4) for trace in figure["data"] for axis in ("x", "y") for value in trace.get(axis, ()) if isinstance(value, int | float)}  # type: ignore[index]


def cells(block: Block) -> set[float]:
    """The numbers of a block's table."""
    return {round(float(value), 4) for row in (block.table.rows if block.table else ()) for value in row if isinstance(value, int | float)}


def components(part: object) -> Iterator[Component]:
    """Every component in ``part``, itself first."""
    if isinstance(part, Component):
        yield part
        yield from components(getattr(part, "children", None))
    elif isinstance(part, list | tuple):
        for each in part:
            yield from components(each)


def menus(drawn: Component, key: str) -> int:
    """How many menus of files there are for the block called ``key`` (empty: the whole page)."""
    kinds = [each for each in components(drawn) if getattr(each, "data-do", "") == "export" and getattr(each, "data-key", "") == key]
    return len([each for each in kinds if getattr(each, "data-kind", "") == "pdf"])


@contextmanager
def as_person(server: Flask, person: Person, address: str) -> Iterator[None]:
    """Within a request of that person."""
    with server.test_request_context(address):
        g.person, g.scope = person, COMPANY
        yield
