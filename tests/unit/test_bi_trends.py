"""The trends page: what its address means, and what its cards say."""

import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bi_app.filters import Filters, filters_of
from bi_app.pages import trends
from bi_app.trends.choices import NAMES, choices_of
from bi_app.trends.growth import growth_rows
from bi_app.trends.numbers import Numbers, Series, numbers_of, start_of, year_before
from bi_app.trends.why import periods, why_of
from shared.analysis.contribution import Part
from shared.charts.trends import Line, trend_line
from shared.metrics.drivers import part_words
from shared.metrics.metric import Unit
from shared.metrics.period import Period
from shared.metrics.registry import metric
from shared.metrics.remembered import Remembered
from shared.metrics.scope import Scope
from shared.warehouse.annotations import Feedback
from shared.web.prerender import plain, prerender
from tests.unit.bi_fakes import TODAY, FakeAsk, sources, visit

MOMENT = datetime(2026, 11, 20, tzinfo=UTC)


def seeing(scope: Scope | None = None, **own: str) -> Filters:
    return filters_of(own, scope or Scope(None), (1, 2), TODAY, NAMES)


def drawn(ask: FakeAsk | None = None, **own: str) -> str:
    return prerender(plain(trends.layout(visit(seeing(**own)), sources(ask))))


@pytest.mark.parametrize("own", [{}, {"split": "branch", "grain": "day", "span": "13w"}, {"metric": "net_close_rate", "grain": "month", "span": "all"}, {"metric": "net_close_rate", "split": "rep"}, {"grain": "quarter", "base": "year", "compare": "calendar"},
                                 {"metric": "open_items"}, {"day": "2026-11-03", "grain": "day"}])
def test_every_choice_draws_every_card(own: dict[str, str]) -> None:
    page = drawn(**own)
    assert "Not available" not in page
    assert all(f'aria-label="{title}"' in page for title in ("Growth", "Seasons", "Why did this change?", "Out of the ordinary", "What happened"))


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30)))
def test_no_address_can_break_the_page(own: dict[str, str]) -> None:
    chosen = choices_of(visit(seeing(**own)))
    assert chosen.metric.name == own.get("metric", "") or chosen.metric.name == "net_sales_amount"


def test_a_part_that_fails_leaves_the_choices_within_reach() -> None:
    page = drawn(FakeAsk(broken=frozenset({"net_sales_amount"})))
    assert "Not available" in page
    assert "metric=" in page


def test_who_sees_some_branches_is_not_offered_what_belongs_to_none() -> None:
    chosen = choices_of(visit(seeing(metric="availability"), Scope(frozenset({1}))))
    assert chosen.metric.name == "net_sales_amount"


def test_whoever_may_not_write_annotations_gets_no_form() -> None:
    def page(role: str) -> str:
        return prerender(plain(trends.layout(visit(seeing(), role=role), sources())))

    assert 'data-do="annotate"' in page("analyst")
    assert 'data-do="annotate"' not in page("branch_manager")


def numbers(values: list[float], name: str = "net_sales_amount") -> Numbers:
    """The same value on each day of many months: weeks, months and quarters are what they add up to."""
    days = [date.fromordinal(date(2024, 1, 1).toordinal() + step) for step in range((TODAY - date(2024, 1, 1)).days + 1)]
    by = {}
    for grain in ("day", "week", "month", "quarter"):
        sums: dict[date, float] = {}
        for place, day in enumerate(days):
            sums[start_of(day, grain)] = sums.get(start_of(day, grain), 0.0) + values[place % len(values)]
        by[grain] = Series(list(sums), list(sums.values()), None)
    return Numbers(metric(name), by, "week", Period(date(2025, 11, 17), TODAY))


