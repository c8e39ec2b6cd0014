"""The forecast page as its reader uses it."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from shared.forecast.training import train
from shared.metrics.exact import ExactAsk
from shared.settings import Settings
from shared.warehouse.engines import Engines
from tests.browser.conftest import CMO, Sites, Window


@pytest.fixture(scope="module")
def trained(demo: Settings) -> None:
    engines = Engines(demo)
    assert train(engines, demo, ExactAsk(engines, demo)) is not None
    engines.wait_for_replicas()
    engines.dispose()


def test_a_lever_moved_with_the_keyboard_is_in_the_address_and_moves_the_chain(window: Window, sites: Sites, trained: None) -> None:
    window.sign_in(CMO, sites.cmo)
    window.open("/forecast", sites.cmo)
    assert window.text("h1") == "Where are we heading?"
    assert len(window.texts(".aim-box .value")) == 5
    slider = window.driver.find_element(By.CSS_SELECTOR, "[data-choice=close] input[type=range]")
    slider.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    window.wait(lambda: "close=10" in window.driver.current_url and "booked and" in window.text("[data-card=scenario] .says"))
    assert window.script("return document.querySelector('[data-choice=close] input[type=number]').value") == "10"
    assert window.text(".chain li.is-moved .what") == "Net sales"
    window.click("[data-card=scenario] a.button")
    window.wait(lambda: "close" not in window.driver.current_url and "Move a lever" in window.text("[data-card=scenario] .says"))
    assert window.problems() == []


def test_on_a_phone_nothing_sticks_out(phone: Window, sites: Sites, trained: None) -> None:
    phone.sign_in(CMO, sites.cmo)
    phone.open("/forecast", sites.cmo)
    assert phone.script("return document.documentElement.scrollWidth") == 390
