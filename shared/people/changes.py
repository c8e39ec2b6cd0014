"""Changes to accounts.  Each is one transaction with its line in app.person_log; what narrows a person's reach ends their sessions too."""

import json
from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from shared.people.account import Account, checked_account
from shared.people.accounts import person_in
from shared.people.passwords import check_new_password, hash_password, new_one_time_password
from shared.people.person import Person
from shared.people.problems import AccountError, StaleEditError
from shared.warehouse.engines import Engines

_INSERT = text("""
    INSERT INTO app.person (email, name, role, department, all_branches, password_hash, must_change_password, password_changed_at)
    VALUES (:email, :name, :role, :department, :all_branches, :hash, :must_change, CASE WHEN CAST(:hash AS text) IS NOT NULL THEN now() END)
    RETURNING id""")
_UPDATE = text("""
    UPDATE app.person SET email = :email, name = :name, role = :role, department = :department, all_branches = :all_branches, version = version + 1
    WHERE id = :id AND version = :version""")
_FORGET_BRANCHES = text("DELETE FROM app.person_branch WHERE person_id = :id")
_ADD_BRANCHES = text("INSERT INTO app.person_branch (person_id, branch_id) SELECT :id, unnest(CAST(:branches AS smallint[]))")
_SET_ACTIVE = text("""
    UPDATE app.person SET is_active = :active, deactivated_at = CASE WHEN :active THEN NULL ELSE now() END, version = version + 1
    WHERE id = :id AND is_active <> :active""")
_SET_PASSWORD = text("""
    UPDATE app.person SET password_hash = :hash, must_change_password = :must_change, password_changed_at = now(), version = version + 1 WHERE id = :id""")
_DROP_PASSWORD = text("""
    UPDATE app.person SET password_hash = NULL, must_change_password = false, version = version + 1 WHERE id = :id AND must_change_password""")
_END_SESSIONS = text("""
    UPDATE app.session SET revoked_at = now() WHERE person_id = :id AND revoked_at IS NULL AND (CAST(:keep AS bytea) IS NULL OR token_hash <> :keep)""")
_END_TOKENS = text("UPDATE app.api_token SET revoked_at = now() WHERE person_id = :id AND revoked_at IS NULL")
_LOG = text("INSERT INTO app.person_log (person_id, actor_id, action, details) VALUES (:id, :actor, :action, CAST(:details AS jsonb))")
# The lock makes two administrators who demote each other take turns.
_LOCK_ADMINS = text("SELECT pg_advisory_xact_lock(hashtext('app.person.admins'))")
_ADMINS = text("SELECT count(*) FROM app.person WHERE role = 'admin' AND is_active")


def create_person(engines: Engines, *, email: str, name: str, role: str, password: str | None = None, department: str | None = None,
                  branches: Collection[int] | None = None, must_change_password: bool = False, actor: Person | None = None) -> Person:
    """Create an account and return it; without ``password`` the person signs in through OpenID Connect only.

    ``branches`` None: every branch where the role allows that, none for a branch manager.  ``actor`` None: the command line.
    Raises AccountError (or WeakPasswordError) in words.
    """
    account = checked_account(email=email, name=name, role=role, department=department, branches=branches)
    if password is not None:
        check_new_password(password, account.email)
    values = {"hash": hash_password(password) if password is not None else None, "must_change": must_change_password}
    try:
        with engines.writer() as connection:
            person_id = int(connection.execute(_INSERT, {**_columns(account), **values}).scalar_one())
            connection.execute(_ADD_BRANCHES, {"id": person_id, "branches": sorted(account.branches)})
            write_log(connection, person_id, actor, "created", _told(account))
            return person_in(connection, person_id)
    except IntegrityError as error:
        raise _in_words(error, account) from error


def update_person(engines: Engines, person_id: int, version: int, account: Account, actor: Person | None = None) -> Person:
    """Write ``account`` over the one that was at ``version`` and return the new one.

    Raises StaleEditError if somebody changed it meanwhile, AccountError if nobody could administer people any more.
    """
    try:
        with engines.writer() as connection:
            connection.execute(_LOCK_ADMINS)
            before = person_in(connection, person_id)
            if not connection.execute(_UPDATE, {**_columns(account), "id": person_id, "version": version}).rowcount:
                raise StaleEditError(f"{before.name} was changed by somebody else while you edited. Look at the account as it is now and edit again.")
            connection.execute(_FORGET_BRANCHES, {"id": person_id})
            connection.execute(_ADD_BRANCHES, {"id": person_id, "branches": sorted(account.branches)})
            _keep_an_admin(connection)
            write_log(connection, person_id, actor, "edited", _differences(before, account))
            return person_in(connection, person_id)
    except IntegrityError as error:
        raise _in_words(error, account) from error


