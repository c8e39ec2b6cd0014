"""Early warning over real servers: once for each transition, told to those who may see it, delivered once however often the worker dies."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.alerts import caring
from shared.alerts.delivering import deliver
from shared.alerts.evaluating import evaluate
from shared.alerts.finding import Finding
from shared.alerts.rule import rule_from
from shared.alerts.watching import Watch
from shared.people.changes import create_person
from shared.settings import Settings
from shared.warehouse import alert_store as store
from shared.warehouse.engines import Engines
from tests.integration.mail_server import mail_server

ROOT = Path(__file__).parents[2]
PASSWORD = "seven quiet lanterns"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Fixed:
    """A watcher that finds what it is told to, for branch 1, branch 2 and the company."""

    def __init__(self, look: str = "breach") -> None:
        self.look_at = look

    def look(self, rows: list[store.RuleRow]) -> list[tuple[Watch, Finding]]:
        found = []
        for row in rows:
            rule = rule_from(row.name, row.definition)
            for instance, subject, branch in (("branch:1", "Pittsburgh", 1), ("branch:2", "Columbus", 2), ("company", "Northline", None)):
                found.append((Watch(row, rule, instance, subject, branch), Finding(self.look_at, f"It is {self.look_at}.", "1", "2")))  # type: ignore[arg-type]
        return found

    def why(self, watch: Watch) -> str:
        return f"{watch.subject} itself."


class Gone(Fixed):
    """A watcher that watches fewer instances than before."""

    def __init__(self, keeps: tuple[str, ...]) -> None:
        super().__init__("clear")
        self.keeps = keeps

    def look(self, rows: list[store.RuleRow]) -> list[tuple[Watch, Finding]]:
        return [one for one in super().look([row for row in rows if row.enabled]) if one[0].instance in self.keeps]


class World:
    """A database with two branches, people and one rule, and a mail server."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder, self.engines = settings, folder, Engines(settings)
        with self.engines.writer() as connection:
            connection.execute(text("INSERT INTO crm.branch (id, external_id, name, time_zone, opened_on) VALUES (1, 'b1', 'Pittsburgh', 'America/New_York', '2020-01-01'), (2, 'b2', 'Columbus', 'America/New_York', '2020-01-01')"))
        make = lambda name, role, branches=None, department=None: create_person(self.engines, email=f"{name}@x.example", name=name.title(), role=role, password=PASSWORD, branches=branches, department=department)  # noqa: E731
        self.boss, self.one, self.two = make("boss", "leadership"), make("one", "branch_manager", [1]), make("two", "branch_manager", [2])
        self.rule = caring.create_rule(self.engines, self.boss, "Slow", {"kind": "threshold", "metric": "leads", "limit": 5, "severity": "critical", "remind_minutes": 0})

    def evaluate(self, look: str = "breach", minutes: int = 0) -> Any:
        return evaluate(self.engines, self.settings, Fixed(look), lambda: NOON + timedelta(minutes=minutes))  # type: ignore[arg-type]

    def rows(self, sql: str) -> list[Any]:
        with self.engines.primary_reader() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    def mails(self) -> list[str]:
        return sorted(path.read_text() for path in self.folder.glob("*.eml"))


@pytest.fixture
def world(database: Callable[..., Settings], tmp_path: Path) -> Iterator[World]:
    with mail_server(tmp_path / "mail") as url:
        made = World(database(smtp_url=url), tmp_path / "mail")
        yield made
        made.engines.dispose()


def test_everybody_is_told_of_their_own_branches_only_and_once(world: World) -> None:
    for minute in range(3):
        world.evaluate(minutes=minute)
    told = world.rows("SELECT p.name, e.instance FROM app.notification n JOIN app.alert_event e ON e.id = n.event_id JOIN app.person p ON p.id = n.person_id WHERE n.channel = 'inbox' ORDER BY 1, 2")
    assert told == [("Boss", "branch:1"), ("Boss", "branch:2"), ("Boss", "company"), ("One", "branch:1"), ("Two", "branch:2")]
    deliver(world.engines, world.settings)
    deliver(world.engines, world.settings)
    assert len(world.mails()) == 3
    assert [("Columbus" in mail, "Pittsburgh" in mail) for mail in world.mails() if "To: one@" in mail] == [(False, True)]


def test_a_transition_has_one_row_and_the_database_refuses_a_second(world: World) -> None:
    world.evaluate()
    world.evaluate("clear", 1)
    assert world.rows("SELECT kind, sequence FROM app.alert_event WHERE instance = 'branch:1' ORDER BY sequence") == [("fired", 1), ("resolved", 2)]
    with pytest.raises(IntegrityError), world.engines.writer() as connection:
        store.add_event(connection, {"rule_id": world.rule, "instance": "branch:1", "sequence": 2, "branch_id": 1, "at": NOON, "kind": "fired", "before": "ok", "after": "firing", "actor_id": None, "title": "x", "words": "x", "severity": "warning"})


