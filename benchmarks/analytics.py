"""The engines of analysis on public corpora and on the demo company: ``python -m benchmarks.analytics``.  The last line is JSON.

BENCH_DATA names the folder with the public data (``../shared/data``); what is missing is said, and left out.  With DATABASE_URL and REDIS_URL set (a running demo platform's) that
company is read; otherwise one is made on servers of the benchmark's own.  BENCH_ALL=1 takes every public series instead of a seeded sample.
"""

import json
import math
import os
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import attribution, nab, planted_days, public_series, revenue_record, true_curves
from benchmarks.platform import ROOT, platform
from benchmarks.timing import step
from jobs.demo.market import LEAD_WEEK, MONTHS
from shared.analysis import changepoints, seasonality, streams
from shared.analysis.scales import Kind
from shared.cache import Cache
from shared.clock import now
from shared.metrics.ask import Ask, CachedAsk
from shared.metrics.exact import ExactAsk
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.reference import Reference
from shared.metrics.scope import COMPANY
from shared.settings import Settings, load_settings
from shared.warehouse.engines import Engines

DATA = Path(os.environ.get("BENCH_DATA", str(ROOT.parent / "shared" / "data")))
PUBLISHED = {"ARTime": 74.85, "HTM": 70.10, "CAD OSE": 69.90, "KNN-CAD": 57.99, "Twitter ADVec": 47.06, "windowed Gaussian": 39.65}
"""Standard profile, on the whole corpus."""
METRICS: dict[str, tuple[Kind, str]] = {
    **dict.fromkeys(("leads", "appointments_set", "scheduled", "issued", "demos", "gross_sales", "net_sales", "dials", "doors", "door_leads", "jobs_started", "jobs_completed", "tickets_opened", "tickets_closed"), ("count", "")),
    **dict.fromkeys(("net_sales_amount", "collected_amount", "installed_amount"), ("money", "")),
    "gross_close_rate": ("rate", "demos"), "sit_rate": ("rate", "issued"), "contact_rate": ("rate", "leads"), "set_rate": ("rate", "leads"), "call_contact_rate": ("rate", "dials"),
}
"""What scorecards show by day and branch -> kind, and the metric that is its denominator."""


def measure_nab() -> dict[str, Any]:
    """Score the minute-level detector on the part of the corpus that is here."""
    archive = DATA / "nab" / "nab_part.tar.gz"
    if not archive.is_file():
        print(f"nab: {archive} is missing, so the detector of streams is not measured; name the folder with BENCH_DATA.", file=sys.stderr)
        return {"missing": "no corpus here"}
    corpus = nab.read_corpus(archive)
    scores = nab.score(corpus, lambda values, probation: streams.alerts(streams.score_stream(values), probation))
    print(f"NAB, standard profile, {len(corpus)} of the corpus's 58 series (so not quite comparable): {scores['standard']}; published on all 58: "
          + ", ".join(f"{name} {figure}" for name, figure in PUBLISHED.items()), file=sys.stderr)
    return {**scores, "series": len(corpus), "windows": sum(len(each.windows) for each in corpus)}


def measure_changepoints(series: int = 60) -> dict[str, float]:
    """Find a planted shift of level (15 to 35 %, up or down) in each of 60 made series of 104 weeks with noise of 7 %."""
    chance, found, extra, begun = np.random.default_rng(4), 0, 0, time.perf_counter()
    for _ in range(series):
        place = int(chance.integers(16, 88))
        factor = 1 + float(chance.uniform(0.15, 0.35)) * (1 if chance.random() < 0.5 else -1)
        weeks = 100 * np.where(np.arange(104) < place, 1.0, factor) * chance.normal(1, 0.07, 104)
        near = [abs(each.index - place) <= 2 for each in changepoints.shifts(weeks.tolist())]
        found += any(near)
        extra += len(near) - any(near)
    return {"found_within_two_weeks": round(found / series, 3), "extra_per_series": round(extra / series, 3), "ms": round((time.perf_counter() - begun) * 1000 / series, 1)}


