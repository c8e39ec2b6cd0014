"""Sends what waits in the outbox, looking once more at each reader, and ends the runs of which nothing waits any more."""

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from shared.delivery import audience, letters, notices
from shared.delivery.audience import REASONS, Reader
from shared.delivery.definition import definition_from
from shared.delivery.sources import Sources, find
from shared.mail import FAILURES, Attachment, Post, is_final, message, reason
from shared.metrics.scope import Scope
from shared.people.accounts import list_people, person_in
from shared.people.person import Person
from shared.people.problems import UnknownPersonError
from shared.settings import Settings
from shared.warehouse import delivery_outbox as outbox
from shared.warehouse import delivery_store as store
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)


def send_next(engines: Engines, settings: Settings, sources: Sources, post: Post) -> bool | None:
    """Send the next mail that can go; None: there is none; False: it was not sent.

    It is sent and noted in one transaction.  Who dies between the two leaves it to be sent again under the same Message-ID, with the same bytes; no protocol of mail can do better.
    """
    with outbox.next_mail(engines) as (connection, row):
        if row is None:
            return None
        try:
            with connection.begin_nested():
                return _send(connection, row, settings, sources, post)
        except FAILURES as error:
            if outbox.put_mail_off(connection, row["mail_id"], row["mail_attempts"], reason(error), for_good=is_final(error)):
                log.warning("mail %d of schedule %d was not sent: %s", row["mail_id"], row["delivery_id"], reason(error))
            else:
                log.error("mail %d of schedule %d was not sent, given up: %s", row["mail_id"], row["delivery_id"], reason(error))  # noqa: TRY400 - said by the server
        except Exception as error:  # one mail must not hold up the others
            log.exception("mail %d of schedule %d could not be written", row["mail_id"], row["delivery_id"])
            outbox.put_mail_off(connection, row["mail_id"], row["mail_attempts"], f"It could not be written ({type(error).__name__}).", for_good=False)
        return False


def _send(connection: Connection, row: Mapping[str, Any], settings: Settings, sources: Sources, post: Post) -> bool:
    if row["plain"] is not None:
        post.send(message(letters.notice(row), settings))
        outbox.mail_sent(connection, row["mail_id"], None, row["subject"])
        return True
    definition = definition_from(row["definition"])
    owner = _person(connection, row["owner_id"])
    person = _person(connection, row["person_id"]) if row["person_id"] is not None else None
    reader = Reader(row["recipient"], row["address"], row["reader"], person)
    sender = person if row["kind"] == "test" and person is not None else owner
    seen = _seen(connection, row, reader, sender, sources, settings, definition.subject)
    if isinstance(seen, str) or sender is None or owner is None:
        why = seen if isinstance(seen, str) else "inactive"
        outbox.mail_ended(connection, row["mail_id"], "failed" if why in audience.FAILURES else "left out", REASONS[why])
        return False
    if audience.key_of(seen) != row["scope"]:
        _order_anew(connection, row, audience.key_of(seen), (person or owner).id)
        return False
    files = [Attachment(**each) for each in outbox.files_in(connection, row["copy_id"])]
    written = letters.letter(row, definition, files, sender.name, settings)
    post.send(message(written, settings))
    outbox.mail_sent(connection, row["mail_id"], row["sha256"], written.subject)
    return True


def _seen(connection: Connection, row: Mapping[str, Any], reader: Reader, sender: Person | None, sources: Sources, settings: Settings, subject: str) -> Scope | str:
    """Look once more what the reader sees, or why they get nothing: minutes or hours may have passed since the run was opened."""
    if sender is None or not sender.is_active or (reader.person is None and row["person_id"] is not None):
        return "inactive"
    if row["kind"] != "test" and reader.key in store.stopped(connection, row["delivery_id"]):
        return "stopped"
    if find(sources, subject, reader.person or sender) is None:
        return "hidden"
    return audience.seen_by(reader, sender, settings)


def _order_anew(connection: Connection, row: Mapping[str, Any], scope: str, viewer: int) -> None:
    """The reader sees other branches than when the run was opened: their mail waits for a copy of what they see now."""
    copy, state, words = outbox.add_copy(connection, row["id"], scope, viewer)
    outbox.move_mail(connection, row["mail_id"], copy)
    if state in {"failed", "skipped"}:
        outbox.mail_ended(connection, row["mail_id"], "failed" if state == "failed" else "left out", words)


def end_next(engines: Engines, settings: Settings) -> bool:
    """End the next run of which nothing waits any more; False: there is none.  Where anything failed, the owner is told in the same transaction."""
    with outbox.next_ended(engines) as (connection, run):
        if run is None:
            return False
        result = outbox.result_of(connection, run["id"])
        sent, left_out, failed = (result.get(state, (0, "")) for state in ("sent", "left out", "failed"))
        words = ", ".join(part for part in (f"{sent[0]} sent" if sent[0] else "", f"{left_out[0]} left out" if left_out[0] else "", f"{failed[0]} not sent" if failed[0] else "") if part)
        if failed[0]:
            notices.fail(connection, run, f"{words[0].upper()}{words[1:]}. {failed[1]}", list_people(engines), settings)
        elif sent[0]:
            outbox.run_ended(connection, run["id"], "done", f"{words}.")
        else:
            outbox.run_ended(connection, run["id"], "skipped", f"{words}: {left_out[1].removeprefix('left out: ')}.")
        return True


def _person(connection: Connection, number: int) -> Person | None:
    try:
        return person_in(connection, number)
    except UnknownPersonError:
        return None