def test_one_evaluates_at_a_time(world: World) -> None:
    with world.engines.primary.begin() as connection:
        assert store.try_to_be_the_one(connection)
        assert world.evaluate() is None
    assert world.evaluate() is not None


def test_a_rule_that_cannot_be_evaluated_says_so_to_those_who_may_change_it(world: World) -> None:
    for minute in range(4):
        world.evaluate("error", minute)
    assert {kind for (kind,) in world.rows("SELECT kind FROM app.alert_event")} == {"error"}
    assert {name for (name,) in world.rows("SELECT p.name FROM app.notification n JOIN app.person p ON p.id = n.person_id")} == {"Boss"}


def test_a_manager_acknowledges_own_branches_and_nobody_elses_and_changes_no_rule(world: World) -> None:
    world.evaluate()
    caring.acknowledge(world.engines, world.one, world.rule, "branch:1")
    caring.acknowledge(world.engines, world.one, world.rule, "branch:1")
    assert world.rows("SELECT state, owner_id FROM app.alert_instance WHERE instance = 'branch:1'") == [("acknowledged", world.one.id)]
    assert world.rows("SELECT count(*) FROM app.alert_event WHERE kind = 'acknowledged'") == [(1,)]
    for instance in ("branch:2", "company"):
        with pytest.raises(caring.NotYoursError):
            caring.acknowledge(world.engines, world.one, world.rule, instance)
    with pytest.raises(caring.CareError, match="may see"):
        caring.assign(world.engines, world.one, world.rule, "branch:1", world.two.id)
    with pytest.raises(caring.NotYoursError, match="leadership"):
        caring.remove_rule(world.engines, world.one, world.rule)
    world.evaluate(minutes=1)
    assert world.rows("SELECT state FROM app.alert_instance WHERE instance = 'branch:1'") == [("acknowledged",)]


def test_why_is_said_when_a_warning_begins_and_stays_with_it(world: World) -> None:
    world.evaluate()
    world.evaluate(minutes=1)
    assert world.rows("SELECT words FROM app.alert_event WHERE instance = 'branch:1'") == [("It is breach. Pittsburgh itself.",)]
    assert world.rows("SELECT finding ->> 'why' FROM app.alert_instance WHERE instance = 'branch:1'") == [("Pittsburgh itself.",)]
    world.evaluate("clear", 2)
    assert world.rows("SELECT finding ->> 'why' FROM app.alert_instance WHERE instance = 'branch:1'") == [("",)]


@pytest.mark.parametrize(("end", "words"), [("remove", "the rule was removed by Boss"), ("switch", "the rule was switched off by Boss"), ("branch", "the rule does not watch this any more")])
def test_a_warning_that_nothing_watches_any_more_is_closed_in_words_and_told_once(world: World, end: str, words: str) -> None:
    world.evaluate()
    if end == "remove":
        caring.remove_rule(world.engines, world.boss, world.rule)
    elif end == "switch":
        caring.switch_rule(world.engines, world.boss, world.rule, enabled=False)
    watcher = Gone(keeps=() if end != "branch" else ("branch:2", "company"))
    for minute in (1, 2):
        evaluate(world.engines, world.settings, watcher, lambda minute=minute: NOON + timedelta(minutes=minute))  # type: ignore[arg-type, misc]
    assert world.rows("SELECT title, words, after, sequence FROM app.alert_event WHERE instance = 'branch:1' ORDER BY sequence")[1:] == [("Slow: Pittsburgh", f"Closed without being over: {words}.", "resolved", 2)]
    told = world.rows("SELECT p.name FROM app.notification n JOIN app.alert_event e ON e.id = n.event_id JOIN app.person p ON p.id = n.person_id WHERE n.channel = 'inbox' AND e.instance = 'branch:1' AND e.kind = 'resolved' ORDER BY 1")
    assert told == [("Boss",), ("One",)]
    assert world.rows("SELECT count(*) FROM app.alert_instance WHERE instance = 'branch:1'") == [(0,)]


def test_the_second_editor_of_a_rule_is_told_that_somebody_was_faster(world: World) -> None:
    definition = {"kind": "threshold", "metric": "leads", "limit": 6}
    caring.edit_rule(world.engines, world.boss, world.rule, 1, "Slower", definition)
    with pytest.raises(caring.CareError, match="meanwhile"):
        caring.edit_rule(world.engines, world.boss, world.rule, 1, "Slowest", definition)


