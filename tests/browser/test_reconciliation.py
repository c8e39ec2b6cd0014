"""The work queue in Chromium: cases are worked by keyboard, changed on screen at once, and taken back where that is refused."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from sqlalchemy import text

from shared.reconciliation.ledger import run_ledger
from shared.reconciliation.running import run_rules
from shared.settings import Settings
from shared.warehouse.engines import Engines
from tests.browser.conftest import LEADERSHIP, Window

FIRST = "#rc-grid .ag-center-cols-container [row-index='0']"


@pytest.fixture(scope="module")
def held(demo: Settings) -> Engines:
    """The demo company with its cases."""
    engines = Engines(demo)
    run_rules(engines.primary, demo)
    run_ledger(engines.primary, demo, "bank")
    return engines


def test_a_case_is_worked_by_keyboard_and_what_is_refused_is_taken_back(held: Engines, window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/reconciliation?show=cases")
    window.wait(lambda: window.text(f"{FIRST} .rc-tag") == "Open")
    choose(window)
    with held.writer() as connection:  # somebody else is faster
        connection.execute(text("UPDATE crm.recon_case SET version = version + 1, status = 'waiting' WHERE id = (SELECT id FROM crm.recon_case WHERE closed_on IS NULL ORDER BY amount DESC, id LIMIT 1)"))
    press(window, "i")
    window.wait(lambda: "after you opened it: it is now waiting" in window.text(".rc-said"))
    window.wait(lambda: window.text(f"{FIRST} .rc-tag") == "Waiting")  # the page has read it anew
    choose(window)
    press(window, "i")
    window.wait(lambda: window.text(f"{FIRST} .rc-tag") == "Investigating" and "investigating" in window.text(".rc-said"))
    press(window, "a")
    window.wait(lambda: "given to Ada Whitfield" in window.text(".rc-said"))
    press(window, Keys.ENTER)
    window.wait(lambda: bool(window.texts("#page .rc-case h2")))
    assert {"Investigating", "Ada Whitfield"} <= {window.text(".rc-case .rc-tag"), window.texts(".rc-facts-of dd")[-1]}
    window.click("[data-do=reconMove]")
    window.open("/reconciliation?period=mtd")
    window.wait(lambda: window.text(".rc-fact b").isdigit())
    assert [problem for problem in window.problems() if "409" not in problem] == []


def choose(window: Window) -> None:
    window.driver.find_element(By.CSS_SELECTOR, f"{FIRST} [col-id='branch']").click()


def press(window: Window, key: str) -> None:
    ActionChains(window.driver).send_keys(key).perform()
