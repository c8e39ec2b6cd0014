"""What people do about warnings and rules.  Every change of a warning is an event with its actor, written in one transaction with the state."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from shared.alerts.audience import may_edit, may_see
from shared.alerts.machine import Instance, acknowledged
from shared.alerts.rule import OUTCOMES, RuleError, rule_from
from shared.clock import Clock, now
from shared.people.accounts import list_people
from shared.people.person import Person
from shared.warehouse import alert_store as store
from shared.warehouse.engines import Engines

LONGEST_SILENCE: Final = timedelta(days=31)
_KEPT: Final = ("state", "since", "breached_since", "breaches", "missing", "is_open", "is_acknowledged", "notified_at")


class CareError(ValueError):
    """Something that cannot be done; the message is for the person."""


class NotYoursError(PermissionError):
    """Something that is not this person's to do; the message says whose."""


class GoneError(LookupError):
    """There is no such rule or warning any more."""


def acknowledge(engines: Engines, person: Person, rule: int, instance: str, clock: Clock = now) -> None:
    """Take note of an open warning; whoever does so owns it if nobody did.  Doing it again changes nothing.  Raises NotYoursError, GoneError, CareError."""
    with engines.writer() as connection:
        held = _held(connection, person, rule, instance)
        if held["is_acknowledged"]:
            return
        try:
            after = acknowledged(Instance(**{name: held[name] for name in _KEPT}), clock())
        except ValueError as error:
            raise CareError("This warning is over already: there is nothing to acknowledge.") from error
        values = {"state": after.state, "since": after.since, "is_acknowledged": True, "owner_id": held["owner_id"] or person.id}
        _write(connection, person, held, values, "acknowledged", f"{person.name} has taken note.", clock())


def assign(engines: Engines, person: Person, rule: int, instance: str, owner: int | None, clock: Clock = now) -> None:
    """Make somebody who may see a warning its owner (None: nobody).  Raises as ``acknowledge`` does."""
    people = {one.id: one for one in list_people(engines)}
    with engines.writer() as connection:
        held = _held(connection, person, rule, instance)
        new = None if owner is None else people.get(owner)
        if owner is not None and (new is None or not new.is_active or not may_see(new, held["branch_id"])):
            raise CareError("Choose somebody who may see this warning.")
        if held["owner_id"] != owner:
            _write(connection, person, held, {"owner_id": owner}, "assigned", f"{person.name} has given it to {new.name if new else 'nobody'}.", clock())


def conclude(engines: Engines, person: Person, rule: int, instance: str, outcome: str, note: str, clock: Clock = now) -> None:
    """Keep what came of a warning.  Raises as ``acknowledge`` does."""
    if outcome and outcome not in OUTCOMES:
        raise CareError(f"Choose one of {', '.join(OUTCOMES.values())}.")
    if len(note) > 1000:
        raise CareError("A note has up to 1,000 characters.")
    with engines.writer() as connection:
        held = _held(connection, person, rule, instance)
        if (held["outcome"], held["note"]) != (outcome, note):
            _write(connection, person, held, {"outcome": outcome, "note": note}, "closed", f"{person.name}: {OUTCOMES.get(outcome, 'no outcome')}{f'. {note}' if note else ''}.", clock())


def _held(connection: Connection, person: Person, rule: int, instance: str) -> dict[str, Any]:
    held = store.hold_instance(connection, rule, instance) if 0 < rule < 2**31 else None
    if held is None:
        raise GoneError("There is no such warning any more; reload the page.")
    if not may_see(person, held["branch_id"]):
        raise NotYoursError("This warning is about a branch that is not among yours.")
    return held


def _write(connection: Connection, person: Person, held: Mapping[str, Any], values: Mapping[str, Any], kind: str, words: str, moment: datetime) -> None:
    sequence = held["sequence"] + 1
    store.save_care(connection, held["rule_id"], held["instance"], {**values, "sequence": sequence})
    store.add_event(connection, {
        "rule_id": held["rule_id"], "instance": held["instance"], "sequence": sequence, "branch_id": held["branch_id"], "at": moment, "kind": kind, "before": held["state"],
        "after": values.get("state", held["state"]), "actor_id": person.id, "title": held["name"], "words": words, "severity": held["definition"].get("severity", "warning"),
    })


def create_rule(engines: Engines, person: Person, name: object, given: Mapping[str, Any]) -> int:
    """Keep a new rule and return its id.  Raises NotYoursError, RuleError."""
    _must_edit(person)
    rule = rule_from(name, given)
    with engines.writer() as connection:
        found = store.add_rule(connection, rule.name, rule.document(), person.id)
    assert found is not None
    return found


def edit_rule(engines: Engines, person: Person, number: int, version: int, name: object, given: Mapping[str, Any]) -> None:
    """Change a rule that the person saw in ``version``.  Raises NotYoursError, RuleError, CareError where somebody was faster."""
    _must_edit(person)
    rule = rule_from(name, given)
    with engines.writer() as connection:
        if not store.change_rule(connection, number, version, rule.name, rule.document(), person.id):
            raise CareError("Somebody else has changed or removed this rule meanwhile. Reload the page and try again.")


def switch_rule(engines: Engines, person: Person, number: int, *, enabled: bool) -> None:
    """Switch a rule on or off.  Raises NotYoursError, GoneError."""
    _set(engines, person, number, enabled=enabled)


def silence_rule(engines: Engines, person: Person, number: int, minutes: int, clock: Clock = now) -> datetime | None:
    """Tell nobody of a rule for ``minutes`` (0: no longer silent); return until when.  Raises NotYoursError, GoneError, CareError."""
    if not 0 <= minutes <= LONGEST_SILENCE.total_seconds() / 60:
        raise CareError("A rule can be silent for 31 days at most; switch it off instead.")
    until = clock() + timedelta(minutes=minutes) if minutes else None
    _set(engines, person, number, silence=True, until=until)
    return until


def remove_rule(engines: Engines, person: Person, number: int) -> None:
    """Remove a rule; its history stays.  Raises NotYoursError, GoneError."""
    _set(engines, person, number, removed=True)


def _set(engines: Engines, person: Person, number: int, **changes: Any) -> None:
    _must_edit(person)
    with engines.writer() as connection:
        if not (0 < number < 2**31 and store.set_rule(connection, number, person.id, **changes)):
            raise GoneError("There is no such rule any more; reload the page.")


def _must_edit(person: Person) -> None:
    if not may_edit(person):
        raise NotYoursError("Rules are changed by leadership, analysts who see every branch, and administrators. Ask one of them.")


__all__ = ["CareError", "GoneError", "NotYoursError", "RuleError", "acknowledge", "assign", "conclude", "create_rule", "edit_rule", "remove_rule", "silence_rule", "switch_rule"]
