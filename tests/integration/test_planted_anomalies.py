"""The demo company's planted odd days, judged as they would have been told on the day, and its slump, told by the rules before the month's end."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from benchmarks import planted_days
from jobs.demo.load import load_company
from jobs.demo.sizes import SIZES
from shared.alerts.defaults import ensure_default_rules
from shared.alerts.watching import Watcher
from shared.metrics.exact import ExactAsk
from shared.metrics.reference import Reference
from shared.settings import Settings
from shared.warehouse.alert_store import load_rules
from shared.warehouse.calendar import load_calendar
from shared.warehouse.engines import Engines

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def company(database: Callable[..., Settings]) -> Iterator[tuple[Settings, Engines]]:
    """Two years of a company with as many leads and sales as a real one has; doors and calls are counted elsewhere."""
    chosen = database()
    engines = Engines(chosen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SIZES, "small", replace(SIZES["small"], months=24, volume=1.0))
        load_company(engines, chosen, size="small", seed=11, clock=lambda: NOW)
    yield chosen, engines
    engines.dispose()


@pytest.fixture(scope="module")
def judged(company: tuple[Settings, Engines]) -> dict[str, Any]:
    chosen, engines = company
    first, last = date(2024, 11, 1), TODAY - timedelta(days=1)
    with engines.primary.connect() as connection:
        unusual = load_calendar(connection).unusual_days(first, last)
    url = chosen.database_url.get_secret_value()
    return planted_days.measure(planted_days.counts_in(url, first, last), planted_days.planted_in(url), unusual)


def test_every_planted_day_is_told_on_its_day(judged: dict[str, Any]) -> None:
    assert judged["planted"] >= 20
    assert judged["recall"] == 1.0, judged["missed"]


def test_false_alarms_are_fewer_than_one_per_year_of_every_metric(judged: dict[str, Any]) -> None:
    assert judged["metrics_above_one"] == {}
    assert judged["false_alarms_per_metric_year"] < 0.7


def test_the_slump_is_warned_about_before_the_month_ends_and_as_the_worst_of_all_branches(company: tuple[Settings, Engines]) -> None:
    chosen, engines = company
    ensure_default_rules(engines)
    with engines.primary_reader() as connection:
        slump, began = connection.execute(text("SELECT branch_id, day FROM app.demo_truth WHERE rule = 'slump'")).one()
    rules, warned = [row for row in load_rules(engines) if row.seed in {"pace", "forecast"}], []
    paces: dict[int | None, float] = {}
    for back in range(7, -1, -1):  # every evening of the week until today, ten days before the month's end
        evening = NOW - timedelta(days=back)
        watcher = Watcher(engines, ExactAsk(engines, chosen, lambda evening=evening: evening), Reference(engines), chosen, lambda evening=evening: evening)  # type: ignore[misc]
        found = watcher.look(rules)
        warned += [(watch.row.seed, evening.date()) for watch, finding in found if finding.look == "breach" and watch.branch == slump]
        paces = {watch.branch: finding.value / finding.line for watch, finding in found if watch.row.seed == "pace" and finding.value and finding.line}
    assert began < date(2026, 11, 1)
    assert len([day for seed, day in warned if seed == "pace"]) >= 6
    assert "forecast" in {seed for seed, _ in warned}
    assert min(paces, key=lambda branch: paces[branch]) == slump
    assert paces[slump] < 0.75
