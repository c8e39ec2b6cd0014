"""Forecasts of public series beside the published benchmarks: NN5 (daily), M4 weekly and hourly, from the folder of public data."""

import csv
import gzip
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shared.analysis.forecasting.accuracy import covered, mase, naive2, owa, seasonal_naive, smape
from shared.analysis.forecasting.ensemble import forecast
from shared.analysis.forecasting.preparing import fill
from shared.analysis.forecasting.smoothing import Array

SEED = 1


@dataclass(frozen=True)
class Kind:
    """One collection of series."""

    name: str
    files: tuple[str, ...]
    horizon: int
    period: int
    """Of MASE and naive 2, as in the competition (M4 weekly: 1)."""
    seasons: tuple[int, ...]
    year: int
    sample: int
    """Series taken at random (seeded) unless all are asked for; 0: all."""
    published: str


KINDS = (
    Kind("nn5_daily", ("nn5_daily.csv.gz",), 56, 7, (7,), 364, 0, "no OWA published; aim 0.65"),
    Kind("m4_weekly", ("m4_Weekly-train.csv.gz", "m4_Weekly-test.csv.gz"), 13, 1, (52,), 0, 300, "M4 benchmark 0.926, Theta 0.971, winner 0.851, best 0.739"),
    Kind("m4_hourly", ("m4_Hourly-train.csv.gz", "m4_Hourly-test.csv.gz"), 48, 24, (24, 168), 0, 100, "M4 winner 0.440, best 0.410"),
)
Series = tuple[str, Array, Array]
"""Name, history, what came (NaN: not observed)."""


def measure(folder: Path, *, every: bool) -> dict[str, dict[str, Any]]:
    """Measure each collection that lies in ``folder``; ``every``: all of its series."""
    found = {}
    for kind in KINDS:
        paths = [folder / name for name in kind.files]
        if missing := [path for path in paths if not path.is_file()]:
            print(f"forecast: {missing[0]} is missing, so {kind.name} is not measured; name the folder above it with BENCH_DATA.", file=sys.stderr)
            found[kind.name] = {"missing": "no series here"}
            continue
        series = list(_nn5(paths[0]) if len(paths) == 1 else _m4(*paths))
        if kind.sample and not every and kind.sample < len(series):
            chosen = np.random.default_rng(SEED).permutation(len(series))[: kind.sample]
            series = [series[int(place)] for place in chosen]
        found[kind.name] = _score(kind, series)
        shown = found[kind.name]
        print(f"{kind.name}, {shown['series']} series, {kind.horizon} ahead: OWA {shown['owa']} (seasonal naive {shown['seasonal_naive_owa']}; {kind.published}), sMAPE {shown['smape']}, MASE {shown['mase']}, "
              f"covered {shown['cov80']:.1%} of 80 % and {shown['cov95']:.1%} of 95 %, {shown['s_per_series']} s a series", file=sys.stderr)
    return found


def _score(kind: Kind, series: list[Series]) -> dict[str, Any]:
    with ProcessPoolExecutor() as pool:
        rows = np.array(list(pool.map(_one, [kind] * len(series), series, chunksize=4)))
    mean = np.nanmean(rows, axis=0)
    ours, reference, simple = (float(mean[0]), float(mean[1])), (float(mean[2]), float(mean[3])), (float(mean[4]), float(mean[5]))
    return {"owa": round(owa(ours, reference), 4), "smape": round(ours[0], 3), "mase": round(ours[1], 3), "cov80": round(float(mean[6]), 4), "cov95": round(float(mean[7]), 4),
            "s_per_series": round(float(mean[8]), 3), "series": len(series), "seasonal_naive_owa": round(owa(simple, reference), 4), "owa_to_seasonal_naive": round(owa(ours, simple), 4)}


def _one(kind: Kind, series: Series) -> list[float]:
    """sMAPE and MASE of the forecast, of naive 2 and of the seasonal naive; coverage of both bands; seconds of processor time."""
    _, history, came = series
    begun = time.process_time()
    made = forecast(history.tolist(), kind.horizon, kind.seasons, kind.year)
    seconds = time.process_time() - begun
    whole = fill(history, kind.period)
    errors = [error for points in (made.mean, naive2(whole, kind.period, kind.horizon), seasonal_naive(whole, kind.seasons[0], kind.horizon)) for error in (smape(came, points), mase(came, points, whole, kind.period))]
    return [*errors, covered(came, *made.bands[80]), covered(came, *made.bands[95]), seconds]


def _rows(path: Path) -> Iterator[list[str]]:
    with gzip.open(path, "rt") as file:
        reader = csv.reader(file)
        next(reader)
        yield from reader


def _numbers(row: list[str]) -> Array:
    return np.array([float(value) for value in row[1:] if value not in {"", "NA"}])


def _m4(train: Path, test: Path) -> Iterator[Series]:
    came = {row[0]: _numbers(row) for row in _rows(test)}
    for row in _rows(train):
        yield row[0], _numbers(row), came[row[0]]


def _nn5(path: Path) -> Iterator[Series]:
    parts: dict[str, tuple[list[float], list[float]]] = {}
    for name, _, part, value in _rows(path):
        parts.setdefault(name, ([], []))[part != "train"].append(float("nan") if value in {"", "NA"} else float(value))
    for name, (history, came) in parts.items():
        yield name, np.array(history), np.array(came)
