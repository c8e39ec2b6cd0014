"""Reports as people build them: with a mouse, with a keyboard alone, and two at once."""

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import LEADERSHIP, MANAGER, Window
from tests.browser.report_hands import at, blocks, drag, made, session_of, type_keys


def test_a_report_is_dragged_together_refuses_what_does_not_fit_and_can_be_undone_after_a_reload(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    number = made(window)
    window.open(f"/reports/{number}/edit")
    window.wait(lambda: window.texts(".rb-kind"))
    drag(window, ".rb-kind[data-kind=bar]", ".rb-canvas", -150, -120)
    window.wait(lambda: len(blocks(window)) == 1)
    at(window, "[name=find-field]").send_keys("leads")
    drag(window, ".rb-fields .rb-chip[data-field=leads]", ".rb-well[data-well=value]")
    window.wait(lambda: blocks(window)[0].get("metrics") == ["leads"])
    window.script("const find = document.querySelector('[name=find-field]'); find.value = ''; find.dispatchEvent(new Event('input', {bubbles: true}))")
    drag(window, ".rb-fields .rb-chip[data-field=branch]", ".rb-tile")
    window.wait(lambda: blocks(window)[0].get("split") == "branch")
    window.wait(lambda: window.script("const plot = document.querySelector('.rb-plot'); return plot && plot.data && plot.data[0].y.length > 1"))
    window.wait(lambda: window.script("return northline.report.fits && northline.report.fits.wells.series.crew"))
    drag(window, ".rb-fields .rb-chip[data-field=crew]", ".rb-well[data-well=series]")
    assert "Leads is not known by crew" in window.text(".rb-note")
    assert "series" not in blocks(window)[0]
    first = blocks(window)[0]["place"]
    drag(window, ".rb-tile .rb-handle", None, -400, 0)
    drag(window, ".rb-tile .rb-size", None, 130, 62)
    moved = blocks(window)[0]["place"]
    assert (moved["x"], moved["h"]) == (0, first["h"] + 1), moved
    assert moved["w"] > first["w"]
    window.wait(lambda: "kept as your draft" in window.text(".rb-state"))
    window.driver.refresh()
    window.wait_until_ready()
    window.wait(lambda: window.texts(".rb-tile"))
    assert blocks(window)[0]["place"] == moved
    window.click("[data-do=rb-undo]")
    window.click("[data-do=rb-undo]")
    assert blocks(window)[0]["place"] == first
    window.click("[data-do=rb-redo]")
    window.click("[data-do=rb-save]")
    window.wait(lambda: window.text(".rb-state") == "Saved as version 2" and session_of(window).get(f"{window.sites.bi}/library/reports/{number}", timeout=20).json()["version"] == 2)
    window.open(f"/reports/{number}")
    window.wait(lambda: window.script("return document.querySelectorAll('.rp-figure .js-plotly-plot').length") == 1)
    assert window.text(".rp-card h2") == "Leads by branch"
    assert [problem for problem in window.problems() if "beforeunload" not in problem] == []  # Chromium remarks that it asks nobody who has only used scripts


def test_a_block_is_placed_filled_moved_and_saved_by_keyboard_alone(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    number = made(window)
    window.open(f"/reports/{number}/edit")
    window.wait(lambda: window.texts(".rb-kind"))

    def tab_to(selector: str, most: int = 80) -> None:
        for _ in range(most):
            if window.script("return document.activeElement.matches(arguments[0])", selector):
                return
            type_keys(window, Keys.TAB)
        pytest.fail(f"{selector} is not reached by Tab")

    at(window, ".rb-title").send_keys(Keys.END, " by hand")
    tab_to(".rb-kind[data-kind=line]")
    type_keys(window, Keys.ENTER)
    window.wait(lambda: window.script("return document.activeElement.className") == "rb-handle")
    type_keys(window, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    ActionChains(window.driver).key_down(Keys.SHIFT).send_keys(Keys.ARROW_DOWN).key_up(Keys.SHIFT).perform()
    assert blocks(window)[0]["place"] == {"x": 2, "y": 0, "w": 6, "h": 6}
    window.wait(lambda: window.script("return northline.report.fits !== null"))
    window.script("document.querySelector('[name=find-field]').focus()")  # the search is a stop of its own; the way there is proved by the palette
    for words, name, well in (("net sales $", "net_sales_amount", "value"), ("month", "month", "split")):
        at(window, "[name=find-field]").send_keys(Keys.CONTROL, "a")
        type_keys(window, words)
        tab_to(f".rb-fields .rb-chip[data-field={name}]")
        type_keys(window, Keys.ENTER)
        window.wait(lambda: window.texts(".rb-menu .item"))
        type_keys(window, Keys.ENTER)
        window.wait(lambda well=well, name=name: name in str(blocks(window)[0].get("metrics" if well == "value" else "split")))  # type: ignore[misc]
        window.wait(lambda: window.script("return northline.report.fits !== null"))
    window.wait(lambda: window.script("const plot = document.querySelector('.rb-plot'); return plot && plot.data && plot.data[0].type === 'scatter'"))
    window.script("document.querySelector('.rb-well[data-well=value] .rb-chip').focus()")
    type_keys(window, Keys.DELETE)
    window.wait(lambda: blocks(window)[0].get("metrics") == [] and "Drop a metric on Values" in window.text(".rb-settings"))
    assert window.script("return document.activeElement.dataset.well") == "value"  # drawn anew, and still there
    ActionChains(window.driver).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
    ActionChains(window.driver).key_down(Keys.CONTROL).send_keys("s").key_up(Keys.CONTROL).perform()
    window.wait(lambda: window.text(".rb-state") == "Saved as version 2")
    ActionChains(window.driver).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
    assert window.text(".rb-state") == "Not saved"
    ActionChains(window.driver).key_down(Keys.CONTROL).send_keys("y").key_up(Keys.CONTROL).perform()
    assert blocks(window)[0]["split"] == "month"
    assert window.problems() == []


def test_two_who_edit_at_once_choose_and_lose_nothing(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    number = made(window, template="executive")
    window.open(f"/reports/{number}/edit")
    window.wait(lambda: window.texts(".rb-tile"))
    other = session_of(window)
    theirs = other.get(f"{window.sites.bi}/library/reports/{number}", timeout=20).json()["definition"]
    theirs["blocks"] = theirs["blocks"][1:]
    assert other.put(f"{window.sites.bi}/library/reports/{number}", json={"base": 1, "definition": theirs}, timeout=20).json() == {"version": 2}
    at(window, ".rb-title").send_keys(Keys.END, " mine")
    window.click("[data-do=rb-save]")
    window.wait(lambda: "saved version 2 while you were editing" in window.text("dialog.rd"))
    assert "“Net sales $” was removed." in window.text("dialog.rd .rd-sides section:first-child")
    assert "Executive weekly mine" in window.text("dialog.rd .rd-sides section:last-child")
    assert window.text(".rb-state") == "Not saved"
    window.script("[...document.querySelectorAll('.rd-choice')].find(e => e.textContent.startsWith('Take theirs')).click()")
    window.wait(lambda: len(window.texts(".rb-tile")) == len(theirs["blocks"]))
    window.click("[data-do=rb-undo]")
    assert window.script("return northline.report.doc.title") == "Executive weekly mine"
    window.click("[data-do=rb-save]")

    def versions() -> list[int]:
        return [each["version"] for each in other.get(f"{window.sites.bi}/library/reports/{number}/versions", timeout=20).json()["versions"]]

    window.wait(lambda: versions() == [3, 2, 1])  # the screen says so before the server does
    assert window.text(".rb-state") == "Saved as version 3"
    assert all("409" in problem for problem in window.problems())


def test_a_reader_filters_by_a_click_comes_to_the_rows_and_sees_their_own_branch(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    place = {"x": 0, "y": 0, "w": 6, "h": 6}
    number = made(window, definition={"title": "=Leads <b>", "limits": {"period": "last_90_days"}, "blocks": [
        {"id": "a", "kind": "table", "place": place, "metrics": ["leads"], "split": "channel"}, {"id": "b", "kind": "bar", "place": {**place, "x": 6}, "metrics": ["leads"], "split": "branch"}]})
    me = session_of(window)
    me.put(f"{window.sites.bi}/library/reports/{number}/shares", json={"shares": [{"role": "branch_manager", "may_edit": False}]}, timeout=20)
    window.open(f"/reports/{number}")
    assert window.text("h1") == "=Leads <b>"
    assert "period=last_90_days" in window.driver.current_url
    every = len(window.texts(".rp-table tbody tr"))
    window.click(".rp-table tbody td a")
    window.wait(lambda: "only=channel" in window.driver.current_url and len(window.texts(".rp-table tbody tr")) < every)
    assert window.text(".chip").startswith("Channel: ")
    leads = window.text(".rp-table tbody .rp-open")
    window.click(".rp-table tbody .rp-open")
    window.wait(lambda: window.text("#glass-sum"))
    assert window.text("#glass-sum") == leads
    assert "last_90_days" in window.driver.current_url
    frozen = me.post(f"{window.sites.bi}/library/reports/{number}/freeze", json={"search": ""}, timeout=20).json()["link"]
    assert "frozen by Ada Whitfield" in me.get(window.sites.bi + frozen, timeout=20).text
    file = me.post(f"{window.sites.bi}/exports", json={"path": f"/reports/{number}", "search": "", "key": "", "kind": "xlsx"}, timeout=60)
    assert (file.status_code, file.json()["state"]) == (201, "done")
    window.driver.get(f"{window.sites.bi}/healthz")  # a page that asks for nothing by itself
    window.driver.delete_all_cookies()
    window.sign_in(MANAGER)
    theirs = session_of(window)
    assert theirs.get(window.sites.bi + frozen, timeout=20).status_code == 404  # they see less than its maker did
    assert theirs.get(f"{window.sites.bi}/reports/{number}/edit", timeout=20).status_code == 403
    assert theirs.get(f"{window.sites.bi}/reports/999999", timeout=20).status_code == 404
    window.open(f"/reports/{number}")
    window.wait(lambda: window.script("const plot = document.querySelector('.rp-figure .js-plotly-plot'); return plot && plot.data && plot.data[0].y.length") == 1)
    assert window.script("return document.querySelectorAll('a[href$=\"/edit\"]').length") == 0
    assert window.problems() == []
