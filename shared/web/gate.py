"""Who may pass: runs before every request, says who is asking (``g.person``) and what they may see (``g.scope``)."""

from urllib.parse import quote, unquote

from flask import Response, abort, g, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from shared.delivery.site_request import PATH as INTERNAL
from shared.delivery.stopping import PATH as STOP_LINKS
from shared.people.person import Person
from shared.people.reach import scope_of
from shared.web.replies import page, refusal, wants_json
from shared.web.site import SITE_LABELS, Site, site, url_of_site
from shared.web.tokens_of_forms import came_from_here

OPEN = ("/login", "/healthz", "/favicon.ico", "/_favicon.ico")
OPEN_BELOW = ("/assets/", "/vendor/", "/_dash-component-suites/", "/login/", STOP_LINKS, INTERNAL)
"""The last two carry their right themselves: a signed link, a signed request."""
_WHILE_PASSWORD_MUST_CHANGE = ("/account/password", "/sign-out")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def safe_next(target: str | None) -> str:
    """Return ``target`` if it is a path of this site, else the first page: nobody can be sent elsewhere after signing in."""
    plain = unquote(target or "")
    if not target or not target.startswith("/") or len(target) > 2000 or target.split("?")[0] in {"/login", "/sign-out"}:
        return "/"
    if plain[1:2] in {"/", "\\"} or target[1:2] in {"/", "\\"} or any(ord(mark) < 32 or mark in "\\\x7f" for mark in plain):
        return "/"
    return target


def identify() -> AnyResponse | None:
    """Let the request pass or answer it: 401 for callbacks and the API, a redirect to the sign-in for pages, 403 where a role ends."""
    g.person, g.session, g.scope = None, None, None
    here = site()
    if request.method not in _SAFE and not came_from_here() and not _carries_its_right():
        abort(403, "This request came from another site and is refused.")
    path = request.path
    if _is_open(here):
        return None
    person = _bearer(here) if path.startswith("/api/") and "Authorization" in request.headers else _from_session(here)
    if person is None:
        return _ask_to_sign_in()
    g.person, g.scope = person, scope_of(person)
    return _within_role(here, person, path) or _malformed_callback()


def _carries_its_right() -> bool:
    """Say whether the address alone is the right to what it does, whoever sends it from wherever: mail programs end a mailing so (RFC 8058), and no cookie counts there."""
    return request.url_rule is not None and request.url_rule.rule.startswith(STOP_LINKS)


def _is_open(here: Site) -> bool:
    """Say whether anybody may pass.  The matched route decides, not the address: Dash's route for every page also takes addresses such as /vendor//x."""
    rule = request.url_rule.rule if request.url_rule else ""
    return rule in OPEN or rule.startswith((*OPEN_BELOW, *here.open_paths))


def _bearer(here: Site) -> Person | None:
    kind, _, token = request.headers["Authorization"].partition(" ")
    return here.tokens.person_of(token.strip()) if kind.lower() == "bearer" and token.strip() else None


def _from_session(here: Site) -> Person | None:
    token = request.cookies.get(here.session_cookie)
    session = here.sessions.find(token) if token else None
    if session is None:
        return None
    g.session = session
    return session.person


def _ask_to_sign_in() -> AnyResponse:
    if wants_json():
        response = jsonify(error="You are not signed in, or your sign-in has ended.", sign_in="/login")
        response.status_code = 401
        if request.path.startswith("/api/"):
            response.headers["WWW-Authenticate"] = 'Bearer realm="northline"'
        return response
    target = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect("/login" if target == "/" else f"/login?next={quote(target, safe='/')}", 302)


def _malformed_callback() -> Response | None:
    """Refuse a callback that no page of ours sends; Dash 4.4 answers one with a traceback in the log and status 500."""
    if request.path != "/_dash-update-component" or request.method != "POST":
        return None
    body = request.get_json(silent=True)
    shape = {"output": str, "inputs": list, "changedPropIds": list}
    if isinstance(body, dict) and all(isinstance(body.get(name), kind) for name, kind in shape.items()):
        return None
    return refusal(400, "This is not a callback of a page of this site.")


def _within_role(here: Site, person: Person, path: str) -> Response | None:
    if path == "/sign-out":
        return None
    if not person.may_enter(here.name):
        other = next(iter(sorted(person.rules.sites)))
        if wants_json():
            return refusal(403, f"The role {person.rules.label} does not open {here.label}.")
        return page("forbidden.html", 403, heading=f"{here.label} is not part of your role",
                    message=f"You are signed in as {person.name} ({person.rules.label}). Your pages are on {SITE_LABELS[other]}.",
                    other_url=url_of_site(other), other_label=SITE_LABELS[other])
    if person.must_change_password and path not in _WHILE_PASSWORD_MUST_CHANGE:
        if wants_json():
            return refusal(403, "Choose your own password first: open /account/password in the browser.")
        return redirect("/account/password", 302)  # type: ignore[return-value]
    if not person.may_open("/" + "/".join(part for part in path.split("/") if part)):
        if wants_json():
            return refusal(403, f"The role {person.rules.label} does not open {path}.")
        return page("forbidden.html", 403, heading="This page is not part of your role",
                    message=f"You are signed in as {person.name} ({person.rules.label}). An administrator can change what you may open.",
                    other_url="/", other_label="the first page")
    return None
