"""The forecast page over a company in memory: every card speaks, edges are named, the same number on both sites."""

import math
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bi_app.executive.trend import trend_card
from cmo_app.forecast import coming, levers, scenario, targets
from cmo_app.forecast.targets import chance
from cmo_app.page import Card, Sheet
from cmo_app.pages.forecast import PAGE
from cmo_app.shell.frame import body
from shared.forecast.reading import Missing
from shared.forecast.run import Run
from shared.marketing.learnt import Responses
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.metrics.scope import Scope
from shared.web.prerender import plain, prerender
from tests.unit import bi_fakes, cmo_fakes
from tests.unit.bi_fakes import FakeAsk, FakeReference
from tests.unit.forecasts import FakeForecasts, run


def sheet(query: str = "", found: Run | Missing | None = None, ask: FakeAsk | None = None, reference: FakeReference | None = None, scope: Scope | None = None, earlier: Run | None = None) -> Sheet:
    doors = replace(cmo_fakes.sources(ask, reference), forecasts=FakeForecasts(found or run(), earlier))
    return PAGE.draw(cmo_fakes.visit(PAGE, query, scope), doors)


def card(key: str, *args: object, **more: object) -> Card:
    return next(each for each in sheet(*args, **more).cards if each.block.key == key)  # type: ignore[arg-type]


def drawn(query: str = "", **more: object) -> str:
    return prerender(plain(body(PAGE, cmo_fakes.visit(PAGE, query, more.get("scope")), sheet(query, **more))))  # type: ignore[arg-type]


@pytest.mark.parametrize("query", ["", "basis=installed", "by=day", "by=month&branch=1", "basis=installed&close=10&crews=-20", "basis=nonsense&by=century"])
def test_every_card_is_drawn_and_says_its_numbers(query: str) -> None:
    found = sheet(query)
    assert [each.block.key for each in found.cards if each.has_failed] == []
    assert all(each.block.says for each in found.cards if each.block.figure is not None)
    assert drawn(query).count("data-card=") == len(found.cards) == 8


@pytest.mark.parametrize(("found", "words"), [
    (Missing("No forecast yet: 2 whole weeks of sales are known, 3 are needed."), "2 whole weeks of sales are known"), (Missing("The forecast cannot be read at the moment."), "cannot be read at the moment"),
])
def test_without_a_forecast_the_page_says_why(found: Missing, words: str) -> None:
    assert words in drawn(found=found)


def test_both_sites_show_the_same_number() -> None:
    ask, known = FakeAsk(), run()
    cmo = coming.card(cmo_fakes.visit(PAGE), FakeForecasts(known).outlook(ask, Scope(None)))  # type: ignore[arg-type]
    bi = prerender(plain(trend_card(bi_fakes.visit(), replace(bi_fakes.sources(ask), forecasts=FakeForecasts(known)), None)))  # type: ignore[arg-type]
    assert cmo.block.table
    total, low, high = (write(float(str(value)), Unit.MONEY) for value in cmo.block.table.totals[2:5])
    assert f"Next 13 weeks: {total} ({low} to {high})" in bi
    assert f"bring {total}, in 8 of 10 cases between {low} and {high}" in cmo.block.says


def test_the_executive_dashboard_says_why_there_is_no_forecast() -> None:
    bi = prerender(plain(trend_card(bi_fakes.visit(), replace(bi_fakes.sources(), forecasts=FakeForecasts(Missing("No forecast yet: tomorrow."))), None)))  # type: ignore[arg-type]
    assert "No forecast yet: tomorrow." in bi


def test_rows_of_branches_add_up_to_the_total() -> None:
    block = card("by-branch").block
    assert block.table
    assert sum(float(str(row[2])) for row in block.table.rows) == pytest.approx(float(str(block.table.totals[2])))


def test_a_landing_is_what_came_and_the_rest() -> None:
    block = card("targets").block
    assert block.table
    month = block.table.rows[0]
    # 19 days at 1,000 by the fake's two branches, and 11 days ahead at 1,000 each.
    assert month[2:4] == (38_000.0, 60_000.0)
    assert month[6] == pytest.approx(2000.0)
    assert "over 99% likely to reach it" in block.says


def test_without_targets_landings_are_shown_alone() -> None:
    html = drawn(reference=FakeReference(target=None))
    assert "No target is set" in html
    assert "likely to reach" not in html


@pytest.mark.parametrize(("share", "words"), [(None, "—"), (0.001, "under 1%"), (0.344, "34%"), (0.999, "over 99%")])
def test_chances_in_words(share: float | None, words: str) -> None:
    assert chance(share) == words


def test_a_new_branch_a_branch_that_is_not_in_the_forecast_and_one_alone_are_named() -> None:
    assert "Columbus: new: 2 weeks are known" in card("by-branch", found=run(notes={1: "new: 2 weeks are known"})).block.note
    assert "Pittsburgh: opened after this forecast was made" in card("by-branch", found=run((1,))).block.note
    assert "You see one branch" not in drawn()
    assert "There is nobody to compare with" in drawn(scope=Scope(frozenset({1})))
    assert "does not know these branches yet" in drawn("branch=2", found=run((1,)))


