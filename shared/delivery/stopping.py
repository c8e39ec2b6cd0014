"""Links by which a reader ends a schedule for themselves, without signing in (RFC 8058): signed, for one schedule and one reader, without an end."""

from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer

from shared.settings import Settings

PATH: Final = "/delivery/stop/"
_SALT: Final = "delivery: wants no more of it"


def _signer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.secret_key.get_secret_value(), salt=_SALT)


def stop_link(settings: Settings, delivery: int, recipient: str) -> str:
    """Return the address that ends ``delivery`` for ``recipient``."""
    site = settings.bi_public_url.rstrip("/") or f"http://localhost:{settings.bi_port}"
    return f"{site}{PATH}{_signer(settings).dumps([delivery, recipient])}"


def read_stop(settings: Settings, token: str) -> tuple[int, str] | None:
    """Return (schedule, recipient) of a link; None: it is not one of ours."""
    if len(token) > 600:
        return None
    try:
        found = _signer(settings).loads(token)
    except BadSignature:
        return None
    return (found[0], found[1]) if isinstance(found, list) and len(found) == 2 and isinstance(found[0], int) and isinstance(found[1], str) else None
