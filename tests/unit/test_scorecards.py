"""The scorecards over a company in memory."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bi_app.executive.plan import wanted_of
from bi_app.filters import Filters
from bi_app.pages.scorecards import PAGES, even_columns, layout
from bi_app.scorecards import trend
from bi_app.scorecards.worst import written
from shared.analysis.survival import kaplan_meier
from shared.live.vitals import Sign, Signs, of_hits, of_push, of_queue, of_replicas, of_warehouse, of_worker
from shared.metrics.errors import QuestionError
from shared.metrics.scope import Scope
from shared.metrics.scorecard import SCORECARDS, Ranking, Scorecard
from shared.metrics.standings import standings
from shared.people.person import Person
from shared.warehouse.departments import Aged, Spot
from shared.warehouse.exceptions import EXCEPTIONS, Found
from shared.warehouse.vitals import Lag, Warehouse
from shared.web.prerender import plain, prerender
from tests.unit.bi_fakes import FakeAsk, FakeReference, sources, visit

MOMENT = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)


class FakeBehind:
    """One row in each list, two ages, three tickets, one spot and a red sign."""

    def worst(self, key: str, _visit: object) -> Found:
        row: dict[str, object] = {"entity": "job", "entity_id": 9, "branch": "Columbus"}
        row |= {name: f"<i>{name}</i>" if kind == "text" else date(2026, 11, 2) if kind == "day" else 41 for name, _, kind in EXCEPTIONS[key].columns}
        return Found((row,), 3)

    def outstanding(self, _visit: object) -> list[Aged]:
        return [Aged(3, 6, 60_000.0), Aged(95, 2, 30_000.0)]

    def resolution(self, _visit: object) -> Any:
        return kaplan_meier([(10.0, True), (20.0, True), (30.0, False)])

    def knocks(self, _visit: object) -> list[Spot]:
        return [Spot(40.1, -80.2, 1, "Butler", 50, 2)]

    def signs(self) -> Signs:
        return Signs(MOMENT, (Sign("redis", "Redis", "down", "bad", "It does not answer", "Red: it does not answer"),))


def drawn(department: str, ask: FakeAsk | None = None, filters: Filters | None = None, scope: Scope | None = None) -> str:
    found = replace(sources(ask), behind=FakeBehind())  # type: ignore[arg-type]
    return prerender(plain(layout(SCORECARDS[department], visit(filters, scope), found)))


@pytest.mark.parametrize("department", SCORECARDS)
def test_a_scorecard_holds_all_that_its_declaration_names(department: str) -> None:
    page, declared = drawn(department), SCORECARDS[department]
    assert "Not available" not in page
    for name in (*declared.headlines, *declared.more):
        assert f'data-glass="{name}"' in page
    for title in (declared.ranking.title, *(EXCEPTIONS[key].title for key in declared.exceptions), *(each.title for each in declared.breakdowns)):
        assert title in page
    assert "Green at or above target" in page
    assert "&lt;i&gt;" in page
    assert "<i>label" not in page


def test_there_is_one_page_per_department_of_which_each_head_lands_on_theirs() -> None:
    assert [page.path for page in PAGES] == [f"/scorecards/{name}" for name in ("branch", "production", "service", "telemarketing", "canvass", "technology")]
    paths = {page.path for page in PAGES}
    for department in ("sales", "production", "service", "telemarketing", "canvass", "technology"):
        assert Person(1, "x@y.test", "X Y", "department_head", all_branches=True, department=department).first_page in paths
    assert Person(1, "x@y.test", "X Y", "department_head", all_branches=True, department="marketing").first_page == "/"
    assert Person(1, "x@y.test", "X Y", "branch_manager", all_branches=False).first_page == "/scorecards/branch"
    assert Person(1, "x@y.test", "X Y", "leadership", all_branches=True, department="service").first_page == "/"


def test_a_declaration_with_a_wrong_name_is_refused() -> None:
    ranking = Ranking("Crews", "crew", ("on_time_rate",))
    with pytest.raises(ValueError, match="cannot be split by crew"):
        Scorecard("x", "X", "x", (), (), (), (), Ranking("Crews", "crew", ("csat",)), (), ())
    with pytest.raises(ValueError, match="no list of exceptions"):
        Scorecard("x", "X", "x", (), (), (), (), ranking, (), ("lost_jobs",))


def test_one_bad_metric_costs_its_cards_only() -> None:
    page = drawn("production", FakeAsk(broken=frozenset({"rework_rate"})))
    assert page.count("could not be read just now") == 3  # the tiles, the branches, the crews
    assert "Oldest jobs in progress" in page


def test_technology_is_not_shown_to_who_sees_some_branches_only() -> None:
    page = drawn("technology", scope=Scope(frozenset({1})))
    assert "Not yours to see" in page
    assert "Availability" not in page


def test_a_red_light_stands_on_the_technology_page_when_redis_is_down() -> None:
    assert 'class="sc-sign bad"' in drawn("technology")


def test_a_reader_of_one_branch_sees_that_branch_alone_beside_itself() -> None:
    page = drawn("branch", scope=Scope(frozenset({2})))
    assert "Pittsburgh" in page
    assert "@@branch=1" not in page


def test_the_address_chooses_the_trend_and_the_ranking_and_nonsense_is_the_first() -> None:
    own = (("by", "dials"), ("grain", "month"), ("metric", "dials"))
    page = drawn("telemarketing", filters=Filters(own=own))
    assert "Dials, 12 months" in page
    assert "By dials" in page
    assert "Appointments set, 13 weeks" in drawn("telemarketing", filters=Filters(own=(("metric", "' OR 1"),)))


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2026, 1, 1), date(2026, 12, 31), date(2026, 3, 31)])
def test_a_trend_and_its_year_before_have_as_many_buckets(today: date) -> None:
    months, before = trend._spans(today, months=True)
    assert (months.start.day, before.start.day) == (1, 1)
    assert (before.end.year, before.end.month) == (months.end.year - 1, months.end.month)
    weeks, earlier = trend._spans(today, months=False)
    assert weeks.days == earlier.days == 91
    assert weeks.start.weekday() == earlier.start.weekday() == 0
    assert weeks.end < today


def test_a_code_of_the_glass_box_names_any_metric_period_and_key() -> None:
    here = visit()
    assert wanted_of("csat@@technician=7@branch=2", here, 1).where == (("technician", ("7",)),)
    assert wanted_of("csat@@technician=7@branch=2", here, 1).branches == frozenset({2})
    assert wanted_of("csat@2026-01-01..2026-01-31", here, 1).period.days == 31
    for wrong in ("csat@@branch=x", "csat@@branch=", "csat@nonsense", "csat@2026-01-01..x"):
        with pytest.raises(QuestionError):
            wanted_of(wrong, here, 1)


def test_small_samples_are_drawn_towards_their_group_and_ties_share_a_place() -> None:
    found = standings(FakeAsk(rates=0.5), FakeReference(), visit().period, Scope(None), "csat", ("csat",), over="technician")  # type: ignore[arg-type]
    assert [each.rank for each in found] == [1, 1, 1, 1]
    assert {each.movement for each in found} == {0}
    assert {each.branch for each in found} == {"Columbus", "Pittsburgh"}


def test_kaplan_meier_equals_the_worked_example() -> None:
    """Weeks in remission under 6-MP (Freireich and others, 1963), as textbooks work them out."""
    curve = kaplan_meier([(6, True), (6, True), (6, True), (6, False), (7, True), (9, False), (10, True), (10, False), (11, False), (13, True), (16, True), (17, False), (19, False),
                          (20, False), (22, True), (23, True), (25, False), (32, False), (32, False), (34, False), (35, False)])
    assert [round(step.share, 4) for step in curve.steps] == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert (curve.median, curve.open, curve.count) == (23, 12, 21)
    assert (round(curve.steps[0].low, 3), round(curve.steps[0].high, 3)) == (0.620, 0.952)


@given(st.lists(st.floats(0.1, 1e4), min_size=1, max_size=60))
def test_without_open_tickets_the_curve_is_the_plain_share(times: list[float]) -> None:
    curve = kaplan_meier([(time, True) for time in times])
    for step in curve.steps:
        assert step.share == pytest.approx(sum(time > step.time for time in times) / len(times), abs=1e-9)


def test_an_open_ticket_moves_the_median_up_and_none_resolved_gives_none() -> None:
    resolved = [(1.0, True), (2.0, True), (3.0, True)]
    assert kaplan_meier([*resolved, (10.0, False), (10.0, False)]).median > kaplan_meier(resolved).median
    assert math.isnan(kaplan_meier([(5.0, False)]).median)
    assert kaplan_meier([]).steps == ()


def test_lights_of_vital_signs_follow_their_rules() -> None:
    assert [of_queue(depth).status for depth in (0, 20, 21, 201)] == ["good", "good", "warn", "bad"]
    assert [of_hits(*each).status for each in ((0, 0), (90, 10), (30, 70), (5, 95))] == ["none", "good", "warn", "bad"]
    spoke = {"milliseconds": 40.0, "written_at": MOMENT.timestamp()}
    assert [of_worker(stats, MOMENT).status for stats in ({}, spoke, spoke | {"milliseconds": 1500.0})] == ["bad", "good", "warn"]
    silent = of_worker(spoke, MOMENT + timedelta(minutes=3))
    assert (silent.status, silent.text) == ("bad", "silent for 3 min")
    assert [sign.status for sign in of_replicas([Lag("a", 0.2), Lag("b", None), Lag("c", 20.0)], 5)] == ["good", "bad", "warn"]
    never = list(of_warehouse(Warehouse(17, 1, None, "sales", 0, 0, None, 0, 0, ""), MOMENT, 5))
    assert {sign.name: sign.status for sign in never} == {"primary": "good", "views": "bad", "marks": "good", "refreshes": "none"}


def test_the_push_latency_is_read_from_the_histogram() -> None:
    assert of_push([(0.001, 0.0), (0.01, 90.0), (0.1, 100.0), (math.inf, 100.0)]).text == "55.0 ms"
    assert of_push([(0.001, 0.0), (math.inf, 0.0)]).status == "none"
    assert of_push([(1.0, 0.0), (math.inf, 10.0)]).status == "warn"


@pytest.mark.parametrize(("value", "kind", "text"), [(None, "day", "—"), (50.0, "hours", "2.1 d"), (47.0, "hours", "47.0 h"), (119.0, "minutes", "119 min"), (240.0, "minutes", "4.0 h"), (12, "days", "12 d"), ("", "text", "—")])
def test_cells_are_written_as_people_read_them(value: object, kind: Any, text: str) -> None:
    assert written(value, kind) == text


@pytest.mark.parametrize(("count", "columns"), [(0, 1), (4, 4), (7, 7), (8, 4), (10, 5), (14, 7), (15, 5)])
def test_further_numbers_stand_in_rows_of_one_length(count: int, columns: int) -> None:
    assert even_columns(count) == columns
