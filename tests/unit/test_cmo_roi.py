"""The page about marketing return, over a company in memory: moves, sentences, and the edges that an executive meets."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmo_app.page import Card, Sheet
from cmo_app.pages.roi import PAGE
from cmo_app.roi import cohorts, moves
from cmo_app.roi.returns import said
from cmo_app.shell.frame import body
from cmo_app.visit import Visit
from shared.analysis.budget import Budget, Line
from shared.analysis.maturity import Estimate
from shared.analysis.payback import Payback, payback
from shared.analysis.response import Curve, Untold
from shared.marketing.learnt import Responses
from shared.web.prerender import plain, prerender
from tests.unit.bi_fakes import FakeAsk, FakeReference
from tests.unit.cmo_fakes import sources, visit

CURVE = Curve(1.0, 0.2, 0.0, 0.3, 300, (0.8, 1.0, 1.2), (10.0, 10.0, 10.0))
LEARNT = Responses({"1": CURVE, "2": replace(CURVE, half=3.0)}, frozenset({"1", "2"}), date(2026, 11, 15), datetime(2026, 11, 20, 8, tzinfo=UTC))


class Told:
    """What was learnt, without a database."""

    def __init__(self, responses: Responses) -> None:
        self._responses = responses

    def newest(self) -> Responses:
        return self._responses


def sheet(query: str = "", ask: FakeAsk | None = None, responses: Responses = LEARNT, here: Visit | None = None, reference: FakeReference | None = None) -> Sheet:
    doors = replace(sources(ask or FakeAsk(values={"media_spend": 20_000.0}), reference), responses=Told(responses))  # type: ignore[arg-type]
    return PAGE.draw(here or visit(PAGE, query), doors)


def card(key: str, *args: object, **more: object) -> Card:
    found = next(each for each in sheet(*args, **more).cards if each.block.key == key)  # type: ignore[arg-type]
    assert not found.has_failed
    return found


def shown(found: Card) -> str:
    return prerender(plain(found.body))


def test_every_card_answers_its_question_from_the_numbers() -> None:
    told = {each.block.key: each.block.says for each in sheet().cards}
    assert set(told) == {"next-dollar", "simulator", "returns", "steps", "cohorts", "plan"}
    assert "one more dollar brings" in told["next-dollar"]
    assert "a month can be moved" in told["simulator"]
    assert all(told.values())


def test_the_moves_in_the_address_are_answered_in_words() -> None:
    found = card("simulator", "move=1:-500,2:500")
    assert found.block.says.startswith("Move $500 a month from First to Second: ")
    assert "80% between" in found.block.says
    assert "of 100 cases" in found.block.says or "nearly every case" in found.block.says or "hardly any" in found.block.says
    html = shown(found)
    assert 'data-part="1"' in html
    assert 'value="-500"' in html
    assert "As it is" in html


def test_more_money_is_told_with_what_it_costs() -> None:
    says = card("simulator", "move=2:400").block.says
    assert says.startswith("Spend $400 more on Second a month: ")
    assert "for +$400 of spend" in says


def test_before_anything_was_learnt_the_page_says_when() -> None:
    for key in ("next-dollar", "simulator"):
        assert "learnt within a minute or two" in shown(card(key, responses=Responses()))


def test_what_cannot_be_told_stands_with_its_reason() -> None:
    flat = replace(LEARNT, curves={"1": CURVE, "2": Untold("The money moved by only 2% around what is usual.")})
    assert "Second: The money moved by only 2%" in card("next-dollar", responses=flat).block.note
    none = replace(LEARNT, curves={"2": Untold("The money moved by only 2% around what is usual.")})
    assert "moved by only 2%" in shown(card("simulator", responses=none))
    assert 'type="range"' not in shown(card("simulator", responses=none))


def test_sources_without_spend_and_without_sales_are_named_as_such() -> None:
    free = card("returns", ask=FakeAsk(values={"marketing_spend": 0.0, "media_spend": 0.0}))
    assert free.block.table
    assert {row[1] for row in free.block.table.rows} == {"no spend"}
    assert "Nothing was spent" in free.block.says
    assert "No spend" in shown(card("steps", ask=FakeAsk(values={"marketing_spend": 0.0})))
    unsold = card("returns", ask=FakeAsk(values={"lead_net_amount": 0.0, "net_amount_by_age": 0.0}))
    assert unsold.block.table
    assert {row[3] for row in unsold.block.table.rows} == {"no sales yet"}
    assert "No sales yet from First, Second." in unsold.block.note
    assert "not yet (0%)" in shown(unsold)


def test_a_branch_of_two_weeks_is_said_to_be_too_young() -> None:
    here = visit(PAGE, "by=branch")
    young = replace(here, branches=(here.branches[0], replace(here.branches[1], opened_on=date(2026, 11, 6))))
    assert "Pittsburgh opened on 6 November 2026" in card("returns", here=young).block.note


def test_young_leads_are_said_to_be_young() -> None:
    ask = FakeAsk(values={"media_spend": 20_000.0, "sales_cycle_p90": 30.0})
    assert "Young cohort: nine of ten sales come within 30 days" in card("returns", "period=mtd", ask=ask).block.note
    assert "Young cohort" not in card("returns", "period=2026-01-01..2026-06-30", ask=ask).block.note


def test_a_month_that_did_not_pay_is_said() -> None:
    month = cohorts.Month(date(2026, 5, 1), Estimate(100, 1_000, 1_000, 0, 1.0), 1_000, 100, 900, Payback("not yet", None, 0.5))
    assert "May 2026 did not pay for itself." in cohorts.says((month, replace(month, first=date(2026, 6, 1), spend=100)))
    lost = replace(month, so_far=-200.0, estimate=Estimate(100, -200, -200, 0, 1.0))
    assert lost.romi < -1, "more was called off than signed"


def test_without_a_plan_the_card_says_what_a_plan_is() -> None:
    assert "No plan is set" in card("plan", reference=FakeReference(target=None)).block.says
    assert "planned by now" in card("plan").block.says


@pytest.mark.parametrize("text", ["", "1", ":", "1:", "1:x", "1:1e9", "9:5", "1:--5", "1:99999999999", "1:٣", "x:5,1:7"])
def test_an_address_that_makes_no_sense_moves_nothing_else(text: str) -> None:
    found = moves.read(text, budget())
    assert found in ({}, {"1": 7})


def budget() -> Budget:
    return Budget([Line("1", "Angi", 70_000, 360, 990, 50, replace(CURVE, half=0.5)), Line("2", "Local", 67_000, 275, 2_050, 90, replace(CURVE, half=3.0)),
                   Line("3", "Referral", 0, 100, 4_000, 90, None), Line("4", "Doors", 9_000, 90, 900, 90, Untold("It did not move."))], 0.45)


@given(st.dictionaries(st.sampled_from(["1", "2"]), st.integers(-33_000, 33_000).filter(bool)))
@settings(max_examples=50, deadline=None)
def test_moves_survive_the_address(wanted: dict[str, int]) -> None:
    assert moves.read(moves.write_moves(wanted), budget()) == wanted


def test_a_move_ends_where_curves_become_guesses() -> None:
    assert moves.read("1:-70000,2:70000", budget()) == {"1": -35_000, "2": 33_500}


def test_the_example_goes_from_the_worst_to_the_best_and_the_best_use_keeps_the_total() -> None:
    assert moves.example(budget()) == {"1": -20_000, "2": 20_000}
    assert moves.words(moves.example(budget()), budget()) == "Move $20,000 a month from Angi to Local"
    best = moves.best(budget())
    assert sum(best.values()) == 0
    assert best["2"] > 0 > best["1"]
    assert moves.example(Budget([], 0.45)) == moves.best(Budget([], 0.45)) == {}


@given(st.text(max_size=80))
@settings(max_examples=15, deadline=None)
def test_no_address_breaks_the_page(text: str) -> None:
    here = visit(PAGE, "move=" + text)
    doors = replace(sources(), responses=Told(LEARNT))  # type: ignore[arg-type]
    assert prerender(plain(body(PAGE, here, PAGE.draw(here, doors)))).count("data-card=") == 6


@pytest.mark.parametrize(("found", "words"), [(payback({5: 10.0}, 4, 0.45), "5 days"), (payback({1: 10.0}, 4, 0.45), "1 day"), (payback({5: 10.0}, 9, 0.45), "not yet (50%)"), (payback({}, 0, 0.45), "no spend"),
                                              (payback({9999: 100.0}, 4, 0.45), "over a year"), (payback({5: -10.0}, 9, 0.45), "not yet (0%)")])
def test_payback_in_words(found: Payback, words: str) -> None:
    assert said(found) == words


def test_numbers_that_are_missing_are_no_failure() -> None:
    found = sheet(ask=FakeAsk(rates=math.nan))
    assert [each.block.key for each in found.cards if each.has_failed] == []
