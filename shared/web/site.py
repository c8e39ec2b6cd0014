"""What the web layer of one site holds; kept on the Flask server, reached through ``site()``."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from flask import current_app, g, request

from shared.people.attempts import Attempts
from shared.people.person import Person
from shared.people.roles import SiteName
from shared.people.sessions import Session, Sessions
from shared.people.tokens import Tokens
from shared.settings import Settings
from shared.warehouse.engines import Engines

EXTENSION = "northline"
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,45}\]")
SITE_LABELS: dict[SiteName, str] = {"bi": "Northline BI", "cmo": "Northline CMO"}


@dataclass(frozen=True)
class Site:
    """One of the two sites and everything that its requests need."""

    name: SiteName
    settings: Settings
    engines: Engines
    sessions: Sessions
    tokens: Tokens
    attempts: Attempts
    csp_hashes: Callable[[], Iterable[str]]
    page_paths: Callable[[], Collection[str]]
    open_paths: tuple[str, ...] = field(default=())

    @property
    def label(self) -> str:
        """Return the product's name on this site."""
        return SITE_LABELS[self.name]

    @property
    def session_cookie(self) -> str:
        """Return the name of the session cookie; it differs by site because cookies do not tell ports apart."""
        return f"northline_{self.name}"

    @property
    def visitor_cookie(self) -> str:
        """Return the name of the cookie that protects forms before sign-in."""
        return f"northline_{self.name}_visitor"


def site() -> Site:
    """Return the site that answers the current request."""
    found: Site = current_app.extensions[EXTENSION]
    return found


def current_person() -> Person:
    """Return who is asking; only behind the gate."""
    person: Person = g.person
    return person


def current_session() -> Session | None:
    """Return the browser session of this request; None: an API token, or nobody."""
    session: Session | None = g.get("session")
    return session


def url_of_site(name: SiteName) -> str:
    """Return the address of a site's first page, from its setting or from the host of this request."""
    settings = site().settings
    public, port = (settings.bi_public_url, settings.bi_port) if name == "bi" else (settings.cmo_public_url, settings.cmo_port)
    if public:
        return public.rstrip("/") + "/"
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    return f"{request.scheme}://{host}:{port}/"


def url_of_gateway() -> str | None:
    """Return the address of the WebSocket gateway, from its setting or from the host of this request; None where that host is none."""
    settings = site().settings
    if settings.gateway_public_url:
        return settings.gateway_public_url
    host = _HOST.match(request.host)
    return f"{'wss' if request.is_secure else 'ws'}://{host.group()}:{settings.gateway_port}/" if host else None
