"""Targets over any span, the share of a period that has passed, pace and landing."""

from datetime import UTC, date, datetime

import pytest

from shared.metrics.goal import elapsed_share, goal
from shared.metrics.period import Period, custom, period
from shared.metrics.registry import metric
from shared.warehouse.calendar import Calendar
from shared.warehouse.targets import Target

D = date
NEW_YORK = "America/New_York"
SALES, RATE = metric("net_sales_amount"), metric("sit_rate")
PLAIN = Calendar()
NOON = datetime(2026, 11, 11, 19, 0, tzinfo=UTC)  # 14:00 in New York: half of the business day from 8 to 20


def targets(name: str, **months: float) -> tuple[Target, ...]:
    return tuple(Target(name, None, D(2026, int(month[1:]), 1), value) for month, value in months.items())


def aim(declared: object, span: Period, rows: tuple[Target, ...], branches: frozenset[int] | None = None, calendar: Calendar = PLAIN) -> float | None:
    found = goal(declared, span, branches, rows, calendar, NOON, NEW_YORK)  # type: ignore[arg-type]
    return None if found is None else found.value


def test_a_running_month_is_held_against_its_whole_target() -> None:
    assert aim(SALES, period("mtd", D(2026, 11, 11)), targets("net_sales_amount", m11=2500.0)) == pytest.approx(2500)


def test_a_flow_is_spread_over_working_days_and_a_sunday_has_no_goal() -> None:
    rows = targets("net_sales_amount", m11=2500.0)  # November 2026: 25 working days
    assert aim(SALES, custom("2026-11-02", "2026-11-07"), rows) == pytest.approx(600)
    assert aim(SALES, custom("2026-11-08", "2026-11-08"), rows) == 0


def test_a_span_over_two_months_takes_a_part_of_each() -> None:
    rows = targets("net_sales_amount", m10=2700.0, m11=2500.0)  # October: 27 working days
    assert aim(SALES, custom("2026-10-30", "2026-11-03"), rows) == pytest.approx(2 * 100 + 2 * 100)
    assert aim(SALES, custom("2026-10-01", "2026-11-30"), rows) == pytest.approx(5200)


def test_weights_of_the_calendar_decide_a_days_part() -> None:
    calendar = Calendar({D(2026, 11, day): 0.5 if day == 7 else 0.0 if day > 7 else 1.0 for day in range(1, 31)})
    rows = targets("net_sales_amount", m11=650.0)
    assert aim(SALES, custom("2026-11-07", "2026-11-07"), rows, calendar=calendar) == pytest.approx(50)
    assert aim(SALES, custom("2026-11-20", "2026-11-30"), rows, calendar=calendar) == 0


def test_a_rate_keeps_its_target_and_two_months_are_weighted() -> None:
    rows = targets("sit_rate", m10=0.6, m11=0.8)
    assert aim(RATE, custom("2026-11-02", "2026-11-03"), rows) == pytest.approx(0.8)
    assert aim(RATE, custom("2026-10-31", "2026-11-03"), rows) == pytest.approx((0.6 + 2 * 0.8) / 3)
    assert aim(RATE, custom("2026-11-08", "2026-11-08"), rows) is None  # a Sunday weighs nothing


def test_a_month_without_target_leaves_no_goal() -> None:
    assert aim(SALES, custom("2026-11-30", "2026-12-01"), targets("net_sales_amount", m11=2500.0)) is None
    assert aim(SALES, custom("2026-11-30", "2026-11-30"), targets("leads", m11=2500.0)) is None


def test_a_company_without_a_row_adds_its_branches_and_averages_rates() -> None:
    month = D(2026, 11, 1)
    rows = (Target("net_sales_amount", 1, month, 1000.0), Target("net_sales_amount", 2, month, 1500.0), Target("sit_rate", 1, month, 0.5), Target("sit_rate", 2, month, 0.7))
    whole = custom("2026-11-01", "2026-11-30")
    assert aim(SALES, whole, rows) == pytest.approx(2500)
    assert aim(RATE, whole, rows) == pytest.approx(0.6)
    assert aim(SALES, whole, rows, frozenset({2})) == pytest.approx(1500)
    assert aim(SALES, whole, rows, frozenset({2, 3})) is None
    assert aim(SALES, whole, (*rows, Target("net_sales_amount", None, month, 9000.0))) == pytest.approx(9000)
    assert aim(SALES, whole, (*rows, Target("net_sales_amount", None, month, 9000.0)), frozenset({1})) == pytest.approx(1000)


@pytest.mark.parametrize(("moment", "share"), [
    (datetime(2026, 11, 11, 19, 0, tzinfo=UTC), (8 + 0.5) / 25),   # 2 to 10 November without Sunday: eight days, and half of Wednesday
    (datetime(2026, 11, 11, 12, 59, tzinfo=UTC), 8 / 25),          # 7:59: not open yet
    (datetime(2026, 11, 12, 1, 30, tzinfo=UTC), 9 / 25),           # 20:30: closed, still the 11th in New York
    (datetime(2026, 11, 1, 20, 0, tzinfo=UTC), 0.0),               # a Sunday
    (datetime(2026, 12, 1, 5, 0, tzinfo=UTC), 1.0),                # midnight in New York: over
    (datetime(2026, 12, 1, 4, 59, tzinfo=UTC), 1.0),
    (datetime(2026, 10, 31, 12, 0, tzinfo=UTC), 0.0),              # not begun
])
def test_the_share_that_has_passed_counts_working_weight_and_the_hours_of_today(moment: datetime, share: float) -> None:
    assert elapsed_share(period("mtd", D(2026, 11, 11)), PLAIN, moment, NEW_YORK) == pytest.approx(share)


def test_a_span_without_weight_has_passed_only_when_it_is_over() -> None:
    sunday = custom("2026-11-08", "2026-11-08")
    assert elapsed_share(sunday, PLAIN, datetime(2026, 11, 8, 20, tzinfo=UTC), NEW_YORK) == 0.0
    assert elapsed_share(sunday, PLAIN, datetime(2026, 11, 9, 20, tzinfo=UTC), NEW_YORK) == 1.0


def test_the_business_day_has_twelve_hours_on_the_day_the_clocks_change() -> None:
    calendar = Calendar({D(2026, 11, 1): 1.0})
    sunday = custom("2026-11-01", "2026-11-01")
    assert elapsed_share(sunday, calendar, datetime(2026, 11, 1, 19, tzinfo=UTC), NEW_YORK) == pytest.approx(0.5)  # 14:00 standard time
