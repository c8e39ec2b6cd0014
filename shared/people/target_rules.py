"""Who may see and change targets, owners, notes and check-ins.  ``branch`` None: the company as a whole."""

from shared.people.person import Person
from shared.people.reach import scope_of

_EDITORS = frozenset({"leadership", "admin"})


def may_edit_targets(person: Person) -> bool:
    """Say whether this person sets targets: leadership and administrators do, for every branch."""
    return person.is_active and person.role in _EDITORS


def may_see_target(person: Person, branch: int | None) -> bool:
    """Say whether this person may read the target of ``branch``; the company's is read by who sees every branch."""
    scope = scope_of(person)
    return scope.is_company if branch is None else scope.allows(branch)


def may_write_note(person: Person, branch: int | None) -> bool:
    """Say whether this person may note something and check in: everybody, about what they see."""
    return may_see_target(person, branch)


def may_set_owner(person: Person, branch: int | None) -> bool:
    """Say whether this person decides who looks after a KPI: who sets targets, and a manager in their own branches."""
    return may_edit_targets(person) or (person.role == "branch_manager" and branch is not None and may_see_target(person, branch))
