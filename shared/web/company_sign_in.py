"""Sign-in through the company's own OpenID Connect issuer: code flow with PKCE, state and nonce; matched by verified e-mail."""

import logging
from dataclasses import replace
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, current_app, request, session, url_for
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from shared.people.accounts import find_by_email
from shared.people.changes import create_person, drop_one_time_password
from shared.people.person import Person
from shared.people.problems import AccountError
from shared.settings import Settings
from shared.web.gate import safe_next
from shared.web.sign_in_pages import open_session, show_form
from shared.web.site import Site, site, url_of_site

log = logging.getLogger(__name__)
company_sign_in = Blueprint("company_sign_in", __name__, url_prefix="/login/company")
_EXTENSION = "northline-oidc"
_NEXT = "after_company_sign_in"
_SECONDS = 8
_AWAY = "Your company's sign-in does not answer at this moment. Try again, or use your password."
_FAILURES = (requests.RequestException, AuthlibBaseError, JoseError, ValueError, KeyError, RuntimeError)
"""What an issuer that is away, wrong or hostile makes Authlib 1.9 and its transport raise."""


class CompanySignInError(RuntimeError):
    """A sign-in that the issuer allowed and that is refused here; the message says why."""


def install_company_sign_in(server: Flask, settings: Settings) -> None:
    """Register the issuer of ``settings``; asks it nothing yet."""
    oauth = OAuth(server)
    oauth.register(
        "company", client_id=settings.oidc_client_id, client_secret=settings.oidc_client_secret.get_secret_value(),
        server_metadata_url=settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": _SECONDS},
    )
    server.extensions[_EXTENSION] = oauth
    server.register_blueprint(company_sign_in)


def _client() -> Any:
    return current_app.extensions[_EXTENSION].company


@company_sign_in.get("")
def start() -> Response:
    """Send the browser to the issuer."""
    session[_NEXT] = safe_next(request.args.get("next"))
    try:
        answer: Response = _client().authorize_redirect(_callback_address(site()))
    except _FAILURES as error:
        log.warning("the OpenID Connect issuer failed: %s", error)
        return show_form(session[_NEXT], 503, _AWAY)
    return answer


@company_sign_in.get("/callback")
def callback() -> Response:
    """Take the issuer's answer and open a session for the person whose verified e-mail it carries."""
    target = safe_next(session.pop(_NEXT, None))
    if "error" in request.args:
        return show_form(target, 403, "Your company's sign-in refused or was cancelled.")
    try:
        claims = _claims()
        person = _person(claims)
    except CompanySignInError as error:
        return show_form(target, 403, str(error))
    except AccountError as error:
        return show_form(target, 403, f"No account could be made for you: {error}")
    except _FAILURES as error:
        log.warning("an OpenID Connect answer was refused: %s: %s", type(error).__name__, error)
        return show_form(target, 403, "The answer of your company's sign-in could not be trusted. Please start again.")
    session.clear()
    return open_session(person, target)


def _claims() -> dict[str, Any]:
    """Return the claims of a valid ID token of this sign-in."""
    client = _client()
    issuer = str(client.load_server_metadata().get("issuer", ""))
    if issuer.rstrip("/") != site().settings.oidc_issuer.rstrip("/"):
        raise ValueError(f"the issuer calls itself {issuer}")
    token = client.authorize_access_token()
    claims = token.get("userinfo")
    if not claims:  # without an ID token Authlib 1.9 checks neither issuer nor nonce
        raise ValueError("the issuer sent no ID token")
    return dict(claims)


def _person(claims: dict[str, Any]) -> Person:
    email = str(claims.get("email") or "")
    if not email or claims.get("email_verified") is not True:
        raise CompanySignInError("Your company's sign-in did not confirm your e-mail address, so you cannot be matched to an account.")
    here = site()
    person = find_by_email(here.engines, email)
    if person is None:
        return _new_person(here, email, str(claims.get("name") or email))
    if not person.is_active:
        raise CompanySignInError("Your account here was deactivated. An administrator can let you in again.")
    if person.must_change_password:
        drop_one_time_password(here.engines, person)
        return replace(person, must_change_password=False)
    return person


def _new_person(here: Site, email: str, name: str) -> Person:
    role = here.settings.oidc_new_role
    if not role:
        raise CompanySignInError(f"{email} has no account here. Ask an administrator for one.")
    return create_person(here.engines, email=email, name=name[:120], role=role)


def _callback_address(here: Site) -> str:
    public = here.settings.bi_public_url if here.name == "bi" else here.settings.cmo_public_url
    return url_of_site(here.name).rstrip("/") + url_for(".callback") if public else url_for(".callback", _external=True)