def set_active(engines: Engines, person_id: int, *, active: bool, actor: Person | None = None) -> Person:
    """Let a person in again, or shut them out: sessions and API tokens end in the same transaction."""
    if actor is not None and actor.id == person_id and not active:
        raise AccountError("You cannot deactivate your own account; ask another administrator.")
    with engines.writer() as connection:
        connection.execute(_LOCK_ADMINS)
        person = person_in(connection, person_id)
        if connection.execute(_SET_ACTIVE, {"id": person_id, "active": active}).rowcount:
            if not active:
                connection.execute(_END_SESSIONS, {"id": person_id, "keep": None})
                connection.execute(_END_TOKENS, {"id": person_id})
                _keep_an_admin(connection)
            write_log(connection, person_id, actor, "reactivated" if active else "deactivated", {})
        return replace(person, is_active=active)


def set_password(engines: Engines, person: Person, password: str, *, actor: Person | None = None, must_change: bool = False,
                 keep_session: bytes | None = None) -> None:
    """Give ``person`` a new password and end every session of theirs but ``keep_session`` (the hash of its token).

    Raises WeakPasswordError in words.
    """
    check_new_password(password, person.email)
    _write_password(engines, person, hash_password(password), must_change=must_change, keep=keep_session, actor=actor)


def reset_password(engines: Engines, person: Person, actor: Person | None = None) -> str:
    """Return a one-time password for ``person``, to be shown once; their sessions end and they must choose their own at the next sign-in."""
    password = new_one_time_password()
    _write_password(engines, person, hash_password(password), must_change=True, keep=None, actor=actor)
    return password


def drop_one_time_password(engines: Engines, person: Person) -> None:
    """Void the one-time password of a person who has signed in another way."""
    with engines.writer() as connection:
        if connection.execute(_DROP_PASSWORD, {"id": person.id}).rowcount:
            write_log(connection, person.id, person, "signed in with the company account", {})


def _write_password(engines: Engines, person: Person, password_hash: str, *, must_change: bool, keep: bytes | None, actor: Person | None) -> None:
    own = actor is not None and actor.id == person.id
    with engines.writer() as connection:
        connection.execute(_SET_PASSWORD, {"id": person.id, "hash": password_hash, "must_change": must_change})
        connection.execute(_END_SESSIONS, {"id": person.id, "keep": keep})
        write_log(connection, person.id, actor, "changed own password" if own else "password reset", {})


def write_log(connection: Connection, person_id: int, actor: Person | None, action: str, details: dict[str, object]) -> None:
    """Write one line of the log of accounts on ``connection``, to be committed with the change that it tells of."""
    connection.execute(_LOG, {"id": person_id, "actor": actor.id if actor else None, "action": action, "details": json.dumps(details)})


def _columns(account: Account) -> dict[str, object]:
    return {"email": account.email, "name": account.name, "role": account.role, "department": account.department, "all_branches": account.all_branches}


def _told(account: Account) -> dict[str, object]:
    return {**_columns(account), "branches": sorted(account.branches)}


def _differences(before: Person, after: Account) -> dict[str, object]:
    new = _told(after)
    old = {name: sorted(before.branches) if name == "branches" else getattr(before, name) for name in new}
    return {name: [old[name], new[name]] for name in new if old[name] != new[name]}


def _keep_an_admin(connection: Connection) -> None:
    if not connection.execute(_ADMINS).scalar_one():
        raise AccountError("This is the last administrator. Make somebody else an administrator first.")


def _in_words(error: IntegrityError, account: Account) -> AccountError:
    if "person_email_key" in str(error.orig):
        return AccountError(f"{account.email} already has an account.")
    if "person_branch" in str(error.orig):
        return AccountError("One of the chosen branches does not exist any more. Reload the page and choose again.")
    return AccountError("The database refuses this account: " + str(error.orig).strip().splitlines()[0])
