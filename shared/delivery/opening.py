"""Opens a run: who gets it now, which scopes must be drawn, and who is left out and why."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from shared.delivery import audience, notices
from shared.delivery.audience import Reader
from shared.delivery.sources import Sources, find
from shared.metrics.scope import Scope
from shared.people.accounts import list_people
from shared.people.person import Person
from shared.settings import Settings
from shared.warehouse import delivery_outbox as outbox
from shared.warehouse import delivery_store as store
from shared.warehouse.delivery_outbox import NewMail
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)


def open_next(engines: Engines, settings: Settings, sources: Sources) -> bool:
    """Open the next run that is due; False: there is none.  Its copies and mails are written in one transaction with its state."""
    with outbox.next_run(engines) as (connection, run):
        if run is None:
            return False
        people = list_people(engines)
        try:
            with connection.begin_nested():
                problem = _open(connection, run, people, settings, sources)
        except Exception as error:  # one run must not hold up the others, whatever is wrong with it
            log.exception("run %d of schedule %d could not be opened", run["id"], run["delivery_id"])
            if outbox.put_run_off(connection, run["id"], run["attempts"]):
                return True
            problem = f"It could not be prepared ({type(error).__name__})."
        if problem:
            log.error("run %d of schedule %d cannot be sent: %s", run["id"], run["delivery_id"], problem)
            notices.fail(connection, run, problem, people, settings)
        return True


def _open(connection: Connection, run: Mapping[str, Any], people: Sequence[Person], settings: Settings, sources: Sources) -> str:
    """Write copies and mails; return why nothing can be sent, in words."""
    schedule = store.hold_schedule(connection, run["delivery_id"])
    if schedule is None:
        outbox.run_ended(connection, run["id"], "skipped", "The schedule was removed before this was sent.")
        return ""
    owner = next((person for person in people if person.id == schedule.owner_id), None)
    if owner is None or not owner.is_active:
        why = "Its owner can no longer sign in. Somebody of leadership or an administrator can take it over by saving it."
        store.break_schedule(connection, schedule.id, why)
        return why
    subject = run["definition"]["subject"]
    if find(sources, subject, owner) is None:
        why = "What it sends does not exist any more, or is not shared with its owner any more."
        store.break_schedule(connection, schedule.id, why)
        return why
    wanted = [f"person:{run['actor_id']}"] if run["kind"] == "test" else schedule.recipients
    stopped = frozenset() if run["kind"] == "test" else store.stopped(connection, schedule.id)
    found = audience.readers(wanted, people)
    mails = [_mail(connection, run, reader, audience.seen_by(reader, _sender(run, owner, people), settings), subject, owner, stopped, sources) for reader in found]
    outbox.add_mails(connection, run, mails)
    outbox.run_opened(connection, run["id"])
    return "" if mails else "Nobody of its recipients exists any more."


def _sender(run: Mapping[str, Any], owner: Person, people: Sequence[Person]) -> Person:
    """A test is sent by whoever asked for it, to themselves."""
    return next((person for person in people if run["kind"] == "test" and person.id == run["actor_id"]), owner)


def _mail(connection: Connection, run: Mapping[str, Any], reader: Reader, seen: Scope | str, subject: str, owner: Person, stopped: frozenset[str], sources: Sources) -> NewMail:
    person = reader.person.id if reader.person else None
    viewer = reader.person or owner
    if reader.key in stopped:
        seen = "stopped"
    elif not isinstance(seen, str) and find(sources, subject, viewer) is None:
        seen = "hidden"
    if isinstance(seen, str):
        return NewMail(reader.key, person, reader.address, reader.name, state="failed" if seen in audience.FAILURES else "left out", error=audience.REASONS[seen])
    copy, _, _ = outbox.add_copy(connection, run["id"], audience.key_of(seen), viewer.id)
    return NewMail(reader.key, person, reader.address, reader.name, copy)
