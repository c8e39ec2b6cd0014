"""Who may schedule what for whom, and what each recipient sees.

Everybody may send to themselves; to others only what those see of it, and only to those whose branches lie within one's own.  Addresses outside stand on a list of the settings, and only people
who see the company send there, what they see themselves.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from shared.delivery.definition import MOST_RECIPIENTS
from shared.delivery.problems import ScheduleError
from shared.metrics.scope import Scope
from shared.people.account import clean_email
from shared.people.person import Person
from shared.people.problems import AccountError
from shared.people.reach import scope_of
from shared.people.roles import ROLES
from shared.settings import Settings

_SCOPE: Final = re.compile(r"branches:[0-9,]*")


@dataclass(frozen=True)
class Reader:
    """One person or address that gets a mail."""

    key: str
    """``person:7`` or ``address:bank@example.com``: the same however they came onto the list."""
    address: str
    name: str
    person: Person | None
    """None: an address outside."""


def key_of(scope: Scope) -> str:
    """Return the one text of a scope: readers of equal texts get the same copy."""
    return "company" if scope.branches is None else f"branches:{','.join(map(str, sorted(scope.branches)))}"


def scope_from(key: str) -> Scope:
    """Return the scope that ``key_of`` wrote down."""
    if key == "company":
        return Scope(None)
    if not _SCOPE.fullmatch(key):
        raise ValueError(f"{key!r} is no scope")
    return Scope(frozenset(int(number) for number in key.removeprefix("branches:").split(",") if number))


def covers(wide: Scope, narrow: Scope) -> bool:
    """Say whether everything in ``narrow`` lies in ``wide``."""
    return wide.is_company or (narrow.branches is not None and narrow.branches <= (wide.branches or frozenset()))


def may_manage(person: Person, owner_id: int) -> bool:
    """Say whether ``person`` may see, change and pause a schedule of ``owner_id``: one's own, and every one for leadership and administrators."""
    return person.is_active and (person.id == owner_id or person.role in {"leadership", "admin"})


def may_send_outside(person: Person, settings: Settings) -> bool:
    """Say whether ``person`` may send to addresses of the allow-list."""
    return bool(settings.delivery_addresses) and scope_of(person).is_company and person.is_active


def is_allowed_address(address: str, settings: Settings) -> bool:
    """Say whether ``address`` stands on the allow-list: itself, or its whole domain as @example.com."""
    return any(address == each.lower() or (each.startswith("@") and address.endswith(each.lower())) for each in settings.delivery_addresses)


def recipients_from(given: object, owner: Person, people: Sequence[Person], settings: Settings) -> tuple[str, ...]:
    """Return the recipients of a schedule of ``owner``.  Raises ScheduleError saying who is not to be sent to, and why."""
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise ScheduleError("recipients", 'Send recipients such as ["person:7", "role:branch_manager", "address:name@example.com"].')
    if not 1 <= len(set(given)) <= MOST_RECIPIENTS:
        raise ScheduleError("recipients", f"Choose 1 to {MOST_RECIPIENTS} recipients.")
    return tuple(sorted({_checked(each, owner, people, settings) for each in given}))


def _checked(recipient: str, owner: Person, people: Sequence[Person], settings: Settings) -> str:
    kind, _, value = recipient.partition(":")
    if kind == "person":
        found = next((person for person in people if str(person.id) == value), None)
        if found is None or not found.is_active:
            raise ScheduleError("recipients", "Choose somebody who can sign in.")
        if found.id != owner.id and not covers(scope_of(owner), scope_of(found)):
            raise ScheduleError("recipients", f"{found.name} sees branches that {owner.name} does not see: only somebody who sees them can send to {found.name}.")
        return recipient
    if kind == "role":
        if value not in ROLES:
            raise ScheduleError("recipients", f"There is no role {value[:40]!r}.")
        if not scope_of(owner).is_company:
            raise ScheduleError("recipients", "Only people who see every branch send to a whole role.")
        return recipient
    if kind == "address":
        return f"address:{_checked_address(value, owner, settings)}"
    raise ScheduleError("recipients", f"{recipient[:60]!r} is nobody who can be sent to.")


def _checked_address(value: str, owner: Person, settings: Settings) -> str:
    try:
        address = clean_email(value)
    except AccountError as error:
        raise ScheduleError("recipients", str(error)) from error
    if not scope_of(owner).is_company:
        raise ScheduleError("recipients", "Only people who see every branch send to addresses outside.")
    if not is_allowed_address(address, settings):
        raise ScheduleError("recipients", f"{address} is not among the addresses that may be sent to; an administrator can add it to DELIVERY_ADDRESSES.")
    return address


def readers(recipients: Iterable[str], people: Sequence[Person]) -> list[Reader]:
    """Return who stands behind recipients, each once: people by number, everybody of a role, addresses; people who are gone are left out."""
    known = {person.id: person for person in people}
    found: dict[str, Reader] = {}
    for recipient in sorted(recipients):
        kind, _, value = recipient.partition(":")
        if kind == "address":
            found[recipient] = Reader(recipient, value, value, None)
            continue
        members = [known[int(value)]] if kind == "person" and int(value) in known else [person for person in people if kind == "role" and person.role == value and person.is_active]
        found |= {f"person:{person.id}": Reader(f"person:{person.id}", person.email, person.name, person) for person in members}
    addresses = {reader.address for reader in found.values() if reader.person is not None}
    return [reader for reader in found.values() if reader.person is not None or reader.address not in addresses]


def seen_by(reader: Reader, owner: Person, settings: Settings) -> Scope | str:
    """Return what ``reader`` sees of what ``owner`` sends: their own scope within the owner's, or why they get nothing (``inactive``, ``beyond``, ``outside``)."""
    if reader.person is None:
        return scope_of(owner) if may_send_outside(owner, settings) and is_allowed_address(reader.address, settings) else "outside"
    if not reader.person.is_active:
        return "inactive"
    scope = scope_of(reader.person)
    return scope if covers(scope_of(owner), scope) else "beyond"


REASONS: Final = {
    "inactive": "left out: this person can no longer sign in", "beyond": "not sent: this person sees branches that the owner does not see",
    "outside": "not sent: this address may not be sent to, or the owner does not see every branch any more", "stopped": "left out: unsubscribed",
    "hidden": "left out: what is sent is not shared with this person",
}
"""Why a reader gets nothing, in words."""
FAILURES: Final = frozenset({"beyond", "outside"})
"""Those of them that the owner hears of."""
