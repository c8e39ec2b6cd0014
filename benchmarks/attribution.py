"""Attribution on public journeys beside the published library, and on five million touches, in arrays and in PostgreSQL."""

import gzip
import json
import math
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from benchmarks import touches
from benchmarks.timing import milliseconds, step
from shared.analysis.attribution.journeys import Journeys, of_paths
from shared.analysis.attribution.markov import chain_of, removal_effects
from shared.analysis.attribution.result import attribute
from shared.analysis.attribution.tally import Tally
from shared.metrics.attribution_question import AttributionQuestion
from shared.metrics.attribution_reading import gather, groups_of
from shared.metrics.period import Period
from shared.warehouse.journeys import Journey
from shared.warehouse.migrate import migrate
from shared.warehouse.source_names import load_sources

TOUCHES = 5_000_000
PUBLISHED_CONVERSIONS = 19_785
PUBLISHED: dict[str, dict[str, float]] = {
    "first_touch": {"alpha": 6308, "beta": 2831, "delta": 1, "epsilon": 99, "eta": 3164, "gamma": 165, "iota": 4606, "kappa": 74, "lambda": 902, "mi": 2, "theta": 1606, "zeta": 27},
    "last_touch": {"alpha": 8447, "beta": 989, "delta": 5, "epsilon": 531, "eta": 4167, "gamma": 92, "iota": 3355, "kappa": 230, "lambda": 1207, "mi": 2, "theta": 653, "zeta": 107},
    "linear": {"alpha": 7574.72, "beta": 2083.50, "delta": 1.73, "epsilon": 272.17, "eta": 3539.95, "gamma": 121.04, "iota": 3857.10, "kappa": 137.96, "lambda": 1035.26, "mi": 2.22, "theta": 1022.80,
               "zeta": 136.55},
    "markov": {"alpha": 5323.45, "beta": 2531.18, "delta": 3.89, "epsilon": 602.86, "eta": 3348.16, "gamma": 176.37, "iota": 3900.47, "kappa": 263.04, "lambda": 1274.90, "mi": 2.12, "theta": 1976.98,
               "zeta": 381.57},
}
"""Conversions by model and channel as ChannelAttribution 2.2.5 gives them on its own example data; its Markov model simulates, here until its runs differ by less than 1%."""


def read_paths(file: Path) -> tuple[Journeys, list[str]]:
    """The public journeys and the names of their channels."""
    rows = [line.rstrip("\n").split(";") for line in gzip.open(file, "rt", encoding="utf-8")][1:]  # noqa: SIM115 - read to its end
    paths = [path.split(" > ") for path, *_ in rows]
    names = sorted({name for path in paths for name in path})
    place = {name: number for number, name in enumerate(names)}
    return of_paths([[place[name] for name in path] for path in paths], [int(row[1]) for row in rows], [round(float(row[2]) * 100) for row in rows], [int(row[3]) for row in rows]), names


def measure_paths(data: Path) -> dict[str, Any]:
    """Every model on the public journeys, beside what is published."""
    file = data / "attribution" / "PathData.csv.gz"
    if not file.is_file():
        print(f"attribution: {file} is missing, so the public journeys are not measured; name the folder with BENCH_DATA.", file=sys.stderr)
        return {"missing": "no public journeys here"}
    journeys, names = read_paths(file)
    found: dict[str, Any] = {"published_conversions": PUBLISHED_CONVERSIONS}
    for order in (1, 2, 3):
        tally = Tally(len(names), has_days=False, order=order)
        found[f"tally_s_order_{order}"] = _seconds(lambda tally=tally: tally.add(journeys))  # type: ignore[misc]
        found[f"markov_s_order_{order}"] = _seconds(lambda tally=tally: removal_effects(chain_of(tally)))  # type: ignore[misc]
        if order == 1:
            shapley = next(rule for rule in tally.rules if rule.name == "shapley")
            found["shapley_s"] = _seconds(lambda rule=shapley: rule.share(journeys, 7.0))  # type: ignore[misc]
            done = attribute(tally)
            found |= {"conversions": done.conversions, "all_models_with_intervals_s": _seconds(lambda tally=tally: attribute(tally))}  # type: ignore[misc]
            for credit in done.credits:
                mine = dict(zip(names, (credit.conversions[:-1] / 100).tolist(), strict=True))
                found.setdefault("credited", {})[credit.name] = {name: round(value, 1) for name, value in mine.items()}
                assert int(credit.conversions.sum()) == 100 * PUBLISHED_CONVERSIONS
                if credit.name in PUBLISHED:
                    gap = max(abs(mine[name] - PUBLISHED[credit.name][name]) for name in names) / PUBLISHED_CONVERSIONS
                    found.setdefault("greatest_difference_of_share_from_published", {})[credit.name] = round(gap, 5)
    return found


