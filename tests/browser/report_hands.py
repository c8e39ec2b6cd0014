"""What hands do in the builder of reports: with a mouse, with keys, with a finger."""

import json
import time
from typing import Any

import requests
from selenium.webdriver import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.conftest import Window


def session_of(window: Window) -> requests.Session:
    """The same person beside the window."""
    found = requests.Session()
    found.headers["Origin"] = window.sites.bi
    for cookie in window.driver.get_cookies():
        found.cookies.set(cookie["name"], cookie["value"])
    return found


def made(window: Window, **what: object) -> int:
    answer = session_of(window).post(f"{window.sites.bi}/library/reports", json=what or {"template": "blank"}, timeout=20)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def blocks(window: Window) -> list[dict[str, Any]]:
    return list(json.loads(str(window.script("return JSON.stringify(northline.report.doc.blocks)"))))


def at(window: Window, selector: str) -> WebElement:
    return window.driver.find_element(By.CSS_SELECTOR, selector)


def drag(window: Window, what: str, onto: str | None, x: int = 0, y: int = 0) -> None:
    """Press, move as a hand does, and let go: from the middle of one thing to (x, y) from the middle of another, or by (x, y)."""
    for selector in (onto or what, what):
        window.script("document.querySelector(arguments[0]).scrollIntoView({block: 'nearest'})", selector)
    begin, end = middle(window, what), middle(window, onto or what)
    hand = ActionBuilder(window.driver, duration=60)
    hand.pointer_action.move_to_location(*begin).pointer_down()
    for place in ((begin[0] + 9, begin[1] + 9), (end[0] + x, end[1] + y), (end[0] + x + 1, end[1] + y + 1)):
        hand.pointer_action.move_to_location(*place)
    hand.pointer_action.pointer_up()
    hand.perform()


def middle(window: Window, selector: str) -> tuple[int, int]:
    """Where something is in the window; panels are drawn anew now and then, so elements are not kept."""
    found: Any = window.script("const box = document.querySelector(arguments[0]).getBoundingClientRect(); return [box.left + box.width / 2, Math.min(box.top + box.height / 2, innerHeight - 4)]", selector)
    return round(found[0]), round(found[1])


def type_keys(window: Window, *keys: str) -> None:
    ActionChains(window.driver, duration=10).send_keys(*keys).perform()


def touch(window: Window, *path: tuple[float, float]) -> None:
    """Put a finger down at the first place, move it over the others and lift it."""
    for number, (x, y) in enumerate(path):
        window.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchMove" if number else "touchStart", "touchPoints": [{"x": x, "y": y}]})
        time.sleep(0.03)
    window.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    time.sleep(0.15)


def tap(window: Window, selector: str) -> None:
    """Tap the middle of something, having scrolled there."""
    window.script("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", selector)
    touch(window, middle(window, selector))


def definition(title: str, *found: dict[str, object], **more: object) -> dict[str, object]:
    """A report of blocks that stand below each other."""
    return {"title": title, "blocks": [{"id": f"b{number}", "place": {"x": 0, "y": 4 * number, "w": 6, "h": 4}, **each} for number, each in enumerate(found)], **more}
