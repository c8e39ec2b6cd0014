"""Every metric equals its oracle: an independent SELECT over the operational tables, for any period, branches, split, filter and grain."""

import itertools
import math
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.cache import Cache
from shared.metrics.ask import CachedAsk
from shared.metrics.dimension import dimensions_of
from shared.metrics.exact import ExactAsk
from shared.metrics.glass_box import GlassBoxes
from shared.metrics.headline import Headlines, Wanted
from shared.metrics.metric import Level, Maximum, Quantile, Ratio, Sum
from shared.metrics.period import Period, period
from shared.metrics.question import GRAINS, Question
from shared.metrics.reference import Reference
from shared.metrics.registry import metric, metrics
from shared.metrics.row_statements import parts_of
from shared.metrics.scope import COMPANY, Scope
from shared.metrics.statements import statements
from shared.settings import Settings
from shared.warehouse.build import build_views
from shared.warehouse.engines import Engines
from tests.oracles import ORACLES, company
from tests.oracles.compare import World, alike, table, wrong
from tests.oracles.oracle import Asked, buckets

TODAY = company.TODAY
BRANCHES = (None, frozenset({1}), frozenset({2, 3}), frozenset({company.QUIET_BRANCH}), frozenset({1, 2, 3, 4}))
PERIODS = {
    "today": period("today", TODAY), "this month": period("mtd", TODAY), "this year": period("ytd", TODAY), "the last twelve months": period("last_365_days", TODAY),
    "before the recent window": Period(date(2024, 12, 15), date(2025, 12, 31)), "across its start": Period(date(2025, 12, 20), date(2026, 1, 10)),
    "its first day": Period(date(2026, 1, 1), date(2026, 1, 1)), "the day before it": Period(date(2025, 12, 31), date(2025, 12, 31)),
    "to come": Period(TODAY + timedelta(days=1), TODAY + timedelta(days=60)), "before anything": Period(date(2001, 1, 1), date(2001, 12, 31)), "everything": Period(date(2023, 1, 1), date(2027, 12, 31)),
}
ADDITIVE = [name for name, declared in metrics().items() if isinstance(declared.formula, Sum)]
LEVELS = [name for name, declared in metrics().items() if isinstance(declared.formula, Level)]


@pytest.fixture(scope="module")
def world(database: Callable[..., Settings]) -> Iterator[World]:
    """The company with built views; a third of it is written after the build, so that its days are dirty."""
    chosen = database()
    engines = Engines(chosen)
    maker = company.make()
    late = {name: [row for row in maker.tables[name] if int(str(row["id"])) % 3 == 0] for name in ("payment", "ticket", "call", "knock", "marketing_spend", "request_log", "probe")}
    early = company.Maker(maker.rng, {name: [row for row in rows if row not in late.get(name, [])] for name, rows in maker.tables.items()})
    company.write(engines.primary, early)
    build_views(engines.primary, chosen, clock=company.clock)
    raw = engines.primary.raw_connection()
    cursor = raw.cursor()
    for name, rows in late.items():
        company.insert(cursor, name, rows)
    cursor.execute("UPDATE crm.sale SET status = 'cancelled', cancelled_at = sold_at + interval '3 days' WHERE id % 7 = 0 AND cancelled_at IS NULL")
    cursor.execute("UPDATE crm.appointment SET rep_id = NULL WHERE id % 11 = 0")
    raw.commit()
    raw.close()
    engines.wait_for_replicas()
    with engines.primary.connect() as connection:
        yield World(CachedAsk(engines, Cache(chosen), chosen, company.clock), engines, chosen, connection)
    engines.primary.dispose()


def test_every_metric_has_an_oracle_and_no_oracle_stands_alone() -> None:
    assert set(ORACLES) == set(metrics())


@pytest.mark.parametrize("name", metrics())
def test_every_oracle_can_be_split_as_its_metric_can(name: str) -> None:
    assert {each.name for each in dimensions_of(metric(name))} <= ORACLES[name].dimensions


@pytest.mark.parametrize("name", metrics())
def test_every_metric_equals_its_oracle(name: str, world: World) -> None:
    told = []
    for number, (words, span) in enumerate(PERIODS.items()):
        for chosen in {None if number % 3 else BRANCHES[0], BRANCHES[number % 5]} if metric(name).has_branch else (None,):
            told += [f"{words}, branches {chosen}: {error}" for error in wrong(world, Question((name,), span, branches=chosen), name)]
    assert told == []


@pytest.mark.parametrize("name", metrics())
def test_every_metric_equals_its_oracle_by_every_split(name: str, world: World) -> None:
    dimensions = [each.name for each in dimensions_of(metric(name))]
    told = [error for each in dimensions for error in wrong(world, Question((name,), PERIODS["the last twelve months"], split=(each,)), name)]
    told += wrong(world, Question((name,), PERIODS["across its start"], "week", split=tuple(dimensions[:2])), name)
    assert told == []


