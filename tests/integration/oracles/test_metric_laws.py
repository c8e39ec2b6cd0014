"""Laws that numbers keep among themselves, and with the statements and rows that are shown for them."""

import itertools
import math
import re
from datetime import date, timedelta

import pytest

from shared.metrics.dimension import dimensions_of
from shared.metrics.glass_box import GlassBoxes
from shared.metrics.headline import Headlines, Wanted
from shared.metrics.metric import Level, Maximum, Quantile, Ratio, Sum
from shared.metrics.period import Period
from shared.metrics.question import GRAINS, Question
from shared.metrics.reference import Reference
from shared.metrics.registry import metric, metrics
from shared.metrics.row_statements import parts_of
from shared.metrics.scope import COMPANY, Scope
from shared.metrics.statements import statements
from tests.integration.oracles.asked import ADDITIVE, BRANCHES, LEVELS, PERIODS, TODAY
from tests.oracles import ORACLES, company
from tests.oracles.compare import World, alike, table
from tests.oracles.oracle import Asked, buckets


@pytest.mark.parametrize("name", ADDITIVE)
def test_the_buckets_of_a_sum_add_up_to_its_total(name: str, world: World) -> None:
    span, names = Period(date(2025, 10, 15), TODAY + timedelta(days=20)), alike(name)
    total = table(world, Question(names, span))[name][()]
    for grain in GRAINS[2:]:
        parts = table(world, Question(names, span, grain))[name]  # type: ignore[arg-type]
        assert math.fsum(parts.values()) == pytest.approx(total, abs=1e-6)
    total = table(world, Question(names, PERIODS["the last twelve months"]))[name][()]
    for each in dimensions_of(metric(name)):
        parts = table(world, Question(names, PERIODS["the last twelve months"], split=(each.name,)))[name]
        assert math.fsum(parts.values()) == pytest.approx(total, abs=1e-6), each.name


@pytest.mark.parametrize("branches", BRANCHES)
def test_nsli_is_sit_rate_times_net_close_rate_times_net_average_of_the_appointments(branches: frozenset[int] | None, world: World) -> None:
    for span in PERIODS.values():
        found = {name: values[()] for name, values in table(world, Question(("nsli", "sit_rate", "net_close_rate"), span, branches=branches)).items()}
        from tests.oracles import sales

        by_visit = sales.Select(sales.SOLD_AT_VISITS.only(sales.STANDING), "sum(s.gross - s.discount) / nullif(count(*), 0)", math.nan)
        average = by_visit(world.oracle, Asked(span.start, span.end, TODAY, branches))[()]
        if found["nsli"]:
            assert found["nsli"] == pytest.approx(found["sit_rate"] * found["net_close_rate"] * average, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("span", PERIODS.values(), ids=PERIODS)
def test_net_is_gross_less_cancelled_less_rejected_by_count_and_by_dollars(span: Period, world: World) -> None:
    names = ("gross_sales", "net_sales", "cancelled_sales", "credit_reject_rate", "gross_sales_amount", "net_sales_amount", "cancelled_amount", "credit_rejected_amount", "firm_amount", "soft_amount")
    frame = world.ask(Question(names, span), COMPANY).frame.iloc[0]
    rejected = 0 if math.isnan(frame.credit_reject_rate) else frame.credit_reject_rate * frame.credit_reject_rate__n
    assert frame.net_sales == pytest.approx(frame.gross_sales - frame.cancelled_sales - rejected, abs=1e-6)
    assert frame.net_sales_amount == pytest.approx(frame.gross_sales_amount - frame.cancelled_amount - frame.credit_rejected_amount, abs=0.005)
    assert frame.net_sales_amount == pytest.approx(frame.firm_amount + frame.soft_amount, abs=0.005)


def test_what_is_open_today_is_what_was_open_before_plus_what_came_less_what_went(world: World) -> None:
    for end in (TODAY, date(2025, 12, 31), date(2026, 1, 31)):
        span = Period(end - timedelta(days=29), end)
        before = table(world, Question(("open_tickets",), Period(span.start - timedelta(days=1), span.start - timedelta(days=1))))["open_tickets"][()]
        moved = table(world, Question(("tickets_opened", "tickets_closed", "open_tickets"), span))
        assert moved["open_tickets"][()] == before + moved["tickets_opened"][()] - moved["tickets_closed"][()]


@pytest.mark.parametrize("name", LEVELS)
def test_a_level_is_the_same_asked_alone_or_as_the_last_day_of_a_series_and_never_negative(name: str, world: World) -> None:
    span = Period(date(2024, 11, 1), TODAY)
    daily = table(world, Question((name,), span, "day", split=("branch",)))[name]
    assert min(daily.values()) >= -0.005
    for end in (date(2025, 3, 1), date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 28), TODAY):
        alone = table(world, Question((name,), Period(end, end), split=("branch",)))[name]
        assert {key[0]: value for key, value in alone.items() if value} == pytest.approx({key[1]: value for key, value in daily.items() if key[0] == end and value})


