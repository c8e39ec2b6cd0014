"""Who is told of what, and who may change rules."""

from collections.abc import Sequence
from typing import Final

from shared.alerts.watching import Watch
from shared.metrics.registry import metrics
from shared.people.person import Person
from shared.people.reach import scope_of
from shared.warehouse.alert_outbox import Told

PATH: Final = "/alerts"
EDITORS: Final = frozenset({"leadership", "analyst", "admin"})
"""Roles that may change rules; an analyst only where every branch is theirs to see."""


def may_edit(person: Person) -> bool:
    """Say whether ``person`` may change rules."""
    return person.is_active and person.role in EDITORS and person.all_branches


def may_see(person: Person, branch: int | None) -> bool:
    """Say whether a warning of ``branch`` (None: of the company) is within what ``person`` may see."""
    scope = scope_of(person)
    return scope.is_company if branch is None else scope.allows(branch)


def told(people: Sequence[Person], watch: Watch, *, about_the_rule: bool, mail: bool) -> list[Told]:
    """Return who is told of an event; ``about_the_rule``: that it cannot be evaluated, which is for those who may change it."""
    rule = watch.rule
    department = metrics()[rule.metric].department if rule is not None and rule.metric in metrics() else "technology"
    found: list[Told] = []
    for person in people:
        if not (person.may_enter("bi") and person.may_open(PATH) and may_see(person, watch.branch)):
            continue
        if about_the_rule and not may_edit(person):
            continue
        if person.role == "department_head" and person.department != department:
            continue
        found.append(Told(f"person:{person.id}", "inbox", person.id))
        if mail and rule is not None and rule.email:
            found.append(Told(f"person:{person.id}", "email", person.id))
    if rule is not None and rule.webhook:
        found.append(Told(rule.webhook, "webhook"))
    return found
