"""Technology: availability, errors, latency, Apdex. Of the company: only who sees every branch may ask. Days are UTC days."""

from shared.metrics.metric import Better, Maximum, Measure, Metric, Quantile, Ratio, Sum, Unit, ratio, total

_SERVED = "the UTC day the request was served"


def _request(column: str) -> Measure:
    return Measure("technology", column)


_MS, _N = Measure("latency", "milliseconds"), Measure("latency", "request_count")


def _latency(name: str, label: str, q: float, words: str) -> Metric:
    return Metric(name, label, f"{words} of requests are answered within this time; from a histogram of one-millisecond buckets.", Quantile(q, _MS, _N), Unit.MILLISECONDS, Better.DOWN, _SERVED,
                  department="technology", minimum_sample=20, source="54")


METRICS: tuple[Metric, ...] = (
    Metric("requests", "Requests", "Requests served.", total(_request("request_count")), Unit.COUNT, Better.NEITHER, _SERVED, department="technology", source="53"),
    Metric("availability", "Availability", "Share of probes that were good.", ratio(_request("good_probe_count"), _request("probe_count")), Unit.PERCENT, Better.UP, "the UTC day of the probe",
           department="technology", minimum_sample=20, source="53"),
    Metric("error_rate", "Error rate", "Share of requests answered with a server error (5xx).", ratio(_request("error_count"), _request("request_count")), Unit.PERCENT, Better.DOWN, _SERVED,
           department="technology", minimum_sample=50, source="53"),
    Metric("apdex", "Apdex", "(Answered within 0.5 s + half of those within 2 s) / requests; an error is neither.",
           Ratio(Sum(((1.0, _request("satisfied_count")), (0.5, _request("tolerating_count")))), total(_request("request_count"))), Unit.NUMBER, Better.UP, _SERVED,
           department="technology", minimum_sample=50, source="55"),
    _latency("latency_p50", "Latency p50", 0.5, "Half"),
    _latency("latency_p95", "Latency p95", 0.95, "95 %"),
    _latency("latency_p99", "Latency p99", 0.99, "99 %"),
    Metric("slowest_request", "Slowest request", "The longest that a request took.", Maximum(_MS, _N), Unit.MILLISECONDS, Better.DOWN, _SERVED, department="technology", source="54"),
)
