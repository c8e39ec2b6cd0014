"""The web layer on a Flask server without Dash, and visitors who sign in to it as a browser would."""

import re
from dataclasses import dataclass
from html import unescape

from flask import Flask, Response, g, jsonify
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.people.person import Person
from shared.people.roles import SiteName
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.web import install

PASSWORD = "seven quiet lanterns"
HASH = "'sha256-AAAA'"
CALLBACK: dict[str, object] = {"output": "a.children", "outputs": {"id": "a", "property": "children"}, "inputs": [], "changedPropIds": []}
"""What dash-renderer sends."""
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


@dataclass(frozen=True)
class Company:
    """A database with two branches and one person of each kind, all with PASSWORD."""

    settings: Settings
    engines: Engines
    pittsburgh: int
    columbus: int
    people: dict[str, Person]
    """By a short name: boss (leadership), manager (Pittsburgh), outsider (manager of Columbus), nobody (manager without branches), head, analyst, cmo, admin."""


def build_site(company: Company, name: SiteName = "bi", **overrides: object) -> Flask:
    """Return a site whose pages say who is asking, at /, /reconciliation, /boom and the addresses of Dash's own calls."""
    server = Flask("site under test")
    settings = company.settings.model_copy(update=overrides)
    install(server, settings=settings, engines=company.engines, site=name, csp_hashes=lambda: [HASH], page_paths=lambda: {"/trends"})

    @server.get("/")
    @server.get("/<path:path>")
    def whoami(path: str = "") -> str:
        if path == "boom":
            raise ZeroDivisionError("secret detail")
        return f"{g.person.email} at /{path}"

    @server.post("/_dash-update-component")
    def callback() -> Response:
        return jsonify(person=g.person.email, branches=None if g.scope.branches is None else sorted(g.scope.branches))

    return server


class Visitor:
    """A browser of one person on one site."""

    def __init__(self, server: Flask, address: str = "192.0.2.1") -> None:
        """Nobody is signed in yet."""
        self.client: FlaskClient = server.test_client()
        self._environ = {"REMOTE_ADDR": address}

    def get(self, path: str, **options: object) -> TestResponse:
        """Ask for ``path``."""
        return self.client.get(path, environ_base=self._environ, buffered=True, **options)

    def token(self, path: str) -> str:
        """Return the form token on the page at ``path``."""
        found = _TOKEN.search(self.get(path).text)
        assert found, f"no form on {path}"
        return found.group(1)

    def post(self, path: str, fields: dict[str, object] | None = None, form_on: str | None = None, **options: object) -> TestResponse:
        """Send a form as the page at ``form_on`` (or at ``path``) would."""
        data = {"form_token": self.token(form_on or path), **(fields or {})}
        return self.client.post(path, data=data, environ_base=self._environ, buffered=True, **options)

    def sign_in(self, email: str, password: str = PASSWORD, target: str = "/") -> TestResponse:
        """Send the sign-in form."""
        return self.post("/login", {"email": email, "password": password, "next": target})

    def as_person(self, person: Person) -> "Visitor":
        """Sign in and return this visitor."""
        answer = self.sign_in(person.email)
        assert answer.status_code == 303, words(answer)
        return self


def words(answer: TestResponse) -> str:
    """Return the text of a page without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())
