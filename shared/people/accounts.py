"""The store of people: who exists, found and listed.  Reads go to the primary, so that a change is seen at once."""

from typing import Any

from sqlalchemy import Connection, Row, text

from shared.people.account import clean_email
from shared.people.person import Person
from shared.people.problems import AccountError, UnknownPersonError
from shared.warehouse.engines import Engines

COLUMNS = """
    p.id, p.email, p.name, p.role, p.department, p.all_branches, p.must_change_password, p.password_hash IS NOT NULL AS has_password,
    p.is_active, p.version, p.created_at, p.last_sign_in_at,
    ARRAY(SELECT b.branch_id FROM app.person_branch b WHERE b.person_id = p.id ORDER BY b.branch_id) AS branches"""
"""What every statement that returns people selects, from app.person p."""

_ONE = text(f"SELECT {COLUMNS} FROM app.person p WHERE p.id = :id")
_BY_EMAIL = text(f"SELECT {COLUMNS}, p.password_hash FROM app.person p WHERE p.email = :email")
_ALL = text(f"SELECT {COLUMNS} FROM app.person p ORDER BY p.is_active DESC, lower(p.name), p.id")
_BRANCHES = text("SELECT id, name FROM crm.branch ORDER BY name")


def person_from(row: Row[Any]) -> Person:
    """Return the Person in a row of COLUMNS."""
    return Person(
        id=row.id, email=row.email, name=row.name, role=row.role, department=row.department, all_branches=row.all_branches,
        branches=frozenset(row.branches), must_change_password=row.must_change_password, has_password=row.has_password,
        is_active=row.is_active, version=row.version, created_at=row.created_at, last_sign_in_at=row.last_sign_in_at,
    )


def find_person(engines: Engines, person_id: int) -> Person:
    """Return the person with this id.  Raises UnknownPersonError."""
    with engines.primary_reader() as connection:
        return person_in(connection, person_id)


def person_in(connection: Connection, person_id: int) -> Person:
    """Return the person with this id as ``connection`` sees it.  Raises UnknownPersonError."""
    row = connection.execute(_ONE, {"id": person_id}).one_or_none() if 0 < person_id < 2**31 else None
    if row is None:
        raise UnknownPersonError(f"There is no person number {person_id}.")
    return person_from(row)


def find_by_email(engines: Engines, email: str) -> Person | None:
    """Return the person with this address, however it is spelled, or None; active or not."""
    found = credentials_of(engines, email)
    return found[0] if found else None


def credentials_of(engines: Engines, email: str) -> tuple[Person, str | None] | None:
    """Return the person with this address and the hash of their password (None: signs in elsewhere), or None."""
    try:
        clean = clean_email(email)
    except AccountError:
        return None
    with engines.primary_reader() as connection:
        row = connection.execute(_BY_EMAIL, {"email": clean}).one_or_none()
    return (person_from(row), row.password_hash) if row is not None else None


def list_people(engines: Engines) -> list[Person]:
    """Return everybody, active people first, by name."""
    with engines.primary_reader() as connection:
        return [person_from(row) for row in connection.execute(_ALL)]


def branch_names(engines: Engines) -> dict[int, str]:
    """Return every branch's name by id, in order of name."""
    with engines.primary_reader() as connection:
        return {row.id: row.name for row in connection.execute(_BRANCHES)}
