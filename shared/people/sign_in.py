"""Sign-in with e-mail and password."""

from sqlalchemy import text

from shared.people.accounts import credentials_of
from shared.people.attempts import Attempts
from shared.people.passwords import hash_password, is_outdated, matches
from shared.people.person import Person
from shared.warehouse.engines import Engines

_REHASH = text("UPDATE app.person SET password_hash = :new WHERE id = :id AND password_hash = :old")


class WrongPasswordError(ValueError):
    """E-mail and password do not belong together; the message tells nobody which of them was wrong."""

    def __init__(self) -> None:
        """Say the same for an unknown account, a wrong password and a deactivated person."""
        super().__init__("E-mail and password do not match an active account.")


def sign_in(engines: Engines, attempts: Attempts, *, email: str, password: str, address: str) -> Person:
    """Return the active person with this e-mail and password.

    Raises WrongPasswordError, TooManyAttemptsError or BusyError.  An unknown account takes as long as a wrong password.
    """
    attempts.begin(email, address)
    found = credentials_of(engines, email)
    person, password_hash = found or (None, None)
    if not matches(password_hash, password) or person is None or not person.is_active or password_hash is None:
        raise WrongPasswordError
    attempts.succeeded(email, address)
    if is_outdated(password_hash):
        with engines.writer() as connection:
            connection.execute(_REHASH, {"id": person.id, "old": password_hash, "new": hash_password(password)})
    return person
