"""Cached answers to many questions at once: one statement, one look, and each kept by itself."""

from typing import Any

import pytest

from shared.metrics import ask as module
from shared.metrics.errors import OutOfScopeError, QuestionError
from shared.metrics.question import Question
from shared.metrics.scope import COMPANY, Scope
from tests.integration.cache.answering import BY_BRANCH, MANY, MONTH, OF_THE_MONTH, YEAR, commit_sale, in_redis, sold, statements_of
from tests.integration.refresh_data import Warehouse


def test_many_questions_about_one_view_are_one_statement_and_each_is_kept_by_itself(warehouse: Warehouse, asks: Any) -> None:
    in_redis(warehouse).flushdb()
    ask, other = asks(), asks()
    with statements_of(ask._engines) as run:
        answers = ask.many(MANY, COMPANY)
    assert len([statement for statement in run if statement != "look"]) == 1
    with statements_of(other._engines) as run:
        alone = [other(question, COMPANY) for question in MANY]  # another process finds each of them
    assert set(run) == {"look"}
    assert [answer.question for answer in answers] == MANY
    assert all(together.frame.equals(each.frame) for together, each in zip(answers, alone, strict=True))
    assert answers[0].value("gross_sales") == sold(warehouse)
    assert answers[1].value("gross_sales") == sold(warehouse, (1,))


def test_what_is_kept_is_not_computed_again_beside_what_is_new(warehouse: Warehouse, asks: Any) -> None:
    in_redis(warehouse).flushdb()
    ask = asks()
    ask.many(MANY[:5], COMPANY)
    with statements_of(ask._engines) as run:
        assert ask.many([MANY[0], MANY[20], MANY[0]], COMPANY)[0].value("gross_sales") == sold(warehouse)
    (only,) = [statement for statement in run if statement != "look"]
    assert "net_amount" not in only
    assert "gross_count" in only  # of the cancel rate


def test_a_page_takes_one_look_and_the_next_one_another(warehouse: Warehouse, asks: Any) -> None:
    ask = asks()
    ask.many(MANY, COMPANY)
    before = sold(warehouse)
    with statements_of(ask._engines) as run:
        page = ask.at_once()
        assert run == []  # nothing was asked yet
        assert page(MANY[0], COMPANY).value("gross_sales") == before
        commit_sale(warehouse)
        assert page.many(MANY[:1], COMPANY)[0].value("gross_sales") == before  # of the same moment
        assert page.today == ask.today
    assert run == ["look"]
    assert ask.at_once()(MANY[0], COMPANY).value("gross_sales") == before + 1
    manager = Scope(frozenset({1}))
    with pytest.raises(OutOfScopeError):
        page(Question(("gross_sales",), MONTH, branches=frozenset({2})), manager)


def test_a_question_that_asks_for_too_much_costs_those_beside_it_nothing(warehouse: Warehouse, asks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    in_redis(warehouse).flushdb()
    monkeypatch.setattr("shared.metrics.answer.MOST_ROWS", 40)
    ask, large = asks(), Question(("gross_sales",), YEAR, "day")
    with pytest.raises(QuestionError, match="40 are allowed"):
        ask.many([OF_THE_MONTH, large], COMPANY)
    with statements_of(ask._engines) as run:
        assert ask(OF_THE_MONTH, COMPANY).value("gross_sales") == sold(warehouse)
    assert run == ["look"]


def test_rows_that_commit_while_many_answers_are_computed_are_in_all_of_them_or_in_none(warehouse: Warehouse, asks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    in_redis(warehouse).flushdb()
    ask, read = asks(), module.read
    questions = [OF_THE_MONTH, BY_BRANCH, Question(("gross_sales",), MONTH, "day")]

    def late(*given: Any) -> Any:
        commit_sale(warehouse)
        return read(*given)

    with monkeypatch.context() as patch:
        patch.setattr(module, "read", late)
        found = {answer.frame["gross_sales"].sum() for answer in ask.many(questions, COMPANY)}
    assert len(found) == 1
    with statements_of(ask._engines) as run:
        assert {answer.frame["gross_sales"].sum() for answer in ask.many(questions, COMPANY)} == {sold(warehouse)}
    assert run == ["look"]  # they are kept as of what they were read from
