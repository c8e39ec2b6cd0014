"""Counts failed sign-ins and says how long to wait.  Exact under concurrency: each attempt is written before its password is looked at."""

import hashlib
import hmac

from sqlalchemy import text

from shared.settings import Settings
from shared.warehouse.engines import Engines

_ADDRESS_FACTOR = 10
"""One address may fail at this many times as many attempts over all accounts: an office shares one."""
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext(:address))")
_OLDEST = text("""
    SELECT extract(epoch FROM attempted_at + interval '15 minutes' - clock_timestamp())
    FROM app.sign_in_attempt
    WHERE address = :address AND (CAST(:account AS text) IS NULL OR account_key = :account) AND attempted_at > clock_timestamp() - interval '15 minutes'
    ORDER BY attempted_at DESC OFFSET :allowed - 1 LIMIT 1""")
_WRITE = text("INSERT INTO app.sign_in_attempt (account_key, address) VALUES (:account, :address)")
_CLEAR = text("DELETE FROM app.sign_in_attempt WHERE account_key = :account AND address = :address")
_FORGET = text("DELETE FROM app.sign_in_attempt WHERE attempted_at < now() - interval '1 day'")


class TooManyAttemptsError(RuntimeError):
    """Sign-in refused for a while; the message says how long."""

    def __init__(self, seconds: float) -> None:
        """``seconds`` until the next attempt is looked at."""
        minutes = max(1, -int(-seconds // 60))
        super().__init__(f"Too many failed sign-ins. Please wait {minutes} minute{'' if minutes == 1 else 's'} and try again, or ask an administrator.")
        self.seconds = max(1, int(seconds) + 1)


class Attempts:
    """The throttle of one process; its counts are in PostgreSQL and shared by all."""

    def __init__(self, engines: Engines, settings: Settings) -> None:
        """Take the limit and the key of the account hashes from ``settings``."""
        self._engines, self._allowed = engines, settings.sign_in_attempts
        self._key = settings.secret_key.get_secret_value().encode()

    def begin(self, email: str, address: str) -> None:
        """Count an attempt.  Raises TooManyAttemptsError, without counting it, once the limit is reached."""
        account, where = self._account(email), address[:100]
        with self._engines.writer() as connection:
            connection.execute(_LOCK, {"address": where})
            for who, allowed in ((account, self._allowed), (None, self._allowed * _ADDRESS_FACTOR)):
                wait = connection.execute(_OLDEST, {"address": where, "account": who, "allowed": allowed}).scalar_one_or_none()
                if wait is not None:
                    raise TooManyAttemptsError(float(wait))
            connection.execute(_WRITE, {"account": account, "address": where})

    def succeeded(self, email: str, address: str) -> None:
        """Forget the failures of this account at this address."""
        with self._engines.writer() as connection:
            connection.execute(_CLEAR, {"account": self._account(email), "address": address[:100]})

    def _account(self, email: str) -> str:
        return hmac.new(self._key, b"account:" + email.strip().lower().encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def forget_old_attempts(engines: Engines) -> int:
    """Delete attempts older than a day and return how many; a nightly job calls it."""
    with engines.writer() as connection:
        return connection.execute(_FORGET).rowcount
