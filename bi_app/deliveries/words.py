"""Words and symbols of deliveries."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from shared.clock import now
from shared.delivery.definition import Definition, definition_from
from shared.delivery.problems import ScheduleError
from shared.people.person import Person
from shared.people.roles import ROLES
from shared.warehouse.delivery_store import Schedule

STATES: Final = {"due": ("Waiting", "clock"), "open": ("Going out", "clock"), "done": ("Sent", "good"), "skipped": ("Left out", "info"), "failed": ("Not sent", "bad")}
"""State of a run -> label and icon."""
MAIL_STATES: Final = {"waiting": ("Waiting", "clock"), "sent": ("Sent", "good"), "left out": ("Left out", "info"), "failed": ("Not sent", "bad")}
"""State of a mail -> label and icon."""
RUN_KINDS: Final = {"due": "on schedule", "now": "run by", "test": "test of"}


def definition_of(schedule: Schedule) -> Definition | None:
    """What a schedule says; None: an older version wrote it and nobody can read it any more."""
    try:
        return definition_from(schedule.definition)
    except ScheduleError:
        return None


def recipient(key: str, people: Mapping[int, Person]) -> str:
    """Return whom a recipient is, by name."""
    kind, _, value = key.partition(":")
    if kind == "role":
        return f"Everybody: {ROLES[value].label}" if value in ROLES else value
    if kind in {"person", "owner"}:
        found = people.get(int(value))
        return found.name if found is not None else "Somebody who is gone"
    return value


def recipients(keys: Sequence[str], people: Mapping[int, Person]) -> str:
    """Return whom a schedule goes to, short."""
    names = [recipient(key, people) for key in keys]
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def due(at: datetime, definition: Definition) -> str:
    """Return a due time on the schedule's own clock, with its year if that is another one."""
    zone = definition.rhythm.zone
    local = at.astimezone(zone)
    return f"{local:%a %-d %b}{'' if local.year == now().astimezone(zone).year else f' {local:%Y}'}, {local:%H:%M}"


def when(run: Mapping[str, Any], definition: Definition | None) -> str:
    """Return the time under which a run stands in the log."""
    return due(run["due_at"], definition) if definition is not None else f"{run['due_at']:%a %-d %b, %H:%M} UTC"
