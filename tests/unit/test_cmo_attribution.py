"""The attribution page: choices in the address, words with their arithmetic, and what is said where there is nothing."""

import re
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cmo_app.attribution.words import decision
from cmo_app.pages.attribution import PAGE
from cmo_app.shell.frame import body
from shared.metrics.ask import UnavailableError
from shared.metrics.attribution_question import AttributionQuestion
from shared.metrics.metric import Unit
from shared.metrics.scope import Scope
from shared.reports.document import Amount
from shared.reports.kinds import KINDS
from shared.reports.making import written
from shared.web.prerender import plain, prerender
from tests.unit.attribution_fakes import SPEND, USUAL, door, found
from tests.unit.bi_fakes import MOMENT
from tests.unit.cmo_fakes import sources, visit


def drawn(query: str = "", **more: Any) -> str:
    here = visit(PAGE, query)
    return prerender(plain(body(PAGE, here, PAGE.draw(here, replace(sources(), attribution=door(**more))))))


def cards(query: str = "", **more: Any) -> dict[str, Any]:
    sheet = PAGE.draw(visit(PAGE, query), replace(sources(), attribution=door(**more)))
    return {card.block.key: card for card in sheet.cards}


def test_the_address_says_what_is_asked() -> None:
    asked: list[tuple[AttributionQuestion, Scope]] = []
    drawn("conversion=demo&level=source&lookback=all&half_life=14&order=2&branch=2", asked=asked)
    question, scope = asked[0]
    assert (question.conversion, question.level, question.lookback, question.half_life, question.order, question.branches) == ("demo", "source", None, 14.0, 2, frozenset({2}))
    assert scope == Scope(None)


@pytest.mark.parametrize("query", ["lookback=5", "level=galaxy&order=9", "conversion=%00&half_life=-1", "model=nobody&key=nothing&measure=weight"])
def test_what_the_address_names_wrongly_is_left_at_its_default(query: str) -> None:
    asked: list[tuple[AttributionQuestion, Scope]] = []
    html = drawn(query, asked=asked)
    assert asked[0][0] == AttributionQuestion(visit(PAGE).period)
    assert "could not be read just now" not in html


def test_every_column_of_the_matrix_adds_up_to_the_same_total_and_says_so() -> None:
    html = drawn()
    sums = re.findall(r"<td class=\"n\">(\$[\d,.]+)</td>", html[html.index("<tfoot>") : html.index("</tfoot>")])
    assert sums == ["$2,620,000.01"] * 8
    assert "Every column adds up to $2,620,000.01, which is Net sales $ of the period, to the cent. Nothing touched 5 of 268" in html


def test_a_total_that_is_not_the_catalogues_is_told() -> None:
    wrong = replace(found(USUAL, SPEND), catalogue=1.0)
    here = visit(PAGE)
    usual = door()
    sheet = PAGE.draw(here, replace(sources(), attribution=lambda question, scope: replace(usual(question, scope), found=wrong)))
    says = {card.block.key: card.block.says for card in sheet.cards}["models"]
    assert "of the catalogue is $1.00" in says


def test_a_decision_that_depends_on_the_model_is_told_with_its_arithmetic() -> None:
    said = cards(spend={"Digital": 60_000_000, "Canvass": 100_000})["decision"].block
    assert said.says.startswith("Yes")
    told = " ".join(str(row[1]) for row in said.table.rows)
    assert re.search(r"Digital costs \$600\.0K\. First touch.* it pays: \$2\.\d\dM credited x 45% = \$9\d\d\.\dK, ROMI 5\d\.\d%\. Last touch.* does not: \$0 credited x 45% = \$0, ROMI -100\.0%\.", told), told


def test_the_next_dollar_is_told_with_what_both_bring() -> None:
    one = found([([0, 2], 300, 300_000_000)], {"Digital": 10_000_000, "Canvass": 10_000_000})
    (told,) = [decision(one, each) for each in one.decisions if each.kind == "next_dollar"]
    assert told == ("Last touch, last paid touch and time decay say Canvass brings most for a dollar: $30.00 of sales against $0 for Digital. "
                    "First touch says Digital does: $30.00 of sales against $0 for Canvass.")


@pytest.mark.parametrize(("more", "words"), [
    ({"journeys": []}, "There are no net sales in these days and branches yet"), ({"journeys": [([], 3, 900)]}, "No touch is recorded within 90 days before any of the 3 net sales"),
    ({"spend": {}}, "No marketing cost is recorded for these days and branches"),
])
def test_what_is_missing_is_named(more: dict[str, Any], words: str) -> None:
    html = drawn(**more)
    assert words in html
    assert "could not be read just now" not in html


def test_a_renamed_channel_says_what_it_was_called() -> None:
    html = drawn("key=Digital", formerly={"Digital": ("Online until 3 Nov 2026",)})
    assert html.count("ormerly Online until 3 Nov 2026") == 2


def test_a_channel_that_costs_nothing_has_no_romi_and_no_cost_a_sale() -> None:
    block = cards("key=Referral")["channel"].block
    assert block.says == "Referral has no cost of its own in these days: every credited net sale costs $0, and there is no ROMI."
    assert {row[-2:] for row in block.table.rows} == {(0.0, None), (None, None)}


def test_a_channel_with_cost_and_credit_has_both_by_every_model() -> None:
    block = cards("key=Digital")["channel"].block
    linear = next(row for row in block.table.rows if row[0] == "Linear")
    assert linear[6] == pytest.approx(600_000 / linear[2])
    assert linear[7] == pytest.approx((linear[1] * 0.45 - 600_000) / 600_000)


@pytest.mark.parametrize("measure", ["share", "amount", "cost", "romi"])
@pytest.mark.parametrize("conversion", ["net_sale", "demo"])
def test_the_matrix_shows_every_measure(measure: str, conversion: str) -> None:
    journeys = USUAL if conversion == "net_sale" else [(path, count, 0) for path, count, _ in USUAL]
    html = drawn(f"measure={measure}&conversion={conversion}", journeys=journeys)
    assert ("<tfoot>" in html) == (measure in {"share", "amount"} or (measure, conversion) == ("romi", "demo")), "only what adds up has a total; a count has no ROMI, so shares are shown"
    assert "could not be read just now" not in html


def test_paths_and_flows_are_told() -> None:
    found_cards = cards()
    assert found_cards["paths"].block.says == "23% of touched net sales took a single touch; on average 1.8 touches over 2 days."
    assert "Of 203 net sales with two touches or more, 100% were opened by one channel and closed by another. The most common way: Digital opens, Referral closes (200)." in found_cards["flow"].block.says


def test_a_database_that_is_away_is_told_and_the_choices_stay() -> None:
    def away(_question: AttributionQuestion, _scope: Scope) -> Any:
        raise UnavailableError("The database does not answer at the moment.")

    here = visit(PAGE)
    html = prerender(plain(body(PAGE, here, PAGE.draw(here, replace(sources(), attribution=away)))))
    assert "The database does not answer at the moment." in html
    assert "Lookback" in html


def test_the_page_goes_into_files() -> None:
    here = visit(PAGE)
    document = PAGE.draw(here, replace(sources(), attribution=door())).document(PAGE.title, here, MOMENT)
    assert [block.key for block in document.blocks] == ["decision", "credit", "models", "channel", "flow", "paths"]
    assert written(document, KINDS["xlsx"], ZoneInfo("America/New_York"), "letter")[:2] == b"PK"
    models = document.block("models")
    assert models
    assert models.table
    assert models.table.totals == ("All", None, *[Amount(2_620_000.01, Unit.MONEY)] * 8)
