"""What the gateway counts, as Prometheus text."""

from collections import Counter
from collections.abc import Iterator, Sequence

_LAGS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Meter:
    """Counters since the start of the process."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.frames = 0
        self.frame_bytes = 0
        self.conflated = 0
        self.batches = 0
        self.gaps = 0
        self.accepted = 0
        self.closed: Counter[str] = Counter()
        self._lags = [0] * (len(_LAGS) + 1)
        self._lag_sum = 0.0

    def lag(self, seconds: float) -> None:
        """Count one publication that came ``seconds`` after Redis got it."""
        seconds = max(seconds, 0.0)
        self._lag_sum += seconds
        self._lags[next((number for number, limit in enumerate(_LAGS) if seconds <= limit), len(_LAGS))] += 1

    def text(self, gauges: Sequence[tuple[str, str, float]]) -> str:
        """Return everything in the text format 0.0.4; ``gauges`` are name, meaning and value of what is counted elsewhere."""
        return "".join(self._lines(gauges))

    def _lines(self, gauges: Sequence[tuple[str, str, float]]) -> Iterator[str]:
        for name, meaning, value in gauges:
            yield from _metric(name, "gauge", meaning, [("", value)])
        yield from _metric("accepted_total", "counter", "Connections whose ticket was good", [("", self.accepted)])
        yield from _metric("frames_total", "counter", "Frames sent", [("", self.frames)])
        yield from _metric("frame_bytes_total", "counter", "Bytes of frames sent", [("", self.frame_bytes)])
        yield from _metric("conflated_total", "counter", "Values that a client did not get because a newer one came within its pace", [("", self.conflated)])
        yield from _metric("batches_total", "counter", "Publications that came on the feed", [("", self.batches)])
        yield from _metric("gaps_total", "counter", "Times that publications were missed and Redis was read again", [("", self.gaps)])
        yield from _metric("closed_total", "counter", "Connections that were refused or closed, by reason", [(f'{{reason="{reason}"}}', count) for reason, count in sorted(self.closed.items())])
        yield from _metric("feed_lag_seconds", "histogram", "From the publication in Redis until the gateway has it", self._histogram())

    def _histogram(self) -> list[tuple[str, float]]:
        total, rows = 0, []
        for limit, count in zip((*_LAGS, float("inf")), self._lags, strict=True):
            total += count
            rows.append((f'_bucket{{le="{limit:g}"}}' if limit != float("inf") else '_bucket{le="+Inf"}', float(total)))
        return [*rows, ("_sum", self._lag_sum), ("_count", float(total))]


def _metric(name: str, kind: str, meaning: str, rows: Sequence[tuple[str, float]]) -> Iterator[str]:
    full = f"northline_gateway_{name}"
    yield f"# HELP {full} {meaning}\n# TYPE {full} {kind}\n"
    yield from (f"{full}{label} {value:.12g}\n" for label, value in rows)
