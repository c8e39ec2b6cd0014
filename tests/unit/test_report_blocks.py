"""Blocks of reports: the numbers behind each, what is drawn, and what the reader's scope does."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from shared.metrics.ask import Answer
from shared.metrics.errors import OutOfScopeError
from shared.metrics.question import Question
from shared.metrics.scope import Scope
from shared.reports.block_numbers import Numbers
from shared.reports.chart_kinds import CHART_KINDS, ChartKind
from shared.reports.report import Limits, OnlyIf, Place, Report, ReportBlock
from shared.reports.report_answers import BlockAnswer, Reader, Reports
from shared.reports.report_document import card_of, note_of, title_of
from tests.unit.bi_fakes import MOMENT, TODAY, FakeAsk, FakeReference, sources

READER = Reader(Scope(None), TODAY, 1, frozenset({1, 2}))
WIDE = Place(0, 0, 6, 6)
LEADS = {"1": 40.0, "2": 10.0, "3": 25.0, "4": math.nan}
BEFORE = {"1": 5.0, "2": 50.0, "3": 30.0}


class Sources4(FakeAsk):
    """Leads of four sources; earlier days are told apart from the present ones."""

    def __call__(self, question: Question, scope: Scope) -> Answer:
        self.asked.append(question)
        if not scope.is_company and question.branches is None and "requests" in question.metrics:
            raise OutOfScopeError("this belongs to the whole company, which is not yours to see")
        if question.split != ("source",) or question.grain != "all":
            return super().__call__(question, scope)
        values = LEADS if question.period.end == TODAY else BEFORE
        rows = [{"source": key, "source_label": f"Source {key}", **dict.fromkeys(question.metrics, value)} for key, value in values.items()]
        return Answer(question, pd.DataFrame(rows), MOMENT)


def answered(block: ReportBlock, ask: FakeAsk | None = None, reader: Reader = READER, limits: Limits | None = None) -> BlockAnswer:
    door = ask or FakeAsk()
    known = sources(door)
    return Reports(door, known.headlines, FakeReference())(Report("x", limits=limits or Limits(), blocks=(block,)), reader)[0]  # type: ignore[arg-type]


def numbers(block: ReportBlock, **more: Any) -> Numbers:
    found = answered(block, **more).numbers
    assert found is not None
    return found


FIELDS: dict[str, dict[str, Any]] = {
    "line": {"split": "month"}, "area": {"split": "week", "series": "branch"}, "bar": {"split": "source"}, "stacked": {"split": "month", "series": "branch"}, "combo": {"metrics": ("leads", "set_rate"), "split": "month"},
    "pie": {"split": "source"}, "scatter": {"metrics": ("leads", "cost_per_lead", "marketing_spend"), "split": "source"}, "heat": {"split": "branch", "series": "month"},
    "funnel": {"metrics": ("scheduled", "issued", "demos")}, "waterfall": {"split": "branch"}, "bullet": {"metrics": ("leads", "net_close_rate")}, "table": {"metrics": ("leads", "set_rate"), "split": "source"},
    "pivot": {"split": "branch", "series": "month"}, "leaderboard": {"split": "source"}, "map": {"split": "branch"},
}


@pytest.mark.parametrize("kind", [kind for kind in CHART_KINDS.values() if kind.draw], ids=lambda kind: kind.key)
def test_every_kind_is_drawn_with_the_numbers_behind_it(kind: ChartKind) -> None:
    block = ReportBlock("a", kind.key, Place(0, 0, *kind.size), limits=Limits("last_90_days"), **{"metrics": ("leads",), **FIELDS.get(kind.key, {})})
    card = card_of(answered(block))
    assert card.table is not None
    assert card.table.rows
    if kind.key in {"kpi", "table", "pivot", "leaderboard"}:
        assert card.figure is None
    else:
        assert card.figure is not None
        assert card.figure["data"]
        json.dumps(card.figure, allow_nan=False)
    assert title_of(block).startswith(block.declared[0].label)


def test_rows_fall_by_the_first_metric_and_totals_are_over_all() -> None:
    block = ReportBlock("a", "table", WIDE, metrics=("leads",), split="source", top=2)
    ask = Sources4(values={"leads": 81.0})  # not what its rows add up to: somebody may be in two of them
    found = numbers(block, ask=ask)
    assert [row.keys[0] for row in found.rows] == ["1", "3"]
    assert found.totals == (81.0,)
    assert found.all_rows == 4
    card = card_of(answered(block, ask))
    assert card.table is not None
    assert card.table.totals[:2] == ("Total of all 4", 81.0)
    assert "2 of 4 shown, totals are over all 4" in card.note


@pytest.mark.parametrize(("kind", "top", "on_screen", "in_files"), [("table", 0, 2, 4), ("leaderboard", 0, 2, 4), ("table", 1, 1, 1), ("bar", 0, 2, 2)])
def test_files_have_the_rows_that_a_screen_leaves_out_but_not_those_that_the_author_left_out(kind: str, top: int, on_screen: int, in_files: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHART_KINDS, kind, replace(CHART_KINDS[kind], most_rows=2))
    block, ask = ReportBlock("a", kind, WIDE, metrics=("leads",), split="source", top=top), Sources4()
    assert len(numbers(block, ask=ask).rows) == on_screen
    assert len(numbers(block, ask=ask, reader=replace(READER, every_row=True)).rows) == in_files


@pytest.mark.parametrize(("sort", "keys"), [("leads.up", ["2", "3", "1", "4"]), ("name.down", ["4", "3", "2", "1"]), ("", ["1", "3", "2", "4"])])
def test_rows_stand_in_the_order_asked_for_and_missing_ones_last(sort: str, keys: list[str]) -> None:
    assert [row.keys[0] for row in numbers(ReportBlock("a", "table", WIDE, metrics=("leads",), split="source", sort=sort), ask=Sources4()).rows] == keys


def test_only_rows_that_fulfil_the_condition_stay_and_a_missing_value_does_not() -> None:
    block = ReportBlock("a", "table", WIDE, metrics=("leads",), split="source", only_if=OnlyIf("leads", "<", 30))
    assert [row.keys[0] for row in numbers(block, ask=Sources4()).rows] == ["3", "2"]
    assert "only where Leads is below 30" in note_of(answered(block))
    assert "only where Net close rate is at least 25.0%" in note_of(answered(replace(block, metrics=("net_close_rate",), only_if=OnlyIf("net_close_rate", ">=", 0.25))))


def test_what_is_compared_with_is_told_by_key_and_places_move() -> None:
    found = numbers(ReportBlock("a", "leaderboard", WIDE, metrics=("leads",), split="source"), ask=Sources4())
    assert [(row.keys[0], row.before[0], row.movement) for row in found.rows[:3]] == [("1", 5.0, 2), ("3", 30.0, 0), ("2", 50.0, -2)]


def test_a_pie_shows_what_is_left_of_the_whole() -> None:
    card = card_of(answered(ReportBlock("a", "pie", WIDE, metrics=("leads",), split="source", top=2), Sources4(values={"leads": 75.0})))
    assert card.figure is not None
    trace = card.figure["data"][0]  # type: ignore[index]
    assert trace["labels"] == ["Source 1", "Source 3", "All others"]
    assert trace["values"] == [40.0, 25.0, 10.0]


def test_a_waterfall_ends_at_the_whole() -> None:
    card = card_of(answered(ReportBlock("a", "waterfall", WIDE, metrics=("leads",), split="source", top=1), Sources4(values={"leads": 75.0})))
    assert card.figure is not None
    trace = card.figure["data"][0]  # type: ignore[index]
    assert trace["y"] == [40.0, 35.0, 75.0]
    assert trace["measure"] == ["relative", "relative", "total"]


def test_a_mark_leads_to_its_rows_with_every_condition() -> None:
    block = ReportBlock("a", "heat", WIDE, metrics=("leads",), split="source", series="month", limits=Limits("2026-10-15..2026-11-20", where=(("channel", ("Paid, search",)),)))
    found = numbers(block, reader=Reader(Scope(None), TODAY, 1, frozenset({1, 2}), branches=frozenset({2})))
    first = next(row for row in found.rows if row.keys == ("1", "2026-10-01"))
    assert found.code(first) == "leads@2026-10-15..2026-10-31@channel=Paid%2C%20search@branch=2@source=1"
    assert found.choice(first) == "source=1"
    assert found.choice(first, 1) == ""


def test_the_last_fiscal_quarter_is_that_of_the_company() -> None:
    block = ReportBlock("a", "kpi", WIDE, metrics=("leads",), limits=Limits("last_fiscal_quarter"))
    period = answered(block, reader=Reader(Scope(None), date(2026, 11, 1), 2, frozenset({1}))).period
    assert period is not None
    assert (period.start, period.end) == (date(2026, 8, 1), date(2026, 10, 31))


def branches_asked(block: ReportBlock, reader: Reader, limits: Limits | None = None) -> Sequence[frozenset[int] | None]:
    ask = FakeAsk()
    answered(block, ask, reader, limits)
    return [question.branches for question in ask.asked if "leads" in question.metrics]


def test_the_reader_sees_their_own_branches_whatever_the_author_saw() -> None:
    block = ReportBlock("a", "table", WIDE, metrics=("leads",), split="source")
    manager = Reader(Scope(frozenset({2})), TODAY, 1, frozenset({2}))
    assert set(branches_asked(block, manager, Limits(branches=(1, 2)))) == {frozenset({2})}
    other = answered(block, reader=manager, limits=Limits(branches=(1,)))
    assert other.numbers is None
    assert "not yours to see" in other.problem


def test_a_reader_may_narrow_a_report_to_a_branch_and_a_block_keeps_its_own() -> None:
    block = ReportBlock("a", "table", WIDE, metrics=("leads",), split="source")
    reader = Reader(Scope(None), TODAY, 1, frozenset({1, 2}), branches=frozenset({1}))
    assert set(branches_asked(block, reader, Limits(branches=(2,)))) == {frozenset({1})}
    own = replace(block, limits=Limits(branches=(2,)))
    assert set(branches_asked(own, reader)) == {frozenset({2})}
    name = next(branch.name for branch in FakeReference().branches() if branch.id == 2)
    assert f"{name} only" in note_of(answered(own, reader=reader))  # or its numbers would be taken for those of the page
    assert " only" not in note_of(answered(block, reader=reader))


def test_a_click_filters_the_blocks_that_know_the_dimension_and_the_others_say_so() -> None:
    reader = Reader(Scope(None), TODAY, 1, frozenset({1, 2}), where=(("source", ("1",)),))
    found = answered(ReportBlock("a", "bar", WIDE, metrics=("leads",), split="branch"), reader=reader)
    assert found.numbers is not None
    assert found.numbers.where == (("source", ("1",)),)
    other = card_of(answered(ReportBlock("a", "bar", WIDE, metrics=("jobs_completed",), split="branch"), reader=reader))
    assert "not filtered by lead source" in other.note


def test_a_block_that_fails_leaves_the_others_alone() -> None:
    ask = FakeAsk(broken=frozenset({"demos"}))
    blocks = (ReportBlock("a", "bar", Place(0, 0, 6, 4), metrics=("leads",), split="branch"), ReportBlock("b", "bar", Place(6, 0, 6, 4), metrics=("demos",), split="branch"), ReportBlock("c", "line", Place(0, 4, 6, 4), metrics=("leads",)))
    found = Reports(ask, sources(ask).headlines, FakeReference())(Report("x", blocks=blocks), READER)  # type: ignore[arg-type]
    assert [bool(each.numbers) for each in found] == [True, False, False]
    assert "could not be read" in found[1].problem
    assert found[2].problem == "Drop a span of time on Over time."


def test_too_many_days_for_a_day_by_day_line_are_refused_in_words() -> None:
    found = answered(ReportBlock("a", "line", WIDE, metrics=("leads",), split="day", limits=Limits("2020-01-01..2026-01-01")))
    assert "too many to show" in found.problem


def test_totals_of_a_pivot_are_asked_for_and_lead_to_their_rows() -> None:
    found = numbers(ReportBlock("a", "pivot", WIDE, metrics=("leads",), split="source", series="month"), ask=Sources4(values={"leads": 81.0}))
    table = card_of(answered(ReportBlock("a", "pivot", WIDE, metrics=("leads",), split="source", series="month", top=2), Sources4(values={"leads": 81.0}))).table
    assert table is not None
    assert table.columns[-1].label == "Total"
    assert table.rows[0][-1] == 40.0  # the source's own answer, whatever its months come to
    assert (table.totals[0], table.totals[-1]) == ("Total of all 4", 81.0)
    assert found.code(found.edge(0)["1"]) == f"leads@{found.span}@source=1"
    month = next(iter(found.edge(1).values()))
    assert found.code(month) == f"leads@{month.span}"


def test_a_click_outside_of_a_blocks_own_values_leaves_it_empty_and_says_so() -> None:
    block = ReportBlock("a", "bar", WIDE, metrics=("leads",), split="branch", limits=Limits(where=(("source", ("1", "2")),)))
    inside, outside = (answered(block, reader=replace(READER, where=(("source", (key,)),))) for key in "13")
    assert inside.numbers is not None
    assert inside.numbers.where == (("source", ("1",)),)
    assert outside.numbers is None
    assert outside.problem == "This block is about other values of lead source than the page is filtered by."
