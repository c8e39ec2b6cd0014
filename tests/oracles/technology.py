"""Requests and probes of the company's servers; days are UTC days."""

from math import nan

from tests.oracles.oracle import Divide, Facts, Oracle, Select

REQUESTS = Facts("crm.request_log r", "(r.requested_at AT TIME ZONE 'UTC')::date", {"service": "r.service", "route": "r.route"}, branch="")
PROBES = Facts("crm.probe p", "(p.probed_at AT TIME ZONE 'UTC')::date", {"service": "p.service", "route": "''"}, branch="")


def _latency(q: float) -> Select:
    return Select(REQUESTS, f"percentile_cont({q}) WITHIN GROUP (ORDER BY r.milliseconds)", nan)


ORACLES: dict[str, Oracle] = {
    "requests": Select(REQUESTS),
    "availability": Divide(Select(PROBES.only("p.is_good")), Select(PROBES)),
    "error_rate": Divide(Select(REQUESTS.only("r.status BETWEEN 500 AND 599")), Select(REQUESTS)),
    "apdex": Divide(Select(REQUESTS.only("r.status < 500"), "count(*) FILTER (WHERE r.milliseconds <= 500) + 0.5 * count(*) FILTER (WHERE r.milliseconds > 500 AND r.milliseconds <= 2000)"),
                    Select(REQUESTS)),
    "latency_p50": _latency(0.5),
    "latency_p95": _latency(0.95),
    "latency_p99": _latency(0.99),
    "slowest_request": Select(REQUESTS, "max(r.milliseconds)", nan),
}
