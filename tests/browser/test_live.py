"""Live numbers as people see them: what is committed is on the screen, whatever breaks on the way."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
from selenium.common.exceptions import TimeoutException

from tests.browser.conftest import CMO, LEADERSHIP, MANAGER, Window, open_window
from tests.browser.stage import NET_SALES, Stage, stage
from tests.conftest import pytest_setup_options

_LATE = "document.querySelector('#react-entry-point [data-live^=\"n:\"][data-limit]').dataset.age"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> Iterator[Stage]:
    folder = scratch / "stage"
    folder.mkdir(mode=0o711)
    with stage(folder) as made:
        yield made


@contextmanager
def opened(company: Stage, email: str = LEADERSHIP, path: str = "/?period=mtd") -> Iterator[Window]:
    windows = open_window(company.sites, pytest_setup_options())
    window = next(windows)
    try:
        site = company.sites.cmo if email == CMO else company.sites.bi
        window.sign_in(email, site)
        window.driver.get(site + path)
        window.wait_until_ready()
        window.script("window.neverReloaded = true")
        yield window
    finally:
        windows.close()


def phase(window: Window) -> str:
    return str(window.script("return northline.live.phase"))


def shown(window: Window, topic: str = NET_SALES) -> str:
    """The number that stands on the page under a topic."""
    return str(window.script("const holder = document.querySelector('#react-entry-point [data-live=\"' + arguments[0] + '\"]');"
                             "return holder ? (holder.querySelector('.value, .amount') || holder).innerText : ''", topic))


def comes(window: Window, what: Callable[[], object], seconds: float = 40) -> None:
    """Wait for it; where it does not come, say what there is."""
    try:
        window.wait(what, seconds)
    except TimeoutException:
        said = window.script("const L = northline.live; return JSON.stringify({phase: L.phase, open: L.open, attempt: L.attempt, topics: L.topics.size, seqs: L.seqs, frame: L.frame})")
        pytest.fail(f"did not come within {seconds:.0f} s; the page: {said}; console: {window.problems()[-3:]}")


def is_live_and_true(window: Window, company: Stage) -> None:
    """The test of every fault: the page is connected again, shows what SQL says, follows the next commit, and was never loaded anew."""
    comes(window, lambda: phase(window) == "live")
    comes(window, lambda: shown(window) == company.net_sales())
    company.sell()
    comes(window, lambda: shown(window) == company.net_sales())
    assert window.script("return window.neverReloaded") is True


def test_a_committed_sale_is_on_every_open_page_of_both_sites_and_only_in_its_own_branch(company: Stage) -> None:
    with ExitStack() as windows:
        leader, manager, cmo = (windows.enter_context(opened(company, email)) for email in (LEADERSHIP, MANAGER, CMO))
        for window in (leader, manager, cmo):
            comes(window, lambda window=window: phase(window) == "live")
        own = manager.script("return document.querySelector('#react-entry-point .tile[data-glass=\"net_sales_amount@mtd\"]').dataset.live")
        branch = int(str(own).split(":")[4])
        before = shown(manager, str(own))
        other = next(one for one in (1, 2, 3, 4, 5) if one != branch)
        company.sell(branch=other)
        comes(leader, lambda: shown(leader) == company.net_sales(), 10)
        comes(cmo, lambda: shown(cmo) == company.net_sales(), 10)
        assert shown(manager, str(own)) == before == company.net_sales(branch)
        company.sell(branch=branch)
        comes(manager, lambda: shown(manager, str(own)) == company.net_sales(branch) != before, 10)
        comes(leader, lambda: shown(leader) == company.net_sales(), 10)


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


def test_a_killed_gateway_is_polled_around_and_found_again(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        company.kill("gateway")
        comes(window, lambda: phase(window) in {"reconnecting", "polling"})
        company.sell()
        comes(window, lambda: shown(window) == company.net_sales(), 25)
        assert phase(window) != "live"
        company.start("gateway")
        is_live_and_true(window, company)


def test_a_live_worker_killed_in_the_middle_leaves_no_wrong_number(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        seller = threading.Thread(target=lambda: [company.sell(amount=50_000) for _ in range(60)])
        seller.start()
        time.sleep(0.15)
        company.kill("live")
        seller.join()
        company.start("live")
        is_live_and_true(window, company)


def test_a_restarted_redis_is_begun_anew(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        epoch = window.script("return northline.live.epoch")
        company.valkey.stop()
        company.sell()
        company.valkey.start()
        is_live_and_true(window, company)
        comes(window, lambda: window.script("return northline.live.epoch") != epoch)


def test_a_restarted_database_is_caught_up_with(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        company.primary.stop()
        time.sleep(1)
        company.primary.start()
        is_live_and_true(window, company)


def test_a_network_that_was_cut_for_half_a_minute_costs_nothing(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        company.cable.cut()
        company.sell()
        time.sleep(30)
        company.cable.mend()
        company.sell()
        comes(window, lambda: shown(window) == company.net_sales(), 60)
        is_live_and_true(window, company)


def test_a_laptop_that_slept_is_up_to_date_when_it_wakes(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        company.cable.cut()  # what was sent meanwhile never arrives
        company.sell()
        time.sleep(1)
        company.cable.mend()
        assert shown(window) != company.net_sales()
        window.script("const now = Date.now; Date.now = () => now() + 3600e3")
        comes(window, lambda: shown(window) == company.net_sales(), 20)
        is_live_and_true(window, company)


def test_ten_thousand_commits_end_in_the_right_number(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        url = company.primary.url("stage").replace("postgresql+psycopg2", "postgresql")
        with closing(psycopg2.connect(url)) as connection:  # as a context it would be one transaction
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT min(id) FROM crm.product")
                product = cursor.fetchone()[0]
                for number in range(10_000):
                    cursor.execute("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) VALUES (%s, %s, now(), 100, 'pending')", (1 + number % 5, product))
        comes(window, lambda: shown(window) == company.net_sales(), 60)
        is_live_and_true(window, company)


def test_a_page_that_did_not_listen_for_a_while_is_brought_up_to_date(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        threading.Thread(target=lambda: [company.sell(amount=5_000) for _ in range(100)]).start()
        window.script("const end = Date.now() + 4000; while (Date.now() < end);")  # the tab is busy and reads nothing
        is_live_and_true(window, company)


def test_a_message_of_a_newer_server_breaks_nothing_and_is_said(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        window.script("dash_clientside.live.message({data: JSON.stringify({v: 2, op: 'hologram', msgs: 7})}); dash_clientside.live.message({data: 'no json'})")
        assert "older than its site" in window.text("#newer")
        is_live_and_true(window, company)


def test_an_older_message_never_stands_over_a_newer_one(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        company.sell()
        comes(window, lambda: shown(window) == company.net_sales())
        window.script("const L = northline.live, old = {topic: arguments[0], seq: L.seqs[arguments[0]], at: new Date().toISOString(), data: {text: 'old'}};"
                      "const frame = (n, one) => dash_clientside.live.message({data: JSON.stringify({v: 1, op: 'msgs', n, epoch: L.epoch, msgs: [one]})});"
                      "frame(L.frame + 1, old); frame(L.frame + 1, {...old, seq: old.seq + 1, at: '2020-01-01T00:00:00Z'});", NET_SALES)
        assert shown(window) == company.net_sales()


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
        comes(leader, lambda: sum("$77,700" in text or "$88,800" in text for text in leader.texts("#pulse-feed li")) == 2, 10)
        comes(manager, lambda: any("$88,800" in text for text in manager.texts("#pulse-feed li")), 10)
        assert not [text for text in manager.texts("#pulse-feed li") if "$77,700" in text]
        leader.driver.refresh()
        leader.wait_until_ready()
        comes(leader, lambda: any("$77,700" in text for text in leader.texts("#pulse-feed li")), 10)
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
