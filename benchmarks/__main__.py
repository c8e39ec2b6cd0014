"""Measures the product on this machine: ``python -m benchmarks``.  The last line is JSON; progress goes to the error stream."""

import argparse
import json
import math
import os
import platform as machine
import signal
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from benchmarks import browser, commits, executive, history, import_rows, refreshing
from benchmarks.platform import Platform, platform
from benchmarks.timing import median, milliseconds, step

TIMES = 10


def main() -> int:
    """Run the parts that are named, or all, on servers of its own and print what came out."""
    begun = time.monotonic()
    parts: dict[str, Callable[[Platform], dict[str, Any]]] = {
        "executive": lambda servers: {"executive": _executive(servers)}, "site": _site, "commits": lambda servers: {"commit_to_exact": commits.measure(servers)},
        "import": lambda servers: import_rows.run(servers.primary.url()), "refresh": lambda servers: {"refresh": _refresh(servers)},
    }
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures the product on this machine; the last line is JSON.")
    parser.add_argument("parts", nargs="*", help=f"what to measure, of {', '.join(parts)}; none named: all")
    wanted = parser.parse_args().parts or list(parts)
    if unknown := [part for part in wanted if part not in parts]:
        parser.error(f"there is no part called {unknown[0]}; there are {', '.join(parts)}")
    os.environ.setdefault("DEMO_SIZE", "standard")
    os.environ["REFRESH_TIMEOUT_SECONDS"] = "3600"
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # the servers and their folder go with us
    result: dict[str, Any] = {}
    with platform() as servers:
        with step(f"Making the demo company ({os.environ['DEMO_SIZE']})"):
            servers.run("prepare")
        for number, part in enumerate(wanted, 1):
            with step(f"{number} of {len(wanted)}: {part}"):
                result |= parts[part](servers)
    result["machine"] = f"{machine.system()} {machine.machine()}, {os.cpu_count()} processors, Python {machine.python_version()}, load {os.getloadavg()[0]:.1f}"
    result["seconds"] = time.monotonic() - begun
    print(json.dumps(_rounded(result)))
    return 0


def _executive(servers: Platform) -> dict[str, float]:
    """In a process of its own: Dash keeps registries per process, so there can be one site in each."""
    os.environ.update(servers.environment)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(executive.measure, servers.password).result()


def _site(servers: Platform) -> dict[str, Any]:
    """What a site under gunicorn takes: in the browser, over HTTP, in memory."""
    found: dict[str, Any] = {}
    with step("Starting the BI site"):
        servers.start_site()
    try:
        program = browser.chromium()
        if program is None:
            print("No Chromium with chromedriver here: the browser is not measured.", file=sys.stderr)
        else:
            with step("The executive page in Chromium, beside a static page"):
                found["browser"] = browser.measure(servers, program)
        with step("The API over HTTP"):
            found["api"] = _api(servers)
        found["web_worker_mb"] = max(map(_memory_mb, servers.site_processes()), default=math.nan)
    finally:
        servers.stop_site()
    return found


def _api(servers: Platform) -> dict[str, float]:
    request = urllib.request.Request(f"{servers.address}/api/v1/ask?metrics=net_sales_amount,net_close_rate&period=ytd&grain=month&split=branch",
                                     headers={"Authorization": f"Bearer {servers.token}"})


    def work() -> None:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()

    work()
    return {"ask_warm_ms": median([milliseconds(work) for _ in range(50)])}


def _memory_mb(pid: int) -> float:
    """Resident memory of a process; NaN where the system does not tell."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:  # noqa: PTH123 - a pseudo file
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024
    except (OSError, StopIteration):
        return math.nan


def _refresh(servers: Platform) -> dict[str, Any]:
    """Refreshing with the history as it is and with ``TIMES`` as long, beside the plain way."""
    found: dict[str, Any] = {"views": len(history.VIEWS)}
    settings, engine = servers.settings, servers.engines().primary
    for times in (1, TIMES):
        name = f"x{times}"
        if times > 1:
            with step(f"Making the history {times} times as long"):
                history.multiply(engine, times)
        with engine.connect() as connection:
            found[f"{name}_rows"] = history.rows(connection)
        with step(f"Refreshing {len(history.VIEWS)} views whole, the plain way, history x{times}"):
            found[f"{name}_full_ms"] = refreshing.full_ms(engine, history.VIEWS)
        refreshing.settle(engine)
        with step(f"Refreshing their recent part, history x{times}"):
            found[f"{name}_ms"] = refreshing.refresh_ms(engine, settings, history.VIEWS)
    refreshing.settle(engine)
    with step(f"The executive page, history x{TIMES}"):
        found[f"executive_x{TIMES}"] = _executive(servers)
    return found


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 1 if abs(value) >= 10 else 3)
    return value


if __name__ == "__main__":
    sys.exit(main())
