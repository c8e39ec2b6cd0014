"""The executive page as people use it."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import LEADERSHIP, MANAGER, TOKEN, Sites, Window

_PERIODS = {"net_sales_amount@today": "today", "net_sales_amount@wtd": "wtd", "net_sales_amount@mtd": "mtd", "net_sales_amount@ytd": "ytd"}


def asked(sites: Sites, metric: str, period: str, **more: str) -> float:
    """Return a number as the API gives it."""
    answer = requests.get(f"{sites.bi}/api/v1/ask", params={"metrics": metric, "period": period, **more}, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
    assert answer.status_code == 200, answer.text
    return float(answer.json()["rows"][0][metric])


def shown(text: str) -> float:
    """Read a number as it stands on a tile."""
    factor = {"K": 1e3, "M": 1e6, "%": 0.01}.get(text[-1], 1.0)
    return float(text.strip("$KM%").replace(",", "")) * factor


def requested(window: Window) -> list[str]:
    """Return the paths of every request since the last look."""
    events = [json.loads(entry["message"])["message"] for entry in window.driver.get_log("performance")]
    return [urlsplit(event["params"]["request"]["url"]).path for event in events if event["method"] == "Network.requestWillBeSent"]


def test_every_tile_shows_what_the_api_answers(window: Window, sites: Sites) -> None:
    window.sign_in(LEADERSHIP)
    tiles = dict(window.script("return [...document.querySelectorAll('#page .tile')].map(t => [t.dataset.glass, t.querySelector('.value').innerText])"))
    assert len(tiles) == 12
    for code, text in tiles.items():
        true = asked(sites, code.split("@")[0], _PERIODS.get(code, "mtd"))
        assert shown(text) == pytest.approx(true, rel=0.006, abs=0.0006), code


def test_numbers_are_on_the_page_without_any_further_request_for_them(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    requested(window)
    window.open("/")
    paths = requested(window)
    assert "/" in paths
    assert not [path for path in paths if path.startswith(("/_dash-layout", "/_dash-dependencies", "/_dash-update-component"))]
    assert not [path for path in paths if path.endswith("plotly.min.js")], "the full plotly.js was loaded beside ours"


def test_numbers_stand_in_the_document_before_any_script(sites: Sites, window: Window) -> None:
    window.sign_in(LEADERSHIP)
    cookies = {cookie["name"]: cookie["value"] for cookie in window.driver.get_cookies()}
    document = requests.get(sites.bi + "/", cookies=cookies, timeout=30).text
    painted = document.split('id="first-paint">')[1].split('<div id="react-entry-point"')[0]
    for value in window.texts("#page .tile .value"):
        assert value in painted


def test_a_branch_chosen_in_the_list_is_in_the_address_and_survives_a_reload(window: Window, sites: Sites) -> None:
    window.sign_in(LEADERSHIP)
    before = window.text("[data-glass='net_sales_amount@mtd'] .value")
    branch = str(window.script("return document.querySelector('#page a[data-branch]').dataset.branch"))
    window.click(f"#page a[data-branch='{branch}']")
    window.wait(lambda: window.texts(".chips .chip"))
    assert parse_qs(urlsplit(window.driver.current_url).query)["branch"] == [branch]
    of_branch = window.text("[data-glass='net_sales_amount@mtd'] .value")
    assert of_branch != before
    assert shown(of_branch) == pytest.approx(asked(sites, "net_sales_amount", "mtd", branch=branch), rel=0.006)
    window.driver.refresh()
    window.wait_until_ready()
    assert window.text("[data-glass='net_sales_amount@mtd'] .value") == of_branch
    window.open("/")
    assert parse_qs(urlsplit(window.driver.current_url).query)["branch"] == [branch], "the last choice is kept for an address without one"
    window.click(".chips .chip")
    window.wait(lambda: window.text("[data-glass='net_sales_amount@mtd'] .value") == before)


def test_the_back_button_brings_the_period_before(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    month = window.text("[data-glass=leads] .value")
    window.click(".top .seg a[href*='period=ytd']")
    window.wait(lambda: window.text("[data-glass=leads] .value") != month)
    assert "period=ytd" in window.driver.current_url
    window.driver.back()
    window.wait(lambda: window.text("[data-glass=leads] .value") == month)


def test_days_of_ones_own_are_shown(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.click("details.pop summary[aria-label^='Period']")
    window.script("for (const [name, day] of [['from', '2026-01-05'], ['to', '2026-01-31']]) { const field = document.querySelector(`.dates [name=${name}]`);"
                  " Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, day); field.dispatchEvent(new Event('input', {bubbles: true})); }")
    window.click(".dates [data-do=dates]")
    window.wait(lambda: "5–31 Jan 2026" in window.text(".top .sub"))
    assert "period=2026-01-05..2026-01-31" in window.driver.current_url


def test_a_stage_of_the_pipeline_filters_the_page(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.click("a.pl-row[href*='stage=backlog']")
    window.wait(lambda: "Sold, not started: who holds them" in window.texts("#page h2"))
    assert window.texts(".chips .chip")[0] == "Stage: Sold, not started"


def test_the_glass_box_opens_with_the_keyboard_and_its_rows_add_up_to_the_number(window: Window, sites: Sites) -> None:
    window.sign_in(LEADERSHIP)
    tile = window.driver.find_element(By.CSS_SELECTOR, "#page [data-glass='net_sales_amount@mtd']")
    window.script("arguments[0].focus()", tile)
    tile.send_keys(Keys.ENTER)
    window.wait(lambda: window.texts("#glass-sum"))
    total = float(str(window.script("return document.getElementById('glass-sum').dataset.sum")))
    assert total == pytest.approx(asked(sites, "net_sales_amount", "mtd"), abs=0.005)
    listed, seen = 0.0, 0
    while True:
        rows = window.script("return [...document.querySelectorAll('.tb.rows tbody td:last-child')].map(c => c.innerText)")
        listed, seen = listed + sum(float(row.replace(",", "")) for row in rows), seen + len(rows)
        if window.script("const b = [...document.querySelectorAll('.pager button')].pop(); return !b || b.disabled"):
            break
        page = window.text(".pager .num")
        window.script("[...document.querySelectorAll('.pager button')].pop().click()")
        window.wait(lambda page=page: window.text(".pager .num") != page)
    assert listed == pytest.approx(total, abs=0.01 * seen)
    assert "SELECT" in window.text("#glass-sql")
    for term in ("Meaning", "Counts on", "Compared with", "Target", "Status", "Freshness"):
        assert term in window.texts("#glass-body dt")
    window.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    window.wait(lambda: not window.texts("#glass-sum"))


def test_the_theme_changes_everything_at_once_and_is_remembered(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.wait(lambda: window.script("const p = document.querySelector('.js-plotly-plot'); return p && p.data && p.data.length"))
    requested(window)
    before = window.script("return document.documentElement.dataset.bsTheme")
    colour = "return document.querySelector('.js-plotly-plot').data.find(t => t.name === 'Actual').line.color"
    line = window.script(colour)
    window.click("[data-do=theme]")
    assert window.script("return document.documentElement.dataset.bsTheme") != before
    assert window.script(colour) != line
    assert not [path for path in requested(window) if path.startswith("/_dash-") and "component-suites" not in path]
    window.open("/")
    assert window.script("return document.documentElement.dataset.bsTheme") != before
    window.wait(lambda: window.script("const p = document.querySelector('.js-plotly-plot'); return p && p.data && p.data.length"))
    assert window.script(colour) != line


def test_heavy_parts_take_their_place_and_nothing_complains(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    for part in ("leaderboard", "branch-map", "trend"):
        window.script("document.getElementById(arguments[0]).scrollIntoView()", part)
    window.wait(lambda: window.script("return document.querySelectorAll('#leaderboard .ag-row').length"))
    window.wait(lambda: window.script("return document.querySelectorAll('#branch-map .map-label').length"))
    window.wait(lambda: window.script("return document.querySelectorAll('#trend .scatterlayer .trace').length"))
    assert len(window.texts("#branch-map .map-label")) == len(window.texts("#page a[data-branch]"))
    assert window.problems() == []


def test_a_manager_sees_only_their_own_branch_even_by_a_link_to_another(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    every = window.texts("#page .bl-row .name")
    company = window.text("[data-glass=leads] .value")
    others = [str(number) for number in window.script("return [...document.querySelectorAll('#page a[data-branch]')].map(a => a.dataset.branch)")]
    window.driver.delete_all_cookies()
    window.sign_in(MANAGER)
    window.open("/")  # a manager lands on the scorecard of their branch
    own = window.texts("#page .bl-row .name")
    assert len(own) == 1
    assert own[0] in every
    mine = window.text("[data-glass=leads] .value")
    assert mine != company
    window.open("/?period=mtd&branch=" + ",".join(others))
    assert window.text("[data-glass=leads] .value") == mine
    body = str(window.script("return document.body.innerText"))
    assert not [name for name in every if name not in own and name in body]


def test_a_phone_has_a_tab_bar_and_nothing_that_sticks_out(phone: Window) -> None:
    phone.sign_in(LEADERSHIP)
    assert phone.script("return getComputedStyle(document.querySelector('.tabbar')).display") == "flex"
    assert phone.script("return getComputedStyle(document.querySelector('.side')).display") == "none"
    assert phone.script("return document.documentElement.scrollWidth") == 390
    assert phone.script("return document.querySelectorAll('#leaderboard .ag-row').length") == 0
    assert phone.problems() == []


def test_a_printed_page_holds_the_numbers_and_no_controls(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    for control in (".side", ".top .seg", ".tabbar"):
        assert window.script("return getComputedStyle(document.querySelector(arguments[0])).display", control) == "none", control
    assert window.driver.find_element(By.CSS_SELECTOR, "#page .tile .value").is_displayed()
    assert window.driver.execute_cdp_cmd("Page.printToPDF", {"landscape": True})["data"].startswith("JVBERi0")


def test_an_address_that_leads_nowhere_is_said_in_words(window: Window, sites: Sites) -> None:
    window.sign_in(LEADERSHIP)
    window.driver.get(sites.bi + "/nowhere")
    assert "There is no such page" in str(window.script("return document.body.innerText"))


def test_the_skip_link_is_first_and_leads_to_the_numbers(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert window.driver.switch_to.active_element.text == "Skip to the numbers"
    window.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert window.script("return document.activeElement.id") == "main"
