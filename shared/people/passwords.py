"""Passwords: the rules for a new one, and argon2 hashes made at a bounded rate."""

import functools
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

MINIMUM = 12
MAXIMUM = 200

# 32 MiB and two passes: about 40 ms here. At most two at once, so that a flood of sign-ins costs neither memory nor every core.
_hasher = PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1)
_slots = threading.BoundedSemaphore(2)
_WAIT_SECONDS = 5.0

_DECORATION = "0123456789!?.,-_ @#$%&*+"
# What guessing lists decorate with digits and marks to reach twelve characters, and keyboard runs of that length.
_COMMON = frozenset({
    "", "password", "passwordpassword", "passw0rd", "p@ssword", "p@ssw0rd", "pa$$word", "welcome", "letmein", "letmeinletmein", "qwerty", "qwertyqwerty",
    "qwertyuiop", "asdfghjkl", "iloveyou", "admin", "administrator", "changeme", "changemechangeme", "abcdefghijkl", "abc", "abcd", "spring", "summer",
    "autumn", "winter", "northline", "northlinehome", "homeimprovement", "unitedstates", "dragon", "football", "baseball", "sunshine", "princess", "monkey",
    "1q2w3e4r5t6y", "1qaz2wsx3edc", "correcthorsebatterystaple", "correct horse battery staple",
})


class BusyError(RuntimeError):
    """Too many sign-ins at this moment; trying again in a few seconds helps."""


class WeakPasswordError(ValueError):
    """A new password that is refused; the message says what to change."""


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=_WAIT_SECONDS):
        raise BusyError("Many people are signing in at this moment. Please try again in a few seconds.")
    try:
        yield
    finally:
        _slots.release()


def hash_password(password: str) -> str:
    """Return the argon2id hash of ``password``.  Raises BusyError if no slot is free for five seconds."""
    with _slot():
        return _hasher.hash(password)


@functools.cache
def _hash_of_nobody() -> str:
    """Return a hash that nothing matches, so that an unknown account takes as long as a known one."""
    return _hasher.hash(secrets.token_urlsafe(24))


def matches(password_hash: str | None, password: str) -> bool:
    """Say whether ``password`` belongs to ``password_hash``; without a hash the same work is done and the answer is no.

    Raises BusyError if no slot is free for five seconds.
    """
    if len(password) > MAXIMUM:
        password_hash, password = None, password[:MAXIMUM]
    with _slot():
        try:
            return _hasher.verify(password_hash or _hash_of_nobody(), password) and password_hash is not None
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError) as error:
            raise ValueError("a password hash in app.person cannot be read; reset that person's password") from error


def is_outdated(password_hash: str) -> bool:
    """Say whether ``password_hash`` was made with other costs than today's."""
    return _hasher.check_needs_rehash(password_hash)


def check_new_password(password: str, email: str) -> None:
    """Accept ``password`` as a new one for ``email`` or raise WeakPasswordError with the reason in words."""
    plain = password.casefold()
    local = email.split("@", 1)[0].casefold()
    if len(password) < MINIMUM:
        raise WeakPasswordError(f"Use at least {MINIMUM} characters; a few unrelated words make a good password.")
    if len(password) > MAXIMUM:
        raise WeakPasswordError(f"Use at most {MAXIMUM} characters.")
    if email.casefold() in plain or (len(local) >= 6 and plain.strip(_DECORATION) == local):
        raise WeakPasswordError("The password must not be made from your e-mail address.")
    if plain in _COMMON or plain.strip(_DECORATION) in _COMMON or len(set(plain)) < 5:
        raise WeakPasswordError("This password is among the first that get guessed. Choose one that only you would think of.")


def new_one_time_password() -> str:
    """Return a password to be shown once and changed at the first sign-in: four groups of four easily read characters."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))
