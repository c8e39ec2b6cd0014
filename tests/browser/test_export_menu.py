"""The export menu and its notes in Chromium; the worker of exports does not run here, so what it makes waits."""

from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import LEADERSHIP, Window

NOTE = ".export-note"
CARD = "#page .trend details.export"


@pytest.fixture
def page(window: Window, tmp_path: Path) -> Window:
    window.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    window.sign_in(LEADERSHIP)
    window.open("/?period=mtd")
    return window


def press(window: Window, key: str) -> None:
    ActionChains(window.driver).send_keys(key).perform()


def test_a_menu_is_used_by_keyboard_and_the_file_is_saved_by_itself(page: Window, tmp_path: Path) -> None:
    page.script("document.querySelector(arguments[0] + ' summary').focus()", CARD)
    press(page, Keys.ENTER)
    page.wait(lambda: page.script("return document.querySelector(arguments[0]).open", CARD))
    press(page, Keys.ARROW_UP)
    assert page.script("return document.activeElement.dataset.kind") == "csv", "the last one"
    press(page, Keys.ENTER)
    page.wait(lambda: page.text(f"{NOTE} .export-words") == "Saved to your downloads")
    assert not page.script("return document.querySelector(arguments[0]).open", CARD)
    page.wait(lambda: list(tmp_path.glob("*.csv")))
    file = next(tmp_path.glob("*.csv"))
    assert file.name.startswith("Northline Home - Weekly revenue - ")
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "Week from,Net sales,Prior year,Forecast,From (80%),To (80%)"
    assert len(lines) > 50
    assert page.problems() == []


def test_what_waits_is_followed_to_another_page_and_cancelled_there(page: Window) -> None:
    page.click("#page .top [data-kind=pdf]")
    page.wait(lambda: page.text(f"{NOTE} .export-words") == "Waiting for its turn")
    page.open("/trends")
    page.wait(lambda: page.text(f"{NOTE} .export-words") == "Waiting for its turn")
    assert page.text(f"{NOTE} b").startswith("Northline Home - Executive - ")
    page.click(f"{NOTE} .export-do .button")
    page.wait(lambda: not page.texts(NOTE))
    assert page.script("return sessionStorage.getItem('exports')") == "[]"
    page.click("#page .tr .top [data-kind=xlsx]")
    page.wait(lambda: page.text(f"{NOTE} .export-words") == "Saved to your downloads")
    assert page.problems() == []


def test_a_refusal_is_said_and_can_be_tried_again(page: Window) -> None:
    page.script("document.querySelector(arguments[0] + ' [data-kind=png]').dataset.key = 'nothing'", CARD)
    page.click(f"{CARD} [data-kind=png]")
    page.wait(lambda: "no card called 'nothing'" in page.text(f"{NOTE} .export-words"))
    assert page.texts(f"{NOTE} .export-do .button") == ["Try again"]
    page.click(f"{NOTE} .export-close")
    page.wait(lambda: not page.texts(NOTE))


def test_all_rows_behind_a_number_are_saved_from_its_glass_box(page: Window, tmp_path: Path) -> None:
    page.click("#page [data-glass='net_sales_amount@mtd']")
    page.wait(lambda: page.texts(".glass-files summary"))
    shown = int(page.text(".glass-h .count").replace(",", ""))
    page.script("document.querySelector('.glass-files summary').click()")
    page.script("document.querySelector('.glass-files [data-kind=csv]').click()")
    page.wait(lambda: page.text(f"{NOTE} .export-words") == "Saved to your downloads")
    page.wait(lambda: list(tmp_path.glob("*.csv")))
    assert len(next(tmp_path.glob("*.csv")).read_text(encoding="utf-8-sig").splitlines()) == shown + 1
    top = page.script("const box = document.querySelector(arguments[0]).getBoundingClientRect(); return !!document.elementFromPoint(box.x + 60, box.y + 20).closest(arguments[0])", NOTE)
    assert top, "the note lies above the glass box"
    assert page.problems() == []


def test_who_wants_more_rows_than_a_sheet_holds_is_offered_csv(page: Window) -> None:
    page.click("#page [data-glass='net_sales_amount@mtd']")
    page.wait(lambda: page.texts(".glass-files summary"))
    page.script("""
        const real = window.fetch;
        window.fetch = (address, options) => address === "/exports" && JSON.parse(options.body).kind === "xlsx"
          ? Promise.resolve(new Response(JSON.stringify({ error: "It has 1,060,846 rows. Choose CSV." }), { status: 413 })) : real(address, options);
        document.querySelector(".glass-files [data-kind=xlsx]").click();""")
    page.wait(lambda: page.text(f"{NOTE} .export-words") == "It has 1,060,846 rows. Choose CSV.")
    assert page.texts(f"{NOTE} .export-do .button") == ["Save as CSV"]
    page.click(f"{NOTE} .export-do .button")
    page.wait(lambda: page.text(f"{NOTE} .export-words") == "Saved to your downloads")
