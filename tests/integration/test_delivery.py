"""Scheduled delivery over real servers: once for each due time and reader, in the reader's scope, and never what must not go out."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.delivery.problems import NotYoursError, ScheduleError
from shared.delivery.running import deliver_due
from shared.people.account import checked_account
from shared.people.changes import set_active, update_person
from shared.settings import Settings
from shared.warehouse import delivery_outbox as outbox
from shared.warehouse.delivery_reads import missing
from tests.integration.delivering import DUE, Leads, World, body, world_over

ROOT = Path(__file__).parents[2]
DAY = timedelta(days=1)


@pytest.fixture
def world(database: Callable[..., Settings], tmp_path: Path) -> Iterator[World]:
    with world_over(database, tmp_path, delivery_addresses="bank@lender.example, @partner.example") as made:
        yield made


def test_each_reader_gets_own_branches_drawn_once_for_each_scope_and_once_in_all(world: World) -> None:
    world.schedule(f"person:{world.boss.id}", "role:branch_manager", f"person:{world.one.id}", "address:bank@lender.example")
    assert world.deliver(DUE - timedelta(minutes=1)).planned == 0
    done = world.deliver()
    assert (done.planned, done.made, done.sent, done.failed) == (1, 3, 5, 0)
    world.deliver()
    world.deliver(DUE + timedelta(hours=1))
    assert world.to() == ["bank", "boss", "one", "twin", "two"]
    about = {str(mail["To"]).split("@")[0]: body(mail) for mail in world.mails()}
    assert all("about every branch" in about[name] for name in ("boss", "bank"))
    assert all("about branches 1." in about[name] and "every branch" not in about[name] for name in ("one", "twin"))
    assert "about branches 2." in about["two"]
    assert sorted(world.sheets.drawn) == ["branches 1", "branches 2", "every branch"]
    assert world.rows("SELECT state, words FROM app.delivery_run") == [("done", "5 sent.")]
    assert world.rows("SELECT count(DISTINCT sha256), count(sha256) FROM app.delivery_mail") == [(3, 5)]
    with pytest.raises(IntegrityError), world.engines.writer() as connection:
        connection.execute(text("INSERT INTO app.delivery_mail (delivery_id, due_at, recipient, run_id, address, name) SELECT delivery_id, due_at, recipient, run_id, address, name FROM app.delivery_mail LIMIT 1"))


def test_a_clock_that_jumps_sends_nothing_twice_and_loses_nothing(world: World) -> None:
    world.schedule()
    world.deliver(DUE + 30 * DAY)  # a month ahead by mistake: everything up to then stands for one
    assert len(world.mails()) == 1
    world.deliver(DUE + timedelta(minutes=1))  # back again: that due time is over, the next is tomorrow
    assert world.rows("SELECT next_at FROM app.delivery") == [(DUE + DAY,)]
    world.deliver(DUE + DAY)
    assert len(world.mails()) == 2
    world.deliver(DUE)  # an hour back
    world.deliver(DUE + DAY)
    assert len(world.mails()) == 2


def test_what_was_missed_is_sent_once_or_left_out_as_the_schedule_says(world: World) -> None:
    world.schedule(missed="once", title="Once {date}")
    world.schedule(missed="skip", title="Never {date}")
    world.deliver(DUE + 3 * DAY + timedelta(hours=2))
    assert [str(mail["Subject"]) for mail in world.mails()] == ["Once 23 Nov 2026"]
    assert sorted(world.rows("SELECT state, left(words, 25) FROM app.delivery_run")) == [("done", "1 sent."), ("skipped", "4 times passed while the ")]
    assert world.rows("SELECT DISTINCT next_at FROM app.delivery") == [(DUE + 4 * DAY,)]


@pytest.mark.parametrize(("wrong", "says"), [
    ({"rows": ()}, "blank"), ({"rows": (("Net sales", None), ("Leads", float("nan")))}, "blank"), ({"age": timedelta(hours=2)}, "stale"), ({"error": RuntimeError("no such column")}, "could not be made (RuntimeError)"),
])
def test_what_is_blank_stale_or_failed_never_goes_out_and_the_owner_hears_once(world: World, wrong: dict[str, object], says: str) -> None:
    world.schedule(f"person:{world.one.id}", f"person:{world.two.id}")
    for name, value in wrong.items():
        setattr(world.sheets, name, value)
    for _ in range(8):
        world.deliver()
        world.again()
    assert world.to() == ["boss"]
    notice = world.mails()[0]
    assert str(notice["Subject"]) == "Not sent: Daily"
    assert says in body(notice)
    assert notice["List-Unsubscribe"] is None
    assert world.rows("SELECT state FROM app.delivery_run") == [("failed",)]
    assert {state for (state,) in world.rows("SELECT state FROM app.delivery_mail WHERE recipient LIKE 'person:%'")} == {"failed"}


def test_what_recovers_in_time_goes_out_and_nobody_is_worried(world: World) -> None:
    world.schedule()
    world.sheets.error = RuntimeError("the database restarts")
    assert world.deliver().sent == 0
    world.sheets.error = None
    world.again()
    assert world.deliver().sent == 1
    assert world.rows("SELECT state FROM app.delivery_run") == [("done",)]


def test_a_person_who_was_shut_out_meanwhile_gets_nothing_and_one_who_moved_gets_the_new_branch(world: World) -> None:
    world.schedule(f"person:{world.one.id}", f"person:{world.two.id}", f"person:{world.twin.id}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.delivery.running.send_next", lambda *_: None)  # stopped between drawing and sending
        world.deliver()
    set_active(world.engines, world.two.id, active=False, actor=world.boss)
    update_person(world.engines, world.one.id, world.one.version, checked_account(email="one@x.example", name="One", role="branch_manager", branches=[2]), world.boss)
    world.deliver()
    assert world.to() == ["one", "twin"]
    assert "about branches 2." in body(world.mails()[0])
    assert "about branches 1." in body(world.mails()[1])
    assert world.rows("SELECT state, error FROM app.delivery_mail WHERE name = 'Two'") == [("left out", "left out: this person can no longer sign in")]


def test_a_schedule_of_somebody_who_left_sends_nothing_and_is_taken_over_by_saving_it(world: World) -> None:
    owner = world.person("gone", "analyst")
    number = world.schedule(f"person:{world.boss.id}", owner=owner)
    set_active(world.engines, owner.id, active=False, actor=world.boss)
    world.deliver()
    assert world.mails() == []
    assert "no longer sign in" in world.rows("SELECT broken FROM app.delivery")[0][0]
    found = world.care.find(world.boss, number)
    world.care.edit(world.boss, number, found.version, {"name": "Daily", "definition": found.definition, "recipients": list(found.recipients)})
    world.deliver(DUE + DAY)
    assert world.to() == ["boss"]


def test_an_owner_who_sees_less_than_before_sends_no_more_than_that(world: World) -> None:
    owner = world.person("head", "analyst")
    world.schedule(f"person:{world.one.id}", f"person:{world.two.id}", "address:bank@lender.example", owner=owner)
    update_person(world.engines, owner.id, owner.version, checked_account(email="head@x.example", name="Head", role="analyst", branches=[1]), world.boss)
    world.deliver()
    assert world.to() == ["head", "one"]  # the owner hears of the others
    assert "beyond" not in body(world.mails()[0])
    assert {error for (error,) in world.rows("SELECT error FROM app.delivery_mail WHERE state = 'failed'")} == {
        "not sent: this person sees branches that the owner does not see", "not sent: this address may not be sent to, or the owner does not see every branch any more"}


def test_a_source_that_is_gone_breaks_the_schedule_and_the_owner_hears(world: World) -> None:
    number = world.schedule(f"person:{world.one.id}")
    world.sheets.hidden_from = frozenset({world.boss.id})
    world.deliver()
    assert world.to() == ["boss"]
    assert "does not exist any more" in body(world.mails()[0])
    assert "does not exist any more" in world.care.find(world.boss, number).broken


def test_what_is_not_shared_with_a_reader_does_not_reach_them(world: World) -> None:
    world.schedule(f"person:{world.one.id}", f"person:{world.two.id}")
    world.sheets.hidden_from = frozenset({world.one.id})
    world.deliver()
    assert world.to() == ["two"]


def test_conditions_hold_in_each_readers_own_numbers_and_a_test_is_sent_all_the_same(world: World) -> None:
    world.studio.ask = Leads({None: 60, frozenset({1}): 40, frozenset({2}): float("nan")})
    number = world.schedule(f"person:{world.one.id}", f"person:{world.two.id}", only_if=[{"metric": "leads", "period": "ytd", "op": ">", "value": 50}])
    world.schedule(f"person:{world.boss.id}", f"person:{world.one.id}", only_if=[{"metric": "leads", "period": "ytd", "op": ">", "value": 50}])
    world.deliver()
    assert world.to() == ["boss"]
    assert world.rows("SELECT state FROM app.delivery_run ORDER BY id") == [("skipped",), ("done",)]
    assert sorted(world.rows("SELECT name, error FROM app.delivery_mail WHERE state <> 'sent' AND delivery_id = 1")) == [
        ("One", "left out: only sent if Leads, year to date, is above 50; it is 40"), ("Two", "left out: only sent if Leads, year to date, is above 50; it is —")]
    world.moment += timedelta(seconds=1)
    world.care.run_now(world.boss, number, is_test=True)
    world.deliver()
    assert [str(mail["Subject"]) for mail in world.mails()] == ["Plain, 20 Nov 2026", "[Test] Plain, 20 Nov 2026"]


def test_only_if_not_empty_leaves_out_what_is_all_zero(world: World) -> None:
    world.schedule(not_empty=True)
    world.sheets.rows = (("Net sales", 0.0), ("Leads", 0))
    world.deliver()
    assert world.mails() == []
    assert world.rows("SELECT state FROM app.delivery_run") == [("skipped",)]


def test_files_go_along_with_their_hashes_and_the_archive_expires_while_the_log_stays(world: World) -> None:
    world.schedule(format="xlsx")
    world.schedule(format="csv")
    world.deliver()
    names = sorted(str(part.get_filename()) for mail in world.mails() for part in mail.walk() if part.get_filename())
    assert sorted(name.rsplit(".", 1)[1] for name in names) == ["csv", "xlsx"]
    assert world.rows("SELECT count(*) FROM app.delivery_file WHERE sha256 = encode(sha256(content), 'hex')") == [(2,)]
    assert outbox.forget_expired_copies(world.engines) == 0
    world.run("UPDATE app.delivery_copy SET expires_at = now() - interval '1 second'")
    assert outbox.forget_expired_copies(world.engines) == 2
    assert world.rows("SELECT count(*) FROM app.delivery_mail WHERE sha256 IS NOT NULL AND copy_id IS NULL") == [(2,)]


def test_the_same_mail_is_the_same_bytes_however_often_it_is_sent(world: World) -> None:
    world.schedule(format="xlsx")
    got: list[bytes] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.mail.Post.send", lambda _, mail: got.append(mail.as_bytes()))
        world.deliver()
        world.run("UPDATE app.delivery_mail SET state = 'waiting', ended_at = NULL")
        world.deliver()
    assert len(got) == 2
    assert got[0] == got[1]


def test_who_may_schedule_what_for_whom(world: World) -> None:
    for recipient, says in (("person:999", "can sign in"), (f"person:{world.two.id}", "does not see"), ("role:branch_manager", "whole role"), ("address:bank@lender.example", "every branch"), ("group:1", "nobody")):
        with pytest.raises(ScheduleError, match=says):
            world.schedule(recipient, owner=world.one)
    with pytest.raises(ScheduleError, match="DELIVERY_ADDRESSES"):
        world.schedule("address:someone@else.example")
    assert world.schedule("address:anybody@partner.example")
    number = world.schedule(f"person:{world.one.id}", f"person:{world.twin.id}", owner=world.one)  # a colleague of the same branch
    for act in (lambda: world.care.find(world.two, number), lambda: world.care.pause(world.two, number, is_paused=True), lambda: world.care.run_now(world.two, number, is_test=True), lambda: world.care.remove(world.two, number)):
        with pytest.raises(NotYoursError, match="One's"):
            act()
    assert world.care.pause(world.boss, number, is_paused=True) is None
    world.deliver()
    assert world.to() == ["anybody"]


def test_of_two_editors_the_second_is_told(world: World) -> None:
    number = world.schedule()
    found = world.care.find(world.boss, number)
    given = {"name": "Daily", "definition": found.definition, "recipients": list(found.recipients)}
    world.care.edit(world.boss, number, found.version, given)
    with pytest.raises(ScheduleError, match="meanwhile"):
        world.care.edit(world.boss, number, found.version, given)


def test_what_should_have_gone_out_and_did_not_is_said_until_it_has(world: World) -> None:
    number = world.schedule(f"person:{world.one.id}")
    said = lambda at: [(each["id"], each["words"].split(":")[0].split(",")[0]) for each in missing(world.engines, at)]  # noqa: E731
    assert said(DUE + timedelta(minutes=14)) == []
    assert said(DUE + timedelta(minutes=16)) == [(number, "Due")]  # nobody plans: no worker, no beat
    away = world.settings.model_copy(update={"smtp_url": type(world.settings.smtp_url)("")})
    world.studio._drawn.clear()
    deliver_due(world.engines, away, world.studio, lambda: DUE)
    world.run("UPDATE app.delivery_run SET created_at = '2026-11-20 12:30Z'")
    assert said(DUE + timedelta(minutes=16)) == [(number, "It waits to be sent")]  # nobody sends: no mail server
    world.deliver()
    assert said(DUE + timedelta(minutes=16)) == []
    world.sheets.hidden_from = frozenset({world.boss.id})
    world.deliver(DUE + DAY)
    assert said(DUE + DAY) == [(number, "What it sends does not exist any more")]
