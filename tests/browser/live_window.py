"""What tests of live pages share: a window that is live, what it shows, and waiting with a reason."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from selenium.common.exceptions import TimeoutException

from tests.browser.conftest import CMO, LEADERSHIP, Window, open_window
from tests.browser.stage import NET_SALES, Stage
from tests.conftest import pytest_setup_options


@contextmanager
def opened(company: Stage, email: str = LEADERSHIP, path: str = "/?period=mtd") -> Iterator[Window]:
    windows = open_window(company.sites, pytest_setup_options())
    window = next(windows)
    try:
        site = company.sites.cmo if email == CMO else company.sites.bi
        window.sign_in(email, site)
        window.driver.get(site + path)
        window.wait_until_ready()
        window.script("window.neverReloaded = true")
        yield window
    finally:
        windows.close()


def phase(window: Window) -> str:
    return str(window.script("return northline.live.phase"))


def shown(window: Window, topic: str = NET_SALES) -> str:
    """The number that stands on the page under a topic."""
    return str(window.script("const holder = document.querySelector('#react-entry-point [data-live=\"' + arguments[0] + '\"]');"
                             "return holder ? (holder.querySelector('.value, .amount') || holder).innerText : ''", topic))


def comes(window: Window, what: Callable[[], object], seconds: float = 40) -> None:
    """Wait for it; where it does not come, say what there is."""
    try:
        window.wait(what, seconds)
    except TimeoutException:
        said = window.script("const L = northline.live; return JSON.stringify({phase: L.phase, open: L.open, attempt: L.attempt, topics: L.topics.size, seqs: L.seqs, frame: L.frame})")
        pytest.fail(f"did not come within {seconds:.0f} s; the page: {said}; console: {window.problems()[-3:]}")


def is_live_and_true(window: Window, company: Stage) -> None:
    """The test of every fault: the page is connected again, shows what SQL says, follows the next commit, and was never loaded anew."""
    comes(window, lambda: phase(window) == "live")
    comes(window, lambda: shown(window) == company.net_sales())
    company.sell()
    comes(window, lambda: shown(window) == company.net_sales())
    assert window.script("return window.neverReloaded") is True
