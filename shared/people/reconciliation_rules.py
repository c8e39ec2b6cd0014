"""Who works on cases, and who signs; each within the branches of the account."""

from shared.people.person import Person

_SIGNERS = frozenset({"branch_manager", "leadership", "admin"})
_WORKERS = _SIGNERS | {"analyst"}


def may_work_on_cases(person: Person) -> bool:
    """Say whether this person works on cases and asks for runs: analysts and managers in their branches, leadership and administrators everywhere."""
    return person.is_active and person.role in _WORKERS


def may_sign_periods(person: Person) -> bool:
    """Say whether this person confirms write-offs above the limit and signs for periods: branch managers for their branches, leadership and administrators for all."""
    return person.is_active and person.role in _SIGNERS


def may_keep_sources(person: Person) -> bool:
    """Say whether this person looks after sources and their files, which are of the whole company: analysts who see every branch, leadership and administrators."""
    return may_work_on_cases(person) and person.all_branches
