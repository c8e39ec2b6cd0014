"""Photographs the running platform: ``python tools/screenshots.py [FOLDER]`` writes docs/screenshots/*.png.

Needs ``make run`` up (addresses and sign-ins are read from var/platform.json) and Chromium with its driver.
"""

import json
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

ROOT = Path(__file__).parents[1]
DESK, PHONE = (1440, 900), (390, 844)


@dataclass(frozen=True)
class Shot:
    """One picture: a page, a window, a theme, and what is clicked before."""

    name: str
    site: str = "bi"
    role: str = "leadership"
    path: str = "/"
    size: tuple[int, int] = DESK
    theme: str = "light"
    click: str = ""
    whole: bool = False
    """The whole page, not only what the window shows."""


SHOTS = (
    Shot("executive-light"), Shot("executive-dark", theme="dark"), Shot("executive-whole", whole=True), Shot("executive-phone-light", size=PHONE), Shot("executive-phone-dark", size=PHONE, theme="dark"),
    Shot("glass-box", click="#page [data-glass='net_sales_amount@mtd']"), Shot("executive-manager", role="branch_manager"),
    Shot("live-light", path="/live"), Shot("live-dark", path="/live", theme="dark"), Shot("cmo-light", site="cmo", role="cmo"), Shot("cmo-dark", site="cmo", role="cmo", theme="dark"), Shot("cmo-phone", site="cmo", role="cmo", size=PHONE),
)


def main() -> None:
    """Take every picture; ends with an error where a console complained."""
    platform = json.loads((ROOT / "var" / "platform.json").read_text())
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    people = {person["role"]: person for person in reversed(platform["people"])}
    complaints = [line for shot in SHOTS for line in take(shot, platform["urls"][shot.site], people[shot.role], folder)]
    print(*complaints or ["no console complained"], sep="\n")
    sys.exit(bool(complaints))


def take(shot: Shot, url: str, person: dict[str, str], folder: Path) -> list[str]:
    """Take one picture and return what the console said."""
    driver = webdriver.Chrome(options=_options(shot), service=Service(shutil.which("chromedriver")))
    try:
        _resize(driver, shot, shot.size[1])
        driver.get(url.rstrip("/") + "/login")
        driver.add_cookie({"name": "theme", "value": shot.theme})
        driver.find_element(By.ID, "email").send_keys(person["email"])
        driver.find_element(By.ID, "password").send_keys(person["password"])
        driver.find_element(By.CSS_SELECTOR, "form button[type=submit]").click()
        _settle(driver)
        driver.get(url.rstrip("/") + shot.path)
        _settle(driver)
        if shot.click:
            driver.execute_script("document.querySelector(arguments[0]).click()", shot.click)
            time.sleep(2.5)
        if shot.whole:
            _resize(driver, shot, driver.execute_script("return document.documentElement.scrollHeight"))
            time.sleep(3)
        driver.save_screenshot(str(folder / f"{shot.name}.png"))
        print(folder / f"{shot.name}.png")
        return [f"{shot.name}: {entry['message']}" for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    finally:
        driver.quit()


def _options(shot: Shot) -> Options:
    options = Options()
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-dev-shm-usage", "--force-color-profile=srgb", f"--window-size={shot.size[0]},{shot.size[1]}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return options


def _resize(driver: webdriver.Chrome, shot: Shot, height: int) -> None:
    phone = shot.size == PHONE
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": shot.size[0], "height": height, "deviceScaleFactor": 1, "mobile": phone})


def _settle(driver: webdriver.Chrome) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and driver.execute_script("return document.documentElement.dataset.ready") != "yes":
        time.sleep(0.1)
    time.sleep(3)  # heavy parts take their place when the browser is idle


if __name__ == "__main__":
    main()
