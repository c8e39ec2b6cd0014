"""Tickets: what a site's page hands to the gateway to say who is listening and what they may hear.

A ticket is signed with SECRET_KEY, good for seconds, and used once (the gateway remembers its id in Redis, ``names.used_ticket``).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from shared.clock import Clock, now
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.people.reach import scope_of
from shared.people.roles import SiteName
from shared.settings import Settings

LIFETIME_SECONDS: Final = 30
SKEW_SECONDS: Final = 5
"""The clocks of a site and of the gateway may differ by this much."""
LONGEST_PATH: Final = 200


class TicketError(ValueError):
    """A ticket that lets nobody in; the message is for the log and for the reason of the close."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who listens, from which page, and what they may hear."""

    identity: str
    """Random; a second use is known by it."""
    person: int
    name: str
    site: SiteName
    path: str
    scope: Scope
    is_admin: bool
    issued: datetime
    """To the second."""


class _Signer(TimestampSigner):
    """Asks our clock."""

    def __init__(self, *arguments: Any, clock: Clock, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock().timestamp())


class Tickets:
    """Issues and reads the tickets of one installation."""

    def __init__(self, settings: Settings, clock: Clock = now) -> None:
        """Every process with the same SECRET_KEY reads what any of them issued."""
        self._clock = clock
        self._serializer = URLSafeTimedSerializer(
            settings.secret_key.get_secret_value(), salt="live ticket 1", signer=_Signer,
            signer_kwargs={"clock": clock, "key_derivation": "hmac", "digest_method": hashlib.sha256})

    def issue(self, person: Person, site: SiteName, path: str) -> str:
        """Return a ticket for ``person`` on the page at ``path``; branches and rights are those of this moment."""
        scope = scope_of(person)
        branches = None if scope.branches is None else sorted(scope.branches)
        held = {"i": secrets.token_urlsafe(12), "p": person.id, "n": person.name, "s": site, "u": path[:LONGEST_PATH], "b": branches, "a": person.rules.manages_people}
        return self._serializer.dumps(held)

    def read(self, text: str) -> Ticket:
        """Return what ``text`` says.  Raises TicketError where it is forged, too old or from the future; whether it was used before is not known here."""
        try:
            held, issued = self._serializer.loads(text, return_timestamp=True)
        except BadData as error:
            raise TicketError("this ticket was not issued here") from error
        age = (self._clock() - issued).total_seconds()
        if not -SKEW_SECONDS <= age <= LIFETIME_SECONDS + SKEW_SECONDS:
            raise TicketError("this ticket has expired")
        branches = held["b"]
        return Ticket(held["i"], held["p"], held["n"], held["s"], held["u"], Scope(None if branches is None else frozenset(branches)), held["a"], issued)