def test_growth_is_of_complete_periods_and_shows_its_arithmetic() -> None:
    rows = {row.name: row for row in growth_rows(numbers([100.0]), choices_of(visit(seeing())), TODAY)}
    assert rows["Week on week"].value == 0
    assert rows["Month on month"].words.startswith("1–31 Oct 2026 against 1–30 Sep 2026")
    assert rows["Month on month"].value == pytest.approx(31 / 30 - 1)
    assert rows["Month on month"].arithmetic == "($3,100 − $3,000) ÷ $3,000"
    assert "small base" in rows["Month on month"].warning
    assert rows["Year on year (364 days before)"].value == 0
    assert rows["Rolling 28 days"].value == 0


def test_last_year_is_the_same_weekdays_or_the_same_dates() -> None:
    each = numbers([100.0])
    assert year_before(each, date(2026, 11, 16), "week", "weekday")[0] == Period(date(2025, 11, 17), date(2025, 11, 23))
    assert year_before(each, date(2026, 10, 1), "month", "calendar")[0] == Period(date(2025, 10, 1), date(2025, 10, 31))
    assert year_before(each, date(2026, 10, 1), "month", "weekday") == (Period(date(2025, 10, 2), date(2025, 11, 1)), 3100.0)
    assert math.isnan(year_before(each, date(2024, 3, 1), "month", "calendar")[1])


def test_a_month_of_a_ratio_keeps_its_dates() -> None:
    assert year_before(numbers([0.3], "net_close_rate"), date(2026, 10, 1), "month", "weekday")[0] == Period(date(2025, 10, 1), date(2025, 10, 31))


def test_a_running_bucket_is_explained_against_as_many_days() -> None:
    chosen = choices_of(visit(seeing(day=TODAY.isoformat())))
    assert periods(visit(), chosen, numbers([1.0])) == (Period(date(2026, 11, 16), TODAY), Period(date(2026, 11, 9), date(2026, 11, 13)))


def test_parts_of_a_change_add_up_to_it() -> None:
    who, known = visit(seeing()), sources()
    chosen = choices_of(who)
    asked = numbers_of(who, known, chosen)
    spans = periods(who, chosen, asked)
    assert spans
    why = why_of(who, known, chosen, asked, spans)
    assert why.drivers.dimensions == ("branch", "source", "rep", "product")
    assert sum(part.after - part.before for part in why.drivers.parts) == pytest.approx(0)
    part = Part((("branch", "Columbus"),), 100.0, 300.0, 0.8, "")
    assert part_words(part, 250.0, Unit.MONEY) == "Columbus rose by $200, from $100 to $300: 80.0% of the rise."


def test_a_verdict_on_some_branches_holds_for_exactly_these() -> None:
    def said(branch: int | None, verdict: str = "expected") -> Feedback:
        return Feedback("leads", branch, TODAY, verdict, "", "Ada", MOMENT)

    assert trends.valid_for([said(1)], None) == []
    assert trends.valid_for([said(None), said(1, "not_expected")], {1})[0].verdict == "not_expected"
    assert trends.valid_for([said(1)], {1, 2}) == []
    assert len(trends.valid_for([said(1), said(2)], {1, 2})) == 1


def test_a_figure_breaks_its_line_at_gaps_and_draws_the_running_bucket_apart() -> None:
    days = [date(2026, 11, day) for day in (1, 2, 3)]
    figure = trend_line(Line(days, [1.0, math.nan, 3.0], odd=[days[0]], is_running=True), Unit.COUNT, "day")
    traces = {trace["name"]: trace for trace in figure["data"]}  # type: ignore[attr-defined]
    assert traces["Actual"]["y"] == [1.0, None]
    assert traces["So far"]["y"] == [None, 3.0]
    assert traces["Out of the ordinary"]["customdata"] == ["2026-11-01"]


def test_findings_are_worked_out_once_for_the_same_series() -> None:
    door, calls = Remembered(), []

    def work() -> dict[str, object]:
        calls.append(1)
        return {"value": math.nan}

    assert [door("x", [1.0, date(2026, 1, 1)], work), door("x", [1.0, date(2026, 1, 1)], work)] == [{"value": None}] * 2
    assert len(calls) == 1
    door("x", [2.0, date(2026, 1, 1)], work)
    assert len(calls) == 2
