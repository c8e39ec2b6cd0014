"""How a year falls on months, what a file may hold, and places on one scale."""

import math
from datetime import date
from decimal import Decimal

import pytest

from bi_app.compare.table import Place, order, table
from bi_app.targets.year import month_weights, shares
from shared.charts.daily_target import daily_target
from shared.metrics.registry import metric
from shared.metrics.target_file import neutral, parsed, value_of, written
from shared.people.person import Person
from shared.people.target_rules import may_edit_targets, may_see_target, may_set_owner, may_write_note
from shared.warehouse.calendar import Calendar


def test_a_yearly_total_falls_on_months_by_working_days_and_last_years_shape() -> None:
    assert shares([20.0, 10.0], [None, None], [20.0, 20.0]) == pytest.approx([2 / 3, 1 / 3])
    assert shares([20.0, 10.0], [30.0, 10.0], [20.0, 10.0]) == pytest.approx([0.75, 0.25])
    assert shares([22.0, 10.0], [30.0, 10.0], [20.0, 10.0]) == pytest.approx([33 / 43, 10 / 43]), "a month with more working days than last year's gets more"
    assert shares([0.0, 0.0], [None, None], [1.0, 1.0]) == [0.5, 0.5]
    assert month_weights(Calendar(), 2026)[1] == 24


def test_a_file_is_read_as_it_was_written_and_no_text_becomes_a_formula() -> None:
    content = written([("net_close_rate", "=cmd()", date(2026, 3, 1), 0.318), ("leads", "Company", date(2026, 4, 1), 1250.5)])
    assert content.startswith(b"\xef\xbb\xbf")
    assert "'=cmd()" in content.decode("utf-8-sig")
    wishes, errors = parsed(content, {"=cmd()": 3})
    assert errors == []
    assert [(wish.kpi, wish.branch, wish.month, wish.value) for wish in wishes] == [("net_close_rate", 3, date(2026, 3, 1), Decimal("0.3180")), ("leads", None, date(2026, 4, 1), Decimal("1250.5000"))]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "  =1"])
def test_what_a_spreadsheet_would_compute_is_neutralised(text: str) -> None:
    assert neutral(text).startswith("'")


@pytest.mark.parametrize(("kpi", "text"), [("leads", "12%"), ("leads", "-4"), ("leads", "x"), ("leads", "nan"), ("leads", "1e15"), ("net_close_rate", "31.8")])
def test_a_value_that_cannot_be_a_target_is_refused(kpi: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        value_of(metric(kpi), text)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"kpi,value\n", b'kpi,branch,month,value\nleads,"x'])
def test_what_is_no_file_of_targets_is_said(content: bytes) -> None:
    wishes, errors = parsed(content, {})
    assert wishes == []
    assert errors


def person(role: str, branches: frozenset[int] | None) -> Person:
    return Person(1, "a@b.c", "A", role, branches is None, branches or frozenset())


def test_who_may_do_what() -> None:
    boss, manager, analyst = person("leadership", None), person("branch_manager", frozenset({1})), person("analyst", frozenset({1}))
    assert [may_edit_targets(each) for each in (boss, manager, analyst)] == [True, False, False]
    assert [may_see_target(manager, branch) for branch in (1, 2, None)] == [True, False, False]
    assert [may_set_owner(each, 1) for each in (boss, manager, analyst)] == [True, True, False]
    assert [may_write_note(analyst, branch) for branch in (1, 2, None)] == [True, False, False]


def place(key: str, sales: float, cancelled: float, cases: float = 100) -> Place:
    return Place(key, f"Branch {key}", "", {"net_sales_amount": sales, "cancel_rate": cancelled}, {"cancel_rate": cases}, leads=10, reps=4)


PLACES = [place("a", 200, 0.10), place("b", 100, 0.05), place("c", math.nan, math.nan)]
METRICS = [metric("net_sales_amount"), metric("cancel_rate")]
COMPANY = {"net_sales_amount": 300.0, "cancel_rate": 0.08}


def test_places_are_put_on_one_scale() -> None:
    def shown(norm: str) -> list[list[float]]:
        return [[row[declared.name].shown for declared in METRICS] for row in table(PLACES[:2], METRICS, COMPANY, norm)]  # type: ignore[arg-type]

    assert shown("value") == [[200, 0.10], [100, 0.05]]
    assert shown("lead") == [[20, 0.10], [10, 0.05]]
    assert shown("rep") == [[50, 0.10], [25, 0.05]]
    assert shown("best") == [[100, pytest.approx(100 * 0.90 / 0.95)], [50, 100]], "where less is better the index is turned round"
    assert shown("company") == [[pytest.approx(400 / 3), pytest.approx(100 * 0.90 / 0.92)], [pytest.approx(200 / 3), pytest.approx(100 * 0.95 / 0.92)]]


def test_what_is_missing_is_missing_on_every_scale_and_sorts_last() -> None:
    rows = table(PLACES, METRICS, COMPANY, "best")
    assert math.isnan(rows[2]["net_sales_amount"].shown)
    assert rows[2]["net_sales_amount"].part == 0
    assert order(rows, PLACES, "net_sales_amount", falling=True) == [0, 1, 2]
    assert order(rows, PLACES, "net_sales_amount", falling=False) == [1, 0, 2]
    assert order(rows, PLACES, "", falling=True) == [2, 1, 0]


def test_too_few_cases_are_not_the_best() -> None:
    few = place("d", 50, 0.0, cases=1)
    rows = table([*PLACES[:2], few], METRICS, COMPANY, "value")
    assert [row["cancel_rate"].is_best for row in rows] == [False, True, False]
    assert rows[2]["cancel_rate"].is_small


def test_a_month_is_drawn_day_by_day() -> None:
    figure = daily_target(date(2026, 11, 1), [1.0] * 30, [2.0, math.nan], bars=True)
    bars, line = figure["data"]
    assert (bars["y"], len(line["x"]), line["x"][-1]) == ([2.0, None], 30, "2026-11-30")
