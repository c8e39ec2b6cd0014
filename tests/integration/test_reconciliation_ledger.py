"""Others' books against ours: breaks typed as planted, and nothing left over on either side, whatever the ledgers hold."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from jobs.demo.load import load_company
from shared.clock import now
from shared.reconciliation.ledger import LedgerDone, run_ledger
from shared.reconciliation.proof import Wanted, cases_of, newest_run, rows_of
from shared.reconciliation.reading import recent_runs
from shared.reconciliation.rounds import run_stale
from shared.reconciliation.source import source_called
from shared.settings import Settings
from shared.warehouse.engines import Engines

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
SOURCES = ("accounting", "bank", "lender")


class World:
    """The planted company."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.engines, self.moment = settings, Engines(settings), NOW
        load_company(self.engines, settings, size="small", seed=7, views=False, clock=self.clock)

    def clock(self) -> datetime:
        return self.moment

    def run(self, source: str) -> LedgerDone:
        done = run_ledger(self.engines.primary, self.settings, source, self.clock)
        assert done is not None
        return done

    def ask(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        with self.engines.primary.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def write(self, statement: str, **values: object) -> None:
        with self.engines.writer() as connection:
            connection.execute(text(statement), values)


@pytest.fixture(scope="module")
def world(database: Callable[..., Settings]) -> Iterator[World]:
    made = World(database())
    for source in SOURCES:
        made.run(source)
    yield made
    made.engines.dispose()


def test_every_planted_break_is_found_with_its_type_and_nothing_else(world: World) -> None:
    planted = sorted(world.ask("SELECT rule, entity, entity_id FROM app.demo_truth WHERE kind = 'ledger'"))
    found = sorted(world.ask("SELECT rule, entity, entity_id FROM crm.recon_case WHERE source <> '' AND closed_on IS NULL"))
    assert len(planted) >= 30
    assert found == planted


def test_the_same_is_found_where_no_batch_says_its_period(world: World) -> None:
    world.write("UPDATE crm.recon_batch SET period_from = NULL, period_to = NULL")
    before = set(world.ask("SELECT fingerprint FROM crm.recon_case WHERE source <> '' AND closed_on IS NULL"))
    for source in SOURCES:
        world.run(source)
    assert set(world.ask("SELECT fingerprint FROM crm.recon_case WHERE source <> '' AND closed_on IS NULL")) == before
    world.write("UPDATE crm.recon_batch SET period_from = to_date(right(batch, 7), 'YYYY-MM'), period_to = (to_date(right(batch, 7), 'YYYY-MM') + interval '1 month')::date - 1")


@pytest.mark.parametrize("source", SOURCES)
def test_every_row_of_both_sides_is_matched_or_broken_exactly_once(world: World, source: str) -> None:
    outside, ours = world.run(source).sides
    assert [(outside.total_count, outside.total_cents)] == world.ask("SELECT count(*), sum(round((payload ->> 'amount')::numeric * 100))::bigint FROM crm.external_record WHERE source = :source", source=source)
    assert (outside.matched_count + outside.broken_count, ours.matched_count + ours.broken_count) == (outside.total_count, ours.total_count)
    assert world.ask("SELECT side, count(*), sum(cents)::bigint FROM crm.recon_item WHERE source = :source GROUP BY side ORDER BY side", source=source) == [
        ("crm", ours.total_count, ours.total_cents), ("outside", outside.total_count, outside.total_cents)]
    assert world.ask("SELECT count(*) FROM crm.recon_item i WHERE i.source = :source AND i.state <> 'matched' AND i.side = 'outside' AND NOT EXISTS"
                     " (SELECT FROM crm.recon_case c WHERE c.source = i.source AND c.entity_id = i.item_id AND c.entity = 'external_record' AND c.gone_at IS NULL)", source=source) == [(0,)]


def test_the_database_itself_refuses_a_run_that_does_not_add_up(world: World) -> None:
    [(run,)] = world.ask("SELECT max(id) FROM crm.recon_run")
    with pytest.raises(Exception, match="nothing_falls_through"):
        world.write("INSERT INTO crm.recon_balance VALUES (:run, 'crm', 3, 300, 1, 100, 1, 100) ON CONFLICT (run_id, side) DO UPDATE SET total_count = excluded.total_count", run=run)


def test_a_break_that_is_put_right_closes_and_a_file_that_is_loaded_again_keeps_its_cases(world: World) -> None:
    [(case, record)] = world.ask("SELECT id, entity_id FROM crm.recon_case WHERE rule = 'amount_differs' AND source = 'bank' AND closed_on IS NULL ORDER BY id LIMIT 1")
    world.write("UPDATE crm.external_record r SET payload = r.payload || jsonb_build_object('amount', p.amount) FROM crm.payment p WHERE r.id = :id AND p.external_id = r.payload ->> 'reference'", id=record)
    assert world.run("bank").folded.closed == 1
    assert world.ask("SELECT status, reason FROM crm.recon_case WHERE id = :case", case=case) == [("resolved", "fixed")]
    before = set(world.ask("SELECT fingerprint, since FROM crm.recon_case WHERE source = 'bank' AND closed_on IS NULL"))
    world.write("CREATE TABLE app.kept AS SELECT * FROM crm.external_record WHERE source = 'bank'")
    world.write("DELETE FROM crm.external_record WHERE source = 'bank'")
    world.write("INSERT INTO crm.external_record (source, batch, key, payload, received_at) SELECT source, batch, key, payload, received_at FROM app.kept ORDER BY id; DROP TABLE app.kept")
    assert world.run("bank").folded.opened == 0
    assert set(world.ask("SELECT fingerprint, since FROM crm.recon_case WHERE source = 'bank' AND closed_on IS NULL")) == before
    assert date(2026, 11, 20) > min(since for _, since in before)  # type: ignore[type-var]


def test_what_a_run_counted_leads_to_its_rows_and_their_cases(world: World) -> None:
    done = world.run("bank")
    [(result,)] = world.ask("SELECT result FROM crm.recon_run WHERE id = :run", run=done.id)
    parts = result["parts"]  # type: ignore[index]
    for side in done.sides:
        mine = [each for each in parts if each["side"] == side.side]
        assert (sum(each["count"] for each in mine), sum(each["cents"] for each in mine)) == (side.total_count, side.total_cents)
    left = result["left_out"]  # type: ignore[index]
    [(rows, cents)] = world.ask("SELECT count(*), sum(amount * 100)::bigint FROM crm.payment")
    assert (rows, cents) == (left["book"]["count"], left["book"]["cents"]) == (done.sides[1].total_count + left["period"]["count"] + left["nothing"]["count"], done.sides[1].total_cents + left["period"]["cents"])
    with world.engines.primary.connect() as connection:
        source = source_called(connection, "bank")
        assert newest_run(connection, "bank") == done.id
        for each in parts:
            found = rows_of(connection, source, Wanted(each["side"], each["state"], each["level"]), None)
            assert (found.count, found.cents) == (each["count"], each["cents"])
            assert all(bool(row["counterpart"]) == (each["level"] > 0) for row in found.rows)
            assert all((row["case_id"] is None) == (each["state"] == "matched") for row in found.rows)
        cases = cases_of(connection, "bank")
        assert {rule: each["cases"] for rule, each in cases.items()} == done.found
        assert rows_of(connection, source, Wanted("outside"), frozenset({32_000})).count == 0  # a branch that nobody has


def test_a_change_on_either_side_is_held_against_the_other_within_seconds_and_leaves_one_record(world: World) -> None:
    world.moment = now() + timedelta(minutes=10)  # records say when they ended by the clock of the server
    for source in SOURCES:
        world.run(source)
    world.moment += timedelta(seconds=90)
    run_stale(world.engines.primary, world.settings, world.clock)
    assert run_stale(world.engines.primary, world.settings, world.clock) == []
    [(number,)] = world.ask("SELECT p.id FROM crm.payment p JOIN crm.recon_item i ON i.item_id = p.id AND i.side = 'crm' AND i.source = 'bank' AND i.state = 'matched' AND i.level = 1 ORDER BY p.id LIMIT 1")
    world.write("UPDATE crm.payment SET amount = amount + 1 WHERE id = :id", id=number)
    assert run_stale(world.engines.primary, world.settings, now) == []  # it was held a moment ago
    world.moment += timedelta(seconds=90)
    assert [done.folded.opened for done in run_stale(world.engines.primary, world.settings, world.clock)] == [1]
    world.write("UPDATE crm.payment SET amount = amount - 1 WHERE id = :id", id=number)
    world.moment += timedelta(seconds=90)
    assert [done.folded.closed for done in run_stale(world.engines.primary, world.settings, world.clock)] == [1]
    for _ in range(3):
        world.write("UPDATE crm.payment SET amount = amount WHERE id = :id", id=number)
        world.moment += timedelta(seconds=90)
        run_stale(world.engines.primary, world.settings, world.clock)
    unmoved = "SELECT count(*) FROM crm.recon_run WHERE source = 'bank' AND reach = 'changed' AND NOT (result ->> 'moved')::boolean"
    assert world.ask(unmoved) > [(2,)]
    with world.engines.primary.connect() as connection:
        assert [each["result"]["moved"] for each in recent_runs(connection) if each["source"] == "bank" and each["reach"] == "changed"] == [False, True, True]
    world.write("UPDATE crm.recon_run SET finished_at = finished_at - interval '2 hours' WHERE reach = 'changed'")
    world.run("bank")
    assert world.ask(unmoved) == [(0,)]


@pytest.mark.parametrize("declared", [True, False])
def test_an_account_of_one_branch_says_nothing_of_the_others(world: World, declared: bool) -> None:
    if not declared:
        world.write("UPDATE crm.recon_batch SET period_from = NULL, period_to = NULL")
    world.write("DELETE FROM crm.external_record WHERE source = 'bank' AND payload ->> 'branch' <> 'Pittsburgh'")
    world.run("bank")
    [(branch,)] = world.ask("SELECT id FROM crm.branch WHERE name = 'Pittsburgh'")
    missing = world.ask("SELECT DISTINCT branch_id FROM crm.recon_item WHERE source = 'bank' AND side = 'crm' AND state = 'missing_outside'")
    assert missing == [(branch,)] if declared else set(missing) <= {(branch,)}
    [(left,)] = world.ask("SELECT result -> 'left_out' FROM crm.recon_run WHERE source = 'bank' AND outcome = 'done' ORDER BY id DESC LIMIT 1")
    assert left["branches"]["count"] > 50  # type: ignore[index]
    assert "Columbus" in left["branches"]["names"]  # type: ignore[index]
