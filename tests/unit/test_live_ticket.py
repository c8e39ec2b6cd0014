"""Tickets: what they carry, and every way in which one lets nobody in."""

import base64
import json
from datetime import datetime, timedelta

import pytest

from shared.clock import now
from shared.live.ticket import LIFETIME_SECONDS, SKEW_SECONDS, TicketError, Tickets
from shared.people.person import Person
from tests.conftest import settings_for

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
SETTINGS = settings_for(NOWHERE, NOWHERE, "redis://127.0.0.1:1")
NOON = now().replace(microsecond=0)


def person(**fields: object) -> Person:
    values: dict[str, object] = {"id": 7, "email": "a@b.test", "name": "Ada É. Moore", "role": "branch_manager", "all_branches": False, "branches": frozenset({3, 1})}
    return Person(**{**values, **fields})  # type: ignore[arg-type]


def tickets(seconds: float = 0.0, secret: str | None = None) -> Tickets:
    """Tickets as they are ``seconds`` after noon."""
    settings = SETTINGS if secret is None else settings_for(NOWHERE, NOWHERE, "redis://127.0.0.1:1", secret_key=secret)

    def clock() -> datetime:
        return NOON + timedelta(seconds=seconds)

    return Tickets(settings, clock)


def test_a_ticket_says_who_is_listening_from_where_and_what_they_may_hear() -> None:
    ticket = tickets().read(tickets().issue(person(), "bi", "/trends"))
    assert (ticket.person, ticket.name, ticket.site, ticket.path, ticket.issued) == (7, "Ada É. Moore", "bi", "/trends", NOON)
    assert ticket.scope.branches == {1, 3}
    assert not ticket.is_admin


@pytest.mark.parametrize(("fields", "branches", "is_admin"), [
    ({"role": "admin", "all_branches": True}, None, True),
    ({"role": "leadership", "all_branches": True}, None, False),
    ({"branches": frozenset()}, frozenset(), False),
    ({"role": "admin", "all_branches": True, "is_active": False}, frozenset(), True),
])
def test_scope_and_rights_are_those_of_the_account(fields: dict[str, object], branches: frozenset[int] | None, is_admin: bool) -> None:
    ticket = tickets().read(tickets().issue(person(**fields), "bi", "/"))
    assert (ticket.scope.branches, ticket.is_admin) == (branches, is_admin)


def test_no_two_tickets_are_the_same() -> None:
    assert tickets().read(tickets().issue(person(), "bi", "/")).identity != tickets().read(tickets().issue(person(), "bi", "/")).identity


@pytest.mark.parametrize("age", [-SKEW_SECONDS, 0, LIFETIME_SECONDS, LIFETIME_SECONDS + SKEW_SECONDS])
def test_a_ticket_is_good_for_half_a_minute_and_clocks_may_differ_a_little(age: float) -> None:
    assert tickets(age).read(tickets().issue(person(), "bi", "/")).person == 7


@pytest.mark.parametrize("age", [-SKEW_SECONDS - 1, LIFETIME_SECONDS + SKEW_SECONDS + 1, 86_400])
def test_an_old_ticket_or_one_from_the_future_is_refused(age: float) -> None:
    issued = tickets().issue(person(), "bi", "/")
    with pytest.raises(TicketError, match="expired"):
        tickets(age).read(issued)


def test_a_ticket_of_another_installation_is_refused() -> None:
    with pytest.raises(TicketError, match="not issued here"):
        tickets(secret="x" * 48).read(tickets().issue(person(), "bi", "/"))


def test_something_else_signed_with_the_same_key_is_no_ticket() -> None:
    from itsdangerous import URLSafeTimedSerializer

    other = URLSafeTimedSerializer("s" * 48, salt="cookie-session").dumps({"i": "x", "p": 7, "n": "A", "s": "bi", "u": "/", "b": None, "a": True})
    with pytest.raises(TicketError):
        tickets().read(other)


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é", "\x00", "x" * 10_000, "eyJ9.aaaa.bbbb"])
def test_nonsense_is_refused_in_words(text: str) -> None:
    with pytest.raises(TicketError, match="not issued here"):
        tickets().read(text)


def test_no_character_of_a_ticket_can_be_changed() -> None:
    issued = tickets().issue(person(), "bi", "/")
    for at in range(0, len(issued), 5):
        changed = issued[:at] + ("A" if issued[at] != "A" else "B") + issued[at + 1:]
        try:
            assert tickets().read(changed) == tickets().read(issued), "the unused bits of a base64 digit may differ"
        except TicketError:
            continue


def test_branches_cannot_be_added_to_a_ticket() -> None:
    body, _, rest = tickets().issue(person(), "bi", "/").partition(".")
    held = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    held["b"] = None
    wider = base64.urlsafe_b64encode(json.dumps(held, separators=(",", ":")).encode()).decode().rstrip("=")
    with pytest.raises(TicketError):
        tickets().read(f"{wider}.{rest}")
