"""What a headline says of its number: change, target, pace, landing, colour."""

import math
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from shared.metrics.comparison import compare
from shared.metrics.goal import Goal
from shared.metrics.headline import AMBER_FROM, HYSTERESIS, Headline, judge
from shared.metrics.metric import Better
from shared.metrics.period import Period, period
from shared.metrics.registry import metric, metrics
from shared.warehouse.calendar import Calendar

TODAY = date(2026, 11, 11)
MTD = period("mtd", TODAY)
OVER = period("last_month", TODAY)


def headline(name: str, value: float, previous: float = math.nan, goal: Goal | None = None, sample: float | None = None, span: Period = MTD, maturity: str = "") -> Headline:
    return Headline(metric(name), span, value, sample, compare(span, "previous", Calendar()), previous, goal, (), "", datetime(2026, 11, 11, tzinfo=UTC), "", maturity)


@pytest.mark.parametrize(("share", "status"), [(1.2, "good"), (1.0, "good"), (0.9999, "warn"), (0.9, "warn"), (0.8999, "bad"), (0.0, "bad"), (-1.0, "bad"), (math.nan, "none"), (None, "none"), (math.inf, "good")])
def test_green_from_the_target_amber_from_nine_tenths_red_below(share: float | None, status: str) -> None:
    assert judge(share) == status


@pytest.mark.parametrize(("before", "share", "status"), [
    ("good", 0.995, "good"), ("good", 0.98, "warn"), ("warn", 0.995, "warn"), ("warn", 1.0, "good"), ("warn", 0.895, "warn"), ("warn", 0.88, "bad"), ("bad", 0.905, "bad"), ("bad", 0.92, "warn"), ("bad", 1.0, "good"),
])
def test_a_light_changes_only_once_it_is_past_the_line(before: str, share: float, status: str) -> None:
    assert judge(share, before) == status  # type: ignore[arg-type]


@pytest.mark.parametrize("line", [1.0, AMBER_FROM])
def test_a_light_does_not_flicker_around_a_line(line: float) -> None:
    statuses = ["none"]
    for number in range(20):
        statuses.append(judge(line + (0.4 if number % 2 else -0.4) * HYSTERESIS, statuses[-1]))  # type: ignore[arg-type]
    assert sum(one != other for one, other in pairwise(statuses[1:])) <= 1


def test_a_rise_is_good_or_bad_by_the_metric() -> None:
    assert headline("net_sales_amount", 110, 100).is_good is True
    assert headline("cancel_rate", 0.2, 0.1).is_good is False
    assert headline("cancel_rate", 0.1, 0.2).is_good is True
    assert headline("open_items", 110, 100).is_good is None
    assert headline("net_sales_amount", 100.01, 100).is_good is None  # flat
    assert headline("set_rate", 0.5, 0.4, maturity="young").is_good is None
    assert headline("match_rate", 0.0, 0.98, sample=5).is_good is None  # five cases prove nothing


@pytest.mark.parametrize(("name", "value", "previous", "change", "words", "direction"), [
    ("net_sales_amount", 108.4, 100, 0.084, "8.4%", "up"), ("net_sales_amount", 50, 100, -0.5, "50.0%", "down"), ("net_sales_amount", 50, -100, 1.5, "150.0%", "up"),
    ("sit_rate", 0.5, 0.48, 0.02, "2.0 pt", "up"), ("nps", 40, 45, -5, "5.0 pt", "down"), ("leads", 5, 0, None, "—", "flat"), ("leads", math.nan, 4, None, "—", "flat"), ("leads", 4, math.nan, None, "—", "flat"),
])
def test_a_change_is_relative_except_for_shares_and_points(name: str, value: float, previous: float, change: float | None, words: str, direction: str) -> None:
    found = headline(name, value, previous)
    assert found.change == (None if change is None else pytest.approx(change))
    assert found.change_text == words
    assert found.direction == direction


def test_a_running_sum_is_held_against_its_pace_and_lands_by_it() -> None:
    found = headline("net_sales_amount", 500, goal=Goal(1000, 0.4))
    assert (found.attainment, found.pace, found.projected, found.status) == (pytest.approx(0.5), pytest.approx(1.25), pytest.approx(1250), "good")
    assert found.status_words == "50% of $1,000, 40% of the period's working weight has passed: pace 1.25"


