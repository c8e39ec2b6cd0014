"""The demo company's schedules: made once, sent to each manager with their own branch, and never again."""

from collections.abc import Callable

from sqlalchemy import text

from jobs.demo.deliveries import DEMO_SCHEDULES, ensure_demo_schedules
from jobs.demo.reports import ensure_demo_reports
from shared.delivery.definition import definition_from
from shared.people.demo import create_demo_people
from shared.settings import Settings
from shared.warehouse.delivery_reads import sent_since
from shared.warehouse.delivery_store import load_schedules
from shared.warehouse.engines import Engines


def test_a_demo_company_begins_with_schedules_and_what_is_removed_does_not_come_back(database: Callable[..., Settings]) -> None:
    settings = database(demo_mode=True, smtp_url="smtp://127.0.0.1:9")
    engines = Engines(settings)
    create_demo_people(engines, "seven quiet lanterns", "nbi_demo_token")
    ensure_demo_reports(engines)
    assert ensure_demo_schedules(engines, settings) == len(DEMO_SCHEDULES) == 4
    made = load_schedules(engines)
    assert {each.owner for each in made} == {"Ada Whitfield", "Lena Fischer", "Priya Raman"}
    assert all(each.next_at is not None and definition_from(each.definition) for each in made)
    with engines.primary_reader() as connection:
        assert connection.scalar(text("SELECT count(*) FROM app.delivery_run WHERE kind = 'now' AND state = 'due'")) == 2
    with engines.writer() as connection:
        connection.execute(text("UPDATE app.delivery SET removed_at = now(), next_at = NULL"))
    assert ensure_demo_schedules(engines, settings) == 0
    assert load_schedules(engines) == []
    engines.primary.dispose()


def test_what_was_sent_counts_documents_once_for_each_run_and_no_test(database: Callable[..., Settings]) -> None:
    engines = Engines(database())
    with engines.writer() as connection:
        connection.execute(text("INSERT INTO app.person (email, name, role, all_branches) VALUES ('a@x.example', 'A', 'leadership', true)"))
        connection.execute(text("INSERT INTO app.delivery (owner_id, name, definition, planned_at, updated_by) SELECT id, 'Daily', '{}', now(), id FROM app.person"))
        for number, kind in enumerate(("due", "now", "test")):
            connection.execute(text("INSERT INTO app.delivery_run (delivery_id, due_at, kind, name, definition, state, ended_at) SELECT id, now() - make_interval(hours => :number), :kind, 'Daily', '{}', 'done', now() FROM app.delivery"), {"number": number, "kind": kind})
        for person, state, sha in ((1, "sent", "a"), (2, "sent", "a"), (3, "sent", "b"), (4, "failed", None), (5, "left out", None)):
            connection.execute(text("INSERT INTO app.delivery_mail (delivery_id, due_at, recipient, run_id, address, name, state, sha256, ended_at) SELECT delivery_id, due_at, 'person:' || :person, id, 'a@x.example', 'A', :state, :sha, now() FROM app.delivery_run"), {"person": person, "state": state, "sha": sha})
        number, moment = connection.execute(text("SELECT id, now() FROM app.delivery")).one()
    found = sent_since(engines, [number], moment.replace(year=moment.year - 1))
    assert (found.reports, found.mails, found.failed) == (4, 6, 2)
    assert sent_since(engines, [number], moment.replace(year=moment.year + 1)).mails == 0
    engines.primary.dispose()