@pytest.mark.parametrize("name", ["open_items", "open_amount"])
def test_no_stage_is_ever_negative(name: str, world: World) -> None:
    assert min(table(world, Question((name,), Period(date(2024, 11, 1), TODAY), "day", split=("stage", "branch")))[name].values()) >= -0.005


@pytest.mark.parametrize("name", metrics())
def test_the_statements_shown_can_be_pasted_and_give_the_same_rows(name: str, world: World) -> None:
    where = (("branch", ("1", "2")),) if metric(name).has_branch else (("route", ("/", "it's :end")),)
    question = Question((name,), PERIODS["across its start"], where=where, branches=frozenset({1, 2}) if metric(name).has_branch else None)
    pasted = world.engines.primary.raw_connection()
    cursor = pasted.cursor()
    for statement in statements(question, TODAY):
        shown = statement.shown()
        assert not re.search(r"(?<![:'\w]):[a-z]", shown.replace("it''s :end", "")), "psql would take this for a variable"
        cursor.execute(shown)
        rows = cursor.fetchall()
        assert len(statement.columns) <= len(cursor.description or ())
        with world.engines.primary.connect() as connection:
            executed = connection.exec_driver_sql("SELECT 1").scalar_one() and [tuple(row) for row in connection.execute(_text(statement.sql), statement.parameters)]
        assert rows == executed
    pasted.close()


def _text(sql: str) -> object:
    from sqlalchemy import text

    return text(sql)


@pytest.mark.parametrize("name", LEVELS)
def test_the_statement_shown_for_a_level_gives_the_number_on_any_day(name: str, world: World) -> None:
    pasted = world.engines.primary.raw_connection()
    cursor = pasted.cursor()
    for day in (date(2025, 3, 1), date(2025, 12, 31), date(2026, 1, 1), TODAY):
        question = Question((name,), Period(day, day))
        (shown,) = world.ask.sql(question, COMPANY)
        cursor.execute(shown)
        inflow, outflow = cursor.fetchone()
        assert inflow - outflow == pytest.approx(table(world, question)[name][()], abs=1e-6)
    pasted.close()