def measure_arrays() -> dict[str, float]:
    """Five million touches, each journey a conversion, made in parts and thrown away."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_arrays).result()


def _arrays() -> dict[str, float]:
    rng, tally, seconds, before = np.random.default_rng(5), Tally(touches.SOURCES), 0.0, _peak_mb()
    while tally.touches < TOUCHES:
        lengths = np.minimum(rng.geometric(1 / 2.5, 100_000), touches.LONGEST)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        size = int(starts[-1])
        days = -np.sort(-(np.repeat(np.arange(100_000), lengths)[::-1] * 100 + rng.exponential(12.0, size)))
        days -= np.repeat(np.arange(100_000)[::-1] * 100.0, lengths)
        part = Journeys(starts, rng.integers(0, touches.SOURCES, size), np.ones(100_000, dtype=np.int64), rng.integers(1, 10**6, 100_000), np.zeros(100_000, dtype=np.int64),
                        rng.random(size) < 0.8, days)
        seconds += milliseconds(lambda part=part: tally.add(part)) / 1000  # type: ignore[misc]
    seconds += milliseconds(lambda: attribute(tally)) / 1000
    return {"touches": tally.touches, "conversions": tally.conversions, "s": round(seconds, 2), "peak_mb": round(_peak_mb()), "peak_mb_before": round(before)}


def measure_postgres(url: str) -> dict[str, float]:
    """Five million touches in a scratch database of the server at ``url``: the statements and the sums, as a page asks for them."""
    with _scratch(url) as (engine, address):
        with step(f"Loading {TOUCHES:,} touches"):
            touches.fill(engine, TOUCHES)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(_postgres, address).result()


def _postgres(address: str) -> dict[str, float]:
    engine, before = create_engine(address, poolclass=NullPool, connect_args={"options": "-c statement_timeout=0"}), _peak_mb()
    asked = AttributionQuestion(Period(*touches.span()))
    journey = Journey(asked.conversion, asked.period.start, asked.period.end, asked.lookback, None)
    with engine.connect() as connection:
        begun = time.perf_counter()
        tally, _ = gather(asked, journey, groups_of(load_sources(connection), asked.level), connection)
        read = time.perf_counter() - begun
        done = attribute(tally)
        seconds = time.perf_counter() - begun
        there = connection.execute(text("SELECT (SELECT count(*) FROM crm.touch) AS touches, (SELECT sum(amount * 100)::bigint FROM crm.sale) AS cents")).one()
    for credit in done.credits:
        assert int(credit.cents.sum()) == there.cents, credit.name
    return {"touches": there.touches, "conversions": done.conversions, "journeys_without": done.nulls, "s": round(seconds, 2), "read_s": round(read, 2), "peak_mb": round(_peak_mb()),
            "peak_mb_before": round(before)}


@contextmanager
def _scratch(url: str) -> Iterator[tuple[Engine, str]]:
    """A migrated database without views, removed afterwards, and its address."""
    name = f"bench_touches_{secrets.token_hex(4)}"
    admin = create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    engine = create_engine(make_url(url).set(database=name), poolclass=NullPool)
    try:
        migrate(engine)
        yield engine, engine.url.render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def _seconds(work: Callable[[], object]) -> float:
    return round(milliseconds(work) / 1000, 4)


def _peak_mb() -> float:
    """The most memory that this process has held; NaN where the system does not tell."""
    try:
        return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        return math.nan


def measure(data: Path, url: str) -> dict[str, Any]:
    """Everything; ``url``: a server where a scratch database can be made and removed."""
    found: dict[str, Any] = {}
    with step("Attribution of public journeys"):
        found["path_data"] = measure_paths(data)
    with step(f"Attribution of {TOUCHES:,} touches in arrays"):
        found["arrays_5m"] = measure_arrays()
    with step(f"Attribution of {TOUCHES:,} touches in PostgreSQL"):
        found["postgres_5m"] = measure_postgres(url)
    return found


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), sys.argv[2])))
