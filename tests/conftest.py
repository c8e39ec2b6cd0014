"""Servers, databases and browsers for the tests.

Every run starts its own PostgreSQL (primary and standby) and Valkey on free ports.  To save those seconds over many targeted runs, keep servers with
``python -m jobs.stack.testservers FILE`` and source FILE first: TEST_DATABASE_URL and TEST_REPLICA_URL are then used, each run in databases of its own.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver.chrome.options import Options

from jobs.stack.ports import free_port
from jobs.stack.postgres import Primary, Standby
from jobs.stack.valkey import Valkey
from shared.settings import Settings, load_settings
from shared.warehouse.engines import Engines
from tests.databases import Databases

CHROMIUM = os.environ.get("DASH_TEST_CHROMEPATH") or next(
    (path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")) if path),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
CHROMEDRIVER = os.environ.get("SE_CHROMEDRIVER") or shutil.which("chromedriver")
os.environ.setdefault("SE_OFFLINE", "true")  # Selenium Manager must not reach out
os.environ.setdefault("SE_AVOID_STATS", "true")
if Path(CHROMIUM).exists():
    os.environ["DASH_TEST_CHROMEPATH"] = CHROMIUM
if CHROMEDRIVER:
    os.environ["SE_CHROMEDRIVER"] = CHROMEDRIVER


@dataclass(frozen=True)
class Servers:
    """Addresses of the servers of this run; ``database_url`` and ``replica_urls`` point at its own migrated, empty database."""

    database_url: str
    replica_urls: tuple[str, ...]
    redis_url: str


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder, so that `pytest -m unit` and the like need no decorator."""
    for item in items:
        for kind in ("unit", "integration", "browser"):
            if kind in item.path.parts:
                item.add_marker(kind)
    if any(item.get_closest_marker("browser") for item in items) and not (Path(CHROMIUM).exists() and CHROMEDRIVER):
        message = "the browser tests need Chromium and its driver: apt-get install chromium chromium-driver"
        if os.environ.get("REQUIRE_BROWSER") == "1":  # a build server must not pass for want of a browser
            raise pytest.UsageError(message)
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=message))


def pytest_setup_options() -> Options:
    """Say how dash's own fixtures start Chromium: headless, offline, one size."""
    options = Options()
    for argument in (
        "--headless=new", "--window-size=1400,1000", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-default-apps", "--disable-quic", "--disable-dev-shm-usage", "--hide-scrollbars", "--force-device-scale-factor=1", "--lang=en-US",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ):
        options.add_argument(argument)
    return options


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder for servers; not pytest's own, which other accounts cannot enter."""
    folder = Path(tempfile.mkdtemp(prefix="northline-tests-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_urls(scratch: Path) -> Iterator[tuple[str, str]]:
    """Addresses of a primary and of its standby (database ``postgres``)."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given, os.environ.get("TEST_REPLICA_URL", given)
        return
    primary = Primary(scratch / "postgres", free_port(), durable=False)
    standby = Standby(primary, free_port())
    try:
        primary.start()
        standby.start()
        yield primary.url(), standby.url()
    finally:
        standby.stop()
        primary.stop()


@pytest.fixture(scope="session")
def redis_url(scratch: Path) -> Iterator[str]:
    """Address of a Valkey of this run's own."""
    valkey = Valkey(scratch / "valkey", free_port(), durable=False)
    try:
        valkey.start()
        yield valkey.url
    finally:
        valkey.stop()


@pytest.fixture(scope="session")
def databases(postgres_urls: tuple[str, str]) -> Iterator[Databases]:
    """Makes databases for this run and removes them at its end."""
    makes = Databases(*postgres_urls)
    yield makes
    makes.remove_all()


@pytest.fixture(scope="session")
def servers(databases: Databases, redis_url: str) -> Servers:
    """The run's servers, with one migrated, empty database that all tests of the run share."""
    primary, replica = databases.fresh("shared")
    return Servers(primary, (replica,), redis_url)


@pytest.fixture(scope="session")
def settings(servers: Servers) -> Settings:
    """Settings over the run's servers."""
    return settings_for(servers.database_url, servers.replica_urls[0], servers.redis_url)


@pytest.fixture(scope="session")
def engines(settings: Settings) -> Iterator[Engines]:
    """Connections to the run's shared database: leave it as you found it, or take ``database``."""
    yield from _disposed(Engines(settings))


@pytest.fixture(scope="session")
def database(databases: Databases, redis_url: str) -> Callable[..., Settings]:
    """Make a fresh migrated database (primary and replica) and return settings over it: ``database()``; removed at the end of the run."""

    def make(**overrides: object) -> Settings:
        primary, replica = databases.fresh()
        return settings_for(primary, replica, redis_url, **overrides)

    return make


@pytest.fixture
def fresh(database: Callable[..., Settings]) -> Iterator[Engines]:
    """Connections to a migrated, empty database of this test's own."""
    yield from _disposed(Engines(database()))


def settings_for(database_url: str, replica_url: str, redis_url: str, **overrides: object) -> Settings:
    """Return settings over these servers, fit for tests (plain http, demo mode)."""
    values: dict[str, object] = {"database_url": database_url, "replica_urls": replica_url, "redis_url": redis_url, "secret_key": "s" * 48,
                                 "secure_cookies": False, "demo_mode": True}
    return load_settings(**{**values, **overrides})


def _disposed(engines: Engines) -> Iterator[Engines]:
    yield engines
    for engine in (engines.primary, *(replica.engine for replica in engines.replicas)):
        engine.dispose()
