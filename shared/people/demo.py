"""The people of the demo company; for demo mode only: they share one password."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import text

from shared.people.accounts import branch_names, credentials_of
from shared.people.changes import create_person, set_active, set_password
from shared.people.passwords import matches
from shared.people.person import Person
from shared.people.tokens import Tokens
from shared.warehouse.engines import Engines

API_TOKEN_NAME = "Demo"  # noqa: S105 (the name of a token, shown on the account page)
_TOKEN_LIFETIME = timedelta(days=3650)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('shared.people.demo'))")


@dataclass(frozen=True)
class DemoPerson:
    """One sign-in of the demo company; ``branches`` are names, None means every branch."""

    email: str
    name: str
    role: str
    branches: tuple[str, ...] | None = None
    department: str | None = None


DEMO_PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("ada@northline.example", "Ada Whitfield", "leadership"),
    DemoPerson("priya@northline.example", "Priya Raman", "branch_manager", ("Pittsburgh",)),
    DemoPerson("marcus@northline.example", "Marcus Oyelaran", "branch_manager", ("Columbus",)),
    DemoPerson("tom@northline.example", "Tom Kessler", "department_head", department="production"),
    DemoPerson("lena@northline.example", "Lena Fischer", "analyst"),
    DemoPerson("camille@northline.example", "Camille Moreau", "cmo"),
    DemoPerson("karin@northline.example", "Karin Meyer", "admin"),
)


def create_demo_people(engines: Engines, password: str, api_token: str) -> tuple[DemoPerson, ...]:
    """Make sure that every demo person exists and can sign in with ``password``, and that ``api_token`` is one of the first person's; return them.

    A branch that does not exist (another demo company) is replaced by the next one by name, so that the managers still differ.
    Call it in demo mode only; calling it again changes nothing.
    """
    with engines.writer() as connection:  # two starts at once take turns
        connection.execute(_LOCK)
        ids = {name: number for number, name in branch_names(engines).items()}
        spare = [name for name in ids if not any(name in (one.branches or ()) for one in DEMO_PEOPLE)]
        people = tuple(replace(one, branches=_existing(one.branches, ids, spare)) for one in DEMO_PEOPLE)
        created = [_ensure(engines, one, password, ids) for one in people]
        _ensure_token(engines, created[0], api_token)
    return people


def _existing(wanted: tuple[str, ...] | None, ids: dict[str, int], spare: list[str]) -> tuple[str, ...] | None:
    if wanted is None:
        return None
    found = (name if name in ids else spare.pop(0) if spare else None for name in wanted)
    return tuple(name for name in found if name is not None)


def _ensure(engines: Engines, one: DemoPerson, password: str, ids: dict[str, int]) -> Person:
    found = credentials_of(engines, one.email)
    if found is None:
        branches = None if one.branches is None else [ids[name] for name in one.branches]
        return create_person(engines, email=one.email, name=one.name, role=one.role, password=password, department=one.department, branches=branches)
    person, password_hash = found
    if not matches(password_hash, password):
        set_password(engines, person, password)
    if not person.is_active:
        set_active(engines, person.id, active=True)
    return person


def _ensure_token(engines: Engines, person: Person, api_token: str) -> None:
    tokens = Tokens(engines)
    if tokens.person_of(api_token) is not None:
        return
    for token in tokens.list(person):
        if token.name == API_TOKEN_NAME:
            tokens.revoke(person, token.id)
    tokens.create(person, API_TOKEN_NAME, _TOKEN_LIFETIME, api_token)
