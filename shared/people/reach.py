"""What a person may see, in the terms that ``ask`` understands."""

from shared.metrics.scope import Scope
from shared.people.person import Person


def scope_of(person: Person) -> Scope:
    """Return the branches whose rows ``person`` may see; a manager without branches, or anybody inactive, sees none."""
    if not person.is_active:
        return Scope(branches=frozenset())
    return Scope(branches=None if person.all_branches else person.branches)
