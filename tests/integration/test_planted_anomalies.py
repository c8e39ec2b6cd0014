"""The demo company's planted odd days, judged as they would have been told on the day: found where chance allows, and few false alarms."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from benchmarks import planted_days
from jobs.demo.load import load_company
from jobs.demo.sizes import SIZES
from shared.settings import Settings
from shared.warehouse.calendar import load_calendar
from shared.warehouse.engines import Engines

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def judged(database: Callable[..., Settings]) -> dict[str, Any]:
    """Two years of a company with as many leads and sales as a real one has; doors and calls are counted elsewhere."""
    chosen = database()
    engines = Engines(chosen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SIZES, "small", replace(SIZES["small"], months=24, volume=1.0))
        load_company(engines, chosen, size="small", seed=11, views=False, clock=lambda: NOW)
    first, last = date(2024, 11, 1), TODAY - timedelta(days=1)
    with engines.primary.connect() as connection:
        unusual = load_calendar(connection).unusual_days(first, last)
    engines.dispose()
    url = chosen.database_url.get_secret_value()
    return planted_days.measure(planted_days.counts_in(url, first, last), planted_days.planted_in(url), unusual)


def test_nearly_every_planted_day_that_chance_does_not_hide_is_told_on_its_day(judged: dict[str, Any]) -> None:
    assert judged["visible"] >= 12
    assert judged["recall_visible"] >= 0.8


def test_false_alarms_are_fewer_than_one_per_metric_and_year(judged: dict[str, Any]) -> None:
    assert judged["false_alarms_per_metric_year"] < 1
