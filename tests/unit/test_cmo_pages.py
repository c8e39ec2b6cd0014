"""Pages of the CMO site over a company in memory: every card speaks, fails alone, and goes into files as it stands on the screen."""

import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmo_app.app import PAGES
from cmo_app.branches.leaks import says
from cmo_app.overview.since import Standing, sentences
from cmo_app.page import Page
from cmo_app.pages.branches import PAGE as BRANCHES
from cmo_app.pages.overview import PAGE as OVERVIEW
from cmo_app.shell.frame import body
from shared.analysis.gaps import gains
from shared.metrics.scope import Scope
from shared.web.prerender import plain, prerender
from tests.unit.bi_fakes import MOMENT, FakeAsk, FakeReference
from tests.unit.cmo_fakes import sources, visit


def drawn(page: Page, query: str = "", ask: FakeAsk | None = None, reference: FakeReference | None = None, scope: Scope | None = None) -> str:
    here = visit(page, query, scope)
    return prerender(plain(body(page, here, page.draw(here, sources(ask, reference)))))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_card_is_drawn_and_says_its_numbers(page: Page) -> None:
    sheet = page.draw(visit(page), sources())
    assert [card.block.key for card in sheet.cards if card.has_failed] == []
    assert len({card.block.key for card in sheet.cards}) == len(sheet.cards)
    html = drawn(page)
    assert html.count("data-card=") == len(sheet.cards)


@pytest.mark.parametrize("page", [OVERVIEW, BRANCHES], ids=lambda page: page.path)
def test_a_metric_that_cannot_be_read_costs_its_cards_only(page: Page) -> None:
    html = drawn(page, ask=FakeAsk(broken=frozenset({"net_sales_amount"})))
    assert "could not be read just now" in html
    assert html.count('class="card-x') > html.count("could not be read just now") > 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_a_company_in_which_nothing_happened_is_no_error(page: Page) -> None:
    sheet = page.draw(visit(page), sources(FakeAsk(value=0.0, rates=math.nan), FakeReference(target=None)))
    assert [card.block.key for card in sheet.cards if card.has_failed] == []


def test_what_the_screen_shows_goes_into_files() -> None:
    here, doors = visit(OVERVIEW), sources()
    document = OVERVIEW.draw(here, doors).document(OVERVIEW.title, here, MOMENT)
    found = document.block("channels")
    assert found
    assert found.table
    assert found.table.rows == (("First", 1000.0, 0.5, 1000.0, 0.0), ("Second", 1000.0, 0.5, 1000.0, 0.0))
    assert found.table.totals == ("All", 2000.0, 1.0, 2000.0, 0.0)
    assert document.block("headlines")
    assert "Net sales $" in document.definitions
    assert ("Branches", "All branches") in document.filters


def test_the_branch_in_the_address_limits_every_question() -> None:
    ask = FakeAsk()
    OVERVIEW.draw(visit(OVERVIEW, "branch=2"), sources(ask))
    of_the_past = {"sales_cycle_p90"}
    about_all = [question for question in ask.asked if question.branches is None and not of_the_past & set(question.metrics)]
    assert {question.metrics[0] for question in about_all} == {"net_sales_amount"}, "only what has changed since the last visit is about all branches"
    assert all(question.branches == frozenset({2}) for question in ask.asked if question.branches is not None)


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=120))
def test_no_address_breaks_a_page(text: str) -> None:
    for page in (OVERVIEW, BRANCHES):
        here = visit(page, text)
        assert here.period.days >= 1
    assert "data-card" in drawn(BRANCHES, "measure=" + text)


def test_a_branch_without_a_whole_month_is_said_to_be_young() -> None:
    here = visit(BRANCHES)
    young = replace(here, branches=(here.branches[0], replace(here.branches[1], opened_on=date(2026, 11, 6))))
    html = prerender(plain(body(BRANCHES, young, BRANCHES.draw(young, sources()))))
    assert "Opened on 6 November 2026: it has no whole month yet." in html