KILLERS = {
    "before the state is written": ("shared.alerts.evaluating.store.save_instances", "before"), "after the outbox, before the commit": ("shared.alerts.evaluating.store.finish_run", "after"),
    "before the mail is fixed": ("shared.warehouse.alert_outbox.add_digest", "before"), "after the mail is fixed, before the commit": ("shared.warehouse.alert_outbox.add_digest", "after"),
    "before the mail is sent": ("shared.alerts.delivering.send", "before"), "after the mail is sent": ("shared.alerts.delivering.send", "after"), "after it is noted, before the commit": ("shared.warehouse.alert_outbox.mail_sent", "after"),
}
WORKER = """
    import importlib, os, signal, sys
    from unittest import mock
    from shared.alerts.delivering import deliver
    from shared.settings import load_settings
    from tests.integration.test_alerts import Fixed, NOON
    from shared.alerts.evaluating import evaluate
    from shared.warehouse.engines import Engines
    settings, (target, when) = load_settings(), sys.argv[1:]
    engines = Engines(settings)
    owner, _, name = target.rpartition(".")
    module, _, inner = owner.rpartition(".") if owner.endswith("store") and "warehouse" not in owner else (owner, "", "")
    holder = getattr(importlib.import_module(module), inner) if inner else importlib.import_module(owner)
    real = getattr(holder, name)
    def dying(*arguments, **named):
        if when == "after":
            real(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(holder, name, dying)
    evaluate(engines, settings, Fixed(), lambda: NOON)
    deliver(engines, settings)
"""


@pytest.mark.parametrize("where", KILLERS)
def test_whoever_is_killed_in_whichever_step_nothing_is_lost_and_nothing_is_told_twice(world: World, where: str) -> None:
    settings = world.settings
    environment = {**os.environ, "DATABASE_URL": settings.database_url.get_secret_value(), "REDIS_URL": settings.redis_url.get_secret_value(), "SECRET_KEY": "s" * 48, "SECURE_COOKIES": "0",
                   "SMTP_URL": settings.smtp_url.get_secret_value(), "DEMO_MODE": "1", "PYTHONPATH": str(ROOT)}
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(WORKER), *KILLERS[where]], cwd=ROOT, env=environment, timeout=60, check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    world.evaluate(minutes=1)
    deliver(world.engines, settings)
    world.evaluate(minutes=2)
    deliver(world.engines, settings)
    assert world.rows("SELECT instance, kind FROM app.alert_event ORDER BY instance") == [("branch:1", "fired"), ("branch:2", "fired"), ("company", "fired")]
    assert len(world.mails()) == 3
    assert all(mail.count("<b>Slow: Pittsburgh</b>") <= 1 for mail in world.mails())
    assert world.rows("SELECT count(*) FROM app.notification WHERE channel = 'email' AND sent_at IS NULL") == [(0,)]


class Hook(BaseHTTPRequestHandler):
    """Takes calls, answers with what it is told to."""

    answers: ClassVar[list[int]] = []
    calls: ClassVar[list[tuple[dict[str, str], Any]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Hook.calls.append((dict(self.headers), json.loads(body)))
        self.send_response(Hook.answers.pop(0) if Hook.answers else 200)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[int]:
    Hook.calls, Hook.answers = [], []
    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_webhook_is_signed_repeated_under_one_key_and_follows_no_redirect(world: World, hook: int) -> None:
    url = f"http://127.0.0.1:{hook}/in"
    caring.edit_rule(world.engines, world.boss, world.rule, 1, "Slow", {"kind": "threshold", "metric": "leads", "limit": 5, "email": False, "webhook": url})
    settings = world.settings.model_copy(update={"alert_webhook_hosts": (f"127.0.0.1:{hook}",), "alert_webhook_secret": world.settings.secret_key})
    world.evaluate()
    Hook.answers = [302, 500, 200]
    assert deliver(world.engines, settings).failed == 2
    with world.engines.writer() as connection:
        connection.execute(text("UPDATE app.notification SET next_at = now()"))
    assert deliver(world.engines, settings).calls == 2
    assert len(Hook.calls) == 5
    keys = [headers["Idempotency-Key"] for headers, _ in Hook.calls]
    assert len(set(keys)) == 3
    assert Hook.calls[0][0]["X-Northline-Signature"].startswith("t=")
    refused = world.settings.model_copy(update={"alert_webhook_secret": world.settings.secret_key})
    world.evaluate("clear", 1)
    deliver(world.engines, refused)
    assert len(Hook.calls) == 5
    assert {error.split(";")[0] for (error,) in world.rows("SELECT error FROM app.notification WHERE dead_at IS NOT NULL")} == {"A webhook must be called by https"}


def test_a_mail_server_that_is_away_costs_nothing_but_time(world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = world.settings.model_copy(update={"smtp_url": type(world.settings.smtp_url)(f"smtp://127.0.0.1:{taken.getsockname()[1]}")})
        world.evaluate()
        assert deliver(world.engines, away).failed == 3
    with world.engines.writer() as connection:
        connection.execute(text("UPDATE app.alert_digest SET next_at = now()"))
    assert deliver(world.engines, world.settings).mails == 3
