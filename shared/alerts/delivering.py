"""Empties the outbox.  Each step is a transaction of its own; whoever dies in any of them leaves the next one everything that it needs to go on."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from shared.alerts import mail, webhook
from shared.alerts.audience import may_see
from shared.clock import Clock, now
from shared.mail import FAILURES, is_final, message, reason, send
from shared.people.accounts import list_people
from shared.settings import Settings
from shared.warehouse import alert_outbox as outbox
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
_MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Delivered:
    """What one round delivered."""

    mails: int = 0
    calls: int = 0
    failed: int = 0


def deliver(engines: Engines, settings: Settings, clock: Clock = now) -> Delivered:
    """Gather what waits into mails, send what is due, call webhooks.  Any number may run at once: each line is held by one of them."""
    if settings.smtp_url.get_secret_value():
        gather(engines, settings, clock)
    mails, lost = _all(lambda: _send_one(engines, settings)) if settings.smtp_url.get_secret_value() else (0, 0)
    calls, refused = _all(lambda: _call_one(engines, settings, clock))
    return Delivered(mails, calls, lost + refused)


def gather(engines: Engines, settings: Settings, clock: Clock = now) -> int:
    """Fix the text of a mail for everybody whose mail is due; return how many.  What the person may no longer see is left out."""
    people = {person.id: person for person in list_people(engines)}
    with engines.primary.connect() as connection:
        due = outbox.people_due(connection, clock(), settings.alert_digest_minutes)
    made = 0
    for number in due:
        with engines.primary.begin() as connection:
            lines = outbox.lines_for(connection, number)
            person = people.get(number)
            seen = [line for line in lines if person is not None and person.is_active and may_see(person, line["branch_id"])]
            outbox.drop_lines(connection, [line["id"] for line in lines if line not in seen], "no longer within what this person may see")
            if person is not None and seen:
                outbox.add_digest(connection, number, mail.written(person, seen, settings), [line["id"] for line in seen])
                made += 1
    return made


def _all(one: Callable[[], bool | None]) -> tuple[int, int]:
    done = failed = 0
    for _ in range(_MOST_AT_ONCE):
        outcome = one()
        if outcome is None:
            break
        done, failed = done + outcome, failed + (not outcome)
    return done, failed


def _send_one(engines: Engines, settings: Settings) -> bool | None:
    with outbox.next_mail(engines) as (connection, digest):
        if digest is None:
            return None
        try:
            send(message(mail.letter(digest), settings), settings)
        except FAILURES as error:
            given_up = outbox.put_off(connection, "mail", digest["id"], digest["attempts"], reason(error), for_good=is_final(error))
            log.log(logging.ERROR if given_up else logging.WARNING, "mail %d was not sent%s: %s", digest["id"], ", given up" if given_up else "", reason(error))
            return False
        outbox.mail_sent(connection, digest["id"])
        return True


def _call_one(engines: Engines, settings: Settings, clock: Clock) -> bool | None:
    with outbox.next_hook(engines) as (connection, line):
        if line is None:
            return None
        secret = settings.alert_webhook_secret.get_secret_value()
        if not secret:
            return _failed(connection, line, "Webhooks are not called: ALERT_WEBHOOK_SECRET is not set.", for_good=True)
        body = orjson.dumps({name: line[name] for name in ("event_id", "rule_id", "instance", "sequence", "at", "kind", "before", "after", "title", "words", "severity", "branch_id")}, option=orjson.OPT_UTC_Z)
        try:
            webhook.call(webhook.place_of(line["recipient"], settings.alert_webhook_hosts), body, f"alert-event-{line['event_id']}", secret, int(clock().timestamp()))
        except webhook.WebhookRefusedError as error:
            return _failed(connection, line, str(error), for_good=True)
        except webhook.WebhookFailedError as error:
            return _failed(connection, line, f"{error}.", for_good=False)
        outbox.hook_sent(connection, line["id"])
        return True


def _failed(connection: Connection, line: Mapping[str, Any], why: str, *, for_good: bool) -> bool:
    given_up = outbox.put_off(connection, "hook", line["id"], line["attempts"], why, for_good=for_good)
    log.log(logging.ERROR if given_up else logging.WARNING, "webhook line %d was not delivered%s: %s", line["id"], ", given up" if given_up else "", why)
    return False
