"""Which pages may open live connections: those of the two sites, as a browser names them in Origin."""

from urllib.parse import urlsplit

from shared.settings import Settings

_PORTS = {"http": 80, "https": 443}


class Origins:
    """The rule of one installation."""

    def __init__(self, settings: Settings) -> None:
        """A site with a public address is that address; one without is the host that the gateway was asked for, with the site's port."""
        sites = ((settings.bi_public_url, settings.bi_port), (settings.cmo_public_url, settings.cmo_port))
        named = [url for url, _ in sites if url] + [url for url in settings.gateway_origins if url]
        self._named = {found for found in map(_parts, named) if found is not None}
        self._ports = {port for url, port in sites if not url}

    def allows(self, origin: str | None, host: str | None) -> bool:
        """Say whether a page of ``origin`` may open a connection to ``host`` (both as the browser sent them); without an origin nothing may."""
        found = _parts(origin or "")
        if found is None:
            return False
        asked = _parts(f"http://{host}") if host else None
        return found in self._named or (asked is not None and found[1] == asked[1] and found[2] in self._ports)


def _parts(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port; None where ``url`` is no web address."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or port is None or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, port
