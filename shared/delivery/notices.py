"""Tells the owner of a schedule that a run failed: a mail of its own in the outbox, once for each run."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from sqlalchemy import Connection

from shared.people.person import Person
from shared.settings import Settings
from shared.warehouse import delivery_outbox as outbox
from shared.warehouse.delivery_outbox import NewMail
from shared.warehouse.delivery_store import owner_of


def fail(connection: Connection, run: Mapping[str, Any], why: str, people: Sequence[Person], settings: Settings) -> None:
    """End a run as failed and put the notice for its owner into the outbox, in one transaction."""
    outbox.run_ended(connection, run["id"], "failed", why)
    owner_id = run["actor_id"] if run["kind"] == "test" else owner_of(connection, run["delivery_id"])
    owner = next((person for person in people if person.id == owner_id and person.is_active), None)
    if owner is None:
        return  # the page and the warnings show it to whoever may take it over
    link = f"{settings.bi_public_url.rstrip('/') or f'http://localhost:{settings.bi_port}'}/reports/schedules?schedule={run['delivery_id']}"
    lines = [f"Hello {owner.name},", f"“{run['name']}”, which was due at {run['due_at']:%Y-%m-%d %H:%M} UTC, did not go out to everybody.", why, f"What was sent to whom: {link}"]
    html = "".join(f"<p>{escape(line)}</p>" for line in lines[:-1]) + f'<p><a href="{escape(link)}">What was sent to whom</a></p>'
    outbox.add_mails(connection, run, [NewMail(f"owner:{owner.id}", owner.id, owner.email, owner.name, subject=f"Not sent: {run['name']}"[:150], plain="\n\n".join(lines),
                                               html=f'<!doctype html><html lang="en"><body style="font:14px/1.5 -apple-system,Segoe UI,sans-serif;color:#101828">{html}</body></html>')])