def measure_seasonality(company: planted_days.Company, unusual: frozenset[date]) -> dict[str, float]:
    """Mean distance of the indices of leads from those that the demo company was made with (growth and storms are in the way)."""
    first = company["leads", 1]
    every = [sum(each.values[place] for (name, _), each in company.items() if name == "leads") for place in range(len(first.days))]
    found = seasonality.indices(first.days, every, unusual)
    months, week = np.array(MONTHS) / np.mean(MONTHS), np.array(LEAD_WEEK) / np.mean(LEAD_WEEK)
    return {"month_error": round(float(np.mean(np.abs(np.array([found.month[n] for n in range(1, 13)]) - months))), 4),
            "weekday_error": round(float(np.mean(np.abs(np.array([found.weekday[n] for n in range(7)]) - week))), 4)}


def company_of(ask: Ask, url: str) -> dict[tuple[str, int], planted_days.Daily]:
    """Every metric of ``METRICS`` by branch and day, until yesterday, and cancellations by the day they came."""
    frames = {}
    last = ask.today - timedelta(days=1)
    first = last - timedelta(days=3 * 365 + 90)
    for name in METRICS:
        frame = ask(Question((name,), Period(first, last), "day", ("branch",)), COMPANY).frame
        frames[name] = {(int(row.branch), date.fromisoformat(str(row.bucket)[:10])): float(getattr(row, name)) for row in frame.itertuples()}
    first = min(day for _, day in frames["leads"])
    found = {key: each for key, each in planted_days.counts_in(url, first, last).items() if key[0] == "cancellations"}
    days = next(iter(found.values())).days
    for branch in sorted({branch for _, branch in found}):
        for name, (kind, sizes) in METRICS.items():
            none = math.nan if kind == "rate" else 0.0
            cases = tuple(frames[sizes].get((branch, day), 0.0) for day in days) if sizes else None
            found[name, branch] = planted_days.Daily(days, tuple(frames[name].get((branch, day), none) for day in days), kind, cases)
    return found


def measure_demo(settings: Settings) -> dict[str, Any]:
    """Odd days, the season and the forecast's record of a demo company."""
    engines = Engines(settings)
    try:
        company = company_of(CachedAsk(engines, Cache(settings), settings), settings.database_url.get_secret_value())
        days = next(iter(company.values())).days
        unusual = Reference(engines).calendar().unusual_days(days[0], days[-1])
        odd = planted_days.measure(company, planted_days.planted_in(settings.database_url.get_secret_value()), unusual)
        return {"demo_anomalies": odd, "seasonality": measure_seasonality(company, unusual), "revenue": revenue_record.measure(ExactAsk(engines, settings), engines)}
    finally:
        engines.dispose()


def main() -> int:
    """Measure everything and print it."""
    begun = time.monotonic()
    result: dict[str, Any] = {}
    with step("Minute-level streams on the Numenta benchmark"):
        result["nab"] = measure_nab()
    with step("Shifts of level"):
        result["changepoints"] = measure_changepoints()
    with step("How leads follow money, against the demo company's true curves on three seeds"):
        result["response"] = true_curves.measure((1, 7, 11), now())
    with step("Forecasts of public series"):
        result["forecast"] = public_series.measure(DATA / "forecast", every=os.environ.get("BENCH_ALL") == "1")
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        with step("Odd days and the season of the demo company at DATABASE_URL"):
            result |= measure_demo(load_settings())
        result["attribution"] = attribution.measure(DATA, load_settings().database_url.get_secret_value())
    else:
        os.environ.setdefault("DEMO_SIZE", "standard")
        with platform() as servers:
            with step(f"Making the demo company ({os.environ['DEMO_SIZE']})"):
                servers.run("prepare")
            with step("Odd days and the season of the demo company"):
                result |= measure_demo(servers.settings)
            result["attribution"] = attribution.measure(DATA, servers.primary.url())
    result["seconds"] = round(time.monotonic() - begun, 1)
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
