"""Every metric equals its oracle on the demo company too, where numbers look as they will."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest

from jobs.demo.load import load_company
from jobs.reconciliation import reconcile_what_is_due
from shared.cache import Cache
from shared.metrics.ask import CachedAsk
from shared.metrics.dimension import dimensions_of
from shared.metrics.period import Period, period
from shared.metrics.question import Question
from shared.metrics.registry import metric, metrics
from shared.metrics.scope import COMPANY
from shared.settings import Settings
from shared.warehouse.engines import Engines
from tests.oracles.compare import World, wrong

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
TODAY = date(2026, 11, 20)
PERIODS = (period("mtd", TODAY), period("last_month", TODAY), period("last_365_days", TODAY), Period(date(2026, 1, 1), date(2026, 6, 30)), Period(date(2026, 8, 25), date(2026, 9, 5)))


@pytest.fixture(scope="module")
def demo(database: Callable[..., Settings]) -> Iterator[World]:
    """The small demo company, its ghosts, splits and ledgers looked at once."""
    chosen = database()
    engines = Engines(chosen)
    load_company(engines, chosen, size="small", seed=8, clock=lambda: NOW)
    reconcile_what_is_due(engines, chosen, lambda: NOW)
    engines.wait_for_replicas()
    with engines.primary.connect() as connection:
        yield World(CachedAsk(engines, Cache(chosen), chosen, lambda: NOW), engines, chosen, connection)
    engines.primary.dispose()


@pytest.mark.parametrize("name", metrics())
def test_every_metric_equals_its_oracle_on_the_demo_company(name: str, demo: World) -> None:
    told = [error for span in PERIODS for error in wrong(demo, Question((name,), span), name)]
    told += [error for each in dimensions_of(metric(name)) if each.name in {"branch", "rep", "source", "stage"} for error in wrong(demo, Question((name,), PERIODS[2], split=(each.name,)), name)]
    assert told == []


@pytest.mark.parametrize("name", [name for name in metrics() if name != "break_age"])  # nothing that was found a moment ago is closed yet
def test_the_demo_company_has_a_number_for_every_metric(name: str, demo: World) -> None:
    answered = demo.ask(Question((name,), PERIODS[2]), COMPANY)
    assert not math.isnan(answered.value(name))
    # A small company sells no quote that old, and may solve as many tickets in a year as are opened.
    assert answered.value(name) != 0 or name in {"quote_close_rate_61_90", "tickets_net_flow"}
