"""Protection of forms and callbacks against requests that another site makes a browser send.

Two layers: where the browser says the request came from (Origin, Sec-Fetch-Site), and a token in each form that is bound to the session,
or before sign-in to a random cookie.
"""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from flask import Response, abort, g, request

from shared.web.site import current_session, site

FIELD = "form_token"
_VISITOR_SECONDS = 12 * 3600


def came_from_here() -> bool:
    """Say whether the browser sent this request from a page of this site; a client that is no browser says nothing and is believed."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None and fetched not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.host.lower()


def form_token() -> str:
    """Return the token that this visitor's forms must carry."""
    session = current_session()
    bound = b"session:" + session.token_hash if session else b"visitor:" + _visitor().encode()
    return hmac.new(site().settings.secret_key.get_secret_value().encode(), b"form:" + bound, hashlib.sha256).hexdigest()


def check_form() -> None:
    """Go on if the posted form is one of ours, or end the request with 400 in words."""
    sent = request.form.get(FIELD, "")
    if not came_from_here() or not hmac.compare_digest(sent.encode(), form_token().encode()):
        abort(400, "This form had expired, or did not come from this site. Go back, reload the page and send it again.")


def _visitor() -> str:
    """Return the random mark of a visitor who is not signed in; a new one is sent along with the response."""
    if "visitor" not in g:
        g.visitor = request.cookies.get(site().visitor_cookie, "")
        if not 20 <= len(g.visitor) <= 100:
            g.visitor = g.new_visitor = secrets.token_urlsafe(24)
    return str(g.visitor)


def set_visitor_cookie(response: Response) -> Response:
    """Send the visitor's mark if this request made one."""
    if mark := g.get("new_visitor"):
        response.set_cookie(site().visitor_cookie, mark, max_age=_VISITOR_SECONDS, httponly=True, samesite="Lax", secure=site().settings.secure_cookies, path="/")
    return response
