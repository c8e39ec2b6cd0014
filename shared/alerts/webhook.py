"""Calls of webhooks that cannot be turned against the own network: https, public addresses only, no redirects, signed.

The name is resolved once, every address of it is checked, and the connection goes to the address that was checked: a name that says something else a moment later changes nothing.
"""

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

SECONDS: Final = 8
"""Without a byte."""
_LONGEST: Final = 20.0
"""Seconds of one call in all: a receiver that answers a byte at a time would hold up everybody else's."""
_LONGEST_ADDRESS: Final = 500
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_ALSO_CLOSED: Final = tuple(map(ipaddress.ip_network, ("fec0::/10", "3fff::/20", "192.0.0.0/24", "192.88.99.0/24")))
"""What ``is_global`` of Python 3.11 lets through: site-local, documentation, protocol assignments, relays of 6to4."""
_SIX_TO_FOUR: Final = ipaddress.ip_network("2002::/16")
_COMPATIBLE: Final = ipaddress.ip_network("::/96")
Resolve = Callable[[str, int], Sequence[str]]


class WebhookRefusedError(ValueError):
    """An address that is not called, whatever may be there; the message is for the person."""


class WebhookFailedError(OSError):
    """A call that did not succeed this time."""


@dataclass(frozen=True)
class Place:
    """Where a call goes: the address that was checked, and the name that was asked for."""

    is_secure: bool
    host: str
    address: str
    port: int
    path: str


def resolved(host: str, port: int) -> Sequence[str]:
    """Return every address of ``host``; raises OSError where there is none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def place_of(url: str, allowed: Sequence[str] = (), resolve: Resolve = resolved) -> Place:
    """Check ``url`` and return where to call; ``allowed``: host:port that may use http and private addresses.  Raises WebhookRefusedError in words, WebhookFailedError where the name is unknown now."""
    if len(url) > _LONGEST_ADDRESS or any(ord(mark) <= 32 or ord(mark) == 127 or mark == "\\" for mark in url):
        raise WebhookRefusedError("The address of the webhook holds characters that no address has.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise WebhookRefusedError(f"The address of the webhook cannot be read: {error}.") from error
    is_inside = f"{host}:{port}" in allowed
    if parts.scheme != "https" and not (is_inside and parts.scheme == "http"):
        raise WebhookRefusedError("A webhook must be called by https; name its host and port in ALERT_WEBHOOK_HOSTS if it is inside your own network.")
    if not host or parts.username is not None or parts.password is not None:
        raise WebhookRefusedError("The address of a webhook names a host and holds no password.")
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise WebhookFailedError(f"{host} has no address at this moment") from error
    if not addresses:
        raise WebhookFailedError(f"{host} has no address at this moment")
    if not is_inside and (closed := next((one for one in addresses if not is_public(one)), None)):
        raise WebhookRefusedError(f"{host} is at {closed}, which is not a public address; name {host}:{port} in ALERT_WEBHOOK_HOSTS if that is meant.")
    return Place(parts.scheme == "https", host, addresses[0], port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def is_public(address: str) -> bool:
    """Say whether an address lies outside of every private, local and reserved network, also where an IPv4 address hides in it."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped
        if inner is None and (found in _NAT64 or found in _COMPATIBLE):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is None and found in _SIX_TO_FOUR:
            inner = ipaddress.IPv4Address((int(found) >> 80) & 0xFFFFFFFF)
        if found.teredo is not None:
            return False
        if inner is not None:
            return is_public(str(inner))
    if any(found in network for network in _ALSO_CLOSED):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified or found.is_loopback or found.is_link_local)


def call(place: Place, body: bytes, key: str, secret: str, moment: int, longest: float = _LONGEST) -> None:
    """Post ``body``, signed; raises WebhookFailedError for anything but a 2xx answer (a redirect is not followed).

    ``X-Northline-Signature`` is ``t=<second>,v1=<hex of HMAC-SHA256 over "<second>.<body>">``; ``Idempotency-Key`` is the same for every attempt.
    """
    headers: dict[str, Any] = {"Content-Type": "application/json", "Idempotency-Key": key, "User-Agent": "northline-alerts/1", "X-Northline-Signature": signature(body, secret, moment)}
    connection = _Pinned(place)
    end = threading.Timer(longest, connection.give_up)
    end.start()
    try:
        connection.request("POST", place.path, body, headers)
        answer = connection.getresponse()
        answer.read(4096)
    except (OSError, http.client.HTTPException) as error:
        raise WebhookFailedError(f"{place.host} did not take it: {error or type(error).__name__}") from error
    finally:
        end.cancel()
        connection.close()
    if not 200 <= answer.status < 300:
        raise WebhookFailedError(f"{place.host} answered {answer.status}" + (": redirects are not followed" if 300 <= answer.status < 400 else ""))


def signature(body: bytes, secret: str, moment: int) -> str:
    """Return what the receiver compares with its own."""
    return f"t={moment},v1={hmac.new(secret.encode(), b'%d.' % moment + body, hashlib.sha256).hexdigest()}"


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked; its certificate is checked against the name."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host, place.port, timeout=SECONDS)
        self._place = place

    def give_up(self) -> None:
        """Cut the connection off; whoever waits for it gets an error."""
        taken = self.sock
        if taken is not None:
            with suppress(OSError):
                taken.shutdown(socket.SHUT_RDWR)

    def connect(self) -> None:
        self.sock = socket.create_connection((self._place.address, self._place.port), SECONDS)
        if self._place.is_secure:
            self.sock = secure = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self._place.host, do_handshake_on_connect=False)
            secure.do_handshake()
