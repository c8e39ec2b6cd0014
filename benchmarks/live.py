"""The live path on this machine: ``python -m benchmarks.live``.  The last line is JSON.

Commit -> DOM is measured with one clock: the moment a commit returns, and the moment at which Chromium's document holds the new number.  The server's
part is read from the messages themselves: marked by the trigger, published by the live worker, taken from Redis by the gateway.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import psycopg2
import redis
from selenium import webdriver

from benchmarks import browser, fanout, trigger_overhead
from benchmarks.platform import DATABASE, ROOT, Platform, platform
from benchmarks.timing import median, percentile, step
from jobs.stack.children import die_with_parent, stop
from shared.cache import redis_address
from shared.live import names

COMMITS = int(os.environ.get("BENCH_COMMITS", "500"))
TOPIC = "n:net_sales_amount:mtd:previous:*:"
_AMOUNT = 10_000
"""Dollars of one sale: the least step that a tile in millions shows."""
_PATIENCE = 10.0
_WATCH = """
const text = () => { const value = document.querySelector('#react-entry-point .tile[data-live="TOPIC"] .value'); return value ? value.textContent : last; };
let last = '';
last = text();
window.changes = [];
// The page and not the tile: a redraw puts another tile in its place.
new MutationObserver(() => { const now = text(); if (now !== last) { last = now; changes.push(performance.timeOrigin + performance.now()); } })
  .observe(document.getElementById('react-entry-point'), {childList: true, characterData: true, subtree: true});
"""
_AWAIT = """
const [before, patience, done] = arguments, end = Date.now() + patience;
const look = () => { if (changes.length > before) done(changes[before]); else if (Date.now() > end) done(null); else setTimeout(look, 50); };
look();
"""


def measure(servers: Platform) -> dict[str, Any]:
    """Commits one by one, each waited for on an open executive page; then nothing else of the path is left to guess."""
    program = browser.chromium()
    if program is None:
        raise RuntimeError("commit -> DOM needs Chromium with chromedriver: make chromium")
    with _live_processes(servers):
        servers.start_site()
        try:
            with browser.opened(program) as driver:
                browser.sign_in(driver, servers)
                return _commits(driver, servers)
        finally:
            servers.stop_site()


def _commits(driver: webdriver.Chrome, servers: Platform) -> dict[str, Any]:
    driver.get(f"{servers.address}/?period=mtd")
    _until(lambda: driver.execute_script("return window.northline && northline.live && northline.live.phase === 'live' && northline.live.seqs[arguments[0]] > 0", TOPIC), 60)
    time.sleep(3)  # what the page wants is computed
    driver.execute_script(_WATCH.replace("TOPIC", TOPIC))
    feed = redis.Redis.from_url(redis_address(servers.settings, names.LIVE_DATABASE)).pubsub(ignore_subscribe_messages=True)
    feed.subscribe(names.FEED)
    chance, seen, lost = random.Random(7), [], 0
    with closing(psycopg2.connect(servers.primary.url(DATABASE).replace("postgresql+psycopg2", "postgresql"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT min(id) FROM crm.product")
            product = cursor.fetchone()[0]
            for number in range(COMMITS):
                before = int(driver.execute_script("return changes.length"))  # and not again until it is over: asking disturbs what is measured
                cursor.execute("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) VALUES (%s, %s, now(), %s, 'pending')", (1 + number % 5, product, _AMOUNT))
                committed = time.time() * 1000
                shown = driver.execute_async_script(_AWAIT, before, _PATIENCE * 1000)
                if shown is None:
                    lost += 1
                    continue
                seen.append(float(shown) - committed)
                time.sleep(chance.uniform(0.05, 0.4))
    server = _server_parts(feed)
    return {"commit_to_dom_ms": _quantiles(seen), "server_ms": _quantiles(server), "commits": len(seen), "lost": lost}


def _server_parts(feed: Any) -> list[float]:
    """Milliseconds from a mark to its publication, of the messages of the measured topic that a commit is behind."""
    found = []
    feed.get_message(timeout=0.2)  # the confirmation, which is left out
    while message := feed.get_message(timeout=0.2):
        for one in json.loads(message["data"])["messages"]:
            found += [(one["published"] - one["committed"]) * 1000] if one["topic"] == TOPIC and one["committed"] is not None else []
    feed.close()
    return found


def _quantiles(values: list[float]) -> dict[str, float]:
    return {"p50": round(median(values), 1), "p99": round(percentile(values, 0.99), 1)}


def _until(holds: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


@contextmanager
def _live_processes(servers: Platform) -> Iterator[None]:
    """The live worker and the gateway, as the platform runs them."""
    environment = {**os.environ, **servers.environment}
    running = []
    try:
        with (servers.folder / "live.log").open("ab") as log:
            running += [subprocess.Popen([sys.executable, "-m", module], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True, preexec_fn=die_with_parent(signal.SIGTERM))
                        for module in ("jobs.live", "jobs.gateway")]
        yield
    finally:
        for process in running:
            with suppress(ProcessLookupError):
                stop(process, signal.SIGTERM)


def main() -> int:
    """Measure everything on servers of its own and print it."""
    begun = time.monotonic()
    os.environ.setdefault("DEMO_SIZE", "small")
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    result: dict[str, Any] = {}
    with platform() as servers:
        with step(f"Making the demo company ({os.environ['DEMO_SIZE']})"):
            servers.run("prepare")
        with step(f"{COMMITS} commits, each until Chromium shows it"):
            result |= measure(servers)
        with step("Commits with the triggers on and off"):
            result["trigger_overhead"] = round(trigger_overhead.ratio(servers), 3)
    with step("Fan-out to 1,000 and 5,000 clients, beside a bare server"):
        result |= fanout.measure()
    result["seconds"] = round(time.monotonic() - begun, 1)
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