@pytest.mark.parametrize("name", metrics())
def test_the_rows_behind_a_number_add_up_to_it(name: str, world: World) -> None:
    declared = metric(name)
    boxes = GlassBoxes(world.ask, Headlines(world.ask, Reference(world.engines), world.settings, company.clock), Reference(world.engines), world.engines)
    branches = frozenset({1, 3}) if declared.has_branch else None
    for span in (PERIODS["the last twelve months"],):
        wanted = Wanted(name, span, branches=branches)
        totals = [boxes.rows(wanted, COMPANY, part).total for part in range(len(parts_of(declared.formula)))]
        value = table(world, Question((name,), span, branches=branches))[name][()]
        match declared.formula:
            case Sum(terms):
                assert math.fsum(weight * total for (weight, _), total in zip(terms, totals, strict=True)) == pytest.approx(value, abs=1e-6)
            case Level():
                assert totals == [pytest.approx(value, abs=1e-6)]
            case Ratio(numerator, denominator):
                weights = [weight for weight, _ in (*numerator.terms, *denominator.terms)]
                weighted = [weight * total for weight, total in zip(weights, totals, strict=True)]
                below = math.fsum(weighted[len(numerator.terms):])
                assert (math.fsum(weighted[: len(numerator.terms)]) / below if below else math.nan) == pytest.approx(value, rel=1e-9, nan_ok=True)
            case Quantile() | Maximum():
                assert boxes.rows(wanted, COMPANY).rows or math.isnan(value)


def test_a_branch_manager_gets_the_oracles_answer_for_the_own_branch_alone(world: World) -> None:
    frame = world.ask(Question(("net_sales_amount", "leads"), PERIODS["this year"], split=("branch",)), Scope(frozenset({3}))).frame
    for name in ("net_sales_amount", "leads"):
        wanted = ORACLES[name](world.oracle, Asked(date(2026, 1, 1), TODAY, TODAY, frozenset({3})))[()]
        assert list(frame["branch"]) == ["3"]
        assert frame[name].sum() == pytest.approx(wanted)


@pytest.mark.parametrize(("split", "name", "change"), [
    ("channel", "leads", "UPDATE crm.lead_source SET channel = channel || '!'"), ("source", "marketing_spend", "UPDATE crm.lead_source SET name = name || '!'"),
    ("rep", "net_sales", "UPDATE crm.employee SET name = name || '!'"), ("product", "jobs_started", "UPDATE crm.product SET name = name || '!'"),
    ("branch", "tickets_opened", "UPDATE crm.branch SET name = name || '!'"),
])
def test_a_new_name_or_group_shows_as_soon_as_it_is_committed(split: str, name: str, change: str, world: World) -> None:
    question = Question((name,), PERIODS["the last twelve months"], split=(split,))

    def labels() -> set[str]:
        return set(world.ask(question, COMPANY).frame[f"{split}_label"]) - {"Unassigned", "Unattributed", "Company"}

    assert not any(label.endswith("!") for label in labels())
    with world.engines.writer() as connection:
        connection.exec_driver_sql(change)
    try:
        assert labels()
        assert all(label.endswith("!") for label in labels())
    finally:
        with world.engines.writer() as connection:
            connection.exec_driver_sql(re.sub(r"= (\w+) .*", r"= rtrim(\1, '!')", change))


def test_the_rescission_window_ends_with_the_third_business_day(world: World) -> None:
    """Counted here in Python from the calendar: Sundays and holidays do not count; a branch without calendar has Sundays only."""
    cursor = world.engines.primary.raw_connection().cursor()
    cursor.execute("SELECT branch_id, day FROM crm.calendar_day WHERE is_business_day")
    business = set(cursor.fetchall())
    cursor.execute("SELECT branch_id, sold_on, rescission_ends_on FROM crm.sale WHERE sold_on <= %s", [TODAY])
    for branch, sold, ends in cursor.fetchall():
        works = [day for day in (sold + timedelta(days=n) for n in range(1, 15)) if ((branch, day) in business if branch in {1, 2} else day.weekday() != 6)]
        assert works[2] == ends, (branch, sold)


def test_buckets_cover_a_span_without_gap() -> None:
    for grain in GRAINS[1:]:
        found = buckets(Asked(date(2024, 2, 27), date(2025, 3, 2), TODAY, grain=grain))
        assert found[0][0] <= date(2024, 2, 27)
        assert found[-1][1] >= date(2025, 3, 2)
        assert all(later[0] == earlier[1] + timedelta(days=1) for earlier, later in itertools.pairwise(found))
