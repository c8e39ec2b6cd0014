"""Live pages as people use them: their interval, their badge, the list of what happens, TV mode."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.browser.conftest import MANAGER
from tests.browser.live_window import comes, is_live_and_true, opened, phase, shown
from tests.browser.stage import Stage, stage

_LATE = "document.querySelector('#react-entry-point [data-live^=\"n:\"][data-limit]').dataset.age"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> Iterator[Stage]:
    folder = scratch / "stage-page"
    folder.mkdir(mode=0o711)
    with stage(folder) as made:
        yield made


def test_no_callback_of_python_is_asked_for_what_a_message_brings(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        window.driver.get_log("performance")
        company.sell()
        comes(window, lambda: shown(window) == company.net_sales(), 10)
        assert not [entry for entry in window.driver.get_log("performance") if "_dash-update-component" in entry["message"]]


def test_the_mark_of_the_running_week_moves_in_the_figure(company: Stage) -> None:
    point = "const plot = document.querySelector('#react-entry-point #trend .js-plotly-plot'); return plot ? plot.data.find(each => each.name === 'This week so far').y[0] : null"
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live" and window.script(point) is not None)
        before = float(str(window.script(point)))
        company.sell(amount=123_456)
        comes(window, lambda: float(str(window.script(point))) == pytest.approx(before + 123_456), 10)


def test_a_message_of_a_newer_server_breaks_nothing_and_is_said(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        window.script("dash_clientside.live.message({data: JSON.stringify({v: 2, op: 'hologram', msgs: 7})}); dash_clientside.live.message({data: 'no json'})")
        assert "older than its site" in window.text("#newer")
        is_live_and_true(window, company)


def test_the_interval_is_the_readers_and_is_kept(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        window.click("#live-badge summary")
        window.click("#live-badge [data-pace=off]")
        assert phase(window) == "off"
        assert window.text("#live-badge .live-word") == "Paused"
        before = shown(window)
        company.sell()
        time.sleep(2)
        assert shown(window) == before
        window.open("/?period=mtd")
        window.script("window.neverReloaded = true")
        comes(window, lambda: phase(window) == "off")
        window.click("#live-badge [data-pace='1s']")
        is_live_and_true(window, company)
        comes(window, lambda: window.script("return document.querySelector('[data-pace=\"1s\"]').getAttribute('aria-checked')") == "true")
        window.click("#live-badge [data-pace=live]")


def test_an_interval_that_cannot_be_kept_is_taken_back_with_the_reason(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        window.script("const ask = window.fetch; window.fetch = (to, how) => String(to).includes('/preferences/') ? Promise.resolve(new Response('{\"error\": \"no room\"}', {status: 503})) : ask(to, how)")
        window.click("#live-badge summary")
        window.click("#live-badge [data-pace='5m']")
        comes(window, lambda: "no room" in window.text("#live-badge .problem"))
        assert window.script("return northline.live.pace") == "live"


def test_a_hidden_tab_is_paused_and_catches_up_when_it_is_looked_at(company: Stage) -> None:
    hide = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => %s}); document.dispatchEvent(new Event('visibilitychange'))"
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        window.script(hide % "true")
        comes(window, lambda: phase(window) == "paused", 30)
        before = shown(window)
        company.sell()
        time.sleep(1)
        assert shown(window) == before
        window.script(hide % "false")
        comes(window, lambda: shown(window) == company.net_sales(), 10)
        is_live_and_true(window, company)


def test_numbers_that_nobody_vouches_for_say_so(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        comes(window, lambda: not window.script(f"return {_LATE}"))
        company.kill("live")
        window.script("const now = Date.now; Date.now = () => now() + 100e3")
        comes(window, lambda: window.script(f"return {_LATE}") == "amber")
        assert window.script("return document.querySelector('[data-age=amber] .as-of').innerText.startsWith('as of ')")
        window.script("const then = Date.now; Date.now = () => then() + 400e3")
        comes(window, lambda: window.script(f"return {_LATE}") == "red")
        company.start("live")


def test_the_live_page_tells_what_happens_to_those_who_may_know(company: Stage) -> None:
    with opened(company, path="/live") as leader, opened(company, MANAGER, "/live") as manager:
        for window in (leader, manager):
            comes(window, lambda window=window: phase(window) == "live")
        branch = int(str(manager.script("return document.getElementById('pulse-feed').dataset.live")).split(" ")[0].removeprefix("e:"))
        other = next(one for one in (1, 2, 3, 4, 5) if one != branch)
        company.sell(amount=77_700, branch=other)
        company.sell(amount=88_800, branch=branch)
        comes(leader, lambda: sum("$77,700" in text or "$88,800" in text for text in leader.texts("#pulse-feed li")) == 2)
        comes(manager, lambda: any("$88,800" in text for text in manager.texts("#pulse-feed li")))
        assert not [text for text in manager.texts("#pulse-feed li") if "$77,700" in text]
        leader.driver.refresh()
        leader.wait_until_ready()
        comes(leader, lambda: any("$77,700" in text for text in leader.texts("#pulse-feed li")))
        bars = "return document.querySelector('#react-entry-point #pulse-minutes .js-plotly-plot').data[0].y.reduce((a, b) => a + b, 0)"
        comes(leader, lambda: int(str(leader.script(bars))) >= 2)


def test_tv_mode_shows_numbers_alone_and_ends_with_escape(company: Stage) -> None:
    with opened(company, path="/live") as window:
        window.click("[data-do=tv]")
        assert window.script("return getComputedStyle(document.querySelector('.side')).display") == "none"
        assert window.script("return [...document.querySelectorAll('#react-entry-point .tv-part')].filter(each => each.offsetHeight).length") == 1
        window.script("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true}))")
        assert window.script("return getComputedStyle(document.querySelector('.side')).display") != "none"


def test_what_no_message_carries_follows_without_anything_being_drawn_from_scratch(company: Stage) -> None:
    soft = ".fs-row[data-glass=soft_amount] .amount"
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        for part in (".leaflet-container", ".ag-root", "#trend .js-plotly-plot"):
            window.script(f"document.querySelector('#react-entry-point {part}')?.scrollIntoView()")
            comes(window, lambda part=part: window.script(f"return Boolean(document.querySelector('#react-entry-point {part}'))"))
        window.script("window.kept = ['.leaflet-container', '.ag-root', '#trend .js-plotly-plot'].map(each => document.querySelector('#react-entry-point ' + each))")
        window.script("document.querySelector('#react-entry-point .ag-header-cell[col-id=issued] .ag-header-cell-label').click()")
        order = "return document.querySelector('#react-entry-point .ag-header-cell[col-id=issued]').getAttribute('aria-sort')"
        comes(window, lambda: window.script(order) == "descending")
        before = window.text(f"#react-entry-point {soft}")
        company.sell(amount=400_000)
        window.script("northline.redraw()")
        comes(window, lambda: window.text(f"#react-entry-point {soft}") != before, 20)
        assert window.script("return kept.every(each => each.isConnected)") is True
        assert window.script(order) == "descending"


def test_a_reader_far_away_sees_the_companys_clock(company: Stage) -> None:
    with opened(company) as window:
        window.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
        window.driver.refresh()
        comes(window, lambda: phase(window) == "live" and window.text("#live-badge time") != "")
        hours, minutes, _ = map(int, window.text("#live-badge time").split(":"))
        here = datetime.now(ZoneInfo(company.settings.company_time_zone))
        apart = abs(here.hour * 60 + here.minute - hours * 60 - minutes)
        assert min(apart, 24 * 60 - apart) < 10
