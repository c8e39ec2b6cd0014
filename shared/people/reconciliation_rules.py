"""Who works on cases, and who signs."""

from shared.people.person import Person

_SIGNERS = frozenset({"leadership", "admin"})
_WORKERS = _SIGNERS | {"analyst"}


def may_work_on_cases(person: Person) -> bool:
    """Say whether this person works on cases, sources and runs: analysts in their branches, leadership and administrators everywhere."""
    return person.is_active and person.role in _WORKERS


def may_sign_periods(person: Person) -> bool:
    """Say whether this person confirms write-offs above the limit and signs for periods: leadership and administrators."""
    return person.is_active and person.role in _SIGNERS