def test_a_period_that_is_over_is_held_against_its_target_and_lands_nowhere() -> None:
    found = headline("net_sales_amount", 950, goal=Goal(1000, 1.0), span=OVER)
    assert (found.pace, found.projected, found.status) == (pytest.approx(0.95), None, "warn")
    assert found.status_words == "95% of the target $1,000"


def test_today_is_a_running_day() -> None:
    found = headline("net_sales_amount", 300, goal=Goal(1000, 0.25), span=period("today", TODAY))
    assert (found.status, found.projected) == ("good", pytest.approx(1200))
    assert "25% of the period's working weight has passed" in found.status_words


def test_before_the_first_working_hour_there_is_no_pace_and_no_colour() -> None:
    found = headline("net_sales_amount", 0, goal=Goal(1000, 0.0))
    assert (found.pace, found.projected, found.status) == (None, None, "none")


def test_where_less_is_better_the_goal_is_divided_by_the_number() -> None:
    assert headline("cancel_rate", 0.10, goal=Goal(0.08, 0.4), sample=100).attainment == pytest.approx(0.8)
    assert headline("cancel_rate", 0.10, goal=Goal(0.08, 0.4), sample=100).status == "bad"
    assert headline("cancel_rate", 0.05, goal=Goal(0.08, 0.4), sample=100).status == "good"
    spent = headline("cancelled_sales", 4, goal=Goal(10, 0.5))
    assert spent.pace == pytest.approx(1.25)
    assert spent.status == "good"
    assert headline("cancelled_sales", 6, goal=Goal(10, 0.5)).status == "bad"


def test_none_of_a_bad_thing_is_green_and_not_without_a_target() -> None:
    found = headline("cancelled_sales", 0, goal=Goal(10, 0.5))
    assert (found.status, found.status_words) == ("good", "none, against a target of 10")
    assert headline("net_sales", 0, goal=Goal(10, 0.5)).status == "bad"


def test_a_rate_is_not_paced() -> None:
    found = headline("sit_rate", 0.57, goal=Goal(0.6, 0.3), sample=50)
    assert (found.pace, found.projected, found.status) == (None, None, "warn")


def test_too_few_cases_are_shown_and_not_judged() -> None:
    found = headline("sit_rate", 0.1, goal=Goal(0.6, 1.0), sample=19)
    assert (found.status, found.text) == ("none", "10.0%")
    assert found.status_words == "only 19 cases, 20 are needed to judge"
    assert headline("sit_rate", 0.1, goal=Goal(0.6, 1.0), sample=20).status == "bad"


def test_a_young_cohort_is_not_judged() -> None:
    found = headline("set_rate", 0.1, goal=Goal(0.6, 1.0), sample=100, maturity="young cohort")
    assert (found.status, found.status_words) == ("none", "young cohort")


@pytest.mark.parametrize("goal", [None, Goal(0.0, 0.5)])
def test_without_a_target_there_is_no_colour(goal: Goal | None) -> None:
    assert headline("net_sales_amount", 5, goal=goal).status == "none"
    assert headline("net_sales_amount", 5, goal=goal).status_words == "no target"


@pytest.mark.parametrize("name", metrics())
def test_a_missing_number_is_said_for_every_metric_and_never_judged(name: str) -> None:
    found = headline(name, math.nan, 5, Goal(10, 0.5), sample=1e6)
    assert (found.text, found.status, found.change, found.is_good, found.projected) == ("—", "none", None, None, None)
    assert "no number for" in found.words


def test_the_words_name_what_is_compared() -> None:
    assert headline("leads", 110, 100).words.startswith("Leads 110, up 10.0% against 1–")
    assert headline("leads", 100, 100).words.startswith("Leads 100, unchanged against")
    assert "nothing to compare with" in headline("leads", 100).words


@pytest.mark.parametrize("name", metrics())
def test_every_metric_says_how_it_is_judged(name: str) -> None:
    declared = metric(name)
    assert declared.label
    assert declared.meaning.endswith((".", "quotes.")) or declared.meaning[-1] in ".)"
    assert declared.date
    assert declared.source, "which line of the KPI dictionary it comes from"
    assert isinstance(declared.better, Better)


def test_a_sum_of_money_is_named_without_a_second_sign() -> None:
    assert headline("net_sales_amount", 1_420_000, 1_000_000).words.startswith("Net sales $1.42M, up 42.0% against")
