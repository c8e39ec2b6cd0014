"""What an account must look like before it is written; the database refuses the same nonsense once more."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from shared.people.problems import AccountError
from shared.people.roles import DEPARTMENTS, ROLES

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,188}")


@dataclass(frozen=True)
class Account:
    """The part of a person that an administrator decides."""

    email: str
    name: str
    role: str
    department: str | None
    all_branches: bool
    branches: frozenset[int]


def clean_email(text: str) -> str:
    """Return the one spelling under which an address is kept.  Raises AccountError if it is no address."""
    email = text.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise AccountError("This is not an e-mail address: it needs a name, an @ and a domain.")
    return email


def checked_account(*, email: str, name: str, role: str, department: str | None = None, branches: Collection[int] | None = None) -> Account:
    """Return a valid Account; ``branches`` None means every branch where the role allows that, and no branch for a branch manager.

    Raises AccountError naming what is wrong.
    """
    clean_name = " ".join(name.split())
    if not clean_name or len(clean_name) > 120 or not clean_name.isprintable():
        raise AccountError("A person needs a name of 1 to 120 characters.")
    if role not in ROLES:
        raise AccountError(f"There is no role {role!r}. The roles are {', '.join(ROLES)}.")
    if role == "department_head" and department not in DEPARTMENTS:
        raise AccountError(f"A department head needs a department: {', '.join(DEPARTMENTS)}.")
    rule = ROLES[role].branches
    everything = rule == "all" or (rule == "either" and branches is None)
    return Account(
        email=clean_email(email),
        name=clean_name,
        role=role,
        department=department if role == "department_head" else None,
        all_branches=everything,
        branches=frozenset() if everything else frozenset(branches or ()),
    )
