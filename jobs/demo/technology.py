"""The company's own systems: requests and probes, with the odd incident."""

import numpy as np

from jobs.demo.arrays import DAY, HOUR, Array, Generator, Rows, keep, pick

ROUTES = (("crm-api", "/leads", 0.22, 95), ("crm-api", "/appointments", 0.18, 120), ("crm-api", "/sales", 0.10, 140), ("scheduler", "/slots", 0.13, 180),
          ("payments", "/charges", 0.06, 420), ("payments", "/financing", 0.04, 880), ("website", "/quote", 0.17, 210), ("website", "/", 0.10, 160))
"""Service, route, share, typical milliseconds."""
SERVICES = tuple(dict.fromkeys(service for service, *_ in ROUTES))
FULL = 50
"""Requests a day from which the company is a whole one."""
_HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 12, 14, 14, 13, 12, 13, 14, 14, 13, 12, 11, 10, 8, 5, 3, 2)


def _incidents(rng: Generator, first: int, days: int) -> Rows:
    """An incident every five weeks or so: a service is slow or failing for up to four hours."""
    count = max(1, days // 36)
    start = (first + np.sort(rng.integers(0, days, count))) * DAY + rng.integers(0, 20 * HOUR, count)
    return {"service": rng.integers(len(SERVICES), size=count), "start": start, "end": start + rng.integers(1200, 4 * HOUR, count)}


def requests_and_probes(rng: Generator, first: int, days: int, a_day: int, now: int) -> tuple[Rows, Rows]:
    """Return (requests, probes) until ``now``; all moments are UTC seconds."""
    incidents = _incidents(rng, first, days)
    day = np.repeat(np.arange(days), rng.poisson(a_day * np.linspace(0.6, 1.0, days)))
    at = (first + day) * DAY + (pick(rng, _HOURS, len(day)) * HOUR + rng.integers(0, HOUR, len(day)) + 4 * HOUR) % DAY
    route = pick(rng, [share for _, _, share, _ in ROUTES], len(day))
    service = np.array([SERVICES.index(name) for name, *_ in ROUTES])[route]
    ill = _ill(incidents, service, at)
    usual = np.array([ms for *_, ms in ROUTES])[route]
    took = usual * rng.lognormal(0.0, 0.55, len(day)) * np.where(ill, rng.uniform(3, 14, len(day)), 1.0)
    chance = rng.random(len(day))
    status: Array = np.select([chance < np.where(ill, 0.22, 0.003), chance < 0.985, chance < 0.993], [503, 200, 404], 401)
    requests: Rows = {"route": route, "at": at, "status": status, "ms": np.minimum(took, 60_000).astype(np.int64)}
    # Thinly at first, every hour in the last days.
    sparse, dense = (4, 30) if a_day >= FULL else (24, 7)
    hours = np.unique(np.concatenate([np.arange(0, days * 24, sparse), np.arange(max(0, (days - dense) * 24), days * 24)]))
    probe_at = np.repeat(first * DAY + hours * HOUR, len(SERVICES)) + rng.integers(0, 50, len(hours) * len(SERVICES))
    probe_service = np.tile(np.arange(len(SERVICES)), len(hours))
    bad = _ill(incidents, probe_service, probe_at) & (rng.random(len(probe_at)) < 0.8) | (rng.random(len(probe_at)) < 0.0012)
    probes: Rows = {"service": probe_service, "at": probe_at, "good": ~bad, "ms": np.where(bad, 10_000, rng.lognormal(np.log(70), 0.4, len(probe_at))).astype(np.int64)}
    requests = keep(requests, np.argsort(requests["at"], kind="stable"))
    return keep(requests, requests["at"] <= now), keep(probes, probes["at"] <= now)


def _ill(incidents: Rows, service: Array, at: Array) -> Array:
    """Say which moments fall into an incident of their service."""
    found = np.zeros(len(at), dtype=bool)
    for place in range(len(incidents["start"])):
        found |= (service == incidents["service"][place]) & (at >= incidents["start"][place]) & (at <= incidents["end"][place])
    return found
