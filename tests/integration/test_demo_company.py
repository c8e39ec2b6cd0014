"""The demo company in a real database: rows that obey every constraint, days equal to the triggers', faults exactly where the truth says."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from jobs.demo.load import Loaded, load_company
from jobs.errors import CommandError
from shared.settings import Settings
from shared.warehouse.engines import Engines
from tests.integration.demo_rules import LEDGER, PAIRS, RULES

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def clock() -> datetime:
    return NOW


@pytest.fixture(scope="module")
def demo_settings(database: Callable[..., Settings]) -> Settings:
    return database()


@pytest.fixture(scope="module")
def loaded(demo_settings: Settings) -> Loaded:
    return load_company(Engines(demo_settings), demo_settings, size="small", seed=7, views=False, clock=clock)


@pytest.fixture(scope="module")
def rows(demo_settings: Settings, loaded: Loaded) -> Iterator[Connection]:
    assert loaded.rows > 20_000
    engines = Engines(demo_settings)
    with engines.primary.connect() as connection:
        yield connection
    engines.primary.dispose()


def truth(rows: Connection, rule: str) -> list[int]:
    return sorted(rows.execute(text("SELECT entity_id FROM app.demo_truth WHERE rule = :rule AND kind IN ('ghost', 'split')"), {"rule": rule}).scalars())


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_planted_fault_is_found_and_nothing_else_breaks_the_rule(rows: Connection, rule: str) -> None:
    planted = truth(rows, rule.split(maxsplit=1)[0])
    statement = RULES[rule]
    if rule == "G1 without a sale":
        statement = f"{statement} AND NOT EXISTS (SELECT FROM crm.sale s WHERE s.appointment_id = a.id AND s.status IN ('cancelled', 'credit_rejected'))"
    found = sorted(rows.execute(text(statement), {"today": TODAY} if ":today" in statement else {}).scalars())
    assert len(planted) >= 3
    assert found == planted


@pytest.mark.parametrize("why", sorted(PAIRS))
def test_pairs_of_appointments_collide_only_where_planted(rows: Connection, why: str) -> None:
    planted = {frozenset(pair) for pair in rows.execute(
        text("SELECT entity_id, (detail ->> 'other_id')::bigint FROM app.demo_truth WHERE rule = 'G6' AND detail ->> 'why' = :why"), {"why": why})}
    assert planted
    assert {frozenset(pair) for pair in rows.execute(text(PAIRS[why]))} == planted


def test_the_outside_world_differs_only_where_planted(rows: Connection) -> None:
    planted = sorted(tuple(row) for row in rows.execute(text("SELECT rule, entity, entity_id FROM app.demo_truth WHERE kind = 'ledger'")))
    assert {rule for rule, *_ in planted} == {"missing_outside", "missing_in_crm", "amount_differs", "date_differs", "duplicate", "status_differs"}
    assert sorted(tuple(row) for row in rows.execute(text(LEDGER), {"today": TODAY})) == planted


def test_the_truth_knows_how_leads_answer_to_money(rows: Connection) -> None:
    found = rows.execute(text("""SELECT t.branch_id, s.name, (t.detail ->> 'half')::float > 0 FROM app.demo_truth t JOIN crm.lead_source s ON s.id = t.entity_id
        WHERE t.kind = 'response' AND t.entity = 'lead_source'""")).all()
    paid = rows.execute(text("SELECT b.id, s.name, true FROM crm.branch b CROSS JOIN crm.lead_source s WHERE s.is_paid")).all()
    assert sorted(map(tuple, found)) == sorted(map(tuple, paid))


DAYS = {
    "lead": ("created_at", "created_on"), "touch": ("touched_at", "touched_on"), "phone_shift": ("started_at", "started_on"), "call": ("started_at", "started_on"),
    "canvass_shift": ("started_at", "started_on"), "knock": ("knocked_at", "knocked_on"), "appointment": ("scheduled_at", "scheduled_on"), "sale": ("sold_at", "sold_on"),
    "change_order": ("changed_at", "changed_on"), "payment": ("paid_at", "paid_on"), "ticket": ("opened_at", "opened_on"),
}
MORE_DAYS = (("appointment", "set_at", "set_on"), ("appointment", "resulted_at", "resulted_on"), ("sale", "cancelled_at", "cancelled_on"), ("ticket", "resolved_at", "resolved_on"))


@pytest.mark.parametrize(("table", "moment", "day"), [*((table, *columns) for table, columns in DAYS.items()), *MORE_DAYS])
def test_business_days_are_those_of_the_branch(rows: Connection, table: str, moment: str, day: str) -> None:
    wrong = f"SELECT count(*) FROM crm.{table} f JOIN crm.branch b ON b.id = f.branch_id WHERE f.{day} IS DISTINCT FROM (f.{moment} AT TIME ZONE b.time_zone)::date"
    assert rows.execute(text(wrong)).scalar_one() == 0
    assert rows.execute(text(f"SELECT count(*) FROM crm.{table} WHERE {day} IS NOT NULL")).scalar_one() > 0


def test_the_triggers_would_fill_the_same_days(rows: Connection) -> None:
    touched = ("lead", "touch", "appointment", "sale", "payment", "ticket", "canvass_shift")
    before = {table: rows.execute(text(f"SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM crm.{table} t")).scalar_one() for table in touched}
    for table in touched:
        rows.execute(text(f"UPDATE crm.{table} SET branch_id = branch_id"))
    after = {table: rows.execute(text(f"SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM crm.{table} t")).scalar_one() for table in touched}
    rows.rollback()
    assert after == before


def test_the_rescission_window_ends_on_the_third_business_day(rows: Connection) -> None:
    assert rows.execute(text("SELECT count(*) FROM crm.sale WHERE rescission_ends_on <> crm.rescission_end(branch_id, sold_on)")).scalar_one() == 0


def test_nothing_has_happened_in_the_future_but_plans(rows: Connection) -> None:
    for table, moment in [*((table, columns[0]) for table, columns in DAYS.items() if table != "appointment"), *((table, moment) for table, moment, _ in MORE_DAYS),
                          ("appointment", "issued_at"), ("appointment", "confirmed_at"), ("call", "started_at"), ("request_log", "requested_at"), ("probe", "probed_at"),
                          ("phone_shift", "ended_at"), ("canvass_shift", "ended_at"), ("lead", "contacted_at"), ("split", "edited_at"), ("ticket", "first_response_at")]:
        assert rows.execute(text(f"SELECT count(*) FROM crm.{table} WHERE {moment} > :now"), {"now": NOW}).scalar_one() == 0, (table, moment)
    assert rows.execute(text("SELECT count(*) FROM crm.job WHERE greatest(started_on, completed_on, cancelled_on) > :today"), {"today": TODAY}).scalar_one() == 0
    assert rows.execute(text("SELECT count(*) FROM crm.marketing_spend WHERE spent_to > :today"), {"today": TODAY}).scalar_one() == 0
    assert rows.execute(text("SELECT count(*) FROM crm.appointment WHERE scheduled_at > :now AND issued_at IS NOT NULL"), {"now": NOW}).scalar_one() > 0


def test_every_constraint_index_and_trigger_is_back_and_checked(rows: Connection, fresh: Engines) -> None:
    shape = text("""
        SELECT 'constraint', conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) || convalidated FROM pg_constraint WHERE connamespace = 'crm'::regnamespace AND conparentid = 0
        UNION ALL SELECT 'index', indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid) || indisvalid FROM pg_index
            JOIN pg_class t ON t.oid = indrelid WHERE t.relnamespace = 'crm'::regnamespace AND NOT t.relispartition
        UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname::text, tgenabled::text FROM pg_trigger JOIN pg_class t ON t.oid = tgrelid
            WHERE NOT tgisinternal AND t.relnamespace = 'crm'::regnamespace AND NOT t.relispartition
        ORDER BY 1, 2, 3""")
    with fresh.primary.connect() as empty:
        expected = [row for row in empty.execute(shape).all() if "_20" not in row[1]]
    found = [row for row in rows.execute(shape).all() if "_20" not in row[1]]
    assert len(expected) > 100
    assert found == expected


def test_new_rows_get_ids_after_the_loaded_ones(rows: Connection) -> None:
    highest = rows.execute(text("SELECT max(id) FROM crm.prospect")).scalar_one()
    made = rows.execute(text("INSERT INTO crm.prospect (branch_id, name) VALUES (1, 'Somebody New') RETURNING id")).scalar_one()
    rows.rollback()
    assert made > highest


def test_facts_lie_in_monthly_partitions(rows: Connection) -> None:
    for fact in ("call", "knock", "request_log"):
        assert rows.execute(text(f"SELECT count(*) FROM crm.{fact}_default")).scalar_one() == 0


RATES = {
    "contact": ("SELECT avg((contacted_at IS NOT NULL)::int) FROM crm.lead WHERE disregard IS NULL", 0.58, 0.75),
    "set": ("SELECT avg(EXISTS (SELECT FROM crm.appointment a WHERE a.lead_id = l.id)::int) FROM crm.lead l WHERE disregard IS NULL", 0.43, 0.58),
    "issue": ("SELECT avg((issued_at IS NOT NULL)::int) FROM crm.appointment WHERE scheduled_on < :today", 0.78, 0.89),
    "sit": ("SELECT avg((result IN ('Sold', 'Demoed-Not-Sold', 'Follow-Up'))::int) FROM crm.appointment WHERE issued_at IS NOT NULL AND scheduled_on < :today", 0.69, 0.81),
    "close": ("SELECT avg((result = 'Sold')::int) FROM crm.appointment WHERE result IN ('Sold', 'Demoed-Not-Sold', 'Follow-Up')", 0.28, 0.40),
    "cancel": ("SELECT avg((status = 'cancelled')::int) FROM crm.sale WHERE sold_on < CAST(:today AS date) - 30", 0.07, 0.22),
    "average sale": ("SELECT avg(amount) FROM crm.sale", 13_000, 17_500),
    "cost share": ("SELECT (SELECT sum(amount) FROM crm.marketing_spend) / sum(amount) FROM crm.sale WHERE status NOT IN ('cancelled', 'credit_rejected')", 0.09, 0.24),
    "on time": ("SELECT avg((completed_on <= promised_on)::int) FROM crm.job WHERE status = 'complete'", 0.75, 0.93),
}


@pytest.mark.parametrize("name", sorted(RATES))
def test_the_rates_are_those_of_a_believable_company(rows: Connection, name: str) -> None:
    statement, low, high = RATES[name]
    assert low < float(rows.execute(text(statement), {"today": TODAY} if ":today" in statement else {}).scalar_one()) < high


def test_cohorts_at_the_end_are_immature(rows: Connection) -> None:
    def share(condition: str) -> float:
        return float(rows.execute(text(f"SELECT coalesce(avg((s.status IN ('pending', 'in_rescission'))::int), 0) FROM crm.sale s WHERE {condition}"), {"today": TODAY}).scalar_one())

    assert share("sold_on >= CAST(:today AS date) - 2") > 0.5
    assert share("sold_on < CAST(:today AS date) - 30") == 0
    assert rows.execute(text("SELECT count(DISTINCT status) FROM crm.job")).scalar_one() == 4


def test_what_is_paid_for_a_finished_job_adds_up_to_the_contract(rows: Connection) -> None:
    off = text("""SELECT count(*) FROM crm.job j JOIN crm.sale s ON s.id = j.sale_id WHERE j.completed_on < CAST(:today AS date) - 60
        AND (SELECT sum(p.amount) FROM crm.payment p WHERE p.sale_id = s.id) <> s.amount + coalesce((SELECT sum(c.amount) FROM crm.change_order c WHERE c.sale_id = s.id), 0)""")
    assert rows.execute(off, {"today": TODAY}).scalar_one() == 0


def test_targets_of_branches_add_up_to_the_companys(rows: Connection) -> None:
    off = text("""SELECT count(*) FROM crm.target c WHERE c.branch_id IS NULL AND c.kpi IN ('net_sales_amount', 'leads', 'issued', 'doors')
        AND abs(c.value - (SELECT sum(b.value) FROM crm.target b WHERE b.branch_id IS NOT NULL AND b.kpi = c.kpi AND b.month = c.month)) > 5""")
    assert rows.execute(off).scalar_one() == 0
    assert rows.execute(text("SELECT count(*) FROM crm.target WHERE branch_id IS NULL AND month = date_trunc('month', CAST(:today AS date))"), {"today": TODAY}).scalar_one() == 25


def test_an_occupied_database_is_refused_and_stays_as_it_is(demo_settings: Settings, rows: Connection) -> None:
    before = rows.execute(text("SELECT count(*) FROM crm.lead")).scalar_one()
    rows.rollback()
    with pytest.raises(CommandError, match="--replace"):
        load_company(Engines(demo_settings), demo_settings, size="small", seed=8, clock=clock)
    assert rows.execute(text("SELECT count(*) FROM crm.lead")).scalar_one() == before
    rows.rollback()


def test_a_load_that_breaks_off_leaves_nothing_behind(fresh: Engines, demo_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jobs.demo.load.write_truth", fail)
    with pytest.raises(KeyboardInterrupt):
        load_company(fresh, demo_settings, size="small", seed=7, clock=clock)
    with fresh.primary.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM crm.branch")).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM pg_trigger WHERE tgname = 'days' AND tgenabled <> 'O'")).scalar_one() == 0


def test_replacing_makes_the_other_company_and_keeps_who_may_see_which_branch(fresh: Engines, demo_settings: Settings) -> None:
    load_company(fresh, demo_settings, size="small", seed=1, views=False, clock=clock)
    with fresh.writer() as connection:
        first = connection.execute(text("SELECT md5(string_agg(l::text, '|' ORDER BY id)) FROM crm.lead l")).scalar_one()
    load_company(fresh, demo_settings, size="small", seed=2, replace=True, views=False, clock=clock)
    with fresh.primary.connect() as connection:
        assert connection.execute(text("SELECT md5(string_agg(l::text, '|' ORDER BY id)) FROM crm.lead l")).scalar_one() != first
        assert connection.execute(text("SELECT count(*) FROM crm.branch")).scalar_one() == 5
        assert connection.execute(text("SELECT min(day) FROM app.demo_truth")).scalar_one() > TODAY - timedelta(days=500)


def test_outside_demo_mode_it_is_refused(fresh: Engines, database: Callable[..., Settings]) -> None:
    with pytest.raises(CommandError, match="DEMO_MODE"):
        load_company(fresh, database(demo_mode=False), size="small", clock=clock)
