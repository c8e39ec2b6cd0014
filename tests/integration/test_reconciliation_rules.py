"""Ghosts and splits: on the planted company every fault is found and nothing else; cases open, close, return and keep their age."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from jobs.demo.load import load_company
from jobs.reconciliation import reconcile_what_is_due
from shared.reconciliation import runs
from shared.reconciliation.rules import RULES
from shared.reconciliation.running import Done, is_due, run_changed, run_rules
from shared.settings import Settings
from shared.warehouse.engines import Engines

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
TODAY = date(2026, 11, 20)


class World:
    """A planted company and a clock that a test may turn."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.engines, self.moment = settings, Engines(settings), NOW
        load_company(self.engines, settings, size="small", seed=7, views=False, clock=self.clock)

    def clock(self) -> datetime:
        return self.moment

    def full(self) -> Done:
        done = run_rules(self.engines.primary, self.settings, self.clock)
        assert done is not None
        return done

    def changed(self) -> Done:
        done = run_changed(self.engines.primary, self.settings, self.clock)
        assert done is not None
        return done

    def ask(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        with self.engines.primary.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def write(self, statement: str, **values: object) -> None:
        with self.engines.writer() as connection:
            connection.execute(text(statement), values)

    def case(self, rule: str, entity_id: int) -> dict[str, object]:
        with self.engines.primary.connect() as connection:
            return dict(connection.execute(text("SELECT * FROM crm.recon_case WHERE rule = :rule AND entity_id = :id"), {"rule": rule, "id": entity_id}).mappings().one())

    def open_cases(self) -> set[tuple[object, ...]]:
        return set(self.ask("SELECT fingerprint, status, amount, since FROM crm.recon_case WHERE closed_on IS NULL"))


@pytest.fixture(scope="module")
def world(database: Callable[..., Settings]) -> Iterator[World]:
    made = World(database())
    made.full()
    yield made
    made.engines.dispose()


def planted(world: World, rule: str) -> list[int]:
    return sorted(int(str(row[0])) for row in world.ask("SELECT entity_id FROM app.demo_truth WHERE rule = :rule AND kind IN ('ghost', 'split')", rule=rule))


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_every_planted_fault_is_a_case_and_nothing_else_is(world: World, rule: str) -> None:
    if rule == "G6":
        pairs = {frozenset(row) for row in world.ask("SELECT entity_id, (detail ->> 'other_id')::bigint FROM app.demo_truth WHERE rule = 'G6'")}
        assert {frozenset(row) for row in world.ask("SELECT entity_id, other_id FROM crm.recon_case WHERE rule = 'G6' AND closed_on IS NULL")} == pairs
        return
    assert len(planted(world, rule)) >= 3
    assert sorted(int(str(row[0])) for row in world.ask("SELECT entity_id FROM crm.recon_case WHERE rule = :rule AND closed_on IS NULL", rule=rule)) == planted(world, rule)


def test_a_second_run_changes_nothing(world: World) -> None:
    before = world.ask("SELECT * FROM crm.recon_case ORDER BY id"), world.ask("SELECT count(*) FROM crm.recon_event")
    done = world.full()
    assert (world.ask("SELECT * FROM crm.recon_case ORDER BY id"), world.ask("SELECT count(*) FROM crm.recon_event")) == before
    assert done.folded.counts() == {"opened": 0, "changed": 0, "returned": 0, "still_there": 0, "closed": 0}


def test_a_planted_ghost_shows_up_and_a_repaired_one_closes_and_returns_with_its_age(world: World) -> None:
    [(sale, amount)] = world.ask("""SELECT s.id, s.amount FROM crm.sale s JOIN crm.job j ON j.sale_id = s.id JOIN crm.appointment a ON a.id = s.appointment_id
        WHERE s.status = 'firm' AND a.resulted_on < :day AND NOT EXISTS (SELECT FROM crm.recon_case c WHERE c.entity = 'appointment' AND c.entity_id = a.id) ORDER BY s.id DESC LIMIT 1""", day=TODAY - timedelta(days=30))
    [(appointment,)] = world.ask("SELECT appointment_id FROM crm.sale WHERE id = :sale", sale=sale)
    world.write("UPDATE crm.job SET sale_id = NULL WHERE sale_id = :sale", sale=sale)
    done = world.changed()
    assert done.reach == "changed"
    case = world.case("G1", int(str(appointment)))
    assert (case["status"], case["amount"], case["since"], case["gone_at"]) == ("open", amount, TODAY, None)  # an earlier run did not find it: it is new
    assert done.found["G3"] == 1
    world.moment += timedelta(days=6)
    world.write("UPDATE crm.job SET sale_id = :sale WHERE id = (SELECT entity_id FROM crm.recon_case WHERE rule = 'G3' AND first_run_id = :run)", sale=sale, run=done.id)
    assert world.changed().folded.closed == 2
    case = world.case("G1", int(str(appointment)))
    assert (case["status"], case["reason"], case["closed_on"]) == ("resolved", "fixed", TODAY + timedelta(days=6))
    world.moment += timedelta(days=3)
    world.write("UPDATE crm.job SET sale_id = NULL WHERE sale_id = :sale", sale=sale)
    assert world.changed().folded.returned == 2
    case = world.case("G1", int(str(appointment)))
    assert (case["status"], case["since"], case["closed_on"]) == ("open", TODAY, None)
    kinds = [row[0] for row in world.ask("SELECT kind FROM crm.recon_event WHERE case_id = :case ORDER BY id", case=case["id"])]
    assert kinds == ["found", "gone", "returned"]
    world.write("UPDATE crm.job SET sale_id = :sale WHERE id = (SELECT entity_id FROM crm.recon_case WHERE rule = 'G3' AND first_run_id = :run)", sale=sale, run=done.id)
    world.changed()
    world.moment = NOW


def test_looking_at_changes_alone_comes_to_the_same_as_looking_everywhere(world: World) -> None:
    for statement in (
        "UPDATE crm.lead SET disregard = 'test' WHERE id IN (SELECT lead_id FROM crm.appointment ORDER BY id DESC LIMIT 3)",
        "UPDATE crm.employee SET active_to = active_from + 1 WHERE id IN (SELECT rep_id FROM crm.appointment WHERE issued_at IS NOT NULL ORDER BY id DESC LIMIT 1)",
        "UPDATE crm.split SET percent = percent / 2 WHERE id IN (SELECT id FROM crm.split ORDER BY id DESC LIMIT 2)",
        "DELETE FROM crm.split WHERE sale_id IN (SELECT id FROM crm.sale WHERE status = 'firm' ORDER BY id DESC LIMIT 2)",
        ("UPDATE crm.lead SET prospect_id = (SELECT l.prospect_id FROM crm.lead l WHERE l.branch_id = crm.lead.branch_id ORDER BY l.id DESC LIMIT 1)"
         " WHERE id IN (SELECT lead_id FROM crm.appointment WHERE kind = 'new' ORDER BY scheduled_on DESC LIMIT 40)"),
        "UPDATE crm.appointment SET result = NULL, resulted_at = NULL WHERE id IN (SELECT id FROM crm.appointment WHERE result = 'No-Show' ORDER BY id DESC LIMIT 2)",
        "INSERT INTO crm.change_order (branch_id, sale_id, changed_at, amount) SELECT branch_id, id, sold_at, 100 FROM crm.sale WHERE status = 'firm' ORDER BY id DESC LIMIT 1",
    ):
        world.write(statement)
        assert world.changed().reach == "changed"
    by_changes = world.open_cases()
    done = world.full()
    assert world.open_cases() == by_changes
    assert done.folded.counts() == {"opened": 0, "changed": 0, "returned": 0, "still_there": 0, "closed": 0}


def test_a_sale_that_is_deleted_between_two_snapshots_is_missed_at_once_and_every_day_after(world: World) -> None:
    [(sale, number)] = world.ask("SELECT s.id, s.external_id FROM crm.sale s WHERE s.status = 'firm' AND NOT EXISTS (SELECT FROM crm.recon_case c WHERE c.entity = 'sale' AND c.entity_id = s.id) ORDER BY s.id LIMIT 1")
    world.write("DELETE FROM crm.snapshot_day; ALTER TABLE crm.snapshot DISABLE TRIGGER only_grows; DELETE FROM crm.snapshot WHERE entity_id = :sale; ALTER TABLE crm.snapshot ENABLE TRIGGER only_grows", sale=sale)
    for table in ("split", "payment", "job", "change_order"):
        if table == "job":
            world.write("UPDATE crm.ticket SET job_id = NULL WHERE job_id IN (SELECT id FROM crm.job WHERE sale_id = :sale)", sale=sale)
        world.write(f"DELETE FROM crm.{table} WHERE sale_id = :sale", sale=sale)
    world.write("DELETE FROM crm.sale WHERE id = :sale", sale=sale)
    world.changed()
    assert world.case("G7", int(str(sale)))["status"] == "open"
    world.moment += timedelta(days=2)
    world.full()
    assert world.case("G7", int(str(sale)))["gone_at"] is None
    [(branch, product)] = world.ask("SELECT branch_id, product_id FROM crm.sale ORDER BY id LIMIT 1")
    world.write("INSERT INTO crm.sale (external_id, branch_id, product_id, sold_at, gross, status) VALUES (:number, :branch, :product, :at, 100, 'firm')", number=number, branch=branch, product=product, at=NOW)
    world.changed()
    assert world.case("G7", int(str(sale)))["status"] == "resolved"
    world.write("DELETE FROM crm.sale WHERE external_id = :number", number=number)
    world.moment = NOW
    world.changed()


def test_a_case_called_resolved_whose_fault_is_still_there_reopens(world: World) -> None:
    appointment = planted(world, "G2")[0]
    world.write("UPDATE crm.recon_case SET status = 'resolved', status_at = :at, closed_on = :day, reason = 'fixed' WHERE rule = 'G2' AND entity_id = :id", at=NOW - timedelta(hours=1), day=TODAY, id=appointment)
    assert world.full().folded.still_there == 1
    assert world.case("G2", appointment)["status"] == "open"


def test_an_accepted_case_stays_accepted_until_its_amount_changes(world: World) -> None:
    sale = planted(world, "S2")[0]
    world.write("UPDATE crm.recon_case SET status = 'accepted', status_at = :at, closed_on = :day, reason = 'approved' WHERE rule = 'S2' AND entity_id = :id", at=NOW - timedelta(hours=1), day=TODAY, id=sale)
    world.full()
    assert world.case("S2", sale)["status"] == "accepted"
    world.write("UPDATE crm.split SET amount = amount + 1 WHERE id = (SELECT min(id) FROM crm.split WHERE sale_id = :sale)", sale=sale)
    world.changed()
    assert world.case("S2", sale)["status"] == "open"


def test_a_change_that_touches_no_rule_is_looked_at_and_leaves_no_record(world: World) -> None:
    before = world.ask("SELECT count(*) FROM crm.recon_run")
    world.write("UPDATE crm.lead SET disregard = NULL WHERE id = (SELECT max(id) FROM crm.lead l WHERE NOT EXISTS (SELECT FROM crm.appointment a WHERE a.lead_id = l.id))")
    assert not world.changed().folded.moved
    assert world.ask("SELECT count(*) FROM crm.recon_run") == before
    assert run_changed(world.engines.primary, world.settings, world.clock) is None


def test_snapshots_and_histories_are_never_changed(world: World) -> None:
    for statement in ("UPDATE crm.snapshot SET hash = ''", "DELETE FROM crm.snapshot", "UPDATE crm.recon_event SET words = ''", "DELETE FROM crm.recon_event"):
        with pytest.raises(Exception, match="never changed"):
            world.write(statement)


def test_a_run_that_is_killed_midway_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("UPDATE crm.appointment SET result = NULL, resulted_at = NULL WHERE id = (SELECT max(id) FROM crm.appointment WHERE result = 'No-Show')")
    before = world.open_cases(), world.ask("SELECT count(*) FROM crm.recon_event"), world.ask("SELECT count(*) FROM crm.recon_mark")

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shared.reconciliation.runs.finish", die)
    with pytest.raises(KeyboardInterrupt):
        world.changed()
    assert (world.open_cases(), world.ask("SELECT count(*) FROM crm.recon_event"), world.ask("SELECT count(*) FROM crm.recon_mark")) == before
    assert world.ask("SELECT outcome FROM crm.recon_run ORDER BY id DESC LIMIT 1") == [("failed",)]
    monkeypatch.undo()
    assert run_changed(world.engines.primary, world.settings, world.clock) is None  # one that failed rests for a minute
    world.write("UPDATE crm.recon_run SET finished_at = :at WHERE outcome = 'failed'", at=NOW - timedelta(minutes=2))
    assert world.changed().folded.opened == 1


STOPPED = """
import time
from shared.reconciliation import runs
from shared.reconciliation.running import run_rules
from shared.settings import load_settings
from shared.warehouse.engines import Engines

def stop(*_, **__):
    print("everything is written and nothing is committed", flush=True)
    time.sleep(120)

runs.finish = stop
settings = load_settings()
run_rules(Engines(settings).primary, settings)
"""


def test_a_run_whose_process_is_killed_leaves_nothing_and_is_done_again(world: World) -> None:
    world.write("UPDATE crm.appointment SET result = NULL, resulted_at = NULL WHERE id = (SELECT max(id) FROM crm.appointment WHERE result = 'No-Show')")
    before = world.open_cases(), world.ask("SELECT count(*) FROM crm.recon_event"), world.ask("SELECT count(*) FROM crm.snapshot")
    environment = {**os.environ, "DATABASE_URL": world.settings.database_url.get_secret_value(), "REDIS_URL": world.settings.redis_url.get_secret_value(), "SECRET_KEY": "s" * 48, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, "-c", STOPPED], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"everything is written")
        process.kill()
    assert (world.open_cases(), world.ask("SELECT count(*) FROM crm.recon_event"), world.ask("SELECT count(*) FROM crm.snapshot")) == before
    [(run,)] = world.ask("SELECT max(id) FROM crm.recon_run")
    deadline = time.monotonic() + 30
    while (done := run_rules(world.engines.primary, world.settings, world.clock)) is None:  # the server notices the death of a session a moment later
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert done.folded.opened == 1
    assert world.ask("SELECT outcome FROM crm.recon_run WHERE id = :run", run=run) == [("abandoned",)]
    world.write("DELETE FROM crm.recon_run WHERE id = :run", run=run)


def test_of_two_runs_at_once_one_waits_for_its_turn(world: World) -> None:
    with runs.the_only_one(world.engines.primary, 60) as held:
        assert held is not None
        assert run_rules(world.engines.primary, world.settings, world.clock) is None
    assert run_rules(world.engines.primary, world.settings, world.clock) is not None


def test_the_daily_run_is_due_once_a_day_after_its_hour_and_when_it_was_missed(world: World) -> None:
    assert not is_due(world.engines.primary, world.settings, world.clock)  # done today
    world.moment = datetime(2026, 11, 24, 5, 10, tzinfo=UTC)  # ten past midnight at the head office
    assert is_due(world.engines.primary, world.settings, world.clock)  # yesterday's was missed
    world.full()
    world.moment = datetime(2026, 11, 25, 5, 10, tzinfo=UTC)
    assert not is_due(world.engines.primary, world.settings, world.clock)  # it is not the hour yet
    world.moment = datetime(2026, 11, 25, 5, 20, tzinfo=UTC)
    assert is_due(world.engines.primary, world.settings, world.clock)
    reconcile_what_is_due(world.engines, world.settings, world.clock)
    assert not is_due(world.engines.primary, world.settings, world.clock)
    world.moment = NOW
