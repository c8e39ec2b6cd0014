"""The editor of reports under a hand: what a field passes on its way, fingers, a network that goes away, and the choices of two who saved at once."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import LEADERSHIP, Window
from tests.browser.report_hands import at, blocks, definition, drag, made, middle, session_of, tap, touch

TILE = {"kind": "kpi", "metrics": ["leads"]}
BARS = {"kind": "bar", "metrics": ["issued"], "split": "branch"}


def find(window: Window, words: str) -> None:
    window.script("const find = document.querySelector('[name=find-field]'); find.value = arguments[0]; find.dispatchEvent(new Event('input', {bubbles: true}))", words)


def test_a_field_passes_other_blocks_and_lands_where_it_is_let_go(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    number = made(window, definition=definition("Ways", TILE, {"kind": "bar"}, {"kind": "text", "text": "Words"}))
    window.open(f"/reports/{number}/edit")
    window.wait(lambda: len(window.texts(".rb-tile")) == 3)
    window.script("northline.report.choose('b1')")
    find(window, "net sales $")
    drag(window, ".rb-fields .rb-chip[data-field=net_sales_amount]", ".rb-well[data-well=value]")  # over the tile
    window.wait(lambda: blocks(window)[1].get("metrics") == ["net_sales_amount"])
    assert blocks(window)[0]["metrics"] == ["leads"]
    find(window, "same dates")
    drag(window, ".rb-fields .rb-chip[data-field='compare:year']", ".rb-well[data-well=compare]")
    assert blocks(window)[1]["limits"] == {"compare": "year"}
    drag(window, ".rb-fields .rb-chip[data-field='compare:year']", ".rb-tile[data-id=b2]")  # onto a block that nobody has chosen: it is asked what fits
    window.wait(lambda: "takes no fields" in window.text(".rb-note"))
    find(window, "demos")
    drag(window, ".rb-fields .rb-chip[data-field=demos]", ".rb-tile[data-id=b0]")
    window.wait(lambda: blocks(window)[0]["metrics"] == ["demos"])
    window.script("northline.report.choose('b1')")
    find(window, "representative")
    drag(window, ".rb-fields .rb-chip[data-field=rep]", ".rb-well[data-well=split]")
    window.wait(lambda: window.script("return (northline.report.fits || {}).id") == "b1")
    find(window, "net sales")
    drag(window, ".rb-fields .rb-chip[data-field=net_sales]", ".rb-well[data-well=filter]")
    assert blocks(window)[1]["only_if"] == {"metric": "net_sales", "sign": ">=", "value": 1}
    assert "≥" in window.text(".rb-well[data-well=filter]") or ">= 1" in window.text(".rb-well[data-well=filter]")
    # numbers that come while somebody builds change nothing under their hands
    window.script("window.drawn = 0; document.addEventListener('northline:drawn', () => { window.drawn += 1; }); northline.live.dirty = 1; northline.live.redrawn = 0")
    window.wait(lambda: window.script("return new Promise((done) => setTimeout(() => done(true), 2600))"))
    assert window.script("return northline.report.chosen") == "b1"
    assert int(str(window.script("return window.drawn"))) < 30
    assert window.problems() == []


def test_a_report_is_built_with_a_finger(phone: Window) -> None:
    phone.sign_in(LEADERSHIP)
    number = made(phone)
    phone.open(f"/reports/{number}/edit")
    phone.wait(lambda: phone.script("return document.querySelectorAll('.rb-kind').length"))
    assert "Tap a visual" in phone.text(".rb-empty")
    tap(phone, "[data-panel=left]")
    tap(phone, ".rb-kind[data-kind=bar]")
    phone.wait(lambda: len(blocks(phone)) == 1)
    assert phone.script("return northline.report.root.dataset.panel") == "mid"
    tap(phone, "[data-panel=left]")
    tap(phone, ".rb-fields .rb-chip[data-field=leads]")
    phone.wait(lambda: phone.texts(".rb-menu .item"))
    tap(phone, ".rb-menu .item")
    phone.wait(lambda: blocks(phone)[0].get("metrics") == ["leads"])
    assert "Leads is on Values" in phone.text(".rb-note")
    phone.script("document.querySelector('.rb-fields .rb-chip[data-field=branch]').scrollIntoView({block: 'center', behavior: 'instant'}); northline.report.note('')")
    begin = middle(phone, ".rb-fields .rb-chip[data-field=branch] .rb-grip")
    phone.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": begin[0], "y": begin[1]}]})
    phone.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": begin[0] + 12, "y": begin[1]}]})
    phone.wait(lambda: phone.script("return northline.report.root.dataset.panel") == "right")  # its wells come up under the finger
    end = middle(phone, ".rb-well[data-well=split]")
    for place in (end, (end[0] + 1, end[1])):
        phone.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": place[0], "y": place[1]}]})
    phone.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.wait(lambda: blocks(phone)[0].get("split") == "branch")
    tap(phone, "[data-panel=mid]")
    size = middle(phone, ".rb-tile .rb-size")
    touch(phone, size, (size[0] - 60, size[1] - 30), (size[0] - 105, size[1] - 62))
    assert blocks(phone)[0]["place"]["w"] < 6
    assert blocks(phone)[0]["place"]["h"] < 5
    phone.script("scrollTo({top: 0, behavior: 'instant'}); document.querySelector('.rb-mid').scrollLeft = 0")
    handle = middle(phone, ".rb-tile .rb-handle b")
    touch(phone, handle, (handle[0] + 40, handle[1]), (handle[0] + 110, handle[1] + 2))
    assert blocks(phone)[0]["place"]["x"] == 2
    tap(phone, "[data-panel=left]")
    phone.script("document.querySelector('.rb-kind[data-kind=kpi]').scrollIntoView({block: 'center', behavior: 'instant'})")
    grip = middle(phone, ".rb-kind[data-kind=kpi] .rb-grip")
    touch(phone, grip, (grip[0] + 10, grip[1] + 10), (200, 420), (200, 424))
    phone.wait(lambda: len(blocks(phone)) == 2)
    assert phone.script("return document.documentElement.scrollWidth - innerWidth") == 0
    assert phone.problems() == []


def test_a_save_that_does_not_get_through_is_taken_back_in_words(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    number = made(window, definition=definition("Ways", BARS))
    window.open(f"/reports/{number}/edit")
    window.wait(lambda: window.texts(".rb-tile"))
    at(window, ".rb-title").send_keys(Keys.END, " anew")
    window.driver.execute_cdp_cmd("Network.enable", {})
    network = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    window.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": True, **network})
    window.click("[data-do=rb-save]")
    window.wait(lambda: "Not saved: The site could not be reached. What you did is still here." in window.text(".rb-note"))
    assert window.text(".rb-state").startswith("Not saved")
    assert window.script("const leave = new Event('beforeunload', {cancelable: true}); dispatchEvent(leave); return leave.defaultPrevented") is True
    window.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": False, **network})
    window.click("[data-do=rb-save]")
    window.wait(lambda: session_of(window).get(f"{window.sites.bi}/library/reports/{number}", timeout=20).json()["version"] == 2)
    window.wait(lambda: window.text(".rb-state") == "Saved as version 2")
    assert window.script("const leave = new Event('beforeunload', {cancelable: true}); dispatchEvent(leave); return leave.defaultPrevented") is False


def test_what_was_built_outlives_a_report_that_somebody_deletes_meanwhile(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    number = made(window, definition=definition("Ways", BARS))
    window.open(f"/reports/{number}/edit")
    window.wait(lambda: window.texts(".rb-tile"))
    other = session_of(window)
    assert other.put(f"{window.sites.bi}/library/reports/{number}/bin", json={"into": True}, timeout=20).ok
    at(window, ".rb-title").send_keys(Keys.END, " mine")
    window.click("[data-do=rb-save]")
    window.wait(lambda: window.texts(".rb-note .button") == ["Keep mine as a new report"])
    assert "not there any more" in window.text(".rb-note")
    window.click(".rb-note .button")
    window.wait(lambda: f"/reports/{number}/" not in window.driver.current_url and window.script("return window.northline && northline.report && northline.report.doc && northline.report.doc.title") == "Ways mine (copy)")
    assert all("404" in problem for problem in window.problems())


@pytest.mark.parametrize("choice", ["Keep mine as a copy", "Save mine over theirs"])
def test_of_two_who_saved_the_second_keeps_a_copy_or_saves_over_what_stays_a_version(window: Window, choice: str) -> None:
    window.sign_in(LEADERSHIP)
    number = made(window, definition=definition("Ways", BARS))
    window.open(f"/reports/{number}/edit")
    window.wait(lambda: window.texts(".rb-tile"))
    other, address = session_of(window), f"{window.sites.bi}/library/reports/{number}"
    assert other.put(address, json={"base": 1, "definition": definition("Theirs", BARS, TILE)}, timeout=20).json() == {"version": 2}
    at(window, ".rb-title").send_keys(Keys.END, " mine")
    window.click("[data-do=rb-save]")
    window.wait(lambda: window.texts(".rd-choice"))
    assert window.script("return document.querySelector('.rd-sides section:first-child .rd-picture .added').title") == "Leads: added"
    window.script("[...document.querySelectorAll('.rd-choice')].find(e => e.textContent.startsWith(arguments[0])).click()", choice)
    if choice.startswith("Keep"):
        window.wait(lambda: f"/reports/{number}/" not in window.driver.current_url and window.script("return window.northline && northline.report && northline.report.doc && northline.report.doc.title") == "Ways mine (copy)")
        found = other.get(address, timeout=20).json()
        assert (found["version"], found["definition"]["title"], found["draft"]) == (2, "Theirs", None)
    else:
        window.wait(lambda: other.get(address, timeout=20).json()["version"] == 3)
        assert other.get(address, timeout=20).json()["definition"]["title"] == "Ways mine"
        assert [each["version"] for each in other.get(f"{address}/versions", timeout=20).json()["versions"]] == [3, 2, 1]
    assert all("409" in problem for problem in window.problems())
