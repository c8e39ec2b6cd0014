"""The executive page in Chromium, beside a static page with the same figures and bundle: milliseconds until its numbers show and until every figure is drawn."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from benchmarks import static_page
from benchmarks.platform import EMAIL, Platform
from benchmarks.timing import median

RUNS = 7
_PATIENCE = 30.0
_WATCH = """
(() => {
  const seen = window.__seen = {};
  const look = () => {
    const tile = document.querySelector(".tile .value");
    if (!seen.numbers && tile && tile.offsetWidth) seen.numbers = performance.now();
    const drawn = document.querySelectorAll(".chart .main-svg").length && [...document.querySelectorAll(".chart")].filter((box) => box.querySelector(".main-svg")).length;
    if (!seen.drawn && drawn >= FIGURES) seen.drawn = performance.now();
    if (!seen.numbers || !seen.drawn) requestAnimationFrame(look);
  };
  look();
})();
"""


def chromium() -> str | None:
    """Return Chromium's program, where there is one with its driver."""
    if not shutil.which("chromedriver"):
        return None
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def measure(platform: Platform, program: str) -> dict[str, float]:
    """Medians of ``RUNS`` loads each, cold (empty browser cache) and warm, site and static page in turn so that noise hits both alike."""
    with opened(program) as driver:
        sign_in(driver, platform)
        document = _document(driver)
        html, count = static_page.build(document)
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH.replace("FIGURES", str(count))})
        with static_page.serve(html) as plain:
            addresses = {"executive": f"{platform.address}/?period=mtd", "static": plain}
            found: dict[str, list[float]] = {}
            for cold in (True, False):
                for _ in range(RUNS):
                    for name, address in addresses.items():
                        numbers, drawn = _load(driver, address, cold=cold)
                        heat = "cold" if cold else "warm"
                        found.setdefault(f"{name}_{heat}_numbers_ms", []).append(numbers)
                        found.setdefault(f"{name}_{heat}_drawn_ms", []).append(drawn)
    result = {name: median(values) for name, values in found.items()}
    for heat in ("cold", "warm"):
        for what in ("numbers", "drawn"):
            result[f"{what}_{heat}_ratio"] = result[f"executive_{heat}_{what}_ms"] / result[f"static_{heat}_{what}_ms"]
    return {**result, "figures": count}


@contextmanager
def opened(program: str) -> Iterator[webdriver.Chrome]:
    """A headless Chromium, ended at the end."""
    options = Options()
    options.binary_location = program
    for argument in ("--headless=new", "--window-size=1440,900", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
                     *(["--no-sandbox"] if os.geteuid() == 0 else [])):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def sign_in(driver: webdriver.Chrome, platform: Platform) -> None:
    """Sign in as the person who sees every branch."""
    driver.get(f"{platform.address}/login")
    driver.find_element(By.NAME, "email").send_keys(EMAIL)
    driver.find_element(By.NAME, "password").send_keys(platform.password)
    driver.find_element(By.CSS_SELECTOR, "form button.primary").click()
    deadline = time.monotonic() + _PATIENCE
    while "/login" in driver.current_url:
        if time.monotonic() > deadline:
            raise RuntimeError("the browser could not sign in")
        time.sleep(0.05)


def _document(driver: webdriver.Chrome) -> str:
    """The document of the executive page as the server sends it."""
    return str(driver.execute_async_script("const done = arguments[0]; fetch('/?period=mtd').then((r) => r.text()).then(done);"))


def _load(driver: webdriver.Chrome, address: str, *, cold: bool) -> tuple[float, float]:
    """Open ``address`` and return milliseconds since the navigation began until (numbers, every figure)."""
    driver.get("about:blank")
    if cold:
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    driver.get(address)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        seen = driver.execute_script("return window.__seen || {}")
        if "drawn" in seen and "numbers" in seen:
            return float(seen["numbers"]), float(seen["drawn"])
        time.sleep(0.05)
    raise RuntimeError(f"{address} was not drawn within {_PATIENCE:.0f} s")
