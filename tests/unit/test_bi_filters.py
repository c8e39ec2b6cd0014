"""What stands in the address, and what is made of it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bi_app.filters import MORE, SEGMENTS, STAGES, Filters, filters_of
from shared.metrics.scope import Scope
from shared.web.address import DEFAULT_PERIOD, query_of

TODAY = date(2026, 11, 20)
COMPANY = Scope(None)


def read(text: str, scope: Scope = COMPANY) -> Filters:
    return filters_of(query_of(text), scope, (1, 2, 3), TODAY)


def test_an_empty_address_means_the_running_month_of_every_branch() -> None:
    assert read("") == Filters(DEFAULT_PERIOD)


@given(period=st.sampled_from([*SEGMENTS, *MORE, "2026-01-01..2026-01-31"]), branches=st.sets(st.sampled_from([1, 2, 3])), stage=st.sampled_from(["", *STAGES]), basis=st.sampled_from(["cohort", "event"]))
def test_what_is_written_into_an_address_is_read_from_it(period: str, branches: set[int], stage: str, basis: str) -> None:
    chosen = Filters(period, tuple(sorted(branches)), stage=stage, basis=basis)  # type: ignore[arg-type]
    assert read("?" + chosen.query()) == chosen


@given(st.text(max_size=200))
def test_no_address_can_break_a_page(text: str) -> None:
    chosen = read(text)
    assert chosen.span(TODAY, 1).days >= 1


@pytest.mark.parametrize("text", ["period=forever", "period=2026-02-30..2026-03-01", "period=2026-03-01..2026-02-01", "period=0001-01-01..9999-12-31", "period=..", "period=" + "9" * 500])
def test_a_period_that_cannot_be_is_the_default(text: str) -> None:
    assert read(text).period == DEFAULT_PERIOD


def test_a_branch_outside_the_scope_is_dropped_from_a_link() -> None:
    assert read("branch=1,2,3", Scope(frozenset({2}))).branches == (2,)


def test_branches_that_do_not_exist_are_dropped() -> None:
    assert read("branch=2,99,-1,1.5,x,99999999999999999999,²").branches == (2,)


def test_a_click_adds_a_branch_and_a_second_one_removes_it() -> None:
    assert Filters().toggled(2, (1, 2, 3)) == (2,)
    assert Filters(branches=(2,)).toggled(2, (1, 2, 3)) == ()


def test_choosing_every_branch_is_choosing_none() -> None:
    assert Filters(branches=(1, 2)).toggled(3, (1, 2, 3)) == ()


def test_a_link_changes_one_choice_and_keeps_the_others() -> None:
    chosen = Filters("ytd", (1,), stage="quote", basis="event")
    assert read(chosen.link(period="wtd")) == Filters("wtd", (1,), stage="quote", basis="event")


def test_an_address_of_very_many_parts_is_nobodys() -> None:
    assert query_of("&".join(["period=ytd"] * 30)) == {}


def test_the_first_of_two_values_counts() -> None:
    assert query_of("period=ytd&period=wtd") == {"period": "ytd"}


def test_a_pages_own_choices_stand_in_its_links_and_those_of_other_pages_do_not() -> None:
    chosen = filters_of({"metric": "leads", "grain": "week", "other": "x", "span": "9" * 500}, COMPANY, (1,), TODAY, ("metric", "grain", "span"))
    assert chosen.own == (("grain", "week"), ("metric", "leads"))
    assert (chosen.choice("metric"), chosen.choice("span", "year")) == ("leads", "year")
    assert chosen.choosing(metric="sales", grain=None) == "?period=mtd&metric=sales"
    assert chosen.link(period="ytd") == "?period=ytd&grain=week&metric=leads"
