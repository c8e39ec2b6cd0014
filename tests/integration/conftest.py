"""A company with people, and both sites over it; built once for all tests that only read or that make people of their own."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from shared.people.changes import create_person
from shared.settings import Settings
from shared.warehouse.engines import Engines
from tests.sites import PASSWORD, Company, Visitor, build_site


def build_company(settings: Settings) -> Company:
    """Fill the empty database of ``settings``."""
    engines = Engines(settings)
    with engines.writer() as connection:
        add = text("INSERT INTO crm.branch (name, time_zone) VALUES (:name, 'America/New_York') RETURNING id")
        pittsburgh, columbus = (int(connection.execute(add, {"name": name}).scalar_one()) for name in ("Pittsburgh", "Columbus"))
    rows: dict[str, dict[str, object]] = {
        "boss": {"role": "leadership"},
        "manager": {"role": "branch_manager", "branches": [pittsburgh]},
        "outsider": {"role": "branch_manager", "branches": [columbus]},
        "nobody": {"role": "branch_manager"},
        "head": {"role": "department_head", "department": "production"},
        "analyst": {"role": "analyst", "branches": [columbus]},
        "cmo": {"role": "cmo"},
        "admin": {"role": "admin"},
    }
    people = {
        name: create_person(engines, email=f"{name}@northline.test", name=f"Person {name.title()}", password=PASSWORD, **row)  # type: ignore[arg-type]
        for name, row in rows.items()
    }
    return Company(settings, engines, pittsburgh, columbus, people)


@pytest.fixture(scope="session")
def company(database: Callable[..., Settings]) -> Iterator[Company]:
    """Two branches and one person of each kind."""
    made = build_company(database(secure_cookies=False))
    yield made
    made.engines.dispose()


@pytest.fixture(scope="session")
def bi(company: Company) -> Flask:
    """The BI site."""
    return build_site(company)


@pytest.fixture(scope="session")
def cmo(company: Company) -> Flask:
    """The CMO site."""
    return build_site(company, "cmo")


@pytest.fixture
def visitor(bi: Flask) -> Visitor:
    """Somebody on the BI site who is not signed in."""
    return Visitor(bi)
