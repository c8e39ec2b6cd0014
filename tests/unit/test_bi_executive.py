"""The executive page over a company in memory."""

import json
import math
import re
from dataclasses import replace

import pytest

from bi_app.executive import attention, funnel, plan, territories
from bi_app.executive.leaderboard import movement
from bi_app.executive.trend import _year_before
from bi_app.filters import Filters
from bi_app.pages.executive import layout
from shared.metrics.errors import QuestionError
from shared.metrics.headline import Wanted
from shared.metrics.headline_words import percent, points
from shared.metrics.scope import Scope
from shared.web.prerender import plain, prerender
from tests.unit.bi_fakes import TODAY, FakeAsk, FakeReference, sources, visit


def page(ask: FakeAsk | None = None, filters: Filters | None = None, **options: object) -> str:
    return prerender(plain(layout(visit(filters, options.get("scope")), sources(ask, options.get("reference")))))  # type: ignore[arg-type]


def test_the_first_response_holds_every_card_with_its_numbers() -> None:
    drawn = page()
    for title in ("Today", "This week", "This month", "This year", "Weekly revenue", "Lead to installed", "Branches", "Representatives", "Open pipeline", "Firm and soft revenue", "Needs attention"):
        assert title in drawn
    assert "Not available" not in drawn


def test_there_are_at_most_twelve_tiles_each_of_which_opens_a_glass_box() -> None:
    tree = json.dumps(plain(layout(visit(), sources())))
    assert len(plan.REVENUE) + len(plan.FLOW) <= 12
    for code in [plan.glass_code(preset) for preset in plan.REVENUE] + list(plan.FLOW):
        assert f'"data-glass": "{code}"' in tree


@pytest.mark.parametrize(("broken", "card"), [("open_items", "Open pipeline"), ("firm_amount", "Firm and soft revenue"), ("leads", "Lead to installed")])
def test_a_card_that_fails_says_so_and_the_others_stay(broken: str, card: str) -> None:
    drawn = page(FakeAsk(broken=frozenset({broken})))
    failed = drawn.split(f">{card}</h2>")[1].split("</section>")[0]
    assert "could not be read just now" in failed
    assert "Try again" in failed
    assert "This month" in drawn
    assert "Representatives" in drawn


def test_one_bad_metric_of_the_strip_does_not_take_the_revenue_away() -> None:
    drawn = page(FakeAsk(broken=frozenset({"cost_per_lead"})))
    assert "This month" in drawn
    assert drawn.count("could not be read just now") == 2  # the strip, and the list that speaks of it


def test_a_page_without_any_number_still_stands_and_offers_to_try_again() -> None:
    drawn = page(FakeAsk(broken=frozenset({"net_sales_amount", "leads", "open_items", "firm_amount", "nsli"})))
    assert "no numbers" in drawn
    assert drawn.count("Try again") >= 6


def test_a_degraded_answer_is_said_above_the_numbers() -> None:
    assert "exact, but slower" in page(FakeAsk(degraded="The cache is away: numbers are exact, but slower."))


def test_an_empty_company_is_told_what_is_missing_and_not_shown_zeros_as_success() -> None:
    drawn = page(FakeAsk(value=0.0), reference=FakeReference(None))
    assert "Two complete weeks of sales are needed" in drawn
    assert "No lead came in" in drawn
    assert "Nothing was sold in these days" in drawn
    assert "No target set" in drawn


def test_missing_numbers_are_dashes_and_never_nan() -> None:
    drawn = page(FakeAsk(rates=float("nan")), reference=FakeReference(None))
    assert "—" in drawn
    assert not re.search(r"\bnan\b", drawn, re.IGNORECASE)


def test_names_from_the_database_are_escaped() -> None:
    drawn = page()
    assert "Tom &lt;b&gt;Kessler" in drawn
    assert "<b>Kessler" not in drawn


def test_a_chosen_branch_limits_every_question_but_those_of_the_map() -> None:
    ask = FakeAsk()
    page(ask, Filters(branches=(2,)))
    limits = {question.branches for question in ask.asked}
    assert None not in {question.branches for question in ask.asked if question.metrics != ("sales_cycle_p90",)}
    assert limits <= {frozenset({1}), frozenset({2}), None}


