"""What pages and their scripts must agree on, and the live page over a company in memory."""

import json
import re
from pathlib import Path

import shared.web
from bi_app.pages.live import layout
from bi_app.pulse import today
from bi_app.shell.live import _CHOICES
from cmo_app.shell.live import CHOICES
from shared.live.attributes import CLOSED_LIMIT, RUNNING_LIMIT, live_of
from shared.live.message import of
from shared.metrics.headline import Wanted
from shared.metrics.period import period
from shared.metrics.scope import COMPANY, Scope
from shared.people.pace import PACES
from shared.web.prerender import plain, prerender
from tests.unit.bi_fakes import TODAY, FakeAsk, sources, visit

ASSETS = Path(shared.web.__file__).parent / "assets"


def test_scripts_and_server_mean_the_same_by_every_interval() -> None:
    listed = re.search(r"PACES = (\{.*?\});", (ASSETS / "live.js").read_text())
    assert listed
    assert json.loads(re.sub(r"(\w+):", r'"\1":', listed[1].replace('"', ""))) == PACES
    assert set(_CHOICES) == set(PACES)
    assert set(CHOICES) <= set(PACES)


def test_every_field_that_an_element_waits_for_is_in_a_message() -> None:
    here = sources()
    headline = here.headlines([Wanted("leads", period("mtd", TODAY))], COMPANY)[0]
    drawn = prerender(plain(layout(visit(), here)))
    waited = {rule.partition("=")[2] for rules in re.findall(r'data-put="([^"]+)"', drawn) for rule in rules.split() if "=" in rule}
    assert waited
    assert waited <= set(of(headline))


def test_every_way_to_put_a_field_is_known_to_the_script() -> None:
    drawn = prerender(plain(layout(visit(), sources())))
    ways = {rule.partition("=")[0] for rules in re.findall(r'data-put="([^"]+)"', drawn) for rule in rules.split()}
    script = (ASSETS / "put.js").read_text()
    assert ways
    assert all(f"    {way}: (" in script or way == "delta" for way in ways)


def test_an_element_says_for_whom_it_listens_and_when_it_is_late() -> None:
    here = sources()
    running, closed = here.headlines([Wanted("leads", period("mtd", TODAY), branches=frozenset({2})), Wanted("leads", period("last_month", TODAY))], COMPANY)
    assert live_of(running, Scope(frozenset({1, 2}))) == {"data-live": "n:leads:mtd:previous:2:", "data-at": running.as_of.isoformat(), "data-limit": str(RUNNING_LIMIT)}
    assert live_of(closed, Scope(frozenset({1})))["data-live"] == "n:leads:last_month:previous:1:"
    assert live_of(closed, COMPANY)["data-limit"] == str(CLOSED_LIMIT)


def test_the_live_page_shows_today_and_listens_to_its_branches_only() -> None:
    drawn = prerender(plain(layout(visit(scope=Scope(frozenset({1}))), sources())))
    assert drawn.count('class="tile s3"') == len(today.TILES)
    assert 'data-live="e:1"' in drawn
    assert ":today:previous:1:" in drawn
    assert ":*:" not in drawn


def test_the_stream_is_there_when_no_number_is() -> None:
    drawn = prerender(plain(layout(visit(), sources(FakeAsk(broken=frozenset({"leads"}))))))
    assert drawn.count("could not be read just now") == 2
    assert "pulse-feed" not in drawn.split('class="failed')[0]
    assert "As it happens" in drawn
