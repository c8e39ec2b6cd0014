"""A small demo company, both sites over it as they run in earnest, and a Chromium."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from jobs.demo.load import load_company
from jobs.stack.ports import free_port
from jobs.stack.valkey import Valkey
from shared.people.demo import create_demo_people
from shared.settings import Settings
from shared.warehouse.engines import Engines
from tests.conftest import CHROMEDRIVER, CHROMIUM, pytest_setup_options

PASSWORD = "seven quiet lanterns"
TOKEN = "t" * 48
LEADERSHIP, MANAGER, CMO = "ada@northline.example", "priya@northline.example", "camille@northline.example"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Sites:
    """Addresses of both sites."""

    bi: str
    cmo: str


@pytest.fixture(scope="package")
def queues(scratch: Path) -> Iterator[str]:
    """A Redis of the browser tests' own: their live worker must not lead where other tests do."""
    valkey = Valkey(scratch / "browser-valkey", free_port(), durable=False)
    try:
        valkey.start()
        yield valkey.url
    finally:
        valkey.stop()


@pytest.fixture(scope="package")
def demo(database: Callable[..., Settings], queues: str) -> Settings:
    """Settings over a database with a small demo company and its people."""
    settings = database().model_copy(update={"redis_url": SecretStr(queues)})
    engines = Engines(settings)
    load_company(engines, settings, size="small", seed=7)
    create_demo_people(engines, PASSWORD, TOKEN)
    engines.primary.dispose()
    return settings


@pytest.fixture(scope="package")
def sites(demo: Settings) -> Iterator[Sites]:
    """Both sites under gunicorn, the live worker and the gateway."""
    ports = {"bi": free_port(), "cmo": free_port(), "gateway": free_port()}
    environment = {**os.environ, "DATABASE_URL": demo.database_url.get_secret_value(), "REPLICA_URLS": ",".join(url.get_secret_value() for url in demo.replica_urls),
                   "REDIS_URL": demo.redis_url.get_secret_value(), "SECRET_KEY": demo.secret_key.get_secret_value(), "SECURE_COOKIES": "0", "DEMO_MODE": "1", "BI_PORT": str(ports["bi"]), "CMO_PORT": str(ports["cmo"]),
                   "GATEWAY_PORT": str(ports["gateway"])}
    commands = [*(["gunicorn", "-c", "python:shared.web.server", "-b", f"127.0.0.1:{ports[name]}", f"{name}_app.wsgi:server"] for name in ("bi", "cmo")), ["jobs.live"], ["jobs.gateway"]]
    running = [subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environment) for command in commands]
    try:
        for port in ports.values():
            wait_for(f"http://localhost:{port}/healthz")
        yield Sites(*(f"http://localhost:{ports[name]}" for name in ("bi", "cmo")))
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(40)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=60).ok:  # gunicorn takes the connection before its worker is up
                return
        except requests.RequestException:
            time.sleep(0.2)
    raise TimeoutError(f"{url} does not answer")


class Window:
    """A browser window and what a person does in it."""

    def __init__(self, sites: Sites, driver: webdriver.Chrome) -> None:
        """Nobody is signed in yet."""
        self.sites, self.driver = sites, driver

    def sign_in(self, email: str, site: str | None = None) -> None:
        """Sign in by the form."""
        self.driver.get(f"{site or self.sites.bi}/login")
        self.driver.find_element(By.ID, "email").send_keys(email)
        self.driver.find_element(By.ID, "password").send_keys(PASSWORD)
        self.driver.find_element(By.CSS_SELECTOR, "form button[type=submit]").click()
        self.wait_until_ready()

    def open(self, path: str, site: str | None = None) -> None:
        """Open a path of the BI site (or of ``site``) and wait until React has drawn it."""
        self.driver.get((site or self.sites.bi) + path)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until the first paint has given way to the page."""
        self.wait(lambda: self.script("return document.documentElement.dataset.ready") == "yes")

    def wait(self, holds: Callable[[], object], seconds: float = 20) -> None:
        """Wait until ``holds()`` is true."""
        WebDriverWait(self.driver, seconds, poll_frequency=0.1).until(lambda _: holds())

    def script(self, code: str, *arguments: object) -> object:
        """Run JavaScript and return its value."""
        return self.driver.execute_script(code, *arguments)

    def text(self, selector: str) -> str:
        """Return the text of the first element that fits; empty where there is none."""
        return next(iter(self.texts(selector)), "")

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all elements that fit, as one look at the page: React may replace any of them."""
        return list(self.script("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)", selector))  # type: ignore[call-overload]

    def click(self, selector: str) -> None:
        """Click the first element that fits, wherever it is on the page."""
        self.script("document.querySelector(arguments[0]).click()", selector)

    def problems(self) -> list[str]:
        """Return what the console complained about."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.fixture
def window(sites: Sites) -> Iterator[Window]:
    """A new window, 1440 by 900."""
    yield from open_window(sites, pytest_setup_options())


@pytest.fixture
def phone(sites: Sites) -> Iterator[Window]:
    """A new window of a phone, 390 by 844."""
    options = pytest_setup_options()
    options.add_experimental_option("mobileEmulation", {"deviceMetrics": {"width": 390, "height": 844, "pixelRatio": 2}})
    yield from open_window(sites, options)


def open_window(sites: Sites, options: Options) -> Iterator[Window]:
    """A window of its own; signed out."""
    options.add_argument("--window-size=1440,900")
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
    driver.set_script_timeout(20)
    try:
        yield Window(sites, driver)
    finally:
        driver.quit()