def test_a_manager_is_offered_only_their_own_branches() -> None:
    drawn = page(scope=Scope(frozenset({2})))
    assert "Pittsburgh" in drawn.split("Branches</h2>")[1]
    assert "Columbus" not in drawn.split("Branches</h2>")[1].split("Representatives")[0]


def test_a_chosen_stage_shows_who_holds_it_and_can_be_removed() -> None:
    drawn = page(filters=Filters(stage="quote"))
    assert "Open quotes: who holds them" in drawn
    assert "Stage: Open quotes, remove" in drawn


def test_a_person_without_branches_gets_a_page_that_says_so() -> None:
    assert "No branch is assigned to you" in page(scope=Scope(frozenset()))


def test_rates_of_the_funnel_are_of_the_step_before_and_of_the_first() -> None:
    found = funnel.steps(["Leads", "Set", "Sold"], [200.0, 50.0, 10.0])
    assert [(step.of_before, step.of_first) for step in found[1:]] == [(0.25, 0.25), (0.2, 0.05)]


def test_a_rate_after_an_empty_step_is_missing() -> None:
    found = funnel.steps(["Leads", "Set", "Sold"], [200.0, 0.0, 0.0])
    assert math.isnan(found[2].of_before)
    assert funnel.share(found[2].of_before) == "—"


def test_the_event_funnel_asks_for_what_happened() -> None:
    ask = FakeAsk()
    page(ask, Filters(basis="event"))
    assert tuple(funnel.EVENT) in {question.metrics for question in ask.asked}


def test_the_worst_comes_first_and_good_news_last() -> None:
    here = visit()
    headlines = sources(FakeAsk(values={"sit_rate": 0.1})).headlines([Wanted("net_sales_amount", here.period), Wanted("sit_rate", here.period)], here.scope)
    lines = [(branch, headline) for branch, headline in zip(here.branches, [headlines[0], replace(headlines[0], value=10_000.0)], strict=True)]
    found = attention.notes(here, headlines, lines)
    assert found[0].status == "bad"
    assert found[-1].status == "good"
    assert len(found) <= 5
    assert all(note.link or note.glass for note in found)


def test_movement_says_which_way_in_words() -> None:
    assert movement(3).title == "3 places up"
    assert movement(-1).title == "1 place down"
    assert movement(0).title == "Same place"
    assert movement(None).children == "new"


def test_a_gap_in_a_sparkline_is_empty() -> None:
    assert points([1.0, float("nan"), 2.5]) == "1,,2.5"


def test_an_absurd_share_of_a_target_is_not_spelled_out() -> None:
    assert percent(1234.0) == "over 999%"
    assert percent(0.971) == "97%"


def test_last_year_lies_under_the_same_weeks_and_reaches_over_the_weeks_ahead() -> None:
    weeks = [float(number) for number in range(156)]
    before = _year_before(weeks, 52, 13)
    assert before[0] == 156 - 52 - 52
    assert len(before) == 52 + 13
    assert before[52] == 156 - 52


def test_a_glass_code_without_a_span_means_the_chosen_period() -> None:
    here = visit(Filters("last_month"))
    assert plan.wanted_of("leads", here, 1).period == here.period
    assert plan.wanted_of("net_sales_amount@today", here, 1).period.start == TODAY


@pytest.mark.parametrize("code", ["net_sales_amount@forever", "net_sales_amount@'; DROP TABLE x"])
def test_a_glass_code_that_no_tile_has_is_refused(code: str) -> None:
    with pytest.raises(QuestionError):
        plan.wanted_of(code, visit(), 1)


def test_every_branch_of_the_list_is_a_link_that_filters_by_it() -> None:
    here = visit()
    lines = list(zip(here.branches, sources().headlines(territories.branches_wanted(here), here.scope), strict=True))
    drawn = prerender(plain(territories.branches_card(here, lines, {})))
    assert 'href="?period=mtd&amp;branch=1"' in drawn
    assert 'href="?period=mtd&amp;branch=2"' in drawn
