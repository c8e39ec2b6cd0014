"""What the worker asks a site for: the document of one page, in one person's eyes and one scope.  Signed with the platform's secret, good for seconds and once."""

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass
from typing import Final

import orjson

from shared.clock import Clock, now
from shared.delivery.audience import scope_from
from shared.settings import Settings

PATH: Final = "/internal/document"
HEADER: Final = "X-Northline-Signature"
LIFETIME_SECONDS: Final = 30
"""The clocks of worker and site may differ by this much, and the request may take as long on its way."""
LONGEST: Final = 8192
"""Bytes of a request."""
_PURPOSE: Final = b"document of a page, for a delivery 1"


class RequestRefusedError(ValueError):
    """A request that is not one of this platform's worker, or not any more; the message says which."""


@dataclass(frozen=True)
class SiteRequest:
    """Which page, as the address in the browser names it, for whom."""

    person: int
    scope: str
    """As ``audience.key_of`` writes it."""
    path: str
    query: str
    """What follows the question mark; relative periods are still relative."""
    identity: str = ""
    """Random; a second use is known by it."""
    at: float = 0.0
    """Seconds since 1970 at which it was signed."""


def signed(person: int, scope: str, path: str, query: str, settings: Settings, clock: Clock = now) -> tuple[bytes, str]:
    """Return the body of a request and what goes into ``HEADER``."""
    body = orjson.dumps(asdict(SiteRequest(person, scope, path, query, secrets.token_urlsafe(18), clock().timestamp())))
    return body, _signature(body, settings)


def read(body: bytes, signature: str, settings: Settings, clock: Clock = now) -> SiteRequest:
    """Return what ``body`` asks for.  Raises RequestRefusedError where it was not signed here or not just now; whether it was used before is not known here."""
    if len(body) > LONGEST or not hmac.compare_digest(_signature(body, settings).encode(), signature.encode(errors="replace")):
        raise RequestRefusedError("this request was not signed with the secret of this platform (SECRET_KEY)")
    asked = SiteRequest(**orjson.loads(body))
    if abs(clock().timestamp() - asked.at) > LIFETIME_SECONDS:
        raise RequestRefusedError(f"this request was signed more than {LIFETIME_SECONDS} seconds from now: it is old, or the clocks of worker and site differ")
    scope_from(asked.scope)
    return asked


def _signature(body: bytes, settings: Settings) -> str:
    """HMAC-SHA256 under a key of its own, so that nothing else that the secret signs can stand in for it."""
    key = hmac.digest(settings.secret_key.get_secret_value().encode(), _PURPOSE, hashlib.sha256)
    return hmac.new(key, body, hashlib.sha256).hexdigest()