def test_text_of_the_company_is_escaped() -> None:
    assert "<b>Kessler" not in drawn(BRANCHES, "measure=per_rep")


# --- what has changed since the last visit

THEN = Standing(date(2026, 11, 1), {"net_sales_amount": 1000.0, "gross_sales_amount": 1200.0, "cancelled_amount": 200.0, "credit_rejected_amount": 0.0, "leads": 40.0, "gross_sales": 3.0, "cancelled_sales": 1.0},
                {"1": ("Columbus", 700.0), "2": ("Pittsburgh", 300.0)}, {"leads": "warn"})
NOW = Standing(date(2026, 11, 1), {"net_sales_amount": 1900.0, "gross_sales_amount": 2600.0, "cancelled_amount": 600.0, "credit_rejected_amount": 100.0, "leads": 41.0, "gross_sales": 6.0, "cancelled_sales": 3.0},
               {"1": ("Columbus", 750.0), "2": ("Pittsburgh", 1150.0)}, {"leads": "bad"})


def test_a_change_is_told_with_parts_that_add_up() -> None:
    told = " ".join(sentences(THEN, NOW, None))
    assert "from $1,000 to $1,900: +$900 (+$1,400 signed, -$400 cancelled, -$100 refused credit)" in told
    assert "By branch: Pittsburgh +$850, Columbus +$50.00." in told
    assert "+1 lead, +3 contracts, +2 cancellations in November." in told
    assert "Pittsburgh passed Columbus." in told
    assert "Leads went from amber to red." in told


def test_who_comes_for_the_first_time_is_told_what_today_has_brought() -> None:
    block = next(card.block for card in OVERVIEW.draw(visit(OVERVIEW), sources()).cards if card.block.key == "since")
    assert block.says.startswith("This is your first visit: here is what today has brought")
    assert block.table
    assert "Net sales of November stand where they stood" in str(block.table.rows)


def test_nothing_new_is_said_as_such() -> None:
    assert sentences(THEN, THEN, None) == ["Net sales of November stand where they stood: $1,000."]


def test_a_month_that_has_ended_since_is_told_to_its_end_and_the_new_one_begins() -> None:
    december = Standing(date(2026, 12, 1), {**NOW.values, "net_sales_amount": 10.0, "leads": 2.0}, {}, {})
    told = sentences(THEN, NOW, december)
    assert told[-1] == "December has begun: $10.00 of net sales and 2 leads so far."


def test_what_another_release_kept_counts_as_never_seen() -> None:
    assert Standing.of({"month": "2026-11-01"}) is None
    assert Standing.of(THEN.kept()) == THEN


# --- the leak map

CHAINS = {"A": (1000.0, 500.0, 400.0, 300.0, 90.0, 900_000.0), "B": (1000.0, 400.0, 360.0, 270.0, 108.0, 1_080_000.0)}


def test_a_lever_is_worth_what_its_rate_brings_alone() -> None:
    found = {(each.unit, each.step): each for each in gains(CHAINS)}
    assert found["A", 3].amount == pytest.approx(900_000 * (0.4 / 0.3 - 1))
    assert found["B", 0].amount == pytest.approx(1_080_000 * (0.5 / 0.4 - 1))
    assert found["B", 3].amount == 0
    assert found["A", 3].best_unit == "B"
    assert says(found["A", 3]).startswith("If A closed demos like B (close rate 40% instead of 30%)")


def test_luck_on_few_cases_is_nobodys_yardstick() -> None:
    lucky = {**CHAINS, "C": (20.0, 20.0, 20.0, 20.0, 20.0, 200_000.0)}
    assert {each.best_unit for each in gains(lucky) if each.step < 4} <= {"A", "B"}


@given(st.dictionaries(st.sampled_from("ABCDEF"), st.lists(st.floats(0, 1e6), min_size=4, max_size=4), min_size=1))
def test_no_lever_is_worth_less_than_nothing(chains: dict[str, list[float]]) -> None:
    for each in gains(chains):
        assert math.isnan(each.amount) or each.amount >= 0
