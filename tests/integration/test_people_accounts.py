"""Accounts in PostgreSQL: made, changed, shut out, and every change on record."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.people.account import checked_account
from shared.people.accounts import credentials_of, find_by_email, find_person, list_people
from shared.people.attempts import Attempts, TooManyAttemptsError, forget_old_attempts
from shared.people.changes import create_person, reset_password, set_active, set_password, update_person
from shared.people.demo import DEMO_PEOPLE, create_demo_people
from shared.people.log import recent_log
from shared.people.person import Person
from shared.people.preferences import preferences_of, remember
from shared.people.problems import AccountError, StaleEditError, UnknownPersonError
from shared.people.sessions import Sessions
from shared.people.sign_in import WrongPasswordError, sign_in
from shared.people.tokens import Tokens
from shared.settings import Settings
from shared.warehouse.engines import Engines
from tests.sites import PASSWORD, Company

_numbers = iter(range(10_000))


def somebody(company: Company, role: str = "analyst", **more: object) -> Person:
    """Create a person for one test."""
    return create_person(company.engines, email=f"p{next(_numbers)}@people.test", name="Some Body", role=role, password=PASSWORD, **more)  # type: ignore[arg-type]


def test_a_new_database_has_no_account(fresh: Engines) -> None:
    assert list_people(fresh) == []


def test_an_account_comes_back_as_it_was_made(company: Company) -> None:
    made = somebody(company, "branch_manager", branches=[company.columbus, company.pittsburgh])
    assert find_person(company.engines, made.id) == made
    assert made.branches == {company.columbus, company.pittsburgh}
    assert find_by_email(company.engines, made.email.upper()) == made


def test_an_address_belongs_to_one_person_however_it_is_spelled(company: Company) -> None:
    made = somebody(company)
    with pytest.raises(AccountError, match="already has an account"):
        create_person(company.engines, email=made.email.upper(), name="Twin", role="analyst")


def test_a_branch_that_does_not_exist_is_refused_in_words_and_leaves_no_account(company: Company) -> None:
    with pytest.raises(AccountError, match="does not exist"):
        create_person(company.engines, email="ghost@people.test", name="Ghost", role="branch_manager", branches=[999])
    assert find_by_email(company.engines, "ghost@people.test") is None


@pytest.mark.parametrize("change", ["all_branches = true", "role = 'king'", "department = 'sales'", "email = 'UPPER@x.y'", "is_active = false"])
def test_the_database_refuses_an_account_that_makes_no_sense(company: Company, change: str) -> None:
    with pytest.raises(IntegrityError), company.engines.writer() as connection:
        connection.execute(text(f"UPDATE app.person SET {change} WHERE id = :id"), {"id": company.people["manager"].id})


def test_the_second_of_two_edits_of_the_same_version_is_refused(company: Company) -> None:
    made = somebody(company)
    account = checked_account(email=made.email, name="First Edit", role="analyst")
    after = update_person(company.engines, made.id, made.version, account)
    assert (after.name, after.version) == ("First Edit", made.version + 1)
    with pytest.raises(StaleEditError, match="somebody else"):
        update_person(company.engines, made.id, made.version, checked_account(email=made.email, name="Second", role="analyst"))
    assert find_person(company.engines, made.id).name == "First Edit"


def test_the_log_says_who_changed_what(company: Company) -> None:
    made, admin = somebody(company, "branch_manager", branches=[company.columbus]), company.people["admin"]
    update_person(company.engines, made.id, made.version,
                  checked_account(email=made.email, name=made.name, role="branch_manager", branches=[company.pittsburgh]), admin)
    line = recent_log(company.engines, made.id)[0]
    assert (line.actor, line.action, line.details) == (admin.name, "edited", {"branches": [[company.columbus], [company.pittsburgh]]})
    assert recent_log(company.engines, made.id)[1].actor is None


def test_no_password_and_no_token_is_ever_written_to_a_table(company: Company) -> None:
    made = somebody(company)
    once = reset_password(company.engines, made, company.people["admin"])
    token = Tokens(company.engines).create(made, "program")
    session = Sessions(company.engines, "bi", 12).start(made, "192.0.2.9", "agent")
    with company.engines.primary_reader() as connection:
        for table in ("person", "person_log", "session", "api_token", "sign_in_attempt"):
            rows = str(connection.execute(text(f"SELECT * FROM app.{table} t")).all())
            assert not [secret for secret in (once, token, session, PASSWORD) if secret in rows], table


def test_the_last_administrator_can_neither_leave_nor_be_demoted(fresh: Engines) -> None:
    first = create_person(fresh, email="one@people.test", name="One", role="admin")
    with pytest.raises(AccountError, match="last administrator"):
        set_active(fresh, first.id, active=False)
    with pytest.raises(AccountError, match="last administrator"):
        update_person(fresh, first.id, first.version, checked_account(email=first.email, name="One", role="analyst"))
    second = create_person(fresh, email="two@people.test", name="Two", role="admin")
    set_active(fresh, first.id, active=False)
    assert [one.id for one in list_people(fresh) if one.is_active] == [second.id]


def test_two_administrators_who_demote_each_other_at_once_do_not_both_succeed(fresh: Engines) -> None:
    pair = [create_person(fresh, email=f"{name}@people.test", name=name, role="admin") for name in ("one", "two")]
    start, outcomes = threading.Barrier(2), []

    def demote(target: Person, actor: Person) -> None:
        start.wait()
        try:
            set_active(fresh, target.id, active=False, actor=actor)
            outcomes.append("done")
        except AccountError:
            outcomes.append("refused")

    threads = [threading.Thread(target=demote, args=order) for order in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]


def test_deactivating_somebody_ends_their_sessions_and_tokens_for_good(company: Company) -> None:
    made = somebody(company)
    session = Sessions(company.engines, "bi", 12).start(made, "", "")
    token = Tokens(company.engines).create(made, "program")
    set_active(company.engines, made.id, active=False)
    assert Sessions(company.engines, "bi", 12).find(session) is None
    assert Tokens(company.engines).person_of(token) is None
    set_active(company.engines, made.id, active=True)
    assert Sessions(company.engines, "bi", 12).find(session) is None
    assert Tokens(company.engines).person_of(token) is None


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(company: Company) -> None:
    made = somebody(company)
    sessions = Sessions(company.engines, "bi", 12)
    kept, other = sessions.start(made, "", ""), Sessions(company.engines, "cmo", 12).start(made, "", "")
    this = sessions.find(kept)
    assert this is not None
    set_password(company.engines, made, "another fine password", actor=made, keep_session=this.token_hash)
    assert Sessions(company.engines, "bi", 12).find(kept) is not None
    assert Sessions(company.engines, "cmo", 12).find(other) is None


def test_a_session_of_one_site_is_nothing_on_the_other(company: Company) -> None:
    token = Sessions(company.engines, "bi", 12).start(company.people["boss"], "", "")
    assert Sessions(company.engines, "cmo", 12).find(token) is None


def test_a_session_that_nobody_used_for_too_long_has_ended_and_use_prolongs_it(company: Company) -> None:
    token = Sessions(company.engines, "bi", 12).start(somebody(company), "", "")
    ago = text("UPDATE app.session SET created_at = now() - interval '13 hours', last_seen_at = now() - interval '11 hours', expires_at = now() + interval '1 hour'"
               " WHERE person_id = (SELECT max(id) FROM app.person)")
    with company.engines.writer() as connection:
        connection.execute(ago)
    assert Sessions(company.engines, "bi", 12).find(token) is not None
    left = text("SELECT expires_at - now() > interval '11 hours' FROM app.session WHERE person_id = (SELECT max(id) FROM app.person)")
    with company.engines.writer() as connection:
        assert connection.execute(left).scalar_one() is True
        connection.execute(text("UPDATE app.session SET expires_at = now() WHERE person_id = (SELECT max(id) FROM app.person)"))
    assert Sessions(company.engines, "bi", 12).find(token) is None


def test_sign_in_takes_the_right_password_of_an_active_person_only(company: Company) -> None:
    made, attempts = somebody(company), Attempts(company.engines, company.settings)
    assert sign_in(company.engines, attempts, email=f" {made.email.upper()} ", password=PASSWORD, address="192.0.2.30") == made
    for email, password in ((made.email, "wrong password"), ("unknown@people.test", PASSWORD), ("\x00'; --", PASSWORD), ("", "")):
        with pytest.raises(WrongPasswordError):
            sign_in(company.engines, attempts, email=email, password=password, address="192.0.2.30")
    set_active(company.engines, made.id, active=False)
    with pytest.raises(WrongPasswordError):
        sign_in(company.engines, attempts, email=made.email, password=PASSWORD, address="192.0.2.30")


def test_somebody_without_a_password_cannot_sign_in_with_any(company: Company) -> None:
    made = create_person(company.engines, email="oidc-only@people.test", name="Oidc Only", role="analyst")
    assert not made.has_password
    with pytest.raises(WrongPasswordError):
        sign_in(company.engines, Attempts(company.engines, company.settings), email=made.email, password="", address="192.0.2.31")


def test_attempts_are_counted_exactly_when_many_come_at_once(company: Company) -> None:
    attempts, passed, refused = Attempts(company.engines, company.settings), [], []

    def attempt() -> None:
        try:
            attempts.begin("target@people.test", "192.0.2.40")
            passed.append(1)
        except TooManyAttemptsError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=attempt) for _ in range(14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == company.settings.sign_in_attempts
    assert len(refused) == 14 - company.settings.sign_in_attempts
    assert "wait 15 minutes" in refused[0]


def test_one_address_cannot_try_every_account(company: Company) -> None:
    attempts = Attempts(company.engines, company.settings.model_copy(update={"sign_in_attempts": 3}))
    for number in range(30):
        attempts.begin(f"account{number}@people.test", "192.0.2.41")
    with pytest.raises(TooManyAttemptsError):
        attempts.begin("account99@people.test", "192.0.2.41")
    attempts.begin("account99@people.test", "192.0.2.42")


def test_attempts_are_forgotten_after_a_while(company: Company) -> None:
    attempts = Attempts(company.engines, company.settings.model_copy(update={"sign_in_attempts": 3}))
    for _ in range(3):
        attempts.begin("late@people.test", "192.0.2.43")
    with company.engines.writer() as connection:
        connection.execute(text("UPDATE app.sign_in_attempt SET attempted_at = attempted_at - interval '16 minutes' WHERE address = '192.0.2.43'"))
    attempts.begin("late@people.test", "192.0.2.43")
    with company.engines.writer() as connection:
        connection.execute(text("UPDATE app.sign_in_attempt SET attempted_at = attempted_at - interval '2 days' WHERE address = '192.0.2.43'"))
    assert forget_old_attempts(company.engines) == 4


def test_choices_are_laid_over_each_other_and_nonsense_is_refused(company: Company) -> None:
    made = somebody(company)
    assert preferences_of(company.engines, made) == {}
    remember(company.engines, made, {"theme": "dark", "filters": {"branch": [1]}})
    remember(company.engines, made, {"theme": "light"})
    assert preferences_of(company.engines, made) == {"theme": "light", "filters": {"branch": [1]}}
    for nonsense in ({"a": float("nan")}, {"a": object()}, {"a": "x" * 70_000}, {"a": "\x00"}):
        with pytest.raises(AccountError):
            remember(company.engines, made, nonsense)


@pytest.mark.parametrize("number", [0, -1, 2**31, 10**30])
def test_a_number_that_is_nobodys_is_said_so(company: Company, number: int) -> None:
    with pytest.raises(UnknownPersonError):
        find_person(company.engines, number)


def test_the_demo_people_are_made_once_and_can_sign_in(database: Callable[..., Settings]) -> None:
    settings = database(demo_mode=True)
    engines = Engines(settings)
    with engines.writer() as connection:
        for name in ("Austin", "Pittsburgh", "Zurich"):
            connection.execute(text("INSERT INTO crm.branch (name, time_zone) VALUES (:name, 'UTC')"), {"name": name})
    first = create_demo_people(engines, PASSWORD, "nbi_demo_token")
    assert [one.branches for one in first if one.role == "branch_manager"] == [("Pittsburgh",), ("Austin",)]
    before = list_people(engines), recent_log(engines)
    assert create_demo_people(engines, PASSWORD, "nbi_demo_token") == first
    assert (list_people(engines), recent_log(engines)) == before
    assert len(before[0]) == len(DEMO_PEOPLE)
    owner = Tokens(engines).person_of("nbi_demo_token")
    assert owner is not None
    assert owner.role == "leadership"
    create_demo_people(engines, "changed password words", "nbi_other_token")
    assert Tokens(engines).person_of("nbi_demo_token") is None
    found = credentials_of(engines, DEMO_PEOPLE[0].email)
    assert found is not None
    assert sign_in(engines, Attempts(engines, settings), email=found[0].email, password="changed password words", address="") == found[0]
    engines.dispose()
