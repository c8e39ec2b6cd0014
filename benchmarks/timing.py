"""Times and what is said about them."""

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


def percentile(values: Sequence[float], q: float) -> float:
    """The q-th quantile of ``values`` (0..1), interpolated; NaN without values."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    position = q * (len(ordered) - 1)
    low, high = math.floor(position), math.ceil(position)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def median(values: Sequence[float]) -> float:
    """The middle of ``values``."""
    return percentile(values, 0.5)


def milliseconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


@contextmanager
def step(label: str) -> Iterator[None]:
    """Say what is being done, and afterwards how long it took."""
    print(f"{label} ...", file=sys.stderr, flush=True)
    begun = time.perf_counter()
    yield
    print(f"{label}: {time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
