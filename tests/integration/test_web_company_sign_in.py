"""Sign-in through an OpenID Connect issuer, played by a small HTTP server with a key of its own."""

import base64
import functools
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from shared.people.accounts import find_by_email
from shared.people.changes import create_person, set_active
from tests.sites import PASSWORD, Company, Visitor, build_site, words

CLIENT = "northline"


@functools.cache
def _key(_whose: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class Issuer:
    """What the issuer will say; a test changes it."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: _key("own"))
    claims: dict[str, Any] = field(default_factory=dict)
    nonce: str = ""
    challenge: str = ""
    signs_with: RSAKey | None = None
    algorithm: str = "RS256"
    is_up: bool = True
    sends_id_token: bool = True
    named: str = ""

    def answer(self, path: str, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        """Return status and body for a request."""
        if not self.is_up:
            return 500, {}
        if path == "/.well-known/openid-configuration":
            return 200, {"issuer": self.named or self.url, "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
                         "jwks_uri": f"{self.url}/keys", "id_token_signing_alg_values_supported": ["RS256"], "response_types_supported": ["code"]}
        if path == "/keys":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/token":
            return self._token(form)
        return 404, {}

    def _token(self, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"][0].encode()).digest()).rstrip(b"=").decode()
        if proof != self.challenge or form["code"] != ["good"]:
            return 400, {"error": "invalid_grant"}
        moment = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "42", "iat": moment, "exp": moment + 60, "nonce": self.nonce, **self.claims}
        token = jwt.encode({"alg": self.algorithm, "kid": "one"}, claims, self.signs_with or self.key)
        return 200, {"access_token": "opaque", "token_type": "Bearer", **({"id_token": token} if self.sends_id_token else {})}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer on a free port."""
    made = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(*made.answer(self.path, {}))

        def do_POST(self) -> None:
            self._send(*made.answer(self.path, parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())))

        def _send(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def visitor(company: Company, issuer: Issuer) -> Visitor:
    """Somebody on a site that trusts the issuer."""
    return Visitor(build_site(company, oidc_issuer=issuer.url, oidc_client_id=CLIENT))


def begin(visitor: Visitor, issuer: Issuer, target: str = "/trends") -> dict[str, str]:
    """Go to the issuer and return what it was asked."""
    answer = visitor.get(f"/login/company?{urlencode({'next': target})}")
    assert answer.status_code == 302, words(answer)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    issuer.nonce, issuer.challenge = asked.get("nonce", ""), asked.get("code_challenge", "")
    return asked


def sign_in(visitor: Visitor, issuer: Issuer, target: str = "/trends", **claims: object) -> TestResponse:
    """Go to the issuer and come back with a code."""
    issuer.claims = {"email_verified": True, **claims}
    asked = begin(visitor, issuer, target)
    return visitor.get(f"/login/company/callback?{urlencode({'code': 'good', 'state': asked['state']})}")


def test_the_issuer_is_asked_with_state_nonce_and_proof_key(visitor: Visitor, issuer: Issuer) -> None:
    asked = begin(visitor, issuer)
    assert asked["response_type"] == "code"
    assert asked["client_id"] == CLIENT
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://localhost/login/company/callback"
    assert set(asked["scope"].split()) == {"openid", "email", "profile"}
    assert len(asked["state"]) > 20
    assert len(asked["nonce"]) > 15


def test_a_verified_address_of_an_active_person_signs_in_and_lands_where_asked(visitor: Visitor, issuer: Issuer, company: Company) -> None:
    answer = sign_in(visitor, issuer, email="BOSS@northline.test")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/trends")
    assert visitor.get("/trends").text.startswith(company.people["boss"].email)


def test_nobody_is_sent_elsewhere_by_the_round_trip(visitor: Visitor, issuer: Issuer) -> None:
    assert sign_in(visitor, issuer, "//evil.test", email="boss@northline.test").headers["Location"] == "/"


@pytest.mark.parametrize(("claims", "said"), [
    ({"email": "boss@northline.test", "email_verified": False}, "did not confirm"),
    ({"email": "boss@northline.test", "email_verified": "true"}, "did not confirm"),
    ({}, "did not confirm"),
    ({"email": "stranger@northline.test"}, "has no account here"),
    ({"email": "boss@northline.test", "nonce": "another"}, "could not be trusted"),
    ({"email": "boss@northline.test", "aud": "another"}, "could not be trusted"),
    ({"email": "boss@northline.test", "iss": "http://evil.test"}, "could not be trusted"),
    ({"email": "boss@northline.test", "exp": 1}, "could not be trusted"),
])
def test_an_answer_that_does_not_hold_signs_nobody_in(visitor: Visitor, issuer: Issuer, claims: dict[str, object], said: str) -> None:
    answer = sign_in(visitor, issuer, **claims)
    assert answer.status_code == 403
    assert said in words(answer)
    assert visitor.get("/").status_code == 302


def test_a_token_signed_by_somebody_else_signs_nobody_in(visitor: Visitor, issuer: Issuer) -> None:
    issuer.signs_with = _key("somebody else's")
    answer = sign_in(visitor, issuer, email="boss@northline.test")
    assert (answer.status_code, "could not be trusted" in words(answer)) == (403, True)


def test_without_an_id_token_nobody_is_signed_in(visitor: Visitor, issuer: Issuer) -> None:
    issuer.sends_id_token = False
    assert sign_in(visitor, issuer, email="boss@northline.test").status_code == 403


def test_an_issuer_that_calls_itself_otherwise_is_not_believed(visitor: Visitor, issuer: Issuer) -> None:
    issuer.named = "http://evil.test"
    assert sign_in(visitor, issuer, email="boss@northline.test", iss="http://evil.test").status_code == 403


@pytest.mark.parametrize("query", ["", "code=good", "code=good&state=made-up", "state=x", "error=access_denied&state=x"])
def test_an_answer_that_nobody_asked_for_signs_nobody_in(visitor: Visitor, issuer: Issuer, query: str) -> None:
    begin(visitor, issuer)
    answer = visitor.get(f"/login/company/callback?{query}")
    assert answer.status_code == 403
    assert visitor.get("/").status_code == 302


def test_a_code_that_the_issuer_refuses_signs_nobody_in(visitor: Visitor, issuer: Issuer) -> None:
    asked = begin(visitor, issuer)
    assert visitor.get(f"/login/company/callback?code=stolen&state={asked['state']}").status_code == 403


def test_an_answer_works_once(visitor: Visitor, issuer: Issuer) -> None:
    issuer.claims = {"email": "boss@northline.test", "email_verified": True}
    asked = begin(visitor, issuer)
    back = f"/login/company/callback?code=good&state={asked['state']}"
    assert [visitor.get(back).status_code for _ in range(2)] == [303, 403]


def test_somebody_deactivated_here_stays_out(visitor: Visitor, issuer: Issuer, company: Company) -> None:
    person = create_person(company.engines, email="left@oidc.test", name="Left", role="analyst", password=PASSWORD)
    set_active(company.engines, person.id, active=False)
    answer = sign_in(visitor, issuer, email=person.email)
    assert (answer.status_code, "deactivated" in words(answer)) == (403, True)


def test_a_stranger_gets_an_account_only_where_a_setting_says_which(company: Company, issuer: Issuer) -> None:
    visitor = Visitor(build_site(company, oidc_issuer=issuer.url, oidc_client_id=CLIENT, oidc_new_role="branch_manager"))
    assert sign_in(visitor, issuer, email="newcomer@oidc.test", name="New Comer").status_code == 303
    person = find_by_email(company.engines, "newcomer@oidc.test")
    assert person is not None
    assert (person.name, person.role, person.branches, person.has_password) == ("New Comer", "branch_manager", frozenset(), False)


def test_a_one_time_password_is_void_once_its_person_came_another_way(visitor: Visitor, issuer: Issuer, company: Company) -> None:
    create_person(company.engines, email="once@oidc.test", name="Once", role="analyst", password=PASSWORD, must_change_password=True)
    assert sign_in(visitor, issuer, email="once@oidc.test").headers["Location"] == "/trends"
    assert Visitor(build_site(company)).sign_in("once@oidc.test").status_code == 401


def test_an_issuer_that_is_away_leaves_the_password(visitor: Visitor, issuer: Issuer) -> None:
    issuer.is_up = False
    answer = visitor.get("/login/company?next=/trends")
    assert (answer.status_code, "use your password" in words(answer)) == (503, True)
    assert visitor.sign_in("boss@northline.test").status_code == 303


def test_without_an_issuer_there_is_no_such_door(company: Company) -> None:
    visitor = Visitor(build_site(company))
    assert "company account" not in words(visitor.get("/login"))
    assert visitor.get("/login/company").status_code == 302