@pytest.mark.parametrize("name", metrics())
def test_every_metric_equals_its_oracle_in_every_grain(name: str, world: World) -> None:
    for grain in GRAINS[1:]:
        start = date(2026, 2, 20) if grain == "day" else date(2025, 10, 15)
        assert wrong(world, Question((name,), Period(start, TODAY + timedelta(days=20)), grain), name) == []  # type: ignore[arg-type]


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Any question about one to three metrics that share their dimensions."""
    names = draw(st.lists(st.sampled_from(sorted(metrics())), min_size=1, max_size=3, unique=True))
    start = TODAY - timedelta(days=draw(st.integers(-40, 520)))
    end = start + timedelta(days=draw(st.sampled_from((0, 1, 6, 27, 31, 90, 400))))
    shared = sorted(set.intersection(*({each.name for each in dimensions_of(metric(name))} for name in names)))
    split = tuple(draw(st.lists(st.sampled_from(shared), max_size=2, unique=True))) if shared else ()
    grain = draw(st.sampled_from(GRAINS))
    if grain == "day" and (end - start).days > 100:
        grain = "month"
    where = ()
    if shared and draw(st.booleans()):
        by = draw(st.sampled_from(shared))
        where = ((by, tuple(draw(st.lists(st.sampled_from(_KEYS[by]), min_size=1, max_size=2, unique=True)))),)
    branches = draw(st.sampled_from(BRANCHES)) if all(metric(name).has_branch for name in names) else None
    return Question(tuple(names), Period(start, end), grain, split, where, branches)  # type: ignore[arg-type]


_KEYS = {
    "branch": ("1", "2", "4", "99"), "rep": ("0", "1", "9"), "agent": ("0", "3"), "canvasser": ("0", "5", "13"), "technician": ("0", "7"), "source": ("0", "1", "3"), "product": ("1", "2"),
    "channel": ("Digital", "", "Canvass"), "medium": ("", "cpc"), "campaign": ("Brand", ""), "kind": ("new", "rehash"), "spend_kind": ("media", "tools"),
    "stage": ("quote", "backlog", "orphan"), "since": ("2026-03-01", "2026-02-10"), "method": ("card", "cash"), "age": ("0", "13", "34"), "crew": ("North", ""), "territory": ("East", ""), "family": ("ghost", "break"), "rule": ("G1", "S10"), "ledger": ("bank", "lender"), "side": ("outside", "crm"), "service": ("bi", "x'y"),
    "route": ("/", ""),
}


_RADIO_AND_NONE = (("channel", ("Broadcast", "")),)


@pytest.mark.parametrize("question", [
    Question(("gross_sales", "cancel_rate"), PERIODS["the last twelve months"], "month", where=_RADIO_AND_NONE),
    Question(("net_sales_amount",), PERIODS["this year"], split=("channel",), where=(("campaign", ("",)),)),
    Question(("backlog_jobs", "lead_close_rate"), Period(date(2026, 1, 1), date(2026, 12, 27)), "week", where=(("branch", ("99",)),)),
], ids=["a filter finds rows without a source by the empty key, as a split does", "and so with another group", "a level to come is missing also where nothing is open"])
def test_a_question_once_answered_wrongly_gets_the_oracles_answer(question: Question, world: World) -> None:
    assert wrong(world, question) == []


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate))
@given(question=questions())
def test_any_question_gets_the_oracles_answer(question: Question, world: World) -> None:
    assert wrong(world, question) == []


def answered_otherwise(asked: list[Question], world: World) -> list[str]:
    """Which questions get another answer together than each alone, to the last bit."""
    exact = ExactAsk(world.engines, world.settings, company.clock)
    return [str(question) for question, answer in zip(asked, exact.many(asked, COMPANY), strict=True) if not answer.frame.equals(exact(question, COMPANY).frame)]


@pytest.mark.parametrize("names", sorted({alike(name) for name in metrics()}), ids=lambda names: names[0])
def test_questions_asked_together_get_what_each_gets_alone(names: tuple[str, ...], world: World) -> None:
    branches = BRANCHES if metric(names[0]).has_branch else (None,)
    dimensions = [each.name for each in dimensions_of(metric(names[0]))]
    asked = [Question(names, span, GRAINS[number % 6 if number < 9 else 0], branches=branches[(number + shift) % len(branches)])  # type: ignore[arg-type]
             for number, span in enumerate(PERIODS.values()) for shift in (0, 2)]
    asked += [Question(names, span, grain, (each,), where, branches=only)  # type: ignore[arg-type]
              for each in dimensions for span, grain in ((PERIODS["this year"], "all"), (PERIODS["across its start"], "day"))
              for where in ((), ((each, _KEYS[each]),)) for only in (branches[0], branches[-1])]
    assert answered_otherwise(asked, world) == []


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate))
@given(asked=st.lists(questions(), min_size=2, max_size=6, unique=True))
def test_any_questions_asked_together_get_what_each_gets_alone(asked: list[Question], world: World) -> None:
    assert answered_otherwise(asked, world) == []


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
