"""The Numenta Anomaly Benchmark's own scoring, as published with version 1.1, over the part of its corpus that lies in a folder."""

import csv
import json
import math
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Window = tuple[int, int]
"""First and last place of a labelled window, both included."""


@dataclass(frozen=True)
class Profile:
    """What finding, missing and false alarms are worth."""

    tp: float
    fp: float
    fn: float


PROFILES = {"standard": Profile(1.0, 0.11, 1.0), "low_fp": Profile(1.0, 0.22, 1.0), "low_fn": Profile(1.0, 0.11, 2.0)}


@dataclass(frozen=True)
class Series:
    """One file of the corpus."""

    name: str
    values: tuple[float, ...]
    windows: tuple[Window, ...]


def probation_of(count: int) -> int:
    """Places at the beginning whose alerts count neither way: 15 %, 750 at most."""
    return min(math.floor(0.15 * count), 750)


def weight(position: float) -> float:
    """Scaled sigmoid of a position relative to a window's right edge in window widths: near 1 at its left edge, 0 at the right one, -1 far past it."""
    return -1.0 if position > 3 else 2 / (1 + math.exp(5 * position)) - 1


def raw_score(count: int, windows: Sequence[Window], alerts: Sequence[int], profile: Profile) -> float:
    """Score one file: the best alert in each window, minus the missed windows, minus what false alarms cost."""
    probation, best = probation_of(count), dict.fromkeys(windows, -profile.fn)
    false = 0.0
    for place in alerts:
        if place < probation:
            continue
        inside = next((window for window in windows if window[0] <= place <= window[1]), None)
        if inside is not None:
            width = inside[1] - inside[0] + 1
            best[inside] = max(best[inside], weight(-(inside[1] - place + 1) / width) / weight(-1.0) * profile.tp)
            continue
        past = [window for window in windows if window[1] < place]
        false += profile.fp * (weight((place - past[-1][1]) / (past[-1][1] - past[-1][0])) if past else -1.0)
    return math.fsum(best.values()) + false


def score(corpus: Sequence[Series], detect: Callable[[Sequence[float], int], Sequence[int]]) -> dict[str, float]:
    """Return the normalised score of each profile: 0 is a detector that never alerts, 100 one that alerts at once and only then."""
    found = {each.name: detect(each.values, probation_of(len(each.values))) for each in corpus}
    windows = sum(len(each.windows) for each in corpus)
    scores = {}
    for name, profile in PROFILES.items():
        raw = math.fsum(raw_score(len(each.values), each.windows, found[each.name], profile) for each in corpus)
        never, perfect = -profile.fn * windows, profile.tp * windows
        scores[name] = round(100 * (raw - never) / (perfect - never), 2)
    return scores


def read_corpus(archive: Path) -> list[Series]:
    """Read every series of a tar.gz with ``data/`` and ``labels/combined_windows.json``."""
    with tarfile.open(archive) as packed:
        held = {member.name.removeprefix("./"): member for member in packed.getmembers() if member.isfile()}

        def text(name: str) -> str:
            opened = packed.extractfile(held[name])
            if opened is None:
                raise FileNotFoundError(f"{archive} holds no {name}")
            return opened.read().decode()

        labels = json.loads(text("labels/combined_windows.json"))
        corpus = []
        for name in sorted(name for name in held if name.startswith("data/") and name.endswith(".csv")):
            rows = list(csv.reader(text(name).splitlines()))[1:]
            place = {row[0][:19]: n for n, row in reversed(list(enumerate(rows)))}
            short = name.removeprefix("data/")
            windows = tuple((place[begin[:19]], place[end[:19]]) for begin, end in labels[short])
            corpus.append(Series(short, tuple(float(row[1]) for row in rows), windows))
    return corpus