def test_a_forecast_below_zero_is_drawn_and_written() -> None:
    found = sheet(found=run(daily=-500.0))
    assert [each.block.key for each in found.cards if each.has_failed] == []
    assert "-$" in next(each for each in found.cards if each.block.key == "coming").block.says.replace("−", "-")


def test_what_was_really_said_is_told_from_what_would_have_been() -> None:
    assert "No forecast is kept from then yet" in card("said").block.note
    before = run()
    kept = replace(before, origin=before.origin - timedelta(weeks=4))
    assert "as it was kept" in card("said", earlier=kept).block.note
    assert "said for" in card("said", earlier=kept).block.says


def test_a_company_in_which_nothing_happened_is_no_error() -> None:
    found = sheet(found=run(daily=0.0), ask=FakeAsk(value=0.0, rates=math.nan), reference=FakeReference(target=None))
    assert [each.block.key for each in found.cards if each.has_failed] == []
    assert "needs a year of leads and sales" in drawn(found=run(daily=0.0), ask=FakeAsk(value=0.0, rates=math.nan))


def test_a_reader_of_one_branch_sees_its_record_and_of_two_each_branch() -> None:
    assert card("record", scope=Scope(frozenset({1}))).block.figure is not None
    both = card("record", "branch=1,2", scope=Scope(frozenset({1, 2}))).block
    assert both.table
    assert {row[0] for row in both.table.rows} == {"Columbus", "Pittsburgh"}


def test_the_record_of_a_single_branch_is_not_the_companys() -> None:
    company, branch = (card("record", query).block.table for query in ("", "branch=1"))
    assert company
    assert branch
    assert [table.rows[1][4] for table in (company, branch)] == [0.95, None]


def test_idle_levers_end_where_the_forecast_does_and_a_lever_moves_every_later_link() -> None:
    year = FakeAsk(values={"leads": 1000.0, "appointments_set": 600.0, "issued": 500.0, "demos": 400.0, "net_sales": 150.0, "net_sales_amount": 2_250_000.0})
    idle, moved = (card("scenario", query, ask=year).block for query in ("", "sit=20&crews=20"))
    assert idle.table
    assert moved.table
    assert [row[3] for row in idle.table.rows] == [0.0] * 7
    changes = {row[0]: row[3] for row in moved.table.rows}
    assert changes["Issued"] == 0
    assert changes["Demos"] == changes["Booked $"] == pytest.approx(0.2)
    assert 0 < changes["Installed $"] < 0.2
    assert "Move a lever" in idle.says
    assert "booked and" in moved.says
    assert "would wait for crews" in card("scenario", "sit=20", ask=year).block.says


@pytest.mark.parametrize("query", ["sit=abc", "sit=51", "sit=-999", "sit=nan", "sit=1e999"])
def test_a_lever_that_cannot_be_stays_at_rest(query: str) -> None:
    assert levers.levers_of(cmo_fakes.visit(PAGE, query)).is_idle


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=60))
def test_no_address_breaks_the_page(text: str) -> None:
    assert "data-card" in drawn(f"basis={text}&by={text}&close={text}")


def test_an_old_forecast_says_how_old_it_is() -> None:
    old = run()
    assert "It is 5 days old" in sheet(found=replace(old, origin=old.origin - timedelta(days=5))).about


def test_the_scenario_of_files_is_that_of_the_screen() -> None:
    here = cmo_fakes.visit(PAGE, "close=10")
    doors = replace(cmo_fakes.sources(), forecasts=FakeForecasts(run()))
    played = scenario.played_for(here, doors, doors.forecasts.outlook(doors.ask, here.scope))  # type: ignore[union-attr, arg-type]
    assert played
    document = PAGE.draw(here, doors).document(PAGE.title, here, bi_fakes.MOMENT)
    block = document.block("scenario")
    assert block
    assert block.table
    assert block.table.rows[5][2].value == pytest.approx(sum(played.scenario.booked))  # type: ignore[union-attr]
    assert document.block(targets.KEY)


def test_spend_says_whether_its_effect_is_learnt_assumed_or_cannot_be_told() -> None:
    @dataclass
    class Learnt:
        responses: Responses

        def newest(self) -> Responses:
            return self.responses

    def note(responses: Responses, query: str = "") -> str:
        doors = replace(cmo_fakes.sources(), forecasts=FakeForecasts(run()), responses=Learnt(responses))  # type: ignore[arg-type]
        return next(each for each in PAGE.draw(cmo_fakes.visit(PAGE, query), doors).cards if each.block.key == "scenario").block.note

    assert "is not learnt yet" in note(Responses())
    known = Responses(last=bi_fakes.TODAY - timedelta(days=5))
    assert "as learnt from weeks in which budgets moved" in note(known)
    assert "cannot be told from the budgets of these branches" in note(known, "spend=10")
